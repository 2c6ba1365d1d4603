// SPDX-License-Identifier: GPL-3.0-or-later

// The only thing that changes what is being looked at, with back and forward.
#pragma once

#include <QObject>

#include <functional>
#include <vector>

#include "views/navigation/navigation_state.h"

namespace gridscope::views {

class NavigationHistory : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t kLimit = 100;         ///< states kept
    static constexpr qint64 kMergeMilliseconds = 400;  ///< range changes closer than this merge
    using Clock = std::function<qint64()>;             ///< milliseconds, never falling

    explicit NavigationHistory(QObject* parent = nullptr);
    /// With another clock, for tests.
    explicit NavigationHistory(Clock clock, QObject* parent = nullptr);

    const NavigationState& state() const { return m_states[m_current]; }
    bool canGoBack() const { return m_current > 0; }
    bool canGoForward() const { return m_current + 1 < m_states.size(); }
    std::size_t size() const { return m_states.size(); }

    /// Makes `next` the current state; what lay ahead is forgotten. Equal states do nothing.
    void go(NavigationState next);
    /// Changes the current state without a new entry, for keys that no longer exist.
    void amend(NavigationState state);
    void back();
    void forward();
    /// Removes the entries of `run`. If it is the current one, `fallback` becomes current.
    void closeRun(RunId run, RunId fallback);

signals:
    void stateChanged(const gridscope::views::NavigationState& state,
                      gridscope::views::NavigationFields changed);
    void availabilityChanged(bool canGoBack, bool canGoForward);

private:
    void moveTo(std::size_t index);
    void announce(const NavigationState& before);

    Clock m_clock;
    std::vector<NavigationState> m_states{NavigationState{}};
    std::size_t m_current = 0;
    qint64 m_lastRangeChange = -kMergeMilliseconds;
    bool m_lastWasRange = false;
};

}  // namespace gridscope::views
