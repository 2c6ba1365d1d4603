// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/safetensors_header.h"

#include <algorithm>
#include <array>
#include <new>
#include <numeric>
#include <optional>
#include <span>

#include "core/checkpoint/checked_arithmetic.h"
#include "core/checkpoint/file_type.h"
#include "core/checkpoint/safetensors_sax_impl.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kLargestHeader = 100'000'000;
constexpr std::size_t kLargestRank = 8;
constexpr std::uint64_t kLargestOffset = std::uint64_t{1} << 53;  // exact in every JSON reader

std::optional<Dtype> dtypeFromName(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(Dtype::F6E3m2); ++i) {
        const Dtype dtype = static_cast<Dtype>(i);
        if (dtypeName(dtype) == name) return dtype;
    }
    return std::nullopt;
}

std::string entryPlace(std::string_view where, std::string_view name) {
    return std::string(where) + ", " + escapeForDisplay(name);
}

Expected<void> checkDuplicates(const std::vector<SafetensorsEntry>& entries,
                               std::string_view where) {
    std::vector<std::string_view> names;
    names.reserve(entries.size());
    for (const SafetensorsEntry& entry : entries) names.push_back(entry.name);
    std::sort(names.begin(), names.end());
    const auto twin = std::adjacent_find(names.begin(), names.end());
    if (twin == names.end()) return {};
    return Error{ErrorCode::SafetensorsDuplicateName,
                 entryPlace(where, *twin),
                 "the tensor name occurs more than once in the header",
                 {}};
}

/// Rule 7 for one entry whose present fields have the right types.
Expected<void> checkFields(const SafetensorsEntry& entry, std::string_view where) {
    const auto fault = [&](ErrorCode code, std::string what) {
        return Error{code, entryPlace(where, entry.name), std::move(what), {}};
    };
    if (!entry.dtype) return fault(ErrorCode::SafetensorsDtype, "the entry has no dtype");
    if (!dtypeFromName(*entry.dtype))
        return fault(ErrorCode::SafetensorsDtype,
                     "unknown dtype " + escapeForDisplay(*entry.dtype));
    if (!entry.shape) return fault(ErrorCode::SafetensorsShape, "the entry has no shape");
    if (!entry.offsets)
        return fault(ErrorCode::SafetensorsOffsets, "the entry has no data_offsets");
    if (entry.offsets->size() != 2)
        return fault(
            ErrorCode::SafetensorsOffsets,
            "data_offsets must hold two numbers, found " +
                (entry.offsets->size() > 2 ? "more" : std::to_string(entry.offsets->size())));
    for (const std::uint64_t offset : *entry.offsets) {
        if (offset > kLargestOffset)
            return fault(ErrorCode::SafetensorsOffsets,
                         "the offset " + std::to_string(offset) + " is above 2^53");
    }
    return {};
}

/// Entries by their place in the data; a tensor of no bytes before its neighbour.
std::vector<std::size_t> fileOrder(const std::vector<SafetensorsEntry>& entries) {
    std::vector<std::size_t> order(entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return *entries[a].offsets < *entries[b].offsets;
    });
    return order;
}

/// Rule 8: the ranges follow each other without holes and overlaps.
Expected<void> checkRanges(const std::vector<SafetensorsEntry>& entries,
                           const std::vector<std::size_t>& order, std::string_view where) {
    std::uint64_t end = 0;
    for (const std::size_t index : order) {
        const SafetensorsEntry& entry = entries[index];
        const std::uint64_t first = (*entry.offsets)[0];
        const std::uint64_t last = (*entry.offsets)[1];
        if (first != end || last < first)
            return Error{ErrorCode::SafetensorsOffsets,
                         entryPlace(where, entry.name),
                         "expected data from byte " + std::to_string(end) +
                             " on, found the range " + std::to_string(first) + " to " +
                             std::to_string(last),
                         {}};
        end = last;
    }
    return {};
}

/// Rules 9 and 10.
Expected<TensorInfo> checkShape(const SafetensorsEntry& entry, std::string_view where) {
    const auto fault = [&](std::string what) {
        return Error{
            ErrorCode::SafetensorsShape, entryPlace(where, entry.name), std::move(what), {}};
    };
    TensorInfo info;
    info.name = entry.name;
    info.dtype = *dtypeFromName(*entry.dtype);
    info.shape = *entry.shape;
    info.storedBytes = (*entry.offsets)[1] - (*entry.offsets)[0];
    if (info.shape.size() > kLargestRank)
        return fault("more than " + std::to_string(kLargestRank) + " dimensions");
    // A zero dimension gives 0 whatever the others are, so it is looked for before multiplying.
    const bool empty = std::find(info.shape.begin(), info.shape.end(), 0u) != info.shape.end();
    info.elements = empty ? 0 : 1;
    for (const std::uint64_t size : info.shape) {
        const auto elements =
            empty ? std::optional<std::uint64_t>(0) : checkedProduct(info.elements, size);
        if (!elements) return fault("the number of elements is above 2^64");
        info.elements = *elements;
    }
    const auto bits = checkedProduct(info.elements, dtypeBits(info.dtype));
    if (!bits) return fault("the number of bits is above 2^64");
    if (*bits % 8 != 0) return fault(std::to_string(*bits) + " bits do not fill whole bytes");
    if (*bits / 8 != info.storedBytes)
        return fault("dtype and shape give " + std::to_string(*bits / 8) + " bytes, the offsets " +
                     std::to_string(info.storedBytes));
    return info;
}

Expected<SafetensorsHeader> checkEntries(SafetensorsSax& sax, std::uint64_t dataStart,
                                         std::uint64_t sizeBytes, std::string_view where) {
    GRIDSCOPE_TRY(checkDuplicates(sax.entries, where));
    if (sax.wrongField) return *sax.wrongField;
    for (const SafetensorsEntry& entry : sax.entries) GRIDSCOPE_TRY(checkFields(entry, where));
    const std::vector<std::size_t> order = fileOrder(sax.entries);
    GRIDSCOPE_TRY(checkRanges(sax.entries, order, where));
    SafetensorsHeader header;
    header.metadata = std::move(sax.metadata);
    header.tensors.reserve(order.size());
    header.fileOffsets.reserve(order.size());
    std::uint64_t end = 0;
    for (const std::size_t index : order) {
        GRIDSCOPE_TRY_ASSIGN(info, checkShape(sax.entries[index], where));
        header.fileOffsets.push_back(dataStart + end);
        end += info.storedBytes;
        header.tensors.push_back(std::move(info));
    }
    if (dataStart + end != sizeBytes)
        return Error{ErrorCode::SafetensorsSizeMismatch, std::string(where),
                     "expected " + std::to_string(dataStart + end) + " bytes, found " +
                         std::to_string(sizeBytes),
                     dataStart + end > sizeBytes ? kIncompleteHint
                                                 : "Something was appended; fetch it again"};
    return header;
}

}  // namespace

Expected<std::uint64_t> checkHeaderLength(std::string_view lengthField, std::uint64_t sizeBytes,
                                          std::string_view where) {
    if (sizeBytes < kLengthBytes || lengthField.size() < kLengthBytes)
        return Error{ErrorCode::SafetensorsTooSmall, std::string(where),
                     "expected at least 8 bytes, found " + std::to_string(sizeBytes),
                     kIncompleteHint};
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i)
        length |= static_cast<std::uint64_t>(static_cast<unsigned char>(lengthField[i])) << (8 * i);
    if (length == 0 || length > kLargestHeader)
        return Error{ErrorCode::SafetensorsHeaderLength,
                     std::string(where),
                     "expected a header of 1 to 100000000 bytes, found " + std::to_string(length),
                     {}};
    if (length > sizeBytes - kLengthBytes)
        return Error{ErrorCode::SafetensorsHeaderLength, std::string(where),
                     "the header needs " + std::to_string(length) + " bytes after the first 8, " +
                         "the file has " + std::to_string(sizeBytes - kLengthBytes),
                     kIncompleteHint};
    return length;
}

Expected<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::uint64_t sizeBytes,
                                                   std::string_view where) {
    const auto fault = [&](std::string what) {
        return Error{ErrorCode::SafetensorsHeaderJson, std::string(where), std::move(what), {}};
    };
    if (json.starts_with("\xEF\xBB\xBF")) return fault("the header starts with a byte order mark");
    if (json.find('\0') != std::string_view::npos) return fault("the header holds a NUL byte");
    try {
        SafetensorsSax sax(where);
        const bool walked = nlohmann::json::sax_parse(json.begin(), json.end(), &sax);
        if (sax.fatal) return *sax.fatal;
        if (!walked) return fault("the header is not valid JSON");
        return checkEntries(sax, kLengthBytes + json.size(), sizeBytes, where);
    } catch (const nlohmann::json::exception& error) {
        return fault(std::string("the header is not valid JSON: ") + error.what());
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, std::string(where), "no memory for the header",
                     "Close other programs"};
    }
}

Expected<SafetensorsHeader> readSafetensorsHeader(const File& file, std::uint64_t sizeBytes,
                                                  std::string_view where) {
    std::array<char, kLengthBytes> lengthField{};
    if (sizeBytes >= kLengthBytes) {
        if (auto read = file.readAt(std::as_writable_bytes(std::span(lengthField)), 0); !read)
            return read.error().inside(where);
    }
    GRIDSCOPE_TRY_ASSIGN(
        length, checkHeaderLength({lengthField.data(), lengthField.size()}, sizeBytes, where));
    std::string json;
    try {
        json.resize(static_cast<std::size_t>(length));
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, std::string(where), "no memory for the header",
                     "Close other programs"};
    }
    if (auto read = file.readAt(std::as_writable_bytes(std::span(json)), kLengthBytes); !read)
        return read.error().inside(where);
    return parseSafetensorsHeader(json, sizeBytes, where);
}

}  // namespace gridscope
