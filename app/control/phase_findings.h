// SPDX-License-Identifier: GPL-3.0-or-later

// What detectors and user say about phases, as the views show it.
#pragma once

#include <QString>

#include <vector>

#include "core/analysis/associations.h"
#include "core/analysis/boundary_overrides.h"
#include "core/trajectory/series_table.h"
#include "views/models/phase_findings.h"

namespace gridscope::app {

/// What core says about the phases of one run.
struct PhaseAnalysis {
    PhaseReport report;
    std::vector<Association> associations;
};

/// The associations as texts for the phases panel.
std::vector<views::AssociationRow> associationRows(const std::vector<Association>& associations);

/// The detectors' boundaries with `overrides` in place; `shown` is the detector that draws bands.
std::vector<views::DetectorFinding> findingsOf(const PhaseReport& report,
                                               const BoundaryOverrides& overrides,
                                               const QString& shown);

/// A detector as people call it.
QString detectorTitle(const QString& detector);

/// The bands of the finding that draws them; none without one.
views::PhaseBands bandsOf(const std::vector<views::DetectorFinding>& findings);

/// Steps of the rows with any measurement.
std::vector<double> probedSteps(const SeriesTable& table);

}  // namespace gridscope::app
