// SPDX-License-Identifier: GPL-3.0-or-later

// The ticked runs beside the active one, and which of them cannot be compared with it.
#pragma once

#include <QStringList>

#include <vector>

#include "app/control/session_list.h"
#include "views/models/run_model.h"
#include "views/plot/foreign_series.h"

namespace gridscope::app {

struct CompanionRuns {
    std::vector<views::CompanionRun> runs;
    std::vector<views::RunId> ids;  ///< of `runs`
    QStringList problems;           ///< "b is not comparable: evaluation tokens differ"
};

/// @param runs whose ticks decide
CompanionRuns companionRuns(const SessionList& sessions, const views::RunModel& runs,
                            views::RunId active);

}  // namespace gridscope::app
