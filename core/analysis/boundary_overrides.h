// SPDX-License-Identifier: GPL-3.0-or-later

// Phase boundaries that the user moved, kept apart from what the detectors find.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/phase_types.h"

namespace gridscope {

/// One boundary moved by hand. It names the boundary by what it is and where it was found, not by
/// its number, since new checkpoints may add boundaries or take some away.
struct BoundaryOverride {
    std::string detector;  ///< detectorName
    std::string kind;      ///< boundaryKindName
    double from = 0.0;     ///< step at which the detector found it when it was moved, >= 0
    double step = 0.0;     ///< where the user put it, >= 0
    bool operator==(const BoundaryOverride&) const = default;
};
using BoundaryOverrides = std::vector<BoundaryOverride>;

/// A boundary as it is shown: found by the detector, or moved.
struct PlacedBoundary {
    double step = 0.0;                 ///< where it is shown
    std::string kind;                  ///< boundaryKindName
    std::optional<Boundary> detected;  ///< nothing = the detector finds no such boundary any more
    std::optional<BoundaryOverride> moved;  ///< nothing = shown where it was found
};

/// The boundaries of `result` with `overrides` put in place, ascending. An override goes to the
/// boundary of its kind that lies nearest to `from` in ln(1 + step); the nearest pair first, each
/// once. One that finds none stays as a boundary of its own: what the user set is never lost. A
/// found boundary at the very step of a moved one is left out, as no phase lies between them.
std::vector<PlacedBoundary> placeBoundaries(const DetectorResult& result,
                                            const BoundaryOverrides& overrides);

/// Where a boundary may lie so that every phase keeps a checkpoint: steps in (above, upTo].
struct BoundaryRoom {
    double above = 0.0, upTo = 0.0;
    bool holds(double step) const { return step > above && step <= upTo; }
};
/// The room of boundary `index` among `boundaries` (ascending steps) over the probed `steps`
/// (any order). Without a checkpoint on one of its sides nothing fits: above = upTo.
BoundaryRoom boundaryRoom(const std::vector<double>& boundaries, std::size_t index,
                          const std::vector<double>& steps);
/// The distinct `steps` within `room`, ascending.
std::vector<double> stepsWithin(const BoundaryRoom& room, std::vector<double> steps);

/// `overrides` with `moved` instead of the entry for the same boundary (detector, kind, from).
BoundaryOverrides withOverride(BoundaryOverrides overrides, const BoundaryOverride& moved);

/// The text for Trajectory::overridesJson; empty without overrides.
/// {"version":1,"boundaries":[{"detector":"derivative","kind":"convergence","from":77000,
/// "step":80000}]}
std::string boundaryOverridesToJson(const BoundaryOverrides& overrides);

/// Reads that text. Empty text and an object without boundaries are no overrides; unknown members
/// are ignored. At most 1,000 boundaries.
/// Errors: trajectory.damaged (no such document, a step that is no finite number >= 0),
/// trajectory.newer, trajectory.limit; `where` is "overrides_json".
Expected<BoundaryOverrides> parseBoundaryOverrides(std::string_view text);

}  // namespace gridscope
