// SPDX-License-Identifier: GPL-3.0-or-later

// One pass over a matrix on one grid: blocks of rows in any order and on any thread, the same
// numbers every time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "core/quant/fake_quantize.h"
#include "core/quant/grid_kernel_impl.h"
#include "core/quant/group_layout_impl.h"

namespace gridscope {

/// What a part of the matrix adds to the statistics.
struct SweepTotals {
    double weight = 0, error = 0, absResidual = 0, squareResidual = 0;
    double scaleChange = 0;  ///< sum over groups of |s - s_prev| / |s_prev|
    std::uint64_t edge = 0, exactGroups = 0;
    std::uint64_t codeFlips = 0, levelFlips = 0;
    std::uint64_t zeroPointChanges = 0, scalesCompared = 0;

    void add(const SweepTotals& other);
};

struct SweepResult {
    bool finite = true;
    SweepTotals totals;
    std::array<std::uint32_t, kResidualBins> residualHistogram{};
    std::array<std::uint32_t, 256> codeHistogram{};
};

class MatrixSweep {
public:
    /// `options` must outlive the object; its outputs have the right size already.
    MatrixSweep(MatrixView weight, const Grid& grid, const QuantizeOptions& options);

    /// Once per object. If a weight is not finite, the outputs hold nothing of use.
    SweepResult run();

private:
    /// What a range of blocks on one thread needs; the counts may be added in any order.
    struct Workspace {
        SweepHistograms histograms;
        std::vector<std::uint8_t> codes;   ///< of one group
        std::vector<float> scaledWeights;  ///< of one huge group
        std::vector<float> scaledValues;
    };
    struct GroupPart {
        std::int64_t group = 0;
        std::int64_t offset = 0;  ///< first weight
        std::size_t count = 0;
        bool first = true;  ///< the part that counts for its group
    };

    bool findSharedRange();
    void runBlocks(std::int64_t begin, std::int64_t end, SweepResult& result);
    void runBlock(std::int64_t block, Workspace& workspace);
    bool runPart(const GroupPart& part, SweepSums& sums, SweepTotals& totals,
                 Workspace& workspace) const;
    void keepExact(const GroupPart& part, std::uint8_t* codes, SweepSums& sums,
                   SweepHistograms& histograms) const;
    void roundHuge(const GroupPart& part, const GroupTask& task, SweepSums& sums,
                   Workspace& workspace) const;
    void compareAndStore(const GroupPart& part, const GroupRule& rule, const std::uint8_t* codes,
                         SweepTotals& totals) const;

    const float* m_weights;
    const Grid m_grid;
    const QuantizeOptions& m_options;
    const GroupLayout m_layout;
    const bool m_measures;
    const QuantizedCodes* m_previous;  ///< null unless flips are counted
    QuantizedCodes* m_codes;           ///< null unless codes are kept
    GroupRange m_sharedRange;          ///< of the one group of a tensor grid
    float m_sharedPreviousScale = 0.0F;
    float m_sharedPreviousZeroPoint = 0.0F;
    std::vector<SweepTotals> m_blockTotals;
    std::atomic<bool> m_notFinite{false};
    std::mutex m_mergeMutex;
};

/// `body` over [0, count) with the runner of the options, or on this thread.
void runParallel(const ParallelFor& parallelFor, std::int64_t count,
                 const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace gridscope
