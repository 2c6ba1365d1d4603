// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/navigation/cursor_model.h"

#include <algorithm>
#include <cmath>

namespace gridscope::views {

void CursorModel::setSteps(std::vector<double> steps) {
    std::erase_if(steps, [](double step) { return !std::isfinite(step); });
    std::sort(steps.begin(), steps.end());
    m_steps = std::move(steps);
    const auto kept = [this](const std::optional<double>& step) {
        return step ? nearest(*step) : std::nullopt;
    };
    set(kept(m_step), kept(m_pinned));
}

void CursorModel::moveTo(double step) {
    if (std::isfinite(step)) set(nearest(step), m_pinned);
}

void CursorModel::clear() { set(std::nullopt, m_pinned); }

void CursorModel::togglePin() {
    set(m_step, m_pinned && m_pinned == m_step ? std::nullopt : m_step);
}

void CursorModel::clearPin() { set(m_step, std::nullopt); }

std::optional<double> CursorModel::nearest(double step) const {
    if (m_steps.empty()) return std::nullopt;
    const auto above = std::lower_bound(m_steps.begin(), m_steps.end(), step);
    if (above == m_steps.begin()) return *above;
    if (above == m_steps.end()) return m_steps.back();
    const double below = *std::prev(above);
    return step - below <= *above - step ? below : *above;
}

void CursorModel::set(std::optional<double> step, std::optional<double> pinned) {
    if (step == m_step && pinned == m_pinned) return;
    m_step = step;
    m_pinned = pinned;
    emit cursorChanged(m_step, m_pinned);
}

}  // namespace gridscope::views
