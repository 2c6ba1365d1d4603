// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/tensor_source.h"

#include <algorithm>
#include <array>

#include "core/base/sha256.h"
#include "core/checkpoint/file_type.h"
#include "core/checkpoint/safetensors_source.h"
#include "core/checkpoint/sharded_source.h"
#include "core/checkpoint/torch_archive_source.h"

namespace gridscope {

namespace {

struct DtypeEntry {
    std::string_view name;
    unsigned bits;
};

// In the order of enum Dtype.
constexpr std::array<DtypeEntry, 22> kDtypes{{
    {"BOOL", 8},    {"U8", 8},      {"I8", 8},          {"U16", 16},        {"I16", 16},
    {"U32", 32},    {"I32", 32},    {"U64", 64},        {"I64", 64},        {"F16", 16},
    {"BF16", 16},   {"F32", 32},    {"F64", 64},        {"C64", 64},        {"F8_E4M3", 8},
    {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"F4", 4},
    {"F6_E2M3", 6}, {"F6_E3M2", 6},
}};
static_assert(static_cast<std::size_t>(Dtype::F6E3m2) + 1 == kDtypes.size());

/// Git LFS pointers and files whose content is not what their name says.
Expected<FileType> typeOfFile(FileOps& ops, const std::filesystem::path& path) {
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(ops, path));
    const auto status = file.status();
    if (!status) return status.error().inside(path.string());
    // A pointer is below 1 KiB and is shown with its oid, so a little more than the probe is read.
    std::string first(static_cast<std::size_t>(std::min<std::uint64_t>(status->sizeBytes, 1024)),
                      '\0');
    if (auto read = file.readAt(std::as_writable_bytes(std::span(first)), 0); !read)
        return read.error().inside(path.string());
    if (status->sizeBytes <= first.size()) {
        if (auto pointer = lfsPointerError(first, path.string())) return *pointer;
    }
    const auto bytes = std::as_bytes(std::span(first));
    return detectFileType(bytes.first(std::min(bytes.size(), kTypeProbeBytes)), status->sizeBytes,
                          path.extension().string());
}

bool isTorchExtension(std::string_view extension) {
    return extension == ".bin" || extension == ".pt" || extension == ".pth";
}

}  // namespace

std::string_view dtypeName(Dtype dtype) { return kDtypes[static_cast<std::size_t>(dtype)].name; }

unsigned dtypeBits(Dtype dtype) { return kDtypes[static_cast<std::size_t>(dtype)].bits; }

bool isWeightDtype(Dtype dtype) {
    return dtype == Dtype::F16 || dtype == Dtype::Bf16 || dtype == Dtype::F32 ||
           dtype == Dtype::F64;
}

Expected<std::unique_ptr<TensorSource>> openSingleFile(FileOps& ops,
                                                       const std::filesystem::path& file) {
    GRIDSCOPE_TRY_ASSIGN(type, typeOfFile(ops, file));
    const std::string extension = file.extension().string();
    const auto error = [&](ErrorCode code, std::string hint) {
        return Error{code, file.string(),
                     "is named " + escapeForDisplay(extension) + " but is " +
                         std::string(fileTypeName(type)),
                     std::move(hint)};
    };
    if (extension == ".safetensors") {
        // A file of no known type goes on to the rules of the header, which say what is wrong.
        if (type == FileType::Safetensors || type == FileType::Unknown)
            return SafetensorsSource::open(ops, file);
        return error(ErrorCode::FileWrongType, "Fetch the file again");
    }
    if (isTorchExtension(extension)) {
        if (type == FileType::Zip) return TorchArchiveSource::open(ops, file);
        if (type == FileType::LegacyTorch || type == FileType::Pickle)
            return error(ErrorCode::PickleUnsupported,
                         "Load and save it with torch 1.6 or newer, or convert to safetensors");
        return error(ErrorCode::FileWrongType, "Fetch the file again");
    }
    return error(ErrorCode::ScanUnsupported, "Weights are read from .safetensors, .bin, .pt, .pth");
}

// The dispatch point of containers.
Expected<std::unique_ptr<TensorSource>> openTensorSource(FileOps& ops,
                                                         const std::filesystem::path& file) {
    if (file.extension() != ".json") return openSingleFile(ops, file);
    GRIDSCOPE_TRY(typeOfFile(ops, file));
    return ShardedSource::open(ops, file);
}

std::string modelContentSha256(std::vector<std::pair<std::string, std::string>> nameAndHash) {
    std::sort(nameAndHash.begin(), nameAndHash.end());
    Sha256 hash;
    for (const auto& [name, contentHash] : nameAndHash) {
        hash.update(static_cast<std::uint64_t>(name.size()));
        hash.update(std::string_view(name));
        hash.update(std::string_view(contentHash));
    }
    return hash.finishHex();
}

}  // namespace gridscope
