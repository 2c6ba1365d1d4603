// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/quant/group_rule_impl.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace gridscope {

namespace {

constexpr float kSmallestNormal = std::numeric_limits<float>::min();
constexpr float kLargestHalf = 65504.0F;
/// Below 2^22 rounding by adding and subtracting 1.5 2^23 is exact.
constexpr float kBoundedLevels = 4.0e6F;

float levels(const Grid& grid) { return static_cast<float>(grid.codeCount() - 1); }
float halfCodes(const Grid& grid) { return static_cast<float>(grid.codeCount() / 2); }

void useScale(GroupRule& rule, float scale) {
    rule.divisor = scale;
    rule.valueScale = scale;
    rule.storedScale = scale;
}

void useZeroPoint(GroupRule& rule, float zero) {
    // "+ 0" turns -0 into +0, so that a stored zero-point has one spelling.
    rule.zero = zero + 0.0F;
    rule.levelZero = rule.zero;
    rule.storedZeroPoint = rule.zero;
}

void asymmetricRule(const Grid& grid, const GroupRange& range, GroupRule& rule) {
    float low = range.low;
    float high = range.high;
    if (grid.dialect == GridDialect::Gptq) {
        low = std::min(low, 0.0F);
        high = std::max(high, 0.0F);
    }
    float width = high - low;
    if (grid.dialect == GridDialect::Awq) width = std::max(width, 1e-5F);
    useScale(rule, width / levels(grid));
    rule.high = levels(grid);
    if (grid.dialect == GridDialect::FloatZero) {
        rule.shift = low;
        rule.levelZero = halfCodes(grid);
        rule.valueShift = low + halfCodes(grid) * rule.divisor;
        rule.storedZeroPoint = rule.valueShift;
        return;
    }
    float zero = std::nearbyint(-low / rule.divisor);
    if (grid.dialect == GridDialect::Awq) zero = std::clamp(zero, 0.0F, levels(grid));
    useZeroPoint(rule, zero);
}

void symmetricRule(const Grid& grid, const GroupRange& range, GroupRule& rule) {
    const float half = halfCodes(grid);
    rule.high = levels(grid);
    useZeroPoint(rule, half);
    if (grid.dialect == GridDialect::Gptq) {
        useScale(rule, 2.0F * range.absmax / levels(grid));
    } else if (grid.dialect == GridDialect::TorchAo) {
        useScale(rule, range.absmax / (levels(grid) * 0.5F));
    } else {
        useScale(rule, range.absmax / (half - 1.0F));
        rule.low = 1.0F;
    }
}

/// llama.cpp rounds with the FP32 scale and stores it as FP16; a scale of 0 makes every t 0.
void halfScaleRule(const Grid& grid, const GroupRange& range, GroupRule& rule) {
    float scale = 0.0F;
    rule.high = levels(grid);
    switch (grid.dialect) {
    case GridDialect::Q4_0:
        scale = range.peak / -8.0F;
        rule.rounding = RoundingRule::Truncate;
        rule.zero = 8.5F;
        rule.levelZero = 8.0F;
        break;
    case GridDialect::Q4_1:
        scale = (range.high - range.low) / 15.0F;
        rule.rounding = RoundingRule::Truncate;
        rule.zero = 0.5F;
        rule.shift = range.low;
        rule.valueShift = roundToHalf(range.low) + 0.0F;  // never -0
        break;
    default:
        scale = range.absmax / 127.0F;
        rule.rounding = RoundingRule::HalfAway;
        rule.zero = 128.0F;
        rule.low = 1.0F;
        rule.levelZero = 128.0F;
        break;
    }
    rule.divisor = scale == 0.0F ? 1.0F : scale;
    rule.valueScale = roundToHalf(scale);
    rule.storedScale = rule.valueScale;
    rule.storedZeroPoint = grid.dialect == GridDialect::Q4_1 ? rule.valueShift : rule.levelZero;
}

void codebookRule(const GroupRange& range, GroupRule& rule) {
    rule.rounding = RoundingRule::Codebook;
    rule.divisor = range.absmax == 0.0F ? 1.0F : range.absmax;
    rule.valueScale = range.absmax;
    rule.storedScale = range.absmax;
}

/// Codes have no meaning under a random phase: the grid is shifted and not clamped.
void usePhase(GroupRule& rule, float phase) {
    rule.rounding = RoundingRule::RandomPhase;
    rule.divisor = rule.valueScale;
    rule.shift = 0.0F;
    rule.phase = phase;
    rule.exact = rule.exact || std::fabs(rule.valueScale) < kSmallestNormal;
}

}  // namespace

bool hasRealZeroPoint(GridDialect dialect) {
    return dialect == GridDialect::FloatZero || dialect == GridDialect::Q4_1;
}

bool hasOwnConstantRule(GridDialect dialect) {
    return dialect == GridDialect::Q4_0 || dialect == GridDialect::Q4_1 ||
           dialect == GridDialect::Q8_0 || dialect == GridDialect::NormalFloat;
}

float roundToHalf(float value) {
    const float magnitude = std::fabs(value);
    if (magnitude >= kLargestHalf) return std::copysign(kLargestHalf, value);
    // Normal numbers keep 10 bits of the fraction; below 2^-14 the spacing stays 2^-24.
    const float spacing =
        magnitude < 0x1p-14F ? 0x1p-24F : std::ldexp(1.0F, std::ilogb(magnitude) - 10);
    return std::copysign(std::nearbyint(magnitude / spacing) * spacing, value);
}

GroupRule groupRule(const Grid& grid, const GroupRange& range, float phase) {
    GroupRule rule;
    if (grid.dialect == GridDialect::NormalFloat) {
        codebookRule(range, rule);
    } else if (hasOwnConstantRule(grid.dialect)) {
        halfScaleRule(grid, range, rule);
    } else {
        if (grid.symmetric) {
            symmetricRule(grid, range, rule);
        } else {
            asymmetricRule(grid, range, rule);
        }
        rule.exact = range.low == range.high || rule.divisor < kSmallestNormal;
        if (range.absmax >= rule.divisor * kBoundedLevels)
            rule.rounding = RoundingRule::NearestEvenWide;
    }
    if (grid.control == GridControl::RandomPhase) usePhase(rule, phase);
    if (rule.exact) {
        rule.storedScale = 0.0F;
        rule.storedZeroPoint = 0.0F;
    }
    return rule;
}

void rescaleStored(const Grid& grid, GroupRule& rule) {
    rule.storedScale /= kHugeFactor;
    if (hasRealZeroPoint(grid.dialect)) rule.storedZeroPoint /= kHugeFactor;
}

}  // namespace gridscope
