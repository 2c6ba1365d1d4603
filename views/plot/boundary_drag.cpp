// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/boundary_drag.h"

#include <algorithm>
#include <cmath>

namespace gridscope::views {

BoundaryDrag::BoundaryDrag(const PhaseBands& phases, std::size_t boundary,
                           std::vector<double> steps, StepScale scale)
    : m_boundary(boundary), m_scale(scale) {
    std::vector<double> boundaries;
    for (const PhaseBoundary& one : phases.boundaries) boundaries.push_back(one.step);
    m_start = m_step = boundaries[boundary];
    m_room = boundaryRoom(boundaries, boundary, steps);
    m_places = stepsWithin(m_room, std::move(steps));
}

void BoundaryDrag::moveTo(double coordinate) {
    if (m_places.empty()) return;
    // Step 0 is drawn at 0.5 on a logarithmic axis; nothing lies between them.
    const double step =
        m_scale == StepScale::Logarithmic && coordinate <= kZeroStepPosition ? 0.0 : coordinate;
    // (above, upTo]: the next whole step is the nearest that is worth a line.
    m_step = std::clamp(step, std::min(m_room.above + 1.0, m_room.upTo), m_room.upTo);
}

double BoundaryDrag::target(Snap snap) const {
    if (m_places.empty()) return m_start;
    if (snap == Snap::Free) {
        const double whole = std::round(m_step);
        return m_room.holds(whole) ? whole : m_step;
    }
    const auto distance = [this](double place) {
        if (m_scale == StepScale::Linear) return std::abs(place - m_step);
        return std::abs(std::log(stepPosition(place, m_scale)) -
                        std::log(stepPosition(m_step, m_scale)));
    };
    return *std::min_element(m_places.begin(), m_places.end(),
                             [&](double a, double b) { return distance(a) < distance(b); });
}

}  // namespace gridscope::views
