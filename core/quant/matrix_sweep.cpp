// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with -ffp-contract=off (see CMakeLists.txt).

#include "core/quant/matrix_sweep_impl.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/quant/control_random_impl.h"

namespace gridscope {

namespace {

void addHistograms(const SweepHistograms& from, SweepResult& to) {
    for (std::size_t copy = 0; copy < SweepHistograms::kCopies; ++copy) {
        for (std::size_t code = 0; code < SweepHistograms::kJointCodes; ++code) {
            for (std::size_t bin = 0; bin < kResidualBins; ++bin) {
                const std::uint32_t count = from.joint[copy][code * kResidualBins + bin];
                to.codeHistogram[code] += count;
                to.residualHistogram[bin] += count;
            }
        }
        for (std::size_t code = 0; code < 256; ++code)
            to.codeHistogram[code] += from.codes[copy][code];
        for (std::size_t bin = 0; bin < kResidualBins; ++bin)
            to.residualHistogram[bin] += from.residuals[copy][bin];
    }
}

void addSums(const SweepSums& from, SweepTotals& to) {
    to.weight += sumOfLanes(from.weight);
    to.error += sumOfLanes(from.error);
    to.absResidual += sumOfLanes(from.absResidual);
    to.squareResidual += sumOfLanes(from.squareResidual);
    for (const std::int32_t count : from.edge) to.edge += static_cast<std::uint64_t>(count);
}

void joinRange(GroupRange& all, const GroupRange& next) {
    all.low = std::min(all.low, next.low);
    all.high = std::max(all.high, next.high);
    all.finite = all.finite && next.finite;
    // Strictly larger: of equal peaks the first one counts.
    if (next.absmax > all.absmax) {
        all.absmax = next.absmax;
        all.peak = next.peak;
    }
}

GroupRange scaledRange(const GroupRange& range) {
    GroupRange scaled = range;
    scaled.low *= kHugeFactor;
    scaled.high *= kHugeFactor;
    scaled.absmax *= kHugeFactor;
    scaled.peak *= kHugeFactor;
    return scaled;
}

}  // namespace

void runParallel(const ParallelFor& parallelFor, std::int64_t count,
                 const std::function<void(std::int64_t begin, std::int64_t end)>& body) {
    if (parallelFor) {
        parallelFor(count, body);
    } else {
        body(0, count);
    }
}

void SweepTotals::add(const SweepTotals& other) {
    weight += other.weight;
    error += other.error;
    absResidual += other.absResidual;
    squareResidual += other.squareResidual;
    scaleChange += other.scaleChange;
    edge += other.edge;
    exactGroups += other.exactGroups;
    codeFlips += other.codeFlips;
    levelFlips += other.levelFlips;
    zeroPointChanges += other.zeroPointChanges;
    scalesCompared += other.scalesCompared;
}

MatrixSweep::MatrixSweep(MatrixView weight, const Grid& grid, const QuantizeOptions& options)
    : m_weights(weight.data),
      m_grid(grid),
      m_options(options),
      m_layout(makeGroupLayout(grid, weight.rows, weight.columns)),
      m_measures(options.statistics == StatisticsMode::Full),
      m_previous(m_measures && grid.control == GridControl::None ? options.previous : nullptr),
      m_codes(grid.control == GridControl::None ? options.codes : nullptr),
      m_blockTotals(static_cast<std::size_t>(m_layout.blocks)) {
    // With one group for all blocks the previous values would be replaced under their readers.
    if (m_layout.oneGroup && m_previous != nullptr) {
        m_sharedPreviousScale = m_previous->scale[0];
        m_sharedPreviousZeroPoint = m_previous->zeroPoint[0];
    }
}

SweepResult MatrixSweep::run() {
    SweepResult result;
    if (m_layout.oneGroup && !findSharedRange()) {
        result.finite = false;
        return result;
    }
    runParallel(m_options.parallelFor, m_layout.blocks,
                [&](std::int64_t begin, std::int64_t end) { runBlocks(begin, end, result); });
    result.finite = !m_notFinite;
    for (const SweepTotals& block : m_blockTotals) result.totals.add(block);
    return result;
}

bool MatrixSweep::findSharedRange() {
    std::vector<GroupRange> ranges(static_cast<std::size_t>(m_layout.blocks));
    const std::int64_t blockElements = m_layout.rowsPerBlock * m_layout.columns;
    runParallel(m_options.parallelFor, m_layout.blocks, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t block = begin; block < end; ++block) {
            const std::int64_t offset = block * blockElements;
            const std::int64_t count = std::min(blockElements, m_layout.elements - offset);
            ranges[static_cast<std::size_t>(block)] =
                groupRange(m_weights + offset, static_cast<std::size_t>(count));
        }
    });
    m_sharedRange = ranges.front();
    for (const GroupRange& range : ranges) joinRange(m_sharedRange, range);
    return m_sharedRange.finite;
}

void MatrixSweep::runBlocks(std::int64_t begin, std::int64_t end, SweepResult& result) {
    Workspace workspace;
    workspace.codes.resize(static_cast<std::size_t>(m_layout.groupLength));
    for (std::int64_t block = begin; block < end && !m_notFinite; ++block)
        runBlock(block, workspace);
    const std::lock_guard lock(m_mergeMutex);
    if (m_measures) addHistograms(workspace.histograms, result);
}

void MatrixSweep::runBlock(std::int64_t block, Workspace& workspace) {
    SweepSums sums;
    SweepTotals& totals = m_blockTotals[static_cast<std::size_t>(block)];
    const std::int64_t firstRow = block * m_layout.rowsPerBlock;
    const std::int64_t endRow = std::min(firstRow + m_layout.rowsPerBlock, m_layout.rows);
    for (std::int64_t row = firstRow; row < endRow; ++row) {
        const std::int64_t length = m_layout.rowLength(row);
        for (std::int64_t column = 0; column < length; column += m_layout.groupLength) {
            GroupPart part;
            part.group = m_layout.groupIndex(row, column);
            part.offset = row * m_layout.columns + column;
            part.count = static_cast<std::size_t>(std::min(m_layout.groupLength, length - column));
            part.first = !m_layout.oneGroup || part.offset == 0;
            if (!runPart(part, sums, totals, workspace)) {
                m_notFinite = true;
                return;
            }
        }
    }
    addSums(sums, totals);
}

bool MatrixSweep::runPart(const GroupPart& part, SweepSums& sums, SweepTotals& totals,
                          Workspace& workspace) const {
    GroupTask task;
    task.weights = m_weights + part.offset;
    task.count = part.count;
    if (!m_options.dequantized.empty())
        task.dequantized = m_options.dequantized.data() + part.offset;
    if (m_codes != nullptr || m_previous != nullptr) task.codes = workspace.codes.data();

    const GroupRange range =
        m_layout.oneGroup ? m_sharedRange : groupRange(task.weights, task.count);
    if (!range.finite) return false;
    const bool huge = range.absmax > kHugeAbsmax;
    const float phase =
        m_grid.control == GridControl::RandomPhase ? groupPhase(m_options.seed, part.group) : 0.0F;
    GroupRule rule = groupRule(m_grid, huge ? scaledRange(range) : range, phase);
    task.rule = &rule;
    const bool zeroByOwnRule = hasOwnConstantRule(m_grid.dialect) && range.absmax == 0.0F;
    if (part.first && (rule.exact || zeroByOwnRule)) ++totals.exactGroups;

    if (rule.exact) {
        keepExact(part, task.codes, sums, workspace.histograms);
    } else if (huge) {
        roundHuge(part, task, sums, workspace);
        rescaleStored(m_grid, rule);
    } else if (m_measures) {
        sweepGroup(task, sums, workspace.histograms);
    } else {
        roundGroup(task);
    }
    if (task.codes != nullptr) compareAndStore(part, rule, task.codes, totals);
    return true;
}

void MatrixSweep::keepExact(const GroupPart& part, std::uint8_t* codes, SweepSums& sums,
                            SweepHistograms& histograms) const {
    const float* weights = m_weights + part.offset;
    if (!m_options.dequantized.empty())
        std::memmove(m_options.dequantized.data() + part.offset, weights,
                     part.count * sizeof(float));
    if (codes != nullptr) std::fill_n(codes, part.count, std::uint8_t{0});
    if (!m_measures) return;
    for (std::size_t i = 0; i < part.count; ++i) {
        const double weight = weights[i];
        sums.weight[i % sums.weight.size()] += weight * weight;
    }
    // Code 0 and residual 0; the joint table serves every number of bits here.
    histograms.joint[0][kResidualBins / 2] += static_cast<std::uint32_t>(part.count);
}

void MatrixSweep::roundHuge(const GroupPart& part, const GroupTask& task, SweepSums& sums,
                            Workspace& workspace) const {
    workspace.scaledWeights.resize(part.count);
    workspace.scaledValues.resize(part.count);
    for (std::size_t i = 0; i < part.count; ++i)
        workspace.scaledWeights[i] = task.weights[i] * kHugeFactor;
    GroupTask scaled = task;
    scaled.weights = workspace.scaledWeights.data();
    scaled.dequantized = workspace.scaledValues.data();
    if (m_measures) {
        SweepSums own;
        sweepGroup(scaled, own, workspace.histograms);
        constexpr double kEnergyFactor = 1.0 / (static_cast<double>(kHugeFactor) * kHugeFactor);
        for (std::size_t lane = 0; lane < own.weight.size(); ++lane) {
            sums.weight[lane] += own.weight[lane] * kEnergyFactor;
            sums.error[lane] += own.error[lane] * kEnergyFactor;
            sums.absResidual[lane] += own.absResidual[lane];
            sums.squareResidual[lane] += own.squareResidual[lane];
            sums.edge[lane] += own.edge[lane];
        }
    } else {
        roundGroup(scaled);
    }
    if (task.dequantized == nullptr) return;
    // The outermost level may lie beyond the largest float.
    constexpr float kLimit = std::numeric_limits<float>::max() * kHugeFactor;
    for (std::size_t i = 0; i < part.count; ++i)
        task.dequantized[i] = std::clamp(workspace.scaledValues[i], -kLimit, kLimit) / kHugeFactor;
}

void MatrixSweep::compareAndStore(const GroupPart& part, const GroupRule& rule,
                                  const std::uint8_t* codes, SweepTotals& totals) const {
    const auto group = static_cast<std::size_t>(part.group);
    if (m_previous != nullptr) {
        const float scale = m_layout.oneGroup ? m_sharedPreviousScale : m_previous->scale[group];
        const float zeroPoint =
            m_layout.oneGroup ? m_sharedPreviousZeroPoint : m_previous->zeroPoint[group];
        const double shift =
            static_cast<double>(rule.storedZeroPoint) - static_cast<double>(zeroPoint);
        const FlipCounts flips =
            countFlips(codes, m_previous->codes.data() + part.offset, part.count, shift);
        totals.codeFlips += flips.codes;
        totals.levelFlips += flips.levels;
        if (part.first && shift != 0.0) ++totals.zeroPointChanges;
        if (part.first && scale != 0.0F) {
            const double before = scale;
            totals.scaleChange +=
                std::fabs(static_cast<double>(rule.storedScale) - before) / std::fabs(before);
            ++totals.scalesCompared;
        }
    }
    if (m_codes == nullptr) return;
    std::memcpy(m_codes->codes.data() + part.offset, codes, part.count);
    if (part.first) {
        m_codes->scale[group] = rule.storedScale;
        m_codes->zeroPoint[group] = rule.storedZeroPoint;
    }
}

}  // namespace gridscope
