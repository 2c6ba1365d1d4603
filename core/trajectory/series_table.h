// SPDX-License-Identifier: GPL-3.0-or-later

// A trajectory as columns: one vector per metric over the rows, for plots, tables and detectors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/trajectory/record.h"

namespace gridscope {

/// What a metric is about, which decides which arguments of `series` it needs.
enum class MetricKind { Row, Grid, Layer, GridLayer };

struct MetricInfo {
    std::string_view id;  ///< schema name, such as "gap_percent"
    MetricKind kind;
    std::string_view title;  ///< "Quantization gap"
    std::string_view unit;   ///< "%", "nats/token", "" = none
    bool hasInterval;
};

/// Every metric that a SeriesTable can give, in the order in which menus list them.
const std::vector<MetricInfo>& metricTable();
/// The entry of metricTable with this id, or null.
const MetricInfo* findMetric(std::string_view id);

/// Values over the rows of a trajectory; NaN where missing.
struct Series {
    std::vector<double> values;
    std::vector<double> low, high;  ///< empty, or as long as values
};

/// Immutable; safe to share between threads.
class SeriesTable {
public:
    explicit SeriesTable(std::shared_ptr<const Trajectory> trajectory);

    const Trajectory& trajectory() const { return *m_trajectory; }
    std::size_t rowCount() const { return m_trajectory->rows.size(); }
    const ProbeRecord& row(std::size_t i) const { return *m_trajectory->rows[i]; }
    /// Training steps of the rows, ascending within a stage.
    const std::vector<double>& steps() const { return m_steps; }

    /// `metric` over the rows. `grid` is needed for Grid and GridLayer metrics; `layer` for Layer
    /// and GridLayer ones, where -1 gives the mean over the measured matrices, except for sqnr_db,
    /// flip_rate and level_flip_rate: these are stored for the whole scope, and -1 gives that.
    /// A metric, grid or layer that is not there gives all NaN.
    Series series(std::string_view metric, std::string_view grid = {}, int layer = -1) const;

    /// Index of the row with this step (nearest if there is none), or -1 for an empty table.
    int nearestRow(double step) const;

private:
    std::shared_ptr<const Trajectory> m_trajectory;
    std::vector<double> m_steps;
};

}  // namespace gridscope
