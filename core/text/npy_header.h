// SPDX-License-Identifier: GPL-3.0-or-later

// The header of a .npy file: what it may say, read and written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

constexpr std::string_view kNpyMagic = "\x93NUMPY";

struct NpyHeader {
    std::string descr;  ///< such as "<u2"
    bool fortranOrder = false;
    std::vector<std::uint64_t> shape;  ///< empty for a scalar
    std::uint64_t dataOffset = 0;      ///< bytes before the first value
};

/// Longest start of a file that readNpyHeader may look at.
constexpr std::uint64_t kNpyHeaderBytes = 12 + 10'000;

/// @param start the first bytes of the file, kNpyHeaderBytes or all there are
/// Errors: npy.header (magic, version, length, form of the dictionary).
Expected<NpyHeader> readNpyHeader(std::string_view start, const std::string& where);

/// A version 1.0 header whose end is a multiple of 64 bytes.
std::string npyHeaderText(std::string_view descr, std::span<const std::uint64_t> shape);

}  // namespace gridscope
