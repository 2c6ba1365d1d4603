// SPDX-License-Identifier: GPL-3.0-or-later

// From the range of one group to everything the kernels need to round its weights.
#pragma once

#include <array>
#include <limits>

#include "core/quant/grid.h"

namespace gridscope {

/// What one pass over a group finds.
struct GroupRange {
    float low = 0.0F;
    float high = 0.0F;
    float absmax = 0.0F;
    float peak = 0.0F;  ///< the first weight of largest magnitude, with its sign
    bool finite = true;
};

/// How t = (w - shift) / divisor becomes a code.
enum class RoundingRule {
    NearestEven,      ///< clamp(round(t) + zero), |t| below 2^22
    NearestEvenWide,  ///< the same for any t
    Truncate,         ///< clamp(trunc(t + zero))
    HalfAway,         ///< clamp(roundHalfAway(t) + zero)
    RandomPhase,      ///< value = divisor (round(t - phase) + phase), no code
    Codebook          ///< nearest of the 16 levels of nf4
};

/// All floats, so that a large zero-point keeps the rounding of the definition.
struct GroupRule {
    RoundingRule rounding = RoundingRule::NearestEven;
    bool exact = false;      ///< the weights stay as they are
    float shift = 0.0F;      ///< weights
    float divisor = 1.0F;    ///< weights per level, never 0
    float zero = 0.0F;       ///< levels
    float low = 0.0F;        ///< smallest code
    float high = 0.0F;       ///< largest code
    float phase = 0.0F;      ///< levels, for RandomPhase
    float levelZero = 0.0F;  ///< value = (code - levelZero) valueScale + valueShift
    float valueScale = 0.0F;
    float valueShift = 0.0F;
    float storedScale = 0.0F;  ///< what QuantizedCodes keeps
    float storedZeroPoint = 0.0F;
};

/// Groups with a larger absmax are scaled by kHugeFactor (a power of two, so nothing is rounded
/// differently) before any arithmetic: their range or their outermost level may exceed FP32.
inline constexpr float kHugeAbsmax = std::numeric_limits<float>::max() / 4.0F;
inline constexpr float kHugeFactor = 0.0625F;

/// @param range of a group whose absmax is at most kHugeAbsmax
/// @param phase in [-0.5, 0.5), used by the random-phase control only
GroupRule groupRule(const Grid& grid, const GroupRange& range, float phase);

/// Scale and zero-point of a rule that was made for weights times kHugeFactor.
void rescaleStored(const Grid& grid, GroupRule& rule);

/// Whether the zero-point is a real number: then there is no integer level q - z to compare.
bool hasRealZeroPoint(GridDialect dialect);

/// The zero-point of the dialects of llama.cpp and nf4 follows their own rule for constant groups.
bool hasOwnConstantRule(GridDialect dialect);

/// `value` rounded to FP16 and back, half to even; beyond the range of FP16 it saturates, so that
/// no scale becomes infinite.
float roundToHalf(float value);

/// The levels of nf4: quantiles of the normal distribution with an exact 0, scaled to -1..1.
/// Source: QLoRA, arXiv 2305.14314, appendix E.
inline constexpr std::array<float, 16> kNormalFloatLevels = {-1.0F,
                                                             -0.6961928009986877F,
                                                             -0.5250730514526367F,
                                                             -0.39491748809814453F,
                                                             -0.28444138169288635F,
                                                             -0.18477343022823334F,
                                                             -0.09105003625154495F,
                                                             0.0F,
                                                             0.07958029955625534F,
                                                             0.16093020141124725F,
                                                             0.24611230194568634F,
                                                             0.33791524171829224F,
                                                             0.44070982933044434F,
                                                             0.5626170039176941F,
                                                             0.7229568362236023F,
                                                             1.0F};

/// Halfway between level i and i + 1; a weight exactly there takes the lower level.
constexpr float normalFloatThreshold(std::size_t index) {
    return (kNormalFloatLevels[index] + kNormalFloatLevels[index + 1]) * 0.5F;
}

}  // namespace gridscope
