// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/zip_records.h"

#include "core/checkpoint/little_endian.h"

namespace gridscope {

namespace {

constexpr std::uint32_t kEndSignature = 0x06054B50;
constexpr std::uint32_t kZip64EndSignature = 0x06064B50;
constexpr std::uint32_t kZip64LocatorSignature = 0x07064B50;
constexpr std::uint32_t kCentralSignature = 0x02014B50;
constexpr std::uint32_t kLocalSignature = 0x04034B50;
constexpr std::uint16_t kZip64ExtraId = 0x0001;
constexpr std::uint64_t kInExtra32 = 0xFFFFFFFFu;
constexpr std::uint64_t kInExtra16 = 0xFFFFu;

std::uint16_t u16(std::span<const std::byte> bytes, std::size_t at) {
    return littleEndianAt<std::uint16_t>(bytes, at);
}
std::uint32_t u32(std::span<const std::byte> bytes, std::size_t at) {
    return littleEndianAt<std::uint32_t>(bytes, at);
}
std::uint64_t u64(std::span<const std::byte> bytes, std::size_t at) {
    return littleEndianAt<std::uint64_t>(bytes, at);
}

bool startsWith(std::span<const std::byte> bytes, std::uint32_t signature, std::size_t length) {
    return bytes.size() >= length && u32(bytes, 0) == signature;
}

/// The data of the ZIP64 field among `extra`; nothing where the fields do not fill it exactly.
std::optional<std::span<const std::byte>> zip64Field(std::span<const std::byte> extra) {
    while (extra.size() >= 4) {
        const std::size_t length = u16(extra, 2);
        if (length > extra.size() - 4) return std::nullopt;
        if (u16(extra, 0) == kZip64ExtraId) return extra.subspan(4, length);
        extra = extra.subspan(4 + length);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::size_t> findZipEnd(std::span<const std::byte> tail) {
    if (tail.size() < kZipEndBytes) return std::nullopt;
    for (std::size_t at = tail.size() - kZipEndBytes + 1; at-- > 0;) {
        const auto record = tail.subspan(at);
        if (startsWith(record, kEndSignature, kZipEndBytes) &&
            u16(record, 20) == record.size() - kZipEndBytes)
            return at;
    }
    return std::nullopt;
}

std::optional<ZipEnd> parseZipEnd(std::span<const std::byte> bytes) {
    if (!startsWith(bytes, kEndSignature, kZipEndBytes)) return std::nullopt;
    return ZipEnd{u16(bytes, 4),  u16(bytes, 6),  u16(bytes, 8),
                  u16(bytes, 10), u32(bytes, 12), u32(bytes, 16)};
}

std::optional<ZipEnd> parseZip64End(std::span<const std::byte> bytes) {
    if (!startsWith(bytes, kZip64EndSignature, kZip64EndBytes)) return std::nullopt;
    return ZipEnd{u32(bytes, 16), u32(bytes, 20), u64(bytes, 24),
                  u64(bytes, 32), u64(bytes, 40), u64(bytes, 48)};
}

std::optional<Zip64Locator> parseZip64Locator(std::span<const std::byte> bytes) {
    if (!startsWith(bytes, kZip64LocatorSignature, kZip64LocatorBytes)) return std::nullopt;
    return Zip64Locator{u32(bytes, 4), u64(bytes, 8), u32(bytes, 16)};
}

std::optional<ZipHeader> parseZipCentral(std::span<const std::byte> bytes) {
    if (!startsWith(bytes, kCentralSignature, kZipCentralBytes)) return std::nullopt;
    ZipHeader header;
    header.flags = u16(bytes, 8);
    header.method = u16(bytes, 10);
    header.crc32 = u32(bytes, 16);
    header.storedSize = u32(bytes, 20);
    header.fullSize = u32(bytes, 24);
    header.nameLength = u16(bytes, 28);
    header.extraLength = u16(bytes, 30);
    header.commentLength = u16(bytes, 32);
    header.disk = u16(bytes, 34);
    header.headerOffset = u32(bytes, 42);
    return header;
}

std::optional<ZipHeader> parseZipLocal(std::span<const std::byte> bytes) {
    if (!startsWith(bytes, kLocalSignature, kZipLocalBytes)) return std::nullopt;
    ZipHeader header;
    header.flags = u16(bytes, 6);
    header.method = u16(bytes, 8);
    header.crc32 = u32(bytes, 14);
    header.storedSize = u32(bytes, 18);
    header.fullSize = u32(bytes, 22);
    header.nameLength = u16(bytes, 26);
    header.extraLength = u16(bytes, 28);
    return header;
}

bool resolveZip64(ZipHeader& header, std::span<const std::byte> extra) {
    const bool inExtra = header.fullSize == kInExtra32 || header.storedSize == kInExtra32 ||
                         header.headerOffset == kInExtra32 || header.disk == kInExtra16;
    if (!inExtra) return true;
    auto field = zip64Field(extra);
    if (!field) return false;
    // The fields that are in use follow each other in this order.
    for (std::uint64_t* value : {&header.fullSize, &header.storedSize, &header.headerOffset}) {
        if (*value != kInExtra32) continue;
        if (field->size() < 8) return false;
        *value = u64(*field, 0);
        field = field->subspan(8);
    }
    if (header.disk == kInExtra16) {
        if (field->size() < 4) return false;
        header.disk = u32(*field, 0);
    }
    return true;
}

}  // namespace gridscope
