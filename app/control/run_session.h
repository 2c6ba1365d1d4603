// SPDX-License-Identifier: GPL-3.0-or-later

// Everything the window knows about one open run. A plain value on the GUI thread.
#pragma once

#include <QString>

#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include "app/control/phase_findings.h"
#include "core/analysis/boundary_overrides.h"
#include "core/checkpoint/audit.h"
#include "core/checkpoint/catalog.h"
#include "core/trajectory/series_table.h"
#include "views/dialogs/probe_choice.h"
#include "views/models/phase_findings.h"
#include "views/navigation/navigation_state.h"

namespace gridscope::app {

struct RunSession {
    views::RunId id;
    QString name;
    std::filesystem::path folder;  ///< of the checkpoints; empty for a lone trajectory
    std::filesystem::path file;    ///< trajectory; empty until a probe has one
    std::shared_ptr<const CheckpointCatalog> catalog;
    std::shared_ptr<const AuditReport> audit;  ///< of `catalog`; null until it was audited
    std::shared_ptr<const SeriesTable> table;  ///< null until something is measured
    PhaseAnalysis analysis;                    ///< what the detectors found
    BoundaryOverrides overrides;
    std::vector<views::DetectorFinding> findings;  ///< of the report, with the overrides in place
    views::PhaseBands bands;
    QString detector = QStringLiteral("derivative");  ///< draws the bands
    std::vector<int> overlay;                         ///< rows compared in histograms, at most 8
    views::ProbeChoice lastChoice;
    std::vector<Error> reported;  ///< failures told by the last probe of this run

    bool isReadOnly() const { return catalog == nullptr; }
    const Trajectory* trajectory() const { return table ? &table->trajectory() : nullptr; }
};

}  // namespace gridscope::app
