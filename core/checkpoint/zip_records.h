// SPDX-License-Identifier: GPL-3.0-or-later

// The single records of a ZIP archive, field by field, before they are compared with each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gridscope {

// Field order and signatures: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16 and 4.5.3.

inline constexpr std::size_t kZipEndBytes = 22;
inline constexpr std::size_t kZip64LocatorBytes = 20;
inline constexpr std::size_t kZip64EndBytes = 56;
inline constexpr std::size_t kZipCentralBytes = 46;
inline constexpr std::size_t kZipLocalBytes = 30;

/// End of central directory, in either form.
struct ZipEnd {
    std::uint64_t disk = 0;         ///< the disk this record is on
    std::uint64_t centralDisk = 0;  ///< the disk the central directory starts on
    std::uint64_t entriesHere = 0;
    std::uint64_t entries = 0;
    std::uint64_t centralSize = 0;
    std::uint64_t centralOffset = 0;
};

struct Zip64Locator {
    std::uint32_t disk = 0;
    std::uint64_t endOffset = 0;
    std::uint32_t disks = 0;
};

/// A header of either kind. Names and extra fields are views into the bytes given.
struct ZipHeader {
    std::uint16_t flags = 0;
    std::uint16_t method = 0;
    std::uint32_t crc32 = 0;
    std::uint64_t storedSize = 0;
    std::uint64_t fullSize = 0;
    std::uint64_t disk = 0;          ///< central only
    std::uint64_t headerOffset = 0;  ///< central only
    std::size_t nameLength = 0;
    std::size_t extraLength = 0;
    std::size_t commentLength = 0;  ///< central only
};

/// Position of the last end record whose comment reaches exactly the end of `tail`.
std::optional<std::size_t> findZipEnd(std::span<const std::byte> tail);

/// Each reads the record at the start of `bytes`; nothing where the signature or the length
/// differs.
std::optional<ZipEnd> parseZipEnd(std::span<const std::byte> bytes);
std::optional<ZipEnd> parseZip64End(std::span<const std::byte> bytes);
std::optional<Zip64Locator> parseZip64Locator(std::span<const std::byte> bytes);
std::optional<ZipHeader> parseZipCentral(std::span<const std::byte> bytes);
std::optional<ZipHeader> parseZipLocal(std::span<const std::byte> bytes);

/// Replaces the fields of `header` that are all ones by those of the ZIP64 extra field.
/// False where one is needed and not there, or the extra fields are cut.
bool resolveZip64(ZipHeader& header, std::span<const std::byte> extra);

}  // namespace gridscope
