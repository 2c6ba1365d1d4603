// SPDX-License-Identifier: GPL-3.0-or-later

// What the Watch page asks for, and what it shows while a folder is watched. Plain values.
#pragma once

#include <QString>
#include <QStringList>

#include <limits>

#include "views/dialogs/probe_choice.h"

namespace gridscope::views {

struct WatchChoice {
    QString folder;                 ///< that the training run writes its checkpoints to
    double pollSeconds = 10.0;      ///< between two looks
    double settleSeconds = 10.0;    ///< how long a checkpoint must not have changed
    int patience = 5;               ///< points that settle a verdict
    double minSteps = 0.0;          ///< no verdict before this step
    double tolerancePercent = 1.0;  ///< change of perplexity that matters
    ProbeChoice probe;              ///< tokens, grids, output
};

struct WatchStatus {
    bool isRunning = false;
    QString obstacle;  ///< why it cannot be started; empty = it can
    QString verdict;   ///< stable word of core: "learning", ...; empty = nothing measured yet
    double confidence = 0.0;  ///< of the verdict, 0..1
    double newestStep = std::numeric_limits<double>::quiet_NaN();
    double perplexity = std::numeric_limits<double>::quiet_NaN();
    double gapPercent = std::numeric_limits<double>::quiet_NaN();
    QString grid;        ///< that the gap is of
    QString said;        ///< the newest sentence of the watch
    QStringList alerts;  ///< not dismissed yet, oldest first
};

}  // namespace gridscope::views
