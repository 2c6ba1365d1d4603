// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/training_state.h"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include "core/base/replacement_file.h"
#include "core/base/sha256.h"

namespace gridscope {

namespace {

static_assert(std::endian::native == std::endian::little, "state files are little-endian");

constexpr std::string_view kMagic = "GSTRAIN1";
constexpr std::size_t kDigestLength = 64;
constexpr std::size_t kHeaderLength = kMagic.size() + 8 + 8 + kDigestLength + 8;

void appendInteger(std::string& text, std::uint64_t value) {
    std::array<char, sizeof value> bytes{};
    std::memcpy(bytes.data(), &value, sizeof value);
    text.append(bytes.data(), bytes.size());
}

std::uint64_t integerAt(std::string_view text, std::size_t offset) {
    std::uint64_t value = 0;
    std::memcpy(&value, text.data() + offset, sizeof value);
    return value;
}

std::string headerBytes(const TrainingStateHeader& header, std::size_t elements) {
    std::string bytes(kMagic);
    appendInteger(bytes, static_cast<std::uint64_t>(header.step));
    appendInteger(bytes, static_cast<std::uint64_t>(header.threads));
    bytes += header.settingsHash;
    appendInteger(bytes, elements);
    return bytes;
}

std::array<std::span<float>, 3> pieces(const TrainingStateBuffers& buffers) {
    return {buffers.weights, buffers.firstMoments, buffers.secondMoments};
}

Expected<void> writeContent(const ReplacementFile& file, const std::string& header,
                            const TrainingStateBuffers& buffers) {
    Sha256 hash;
    hash.update(header);
    GRIDSCOPE_TRY(file.writeAt(std::as_bytes(std::span(header)), 0));
    std::uint64_t offset = header.size();
    for (const std::span<float> piece : pieces(buffers)) {
        hash.update(std::as_bytes(piece));
        GRIDSCOPE_TRY(file.writeAt(std::as_bytes(piece), offset));
        offset += piece.size_bytes();
    }
    const std::string digest = hash.finishHex();
    return file.writeAt(std::as_bytes(std::span(digest)), offset);
}

Error stateError(const std::filesystem::path& path, std::string what, std::string hint) {
    return {ErrorCode::TrainingState, path.string(), std::move(what), std::move(hint)};
}

Error damaged(const std::filesystem::path& path, std::string what) {
    return stateError(path, std::move(what), "Delete it to train from the beginning");
}

/// Checks the header against what the run expects.
Expected<TrainingStateHeader> parseHeader(const std::filesystem::path& path, std::string_view bytes,
                                          const std::string& settingsHash, std::size_t elements) {
    if (!bytes.starts_with(kMagic)) return damaged(path, "is no training state of this version");
    TrainingStateHeader header;
    header.step = static_cast<std::int64_t>(integerAt(bytes, kMagic.size()));
    header.threads = static_cast<int>(integerAt(bytes, kMagic.size() + 8));
    header.settingsHash = bytes.substr(kMagic.size() + 16, kDigestLength);
    if (header.settingsHash != settingsHash)
        return stateError(path, "belongs to other settings, tokens or starting weights",
                          "Repeat the settings of the interrupted run, or choose another folder");
    const std::uint64_t found = integerAt(bytes, kHeaderLength - 8);
    if (found != elements)
        return damaged(path, "expected " + std::to_string(elements) + " weights, found " +
                                 std::to_string(found));
    return header;
}

}  // namespace

Expected<void> writeTrainingState(FileOps& files, const std::filesystem::path& path,
                                  const TrainingStateHeader& header,
                                  const TrainingStateBuffers& buffers) {
    // Piece by piece: three copies of a large model need not be joined in memory first.
    GRIDSCOPE_TRY_ASSIGN(file, ReplacementFile::create(files, path));
    GRIDSCOPE_TRY(writeContent(file, headerBytes(header, buffers.weights.size()), buffers));
    return file.finish();
}

Expected<TrainingStateHeader> readTrainingState(FileOps& files, const std::filesystem::path& path,
                                                const std::string& settingsHash,
                                                const TrainingStateBuffers& buffers) {
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(files, path));
    GRIDSCOPE_TRY_ASSIGN(status, file.status());
    const std::size_t expected = kHeaderLength + 3 * buffers.weights.size_bytes() + kDigestLength;
    if (status.sizeBytes < kHeaderLength + kDigestLength)
        return damaged(path, "has " + std::to_string(status.sizeBytes) + " bytes, too few");
    std::string head(kHeaderLength, '\0');
    GRIDSCOPE_TRY(file.readAt(std::as_writable_bytes(std::span(head)), 0));
    GRIDSCOPE_TRY_ASSIGN(header, parseHeader(path, head, settingsHash, buffers.weights.size()));
    if (status.sizeBytes != expected)
        return damaged(path, "expected " + std::to_string(expected) + " bytes, found " +
                                 std::to_string(status.sizeBytes));
    Sha256 hash;
    hash.update(head);
    std::uint64_t offset = kHeaderLength;
    for (const std::span<float> piece : pieces(buffers)) {
        GRIDSCOPE_TRY(file.readAt(std::as_writable_bytes(piece), offset));
        hash.update(std::as_bytes(piece));
        offset += piece.size_bytes();
    }
    std::string digest(kDigestLength, '\0');
    GRIDSCOPE_TRY(file.readAt(std::as_writable_bytes(std::span(digest)), offset));
    if (hash.finishHex() != digest) return damaged(path, "its content does not match its checksum");
    return header;
}

}  // namespace gridscope
