// SPDX-License-Identifier: GPL-3.0-or-later

// The members of a ZIP archive as torch.save writes it, checked by every rule of formats.md 5.1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/checkpoint/byte_source.h"

namespace gridscope {

/// One stored (never compressed) member. Its payload lies inside the archive and overlaps nothing.
struct ZipMember {
    std::string name;
    std::uint64_t headerOffset = 0;   ///< of the local header, from the start of the archive
    std::uint64_t payloadOffset = 0;  ///< of the first byte
    std::uint64_t sizeBytes = 0;
    std::uint32_t crc32 = 0;  ///< by the central directory
};

struct ZipDirectory {
    std::vector<ZipMember> members;  ///< sorted by name
    /// False where the writer left all checksums at zero; then payloads cannot be checked.
    bool hasChecksums = true;

    /// The member of this name, or null.
    const ZipMember* find(std::string_view name) const;
};

/// Rules 1-4: the end record, the central directory and every local header. No payload is read.
/// Errors: zip.format (records and sizes), zip.member (one member; its name in `where`),
/// zip.unsupported (compression, encryption, several disks, limits); file.read, file.vanished.
Expected<ZipDirectory> readZipDirectory(const ByteSource& archive, std::string_view where);

}  // namespace gridscope
