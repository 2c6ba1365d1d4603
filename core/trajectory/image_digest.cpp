// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/image_digest_impl.h"

#include "core/base/sha256.h"

namespace gridscope {

namespace {

constexpr std::string_view kMark = "GRIDSCOPE-SHA256";
constexpr std::size_t kTrailerBytes = kMark.size() + 64;

}  // namespace

std::string digestTrailer(std::string_view hdf5) { return std::string(kMark) + sha256Hex(hdf5); }

SplitImage splitDigest(std::string_view file) {
    if (file.size() < kTrailerBytes) return {file, DigestVerdict::Absent};
    const std::string_view hdf5 = file.substr(0, file.size() - kTrailerBytes);
    const std::string_view trailer = file.substr(hdf5.size());
    if (!trailer.starts_with(kMark)) return {file, DigestVerdict::Absent};
    return {hdf5,
            trailer == digestTrailer(hdf5) ? DigestVerdict::Agrees : DigestVerdict::Disagrees};
}

std::optional<std::uint64_t> endOfHdf5(std::string_view file) {
    if (file.size() < 64) return std::nullopt;
    const auto byteAt = [&](std::size_t i) { return static_cast<unsigned char>(file[i]); };
    const unsigned version = byteAt(8);
    if (version > 3 || byteAt(version < 2 ? 13 : 9) != 8) return std::nullopt;
    // HDF5 file format specification, section II.A: base address, then one other address, then
    // the end-of-file address; version 1 has four bytes more before them than version 0.
    constexpr std::size_t kEndAt[] = {40, 44, 28, 28};
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < 8; ++i)
        end |= static_cast<std::uint64_t>(byteAt(kEndAt[version] + i)) << (8 * i);
    return end;
}

}  // namespace gridscope
