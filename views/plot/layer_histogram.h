// SPDX-License-Identifier: GPL-3.0-or-later

// Residual and code histograms of one checkpoint, for one matrix or all matrices pooled.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/trajectory/series_table.h"

namespace gridscope::views {

/// Density of residuals over -0.5..0.5; uniform = 1.
struct ResidualDensity {
    std::vector<double> density;  ///< [kResidualBins]
    double count = 0;             ///< weights
    /// 3 standard errors of a uniform bin: 3 sqrt((B-1)/n).
    double noise() const;
    /// Share of residuals beyond 0.4, from the stored value or the pooled ones.
    double edgeMass = kNotMeasured;
};

struct CodeShares {
    std::vector<double> shares;  ///< per code, sum 1
    int firstCode = 0;           ///< code of shares[0]; negative for symmetric grids
    double entropyBits = kNotMeasured;
    double exactGroups = kNotMeasured;  ///< share; mean over matrices when pooled
};

/// Which histogram: layer -1 pools all matrices.
struct HistogramChoice {
    std::string grid;
    int layer = -1;
};

/// Nothing if the row, grid or layer was not measured.
std::optional<ResidualDensity> residualDensity(const SeriesTable& table, int row,
                                               const HistogramChoice& choice);
std::optional<CodeShares> codeShares(const SeriesTable& table, int row,
                                     const HistogramChoice& choice);

}  // namespace gridscope::views
