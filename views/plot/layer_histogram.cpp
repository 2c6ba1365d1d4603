// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/layer_histogram.h"

#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "core/quant/grid.h"

namespace gridscope::views {

namespace {

/// The statistics of the chosen matrix, or of all.
std::span<const GridStatistics> statistics(const SeriesTable& table, int row,
                                           const HistogramChoice& choice) {
    if (row < 0 || static_cast<std::size_t>(row) >= table.rowCount()) return {};
    const ProbeRecord& record = table.row(static_cast<std::size_t>(row));
    const auto found = record.grids.find(choice.grid);
    if (found == record.grids.end()) return {};
    const std::span<const GridStatistics> all = found->second.layers;
    if (choice.layer < 0) return all;
    if (static_cast<std::size_t>(choice.layer) >= all.size()) return {};
    return all.subspan(static_cast<std::size_t>(choice.layer), 1);
}

double entropyOf(const std::vector<double>& shares) {
    double entropy = 0;
    for (const double share : shares)
        if (share > 0) entropy -= share * std::log2(share);
    return entropy;
}

/// Symmetric grids store code k at k + 2^(bits-1).
int firstCodeOf(const std::string& gridId, std::size_t codes) {
    const auto grid = parseGrid(gridId);
    if (!grid || !grid->symmetric) return 0;
    const bool isSigned = grid->dialect == GridDialect::AbsMax ||
                          grid->dialect == GridDialect::Q8_0 ||
                          grid->dialect == GridDialect::TorchAo;
    return isSigned ? -static_cast<int>(codes / 2) : 0;
}

}  // namespace

double ResidualDensity::noise() const {
    return 3.0 * std::sqrt((static_cast<double>(density.size()) - 1.0) / count);
}

std::optional<ResidualDensity> residualDensity(const SeriesTable& table, int row,
                                               const HistogramChoice& choice) {
    std::array<double, kResidualBins> counts{};
    double edge = 0;
    for (const GridStatistics& one : statistics(table, row, choice)) {
        double total = 0;
        for (std::size_t i = 0; i < kResidualBins; ++i) {
            counts[i] += one.residualHistogram[i];
            total += one.residualHistogram[i];
        }
        edge += one.edgeMass * total;
    }
    ResidualDensity result;
    result.count = std::accumulate(counts.begin(), counts.end(), 0.0);
    if (result.count <= 0) return std::nullopt;
    for (const double count : counts)
        result.density.push_back(count * static_cast<double>(kResidualBins) / result.count);
    result.edgeMass = edge / result.count;
    return result;
}

std::optional<CodeShares> codeShares(const SeriesTable& table, int row,
                                     const HistogramChoice& choice) {
    CodeShares result;
    double exact = 0;
    double total = 0;
    int matrices = 0;
    for (const GridStatistics& one : statistics(table, row, choice)) {
        if (result.shares.size() < one.codeHistogram.size())
            result.shares.resize(one.codeHistogram.size(), 0.0);
        for (std::size_t i = 0; i < one.codeHistogram.size(); ++i) {
            result.shares[i] += one.codeHistogram[i];
            total += one.codeHistogram[i];
        }
        exact += one.exactGroups;
        ++matrices;
    }
    if (total <= 0) return std::nullopt;
    for (double& share : result.shares) share /= total;
    result.entropyBits = entropyOf(result.shares);
    result.exactGroups = exact / matrices;
    result.firstCode = firstCodeOf(choice.grid, result.shares.size());
    return result;
}

}  // namespace gridscope::views
