// SPDX-License-Identifier: GPL-3.0-or-later

// What each phase detector found, as values for tables.
#pragma once

#include <QString>

#include <vector>

#include "views/phase_band.h"

namespace gridscope::views {

struct DetectorFinding {
    QString id;     ///< "derivative", "changepoints", ...
    QString name;   ///< for people
    QString state;  ///< stable word of the detector: "converged", "not-enough-data", ...
    QString note;   ///< the numbers behind it
    std::vector<PhaseBoundary> boundaries;
    bool drawsBands = false;  ///< the plots show this one
};

/// A tested association, as texts; see core/analysis/associations.h.
struct AssociationRow {
    QString name;      ///< "Onset of the gap after FP32 convergence"
    QString value;     ///< "+3,000 steps", "r = 0.42"
    QString interval;  ///< 95 %; empty = none
    QString points;    ///< "n = 12"
    QString note;
};

}  // namespace gridscope::views
