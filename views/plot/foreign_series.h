// SPDX-License-Identifier: GPL-3.0-or-later

// What a dashboard panel shows beside the active run: published values, and other open runs.
#pragma once

#include <QString>

#include <memory>
#include <vector>

#include "core/analysis/reference_series.h"
#include "core/trajectory/series_table.h"
#include "views/plot/panel_data.h"

namespace gridscope::views {

/// Another open run, drawn over the active one.
struct CompanionRun {
    QString key;   ///< distinct, stable while the run is open
    QString name;  ///< as the runs panel shows it
    std::shared_ptr<const SeriesTable> table;
    std::size_t ordinal = 0;  ///< decides colour and dash
};

/// Palette index of a companion: behind the colours of the grids of the `active` run.
std::size_t companionColor(const Trajectory& active, std::size_t ordinal);

/// Adds the published curves that belong to the metrics of `panel`, tagged "reference"; those of a
/// grid of the panel take its colour. A curve in another unit than its metric has is left out.
void addReferences(PanelData& panel, const std::vector<ReferenceSeries>& references,
                   StepScale scale);
/// Adds the same metrics of other runs to a panel of the `active` one.
void addCompanions(PanelData& panel, const Trajectory& active,
                   const std::vector<CompanionRun>& companions, const PanelChoice& choice);

}  // namespace gridscope::views
