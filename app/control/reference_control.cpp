// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/reference_control.h"

#include <utility>

namespace gridscope::app {

ReferenceControl::ReferenceControl(std::vector<ReferenceSet> sets, QObject* parent)
    : QObject(parent), m_sets(std::move(sets)) {
    if (!m_sets.empty()) m_chosen = {m_sets.front().id};
}

std::vector<views::ReferenceSeries> ReferenceControl::shown() const {
    std::vector<views::ReferenceSeries> series;
    for (const ReferenceSet& set : m_sets)
        if (isShown(set.id)) series.insert(series.end(), set.series.begin(), set.series.end());
    return series;
}

void ReferenceControl::toggle(const QString& id) {
    if (!std::exchange(m_isOn, true)) m_chosen.clear();  // one asked for this set, not for others
    if (m_chosen.erase(id) == 0) m_chosen.insert(id);
    emit changed();
}

void ReferenceControl::toggleAll() {
    if (m_chosen.empty() && !m_sets.empty()) m_chosen = {m_sets.front().id};
    m_isOn = !anyShown();
    emit changed();
}

}  // namespace gridscope::app
