// SPDX-License-Identifier: GPL-3.0-or-later

// A quantization grid: bits, range rule, group and dialect, with the id that names it in files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

/// How range, scale and zero-point follow from a group (science.md, 1.1).
enum class GridDialect {
    MinMax,  ///< asymmetric, raw min/max, zero-point rounded and not clamped
    AbsMax,  ///< symmetric, s = absmax/(2^(b-1)-1), z = 0
    Gptq,    ///< asymmetric: 0 forced into the range; symmetric: s = 2 absmax/(2^b-1), z = 2^(b-1)
    Awq,     ///< asymmetric, range floor 1e-5, zero-point clamped to 0..2^b-1
    FloatZero,   ///< asymmetric, level 0 = min (torchao tinygemm, HQQ without optimisation)
    Q4_0,        ///< llama.cpp: signed value of largest magnitude, fp16 scale
    Q4_1,        ///< llama.cpp: fp16 scale and fp16 minimum
    Q8_0,        ///< llama.cpp: absmax, fp16 scale, round half away
    TorchAo,     ///< symmetric int8, s = absmax/127.5
    NormalFloat  ///< nf4: codebook of 16 NormalFloat levels
};

enum class GroupKind { Size, Channel, Tensor };

/// Controls replace the rounding grid by a chance one (science.md, 1.5).
enum class GridControl { None, RandomPhase, GaussianNoise };

struct Grid {
    int bits = 4;  ///< 2..8
    bool symmetric = false;
    GroupKind groupKind = GroupKind::Size;
    std::uint32_t groupSize = 128;  ///< consecutive inputs sharing a scale; for GroupKind::Size
    GridDialect dialect = GridDialect::MinMax;
    GridControl control = GridControl::None;

    bool operator==(const Grid&) const = default;

    /// Distinct codes, 2^bits.
    std::uint32_t codeCount() const { return 1u << bits; }
    /// Inputs per group for a matrix with `columns` inputs and `elements` weights.
    std::uint64_t groupLength(std::uint64_t columns, std::uint64_t elements) const;
};

/// Reads a grid id (`a4g128:minmax`, `s8channel`, `nf4g64`, `a4g128~phase`) or preset name
/// (`int4`, `int8`, `gptq-int4`, ...). A missing dialect is minmax for `a` and absmax for `s`.
/// Errors: settings.syntax, settings.range (bits 2..8, size >= 1, dialect unfit for the rest).
Expected<Grid> parseGrid(std::string_view text);

/// The id with the dialect always written out, as used in files: `a4g128:minmax`.
std::string gridId(const Grid& grid);

/// What people call it: "INT4", "INT8", "NF4", with the rest where it is not the paper's.
std::string gridDisplayName(const Grid& grid);

struct GridPreset {
    std::string_view name;
    std::string_view id;
    std::string_view note;
};

/// All preset names of science.md 1.1, in the order of its table, and int3/int2 beside int4.
const std::vector<GridPreset>& gridPresets();

}  // namespace gridscope
