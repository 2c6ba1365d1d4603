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

}  // namespace gridscope::views
