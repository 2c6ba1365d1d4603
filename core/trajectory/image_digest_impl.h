// SPDX-License-Identifier: GPL-3.0-or-later

// The checksum of a whole file, which stands behind its HDF5 part. Row checksums leave plan and
// structure uncovered, and HDF5 1.10.8 crashes on some broken structures, so this is compared
// before HDF5 sees a byte. HDF5 programs ignore the trailer, and cut it off when they write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridscope {

/// "GRIDSCOPE-SHA256" and 64 hex digits over `hdf5`.
std::string digestTrailer(std::string_view hdf5);

enum class DigestVerdict { Absent, Agrees, Disagrees };

struct SplitImage {
    std::string_view hdf5;  ///< without the trailer
    DigestVerdict verdict = DigestVerdict::Absent;
};

SplitImage splitDigest(std::string_view file);

/// Where the HDF5 part of a file ends by its superblock (versions 0 to 3 with 8-byte addresses);
/// nothing if there is no such superblock. HDF5 refuses files that end before, not after.
std::optional<std::uint64_t> endOfHdf5(std::string_view file);

}  // namespace gridscope
