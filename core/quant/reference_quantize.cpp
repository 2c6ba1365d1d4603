// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/quant/reference_quantize.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "core/quant/control_random_impl.h"
#include "core/quant/group_rule_impl.h"
#include "core/quant/not_finite_impl.h"
#include "core/quant/reference_quantize_impl.h"

namespace gridscope {

namespace {

using at::Tensor;

/// Groups of equal length, one per row: weights, and later results, [groups, length]; what holds
/// for a whole group is [groups, 1].
struct GroupRows {
    Tensor weights;
    Tensor phase;  ///< defined for the random-phase control
    Tensor low, high, absmax, peak;
};

struct RowResult {
    Tensor values, residuals, codes, scale, zeroPoint;
};

/// What a dialect says about a group; the names are those of GroupRule.
struct RowRule {
    Tensor divisor, shift, zero, levelZero, valueScale, valueShift;
    Tensor storedScale, storedZeroPoint, exact;
    double low = 0.0;
    double high = 0.0;
};

/// A number as a tensor on the device: dividing by a plain number would multiply by its
/// reciprocal on CUDA.
Tensor number(const Tensor& like, double value) { return at::full({1}, value, like.options()); }

Tensor everyGroup(const GroupRows& rows, double value) { return at::full_like(rows.low, value); }

Tensor halfRounded(const Tensor& values) {
    return values.clamp(-65504.0, 65504.0).to(at::kHalf).to(at::kFloat);
}

Tensor firstPeak(const Tensor& weights, const Tensor& absmax) {
    const Tensor place = at::arange(weights.size(1), weights.options().dtype(at::kLong));
    const Tensor none = at::full({1}, weights.size(1), place.options());
    const Tensor first =
        at::where(weights.abs() == absmax, place.unsqueeze(0), none).amin({1}, true);
    return weights.gather(1, first);
}

void measureRange(GroupRows& rows) {
    rows.low = rows.weights.amin({1}, true);
    rows.high = rows.weights.amax({1}, true);
    rows.absmax = rows.weights.abs().amax({1}, true);
    rows.peak = firstPeak(rows.weights, rows.absmax);
}

RowRule asymmetricRule(const Grid& grid, const GroupRows& rows) {
    const double levels = grid.codeCount() - 1;
    Tensor low = rows.low;
    Tensor high = rows.high;
    if (grid.dialect == GridDialect::Gptq) {
        low = low.clamp_max(0.0);
        high = high.clamp_min(0.0);
    }
    Tensor width = high - low;
    if (grid.dialect == GridDialect::Awq) width = at::maximum(width, number(width, 1e-5F));
    RowRule rule;
    rule.high = levels;
    rule.divisor = width / number(width, levels);
    rule.valueScale = rule.divisor;
    if (grid.dialect == GridDialect::FloatZero) {
        const double half = grid.codeCount() / 2;
        rule.shift = low;
        rule.zero = everyGroup(rows, 0.0);
        rule.levelZero = everyGroup(rows, half);
        rule.valueShift = low + number(low, half) * rule.divisor;
        rule.storedZeroPoint = rule.valueShift;
        return rule;
    }
    rule.zero = at::round(-low / rule.divisor) + 0.0;
    if (grid.dialect == GridDialect::Awq) rule.zero = rule.zero.clamp(0.0, levels);
    rule.levelZero = rule.zero;
    rule.storedZeroPoint = rule.zero;
    return rule;
}

RowRule symmetricRule(const Grid& grid, const GroupRows& rows) {
    const double levels = grid.codeCount() - 1;
    const double half = grid.codeCount() / 2;
    RowRule rule;
    rule.high = levels;
    if (grid.dialect == GridDialect::Gptq) {
        rule.divisor = (rows.absmax + rows.absmax) / number(rows.absmax, levels);
    } else if (grid.dialect == GridDialect::TorchAo) {
        rule.divisor = rows.absmax / number(rows.absmax, levels / 2.0);
    } else {
        rule.divisor = rows.absmax / number(rows.absmax, half - 1.0);
        rule.low = 1.0;
    }
    rule.valueScale = rule.divisor;
    rule.zero = everyGroup(rows, half);
    rule.levelZero = rule.zero;
    rule.storedZeroPoint = rule.zero;
    return rule;
}

RowRule halfScaleRule(const Grid& grid, const GroupRows& rows) {
    RowRule rule;
    rule.high = grid.codeCount() - 1;
    Tensor scale;
    if (grid.dialect == GridDialect::Q4_0) {
        scale = rows.peak / number(rows.peak, -8.0);
        rule.zero = everyGroup(rows, 8.5);
        rule.levelZero = everyGroup(rows, 8.0);
    } else if (grid.dialect == GridDialect::Q4_1) {
        scale = (rows.high - rows.low) / number(rows.low, 15.0);
        rule.zero = everyGroup(rows, 0.5);
        rule.levelZero = everyGroup(rows, 0.0);
        rule.shift = rows.low;
        rule.valueShift = halfRounded(rows.low) + 0.0;  // never -0
    } else {
        scale = rows.absmax / number(rows.absmax, 127.0);
        rule.low = 1.0;
        rule.zero = everyGroup(rows, 128.0);
        rule.levelZero = rule.zero;
    }
    rule.divisor = at::where(scale == 0.0, number(scale, 1.0), scale);
    rule.valueScale = halfRounded(scale);
    rule.storedZeroPoint = grid.dialect == GridDialect::Q4_1 ? rule.valueShift : rule.levelZero;
    return rule;
}

RowRule rowRule(const Grid& grid, const GroupRows& rows) {
    const bool ownRule = hasOwnConstantRule(grid.dialect);
    RowRule rule = ownRule          ? halfScaleRule(grid, rows)
                   : grid.symmetric ? symmetricRule(grid, rows)
                                    : asymmetricRule(grid, rows);
    if (!rule.shift.defined()) rule.shift = everyGroup(rows, 0.0);
    if (!rule.valueShift.defined()) rule.valueShift = everyGroup(rows, 0.0);
    rule.exact = ownRule ? at::zeros_like(rows.low, rows.low.options().dtype(at::kBool))
                         : (rows.low == rows.high) |
                               (rule.divisor < number(rows.low, std::numeric_limits<float>::min()));
    rule.storedScale = rule.valueScale;
    return rule;
}

Tensor roundedToCodes(const Grid& grid, const RowRule& rule, const Tensor& t) {
    switch (grid.dialect) {
    case GridDialect::Q4_0:
    case GridDialect::Q4_1:
        return at::trunc(t + rule.zero);
    case GridDialect::Q8_0: {
        const Tensor whole = at::trunc(t);
        return whole + at::where((t - whole).abs() >= 0.5, at::sign(t), number(t, 0.0)) + rule.zero;
    }
    default:
        return at::round(t) + rule.zero;
    }
}

RowResult roundToGrid(const Grid& grid, const GroupRows& rows) {
    RowRule rule = rowRule(grid, rows);
    RowResult result;
    if (grid.control == GridControl::RandomPhase) {
        rule.exact = rule.exact |
                     (rule.valueScale.abs() < number(rows.low, std::numeric_limits<float>::min()));
        const Tensor t = rows.weights / rule.valueScale - rows.phase;
        result.residuals = t - at::round(t);
        result.values = (at::round(t) + rows.phase) * rule.valueScale;
        result.codes = at::zeros_like(t);
    } else {
        const Tensor t = (rows.weights - rule.shift) / rule.divisor;
        result.residuals = t - at::round(t);
        result.codes = roundedToCodes(grid, rule, t).clamp(rule.low, rule.high);
        result.values = (result.codes - rule.levelZero) * rule.valueScale + rule.valueShift;
    }
    const Tensor none = number(rows.low, 0.0);
    result.values = at::where(rule.exact, rows.weights, result.values);
    result.codes = at::where(rule.exact, none, result.codes);
    result.residuals = at::where(rule.exact, none, result.residuals);
    result.scale = at::where(rule.exact, none, rule.storedScale);
    result.zeroPoint = at::where(rule.exact, none, rule.storedZeroPoint);
    return result;
}

RowResult roundToCodebook(const GroupRows& rows) {
    const Tensor one = number(rows.low, 1.0);
    const Tensor t = rows.weights / at::where(rows.absmax == 0.0, one, rows.absmax);
    Tensor codes = at::zeros_like(t, t.options().dtype(at::kLong));
    for (std::size_t i = 0; i < 15; ++i) codes += t > normalFloatThreshold(i);
    const Tensor levels =
        at::tensor(at::ArrayRef<float>(kNormalFloatLevels.data(), 16)).to(t.device());
    const Tensor gaps = levels.slice(0, 1) - levels.slice(0, 0, 15);
    const Tensor up = at::cat({gaps, one}).index({codes});
    const Tensor down = at::cat({one, gaps}).index({codes});
    const Tensor level = levels.index({codes});
    const Tensor distance = t - level;
    RowResult result;
    result.residuals = (distance / at::where(distance > 0.0, up, down)).clamp(-0.5, 0.5);
    result.values = level * rows.absmax;
    result.codes = codes.to(at::kFloat);
    result.scale = rows.absmax;
    result.zeroPoint = everyGroup(rows, 0.0);
    return result;
}

/// Groups beyond kHugeAbsmax are computed on smaller weights, as in the fused kernel.
RowResult roundRows(const Grid& grid, const Tensor& weights, const Tensor& phase) {
    GroupRows rows;
    rows.phase = phase;
    rows.weights = weights;
    measureRange(rows);
    const Tensor factor = at::where(rows.absmax > number(weights, kHugeAbsmax),
                                    number(weights, kHugeFactor), number(weights, 1.0));
    rows.weights = weights * factor;
    rows.low = rows.low * factor;
    rows.high = rows.high * factor;
    rows.absmax = rows.absmax * factor;
    rows.peak = rows.peak * factor;
    RowResult result =
        grid.dialect == GridDialect::NormalFloat ? roundToCodebook(rows) : roundToGrid(grid, rows);
    const Tensor limit = number(weights, std::numeric_limits<float>::max()) * factor;
    result.values = at::minimum(at::maximum(result.values, -limit), limit) / factor;
    result.scale = result.scale / factor;
    if (hasRealZeroPoint(grid.dialect)) result.zeroPoint = result.zeroPoint / factor;
    return result;
}

/// Results of the whole and of the short groups of a [rows, columns] matrix, side by side.
RowResult joinColumns(const RowResult& whole, const RowResult& rest, std::int64_t rows) {
    const auto side = [rows](const Tensor& left, const Tensor& right) {
        return at::cat({left.reshape({rows, -1}), right.reshape({rows, -1})}, 1);
    };
    return {side(whole.values, rest.values), side(whole.residuals, rest.residuals),
            side(whole.codes, rest.codes), side(whole.scale, rest.scale),
            side(whole.zeroPoint, rest.zeroPoint)};
}

/// @param weights [rows, columns], groups of `length` along the columns
/// @param phase   [rows, groups per row], or undefined
RowResult roundMatrix(const Grid& grid, const Tensor& weights, const Tensor& phase,
                      std::int64_t length) {
    const std::int64_t rows = weights.size(0);
    const std::int64_t wholeGroups = weights.size(1) / length;
    const std::int64_t wholeColumns = wholeGroups * length;
    const auto roundPart = [&](std::int64_t begin, std::int64_t end, std::int64_t partLength) {
        const Tensor part = weights.slice(1, begin, end).reshape({-1, partLength});
        Tensor partPhase;
        if (phase.defined()) {
            const std::int64_t firstGroup = begin / length;
            partPhase = phase.slice(1, firstGroup, firstGroup + (end - begin) / partLength)
                            .reshape({-1, 1});
        }
        return roundRows(grid, part, partPhase);
    };
    const std::int64_t left = weights.size(1) - wholeColumns;
    if (left == 0) return roundPart(0, wholeColumns, length);
    const RowResult rest = roundPart(wholeColumns, weights.size(1), left);
    if (wholeGroups == 0) return rest;
    return joinColumns(roundPart(0, wholeColumns, length), rest, rows);
}

Tensor groupPhases(const Grid& grid, const Tensor& weight, std::uint64_t seed,
                   std::int64_t phaseRows) {
    if (grid.control != GridControl::RandomPhase) return {};
    const std::int64_t groups = groupCount(grid, weight.size(0), weight.size(1));
    const Tensor phases = at::empty({groups}, at::kFloat);
    float* data = phases.mutable_data_ptr<float>();
    for (std::int64_t group = 0; group < groups; ++group) data[group] = groupPhase(seed, group);
    return phases.reshape({phaseRows, -1}).to(weight.device());
}

Tensor withNoise(const Tensor& weight, const Grid& grid, std::uint64_t seed) {
    Grid base = grid;
    base.control = GridControl::None;
    const Tensor wide = weight.to(at::kDouble);
    const Tensor rounded = fakeQuantizeTensor(weight, base, seed).to(at::kDouble);
    const Tensor energy = (rounded - wide).square().sum();
    Tensor noise = at::empty(weight.sizes(), at::kFloat);
    standardNormal(seed, 0,
                   {noise.mutable_data_ptr<float>(), static_cast<std::size_t>(noise.numel())});
    noise = noise.to(weight.device()).to(at::kDouble);
    const Tensor factor = (energy / noise.square().sum()).sqrt();
    constexpr double kLimit = std::numeric_limits<float>::max();
    return (wide + factor * noise).clamp(-kLimit, kLimit).to(at::kFloat);
}

std::vector<float> floatsOf(const Tensor& tensor) {
    const Tensor flat = tensor.contiguous();
    const float* data = flat.const_data_ptr<float>();
    return {data, data + flat.numel()};
}

}  // namespace

QuantizedTensor quantizeTensor(const at::Tensor& weight, const Grid& grid, std::uint64_t seed) {
    QuantizedTensor out;
    if (grid.control == GridControl::GaussianNoise) {
        out.values = withNoise(weight, grid, seed);
        return out;
    }
    // A tensor grid is one group; nf4 cuts the flattened tensor: both are a matrix of one row.
    const bool flat =
        grid.groupKind == GroupKind::Tensor || grid.dialect == GridDialect::NormalFloat;
    const Tensor matrix = flat ? weight.reshape({1, -1}) : weight;
    const auto length = static_cast<std::int64_t>(grid.groupLength(
        static_cast<std::uint64_t>(matrix.size(1)), static_cast<std::uint64_t>(weight.numel())));
    const RowResult result =
        roundMatrix(grid, matrix, groupPhases(grid, weight, seed, matrix.size(0)), length);
    out.values = result.values.reshape(weight.sizes());
    out.residuals = result.residuals.reshape(weight.sizes());
    if (grid.control != GridControl::None) return out;
    out.codes = result.codes.to(at::kByte).reshape(weight.sizes());
    out.scale = result.scale.reshape({-1});
    out.zeroPoint = result.zeroPoint.reshape({-1});
    return out;
}

at::Tensor fakeQuantizeTensor(const at::Tensor& weight, const Grid& grid, std::uint64_t seed) {
    return quantizeTensor(weight, grid, seed).values;
}

Expected<ReferenceQuantized> referenceQuantize(MatrixView weight, const Grid& grid,
                                               std::uint64_t seed) {
    try {
        GRIDSCOPE_TRY(parseGrid(gridId(grid)));
        if (weight.rows < 1 || weight.columns < 1)
            return Error{ErrorCode::SettingsRange, "matrix", "expected at least one weight", {}};
        const c10::InferenceMode guard;
        Tensor tensor = at::empty({weight.rows, weight.columns}, at::kFloat);
        std::memcpy(tensor.mutable_data_ptr<float>(), weight.data, tensor.nbytes());
        if (!at::isfinite(tensor).all().item<bool>()) return notFiniteError(weight);
        const QuantizedTensor result = quantizeTensor(tensor, grid, seed);
        ReferenceQuantized out;
        out.values = floatsOf(result.values);
        if (result.residuals.defined()) out.residuals = floatsOf(result.residuals);
        if (!result.codes.defined()) return out;
        const Tensor codes = result.codes.contiguous();
        const auto* bytes = codes.const_data_ptr<std::uint8_t>();
        out.codes.codes.assign(bytes, bytes + codes.numel());
        out.codes.scale = floatsOf(result.scale);
        out.codes.zeroPoint = floatsOf(result.zeroPoint);
        return out;
    } catch (const c10::Error& error) {
        return Error{ErrorCode::Internal,
                     gridId(grid),
                     escapeForDisplay(error.what_without_backtrace()),
                     {}};
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, gridId(grid), "not enough memory", {}};
    } catch (const std::exception& exception) {
        return Error{ErrorCode::Internal, gridId(grid), escapeForDisplay(exception.what()), {}};
    }
}

}  // namespace gridscope
