// SPDX-License-Identifier: GPL-3.0-or-later

// The published tables that come with the program, as series for the dashboard.
#pragma once

#include <QString>

#include <vector>

#include "core/analysis/reference_table.h"
#include "views/plot/foreign_series.h"

namespace gridscope::app {

/// Series that are shown and hidden together.
struct ReferenceSet {
    QString id;     ///< "table1", "lambada.pythia-160m"
    QString group;  ///< heading in the menu; empty = none
    QString title;  ///< in the menu
    std::vector<views::ReferenceSeries> series;
};

/// The columns of `table` whose names are metrics ("fp32_ppl", "a4g128:minmax.gap_percent") over
/// its column "step". Errors: reference.column, reference.format
Expected<ReferenceSet> measurementsOf(const ReferenceTable& table, const QString& id,
                                      const QString& name);

/// One set a model: the column `column` as FP32 perplexity.
/// Errors: reference.column, reference.format
Expected<std::vector<ReferenceSet>> perplexitiesByModel(const ReferenceTable& table,
                                                        const QString& id, const QString& group,
                                                        std::string_view column);

/// Every set that is shipped. Errors: reference.* of a damaged program file
Expected<std::vector<ReferenceSet>> shippedReferences();

}  // namespace gridscope::app
