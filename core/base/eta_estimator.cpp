// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/eta_estimator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace gridscope {

namespace {
constexpr std::size_t kWindow = 8;
constexpr std::size_t kFewest = 2;
}  // namespace

void EtaEstimator::itemFinished(double seconds) {
    m_recent.push_back(seconds);
    if (m_recent.size() > kWindow) m_recent.pop_front();
}

double EtaEstimator::secondsLeft(std::size_t itemsLeft) const {
    if (m_recent.size() < kFewest) return std::numeric_limits<double>::quiet_NaN();
    std::vector<double> sorted(m_recent.begin(), m_recent.end());
    std::sort(sorted.begin(), sorted.end());
    const std::size_t middle = sorted.size() / 2;
    const double median =
        sorted.size() % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
    return median * static_cast<double>(itemsLeft);
}

}  // namespace gridscope
