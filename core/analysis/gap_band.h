// SPDX-License-Identifier: GPL-3.0-or-later

// Says when the quantization gap climbs out of the band that it kept during the plateau.
#pragma once

#include <optional>
#include <span>

namespace gridscope {

struct GapBandSettings {
    int points = 8;           ///< earlier points that the band is laid through, at most; >= 4
    double errors = 5.0;      ///< half width in prediction errors, > 0
    double minPercent = 1.0;  ///< a climb below this many points of gap is no alert, >= 0
};

/// The first point above its band.
struct GapClimb {
    double step = 0.0;
    double gapPercent = 0.0;
    double bandPercent = 0.0;  ///< upper end of the band there
};

/// Goes through the points in order, as they would arrive: a straight line of ln(1 + gap) over
/// ln(1 + step) through the last `points` points before each, with its prediction error, is the
/// band. The first point above it is the climb; later points cannot change that, so the alert of an
/// unfinished run never moves. Nothing with fewer than five usable points.
/// @param steps ascending; rows whose gap is not finite or not above -100 are left out
std::optional<GapClimb> gapClimb(std::span<const double> steps, std::span<const double> gapPercent,
                                 const GapBandSettings& settings = {});

}  // namespace gridscope
