// SPDX-License-Identifier: GPL-3.0-or-later

// The one place where a remaining time is guessed: median of the last item times.
#pragma once

#include <cstddef>
#include <deque>

namespace gridscope {

class EtaEstimator {
public:
    /// One item took `seconds`.
    void itemFinished(double seconds);
    /// Seconds for `itemsLeft` more items: median of the last 8 times x items left.
    /// NaN until two items are finished.
    double secondsLeft(std::size_t itemsLeft) const;

private:
    std::deque<double> m_recent;
};

}  // namespace gridscope
