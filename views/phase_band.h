// SPDX-License-Identifier: GPL-3.0-or-later

// A phase of training as plots draw it: a band between two boundaries.
#pragma once

#include <QString>

#include <limits>
#include <vector>

namespace gridscope::views {

/// A boundary between two phases, with its interval in steps; NaN interval = none.
struct PhaseBoundary {
    double step = 0.0;
    double low = 0.0;
    double high = 0.0;
    QString kind;         ///< "learning ends", "FP32 convergence", ...
    bool manual = false;  ///< set by the user; the interval stays the detector's
    /// Where the detector finds a boundary that the user moved; NaN = it finds none.
    double detected = std::numeric_limits<double>::quiet_NaN();
};

/// Bands lie between neighbouring boundaries; `names` has one entry more than `boundaries`.
struct PhaseBands {
    std::vector<PhaseBoundary> boundaries;  ///< ascending
    std::vector<QString> names;
    QString note;  ///< "no phase change found", "not enough data", or empty
};

}  // namespace gridscope::views
