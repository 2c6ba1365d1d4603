// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with -ffp-contract=off (see CMakeLists.txt).

#include "core/quant/fake_quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <string>

#include "core/quant/control_random_impl.h"
#include "core/quant/group_layout_impl.h"
#include "core/quant/matrix_sweep_impl.h"
#include "core/quant/not_finite_impl.h"

namespace gridscope {

namespace {

Error sizeError(std::string_view what, std::size_t expected, std::size_t found) {
    return Error{
        ErrorCode::SettingsRange,
        std::string(what),
        "expected " + std::to_string(expected) + " entries, found " + std::to_string(found),
        {}};
}

Expected<void> checkInput(MatrixView weight, const Grid& grid, const QuantizeOptions& options) {
    GRIDSCOPE_TRY(parseGrid(gridId(grid)));
    if (weight.rows < 1 || weight.columns < 1) {
        return Error{ErrorCode::SettingsRange,
                     "matrix",
                     "expected at least one weight, found a [" + std::to_string(weight.rows) +
                         ", " + std::to_string(weight.columns) + "] matrix",
                     {}};
    }
    const auto elements = static_cast<std::size_t>(weight.elements());
    const auto groups = static_cast<std::size_t>(groupCount(grid, weight.rows, weight.columns));
    if (!options.dequantized.empty() && options.dequantized.size() != elements)
        return sizeError("dequantized", elements, options.dequantized.size());
    if (options.previous == nullptr || grid.control != GridControl::None) return {};
    if (options.previous->codes.size() != elements)
        return sizeError("previous codes", elements, options.previous->codes.size());
    if (options.previous->scale.size() != groups)
        return sizeError("previous scales", groups, options.previous->scale.size());
    if (options.previous->zeroPoint.size() != groups)
        return sizeError("previous zero-points", groups, options.previous->zeroPoint.size());
    return {};
}

double share(std::uint64_t part, std::uint64_t all) {
    return static_cast<double>(part) / static_cast<double>(all);
}

double sqnr(double weightEnergy, double errorEnergy) {
    if (errorEnergy == 0.0) return std::numeric_limits<double>::infinity();
    return 10.0 * std::log10(weightEnergy / errorEnergy);
}

double entropyBits(const std::vector<std::uint32_t>& histogram, std::uint64_t count) {
    double bits = 0.0;
    for (const std::uint32_t entry : histogram) {
        if (entry == 0) continue;
        const double probability = share(entry, count);
        bits -= probability * std::log2(probability);
    }
    return bits + 0.0;  // a single code gives -0
}

void fillFlips(const SweepTotals& totals, const Grid& grid, std::uint64_t elements,
               std::uint64_t groups, GridStatistics& out) {
    out.compared = elements;
    out.codeFlips = totals.codeFlips;
    out.flipRate = share(totals.codeFlips, elements);
    if (totals.scalesCompared > 0)
        out.scaleChange = totals.scaleChange / static_cast<double>(totals.scalesCompared);
    // A real zero-point moves with every weight: there is no level to compare.
    if (hasRealZeroPoint(grid.dialect)) return;
    out.levelFlips = totals.levelFlips;
    out.levelFlipRate = share(totals.levelFlips, elements);
    out.zeroPointChange = share(totals.zeroPointChanges, groups);
}

GridStatistics statisticsOf(const SweepResult& result, const Grid& grid, std::uint64_t elements,
                            std::uint64_t groups, const QuantizeOptions& options) {
    const SweepTotals& totals = result.totals;
    GridStatistics out;
    out.weightEnergy = totals.weight;
    out.errorEnergy = totals.error;
    out.sqnrDb = sqnr(totals.weight, totals.error);
    out.meanAbsResidual = totals.absResidual / static_cast<double>(elements);
    out.rmsResidual = std::sqrt(totals.squareResidual / static_cast<double>(elements));
    out.edgeMass = share(totals.edge, elements);
    out.exactGroups = share(totals.exactGroups, groups);
    out.residualHistogram = result.residualHistogram;
    if (grid.control != GridControl::None) return out;
    out.codeHistogram.assign(result.codeHistogram.begin(),
                             result.codeHistogram.begin() + grid.codeCount());
    out.codeEntropy = entropyBits(out.codeHistogram, elements);
    if (options.previous != nullptr) fillFlips(totals, grid, elements, groups, out);
    return out;
}

Expected<GridStatistics> quantizeOnGrid(MatrixView weight, const Grid& grid,
                                        const QuantizeOptions& options) {
    const auto elements = static_cast<std::uint64_t>(weight.elements());
    const auto groups = static_cast<std::uint64_t>(groupCount(grid, weight.rows, weight.columns));
    if (options.codes != nullptr && grid.control == GridControl::None) {
        options.codes->codes.resize(elements);
        options.codes->scale.resize(groups);
        options.codes->zeroPoint.resize(groups);
    }
    MatrixSweep sweep(weight, grid, options);
    const SweepResult result = sweep.run();
    if (!result.finite) return notFiniteError(weight);
    if (options.statistics == StatisticsMode::None) return GridStatistics{};
    return statisticsOf(result, grid, elements, groups, options);
}

constexpr std::int64_t kNoiseBlock = 4096;

/// Sum of `energyOf(first, noise)` over the blocks of the noise that belongs to `elements` places,
/// in an order that threads do not change. `first` is the place of noise[0].
template <class EnergyOf>
double sumOverNoise(std::int64_t elements, const QuantizeOptions& options,
                    const EnergyOf& energyOf) {
    const std::int64_t blocks = ceilDivide(elements, kNoiseBlock);
    std::vector<double> energies(static_cast<std::size_t>(blocks));
    runParallel(options.parallelFor, blocks, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> buffer(kNoiseBlock);
        for (std::int64_t block = begin; block < end; ++block) {
            const std::int64_t first = block * kNoiseBlock;
            const auto count = static_cast<std::size_t>(std::min(kNoiseBlock, elements - first));
            const std::span<float> noise = std::span(buffer).first(count);
            standardNormal(options.seed, first, noise);
            energies[static_cast<std::size_t>(block)] = energyOf(first, noise);
        }
    });
    double sum = 0.0;
    for (const double energy : energies) sum += energy;
    return sum;
}

double noiseEnergy(std::int64_t elements, const QuantizeOptions& options) {
    return sumOverNoise(elements, options, [](std::int64_t, std::span<const float> noise) {
        double energy = 0.0;
        for (const float value : noise)
            energy += static_cast<double>(value) * static_cast<double>(value);
        return energy;
    });
}

/// Writes weight + factor noise and returns the energy of what was added after rounding to FP32.
double addNoise(MatrixView weight, double factor, const QuantizeOptions& options) {
    constexpr double kLimit = std::numeric_limits<float>::max();
    const auto add = [&](std::int64_t first, std::span<const float> noise) {
        double energy = 0.0;
        for (std::size_t i = 0; i < noise.size(); ++i) {
            const double original = weight.data[first + static_cast<std::int64_t>(i)];
            const auto changed =
                static_cast<float>(std::clamp(original + factor * noise[i], -kLimit, kLimit));
            if (!options.dequantized.empty())
                options.dequantized[static_cast<std::size_t>(first) + i] = changed;
            const double added = static_cast<double>(changed) - original;
            energy += added * added;
        }
        return energy;
    };
    return sumOverNoise(weight.elements(), options, add);
}

Expected<GridStatistics> quantizeAsNoise(MatrixView weight, const Grid& grid,
                                         const QuantizeOptions& options) {
    Grid base = grid;
    base.control = GridControl::None;
    QuantizeOptions measuring;
    measuring.parallelFor = options.parallelFor;
    GRIDSCOPE_TRY_ASSIGN(target, quantizeOnGrid(weight, base, measuring));
    const double energy = noiseEnergy(weight.elements(), options);
    const double factor = std::sqrt(target.errorEnergy / energy);
    const double added = addNoise(weight, factor, options);
    GridStatistics out;
    if (options.statistics == StatisticsMode::None) return out;
    out.weightEnergy = target.weightEnergy;
    out.errorEnergy = added;
    out.sqnrDb = sqnr(out.weightEnergy, out.errorEnergy);
    return out;
}

}  // namespace

Expected<GridStatistics> quantizeMatrix(MatrixView weight, const Grid& grid,
                                        const QuantizeOptions& options) {
    try {
        GRIDSCOPE_TRY(checkInput(weight, grid, options));
        if (grid.control == GridControl::GaussianNoise)
            return quantizeAsNoise(weight, grid, options);
        return quantizeOnGrid(weight, grid, options);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, gridId(grid),
                     "not enough memory for the codes of a matrix", "measure fewer grids at once"};
    } catch (const std::exception& exception) {
        return Error{ErrorCode::Internal, gridId(grid), escapeForDisplay(exception.what()), {}};
    }
}

std::int64_t groupCount(const Grid& grid, std::int64_t rows, std::int64_t columns) {
    return makeGroupLayout(grid, rows, columns).groups;
}

}  // namespace gridscope
