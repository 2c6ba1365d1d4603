// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/file_type.h"

#include <algorithm>
#include <string>

namespace gridscope {

namespace {

constexpr std::uint64_t kPointerLimitBytes = 1024;

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool isLfsPointer(std::string_view text, std::uint64_t sizeBytes) {
    return sizeBytes < kPointerLimitBytes && (text.starts_with("version https://git-lfs") ||
                                              text.starts_with("version https://hawser"));
}

std::uint64_t leadingLength(std::string_view text) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    return value;
}

bool isSafetensors(std::string_view text, std::uint64_t sizeBytes) {
    if (text.size() < 9) return false;
    const std::uint64_t length = leadingLength(text);
    return length <= sizeBytes - 8 && (text[8] == '{' || isBlank(text[8]));
}

/// True for a length below 4 GiB: no other type of the table has four zero bytes there, so a cut
/// file still gets the message of the safetensors rules.
bool startsWithLengthField(std::string_view text) {
    return text.size() >= 8 && leadingLength(text) <= 0xFFFFFFFFu;
}

FileType detectForeign(std::string_view text) {
    using namespace std::string_view_literals;
    if (text.starts_with("PK\x03\x04"sv)) return FileType::Zip;
    if (text.starts_with("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19"sv))
        return FileType::LegacyTorch;
    if (text.starts_with("\x80"sv)) return FileType::Pickle;
    if (text.size() >= 262 && text.substr(257, 5) == "ustar"sv) return FileType::Tar;
    if (text.starts_with("\x89HDF\r\n\x1A\n"sv)) return FileType::Hdf5;
    if (text.starts_with("GGUF"sv)) return FileType::Gguf;
    const auto first = std::find_if_not(text.begin(), text.end(), isBlank);
    if (first != text.end() && (*first == '<' || *first == '{')) return FileType::WebPage;
    return FileType::Unknown;
}

/// The value after `key` and a blank at the start of a line.
std::string valueOfLine(std::string_view text, std::string_view key) {
    const std::size_t found = text.find("\n" + std::string(key) + " ");
    if (found == std::string_view::npos) return "unknown";
    const std::size_t first = found + key.size() + 2;
    return std::string(text.substr(first, text.find('\n', first) - first));
}

}  // namespace

FileType detectFileType(std::span<const std::byte> first, std::uint64_t sizeBytes,
                        std::string_view extension) {
    const std::string_view text(reinterpret_cast<const char*>(first.data()), first.size());
    if (isLfsPointer(text, sizeBytes)) return FileType::LfsPointer;
    if (extension == ".safetensors") {
        if (isSafetensors(text, sizeBytes)) return FileType::Safetensors;
        if (startsWithLengthField(text)) return FileType::Unknown;
        return detectForeign(text);
    }
    const FileType foreign = detectForeign(text);
    if (foreign != FileType::Unknown) return foreign;
    return isSafetensors(text, sizeBytes) ? FileType::Safetensors : FileType::Unknown;
}

std::string_view fileTypeName(FileType type) {
    switch (type) {
    case FileType::Unknown:
        return "a file of unknown type";
    case FileType::Safetensors:
        return "a safetensors file";
    case FileType::LfsPointer:
        return "a Git LFS pointer";
    case FileType::Zip:
        return "a ZIP archive (torch.save since 1.6 writes such files)";
    case FileType::LegacyTorch:
        return "a torch.save file from before torch 1.6";
    case FileType::Pickle:
        return "a bare pickle";
    case FileType::Tar:
        return "an old tar archive";
    case FileType::Hdf5:
        return "an HDF5 file";
    case FileType::Gguf:
        return "a GGUF file";
    case FileType::WebPage:
        return "a saved web page or error message";
    }
    return "a file of unknown type";
}

std::optional<Error> lfsPointerError(std::string_view content, std::string_view where) {
    if (!isLfsPointer(content, content.size())) return std::nullopt;
    return Error{ErrorCode::FileLfsPointer, std::string(where),
                 "is a Git LFS pointer, not the file itself: oid " +
                     escapeForDisplay(valueOfLine(content, "oid")) + ", size " +
                     escapeForDisplay(valueOfLine(content, "size")) + " bytes",
                 "Run git lfs pull"};
}

std::optional<Error> standInError(std::string_view content, std::string_view where) {
    if (auto pointer = lfsPointerError(content, where)) return pointer;
    std::string start(content.substr(0, kTypeProbeBytes));
    start.erase(0, std::min(start.find_first_not_of(" \t\r\n"), start.size()));
    std::transform(start.begin(), start.end(), start.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!start.starts_with("<!doctype html") && !start.starts_with("<html")) return std::nullopt;
    return Error{ErrorCode::FileWrongType, std::string(where),
                 "is a saved web page, not the file itself", "Download it again"};
}

}  // namespace gridscope
