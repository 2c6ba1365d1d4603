// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/navigation/navigation_history.h"

#include <QElapsedTimer>

#include <algorithm>
#include <memory>

namespace gridscope::views {

namespace {

NavigationHistory::Clock realClock() {
    auto timer = std::make_shared<QElapsedTimer>();
    timer->start();
    return [timer] { return timer->elapsed(); };
}

}  // namespace

NavigationHistory::NavigationHistory(QObject* parent) : NavigationHistory(realClock(), parent) {}

NavigationHistory::NavigationHistory(Clock clock, QObject* parent)
    : QObject(parent), m_clock(std::move(clock)) {}

void NavigationHistory::go(NavigationState next) {
    const NavigationFields fields = changedFields(state(), next);
    if (!fields) return;
    const NavigationState before = state();
    const qint64 now = m_clock();
    const bool rangeOnly = fields == NavigationFields(NavigationField::Ranges);
    const bool merge = rangeOnly && m_lastWasRange && now - m_lastRangeChange < kMergeMilliseconds;
    m_states.resize(m_current + 1);
    if (merge) {
        m_states[m_current] = std::move(next);
    } else {
        m_states.push_back(std::move(next));
        ++m_current;
        if (m_states.size() > kLimit) {
            m_states.erase(m_states.begin());
            --m_current;
        }
    }
    m_lastWasRange = rangeOnly;
    m_lastRangeChange = now;
    announce(before);
}

void NavigationHistory::amend(NavigationState state) {
    const NavigationState before = m_states[m_current];
    m_states[m_current] = std::move(state);
    m_lastWasRange = false;
    announce(before);
}

void NavigationHistory::back() {
    if (canGoBack()) moveTo(m_current - 1);
}

void NavigationHistory::forward() {
    if (canGoForward()) moveTo(m_current + 1);
}

void NavigationHistory::closeRun(RunId run, RunId fallback) {
    const NavigationState before = state();
    std::vector<NavigationState> kept;
    std::size_t current = 0;
    for (std::size_t i = 0; i < m_states.size(); ++i) {
        const NavigationState& entry = m_states[i];
        const bool repeats = !kept.empty() && kept.back() == entry;
        if (entry.run != run && !repeats) kept.push_back(entry);
        if (i == m_current) current = kept.empty() ? 0 : kept.size() - 1;
    }
    if (before.run == run) {
        NavigationState next = before;
        next.run = fallback;
        next.checkpoint.reset();
        next.phase.reset();
        next.layer.reset();
        next.ranges.clear();
        const auto place =
            kept.begin() + static_cast<std::ptrdiff_t>(std::min(current + 1, kept.size()));
        current = static_cast<std::size_t>(place - kept.begin());
        kept.insert(place, next);
    }
    m_states = std::move(kept);
    m_current = current;
    m_lastWasRange = false;
    announce(before);
}

void NavigationHistory::moveTo(std::size_t index) {
    const NavigationState before = state();
    m_current = index;
    m_lastWasRange = false;
    announce(before);
}

void NavigationHistory::announce(const NavigationState& before) {
    // A copy, because a receiver may move on while others are still being told.
    const NavigationState now = state();
    emit availabilityChanged(canGoBack(), canGoForward());
    if (const NavigationFields fields = changedFields(before, now)) emit stateChanged(now, fields);
}

}  // namespace gridscope::views
