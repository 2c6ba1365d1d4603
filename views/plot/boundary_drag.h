// SPDX-License-Identifier: GPL-3.0-or-later

// A phase boundary on its way under the mouse: where it is, and where it would come to rest.
#pragma once

#include <cstddef>
#include <vector>

#include "core/analysis/boundary_overrides.h"
#include "views/phase_band.h"
#include "views/plot/plot_scale.h"

namespace gridscope::views {

enum class Snap { Checkpoint, Free };

class BoundaryDrag {
public:
    /// @param steps of the probed checkpoints, in any order
    BoundaryDrag(const PhaseBands& phases, std::size_t boundary, std::vector<double> steps,
                 StepScale scale);

    std::size_t boundary() const { return m_boundary; }
    /// Moves it to an axis coordinate, or as near as its room allows.
    void moveTo(double coordinate);
    double step() const { return m_step; }
    /// Where it rests when released: the nearest checkpoint on the axis, or where it is (rounded
    /// to a whole step). The step it started from if there is no other place.
    double target(Snap snap) const;

private:
    std::size_t m_boundary;
    StepScale m_scale;
    double m_start = 0.0;
    double m_step = 0.0;
    BoundaryRoom m_room;
    std::vector<double> m_places;  ///< checkpoints within the room, ascending
};

}  // namespace gridscope::views
