// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/npy_writer.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/text/npy_header.h"

namespace gridscope {

namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie");

constexpr std::size_t kIdsPerPiece = 1u << 16;

std::string_view descrOf(NpyDtype dtype) {
    switch (dtype) {
    case NpyDtype::U16:
        return "<u2";
    case NpyDtype::U32:
        return "<u4";
    case NpyDtype::I32:
        return "<i4";
    case NpyDtype::F32:
        break;
    }
    return "<f4";
}

std::uint32_t largestId(NpyDtype dtype) {
    if (dtype == NpyDtype::U16) return std::numeric_limits<std::uint16_t>::max();
    if (dtype == NpyDtype::I32) return std::numeric_limits<std::int32_t>::max();
    return std::numeric_limits<std::uint32_t>::max();
}

Error sizeError(const std::filesystem::path& path, const std::string& what) {
    return {ErrorCode::NpySize, path.string(), what, {}};
}

}  // namespace

Expected<NpyWriter> NpyWriter::create(FileOps& ops, const std::filesystem::path& path,
                                      NpyDtype dtype, std::vector<std::uint64_t> shape) {
    std::uint64_t count = 1;
    for (const std::uint64_t extent : shape) {
        if (extent != 0 && count > (std::uint64_t{1} << 60) / extent)
            return sizeError(path, "the shape needs more than 2^60 values");
        count *= extent;
    }
    GRIDSCOPE_TRY_ASSIGN(file, ReplacementFile::create(ops, path));
    NpyWriter writer(std::move(file), dtype, count);
    const std::string header = npyHeaderText(descrOf(dtype), shape);
    GRIDSCOPE_TRY(writer.write(std::as_bytes(std::span(header)), 0));
    return writer;
}

Expected<void> NpyWriter::checkRoom(std::uint64_t count) const {
    if (count > m_left)
        return sizeError(m_file.path(), std::to_string(count) +
                                            " more values, the shape has room for " +
                                            std::to_string(m_left));
    return {};
}

Expected<void> NpyWriter::write(std::span<const std::byte> bytes, std::uint64_t count) {
    GRIDSCOPE_TRY(m_file.writeAt(bytes, m_offset));
    m_offset += bytes.size();
    m_left -= count;
    return {};
}

Expected<void> NpyWriter::append(std::span<const float> values) {
    if (m_dtype != NpyDtype::F32)
        return Error{
            ErrorCode::NpyDtype, m_file.path().string(), "real values for a file of ids", {}};
    GRIDSCOPE_TRY(checkRoom(values.size()));
    return write(std::as_bytes(values), values.size());
}

Expected<void> NpyWriter::append(std::span<const std::uint32_t> ids) {
    if (m_dtype == NpyDtype::F32)
        return Error{
            ErrorCode::NpyDtype, m_file.path().string(), "ids for a file of real values", {}};
    GRIDSCOPE_TRY(checkRoom(ids.size()));
    const std::uint32_t largest = largestId(m_dtype);
    const auto tooLarge =
        std::find_if(ids.begin(), ids.end(), [=](std::uint32_t id) { return id > largest; });
    if (tooLarge != ids.end())
        return Error{ErrorCode::TokensIdRange, m_file.path().string(),
                     "id " + std::to_string(*tooLarge) + ", at most " + std::to_string(largest) +
                         " can be stored",
                     "Choose a wider dtype"};
    if (m_dtype != NpyDtype::U16) return write(std::as_bytes(ids), ids.size());
    std::vector<std::uint16_t> narrow;
    for (std::size_t first = 0; first < ids.size(); first += kIdsPerPiece) {
        const auto piece = ids.subspan(first, std::min(kIdsPerPiece, ids.size() - first));
        narrow.resize(piece.size());
        std::transform(piece.begin(), piece.end(), narrow.begin(),
                       [](std::uint32_t id) { return static_cast<std::uint16_t>(id); });
        GRIDSCOPE_TRY(write(std::as_bytes(std::span(narrow)), narrow.size()));
    }
    return {};
}

Expected<void> NpyWriter::finish() {
    if (m_left > 0)
        return sizeError(m_file.path(),
                         std::to_string(m_left) + " values of the shape are missing");
    return m_file.finish();
}

Expected<void> writeNpyIds(FileOps& ops, const std::filesystem::path& path,
                           std::span<const std::uint32_t> ids, NpyDtype dtype) {
    GRIDSCOPE_TRY_ASSIGN(writer, NpyWriter::create(ops, path, dtype, {ids.size()}));
    GRIDSCOPE_TRY(writer.append(ids));
    return writer.finish();
}

}  // namespace gridscope
