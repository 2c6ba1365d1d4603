// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/tick_rules.h"

#include <algorithm>
#include <cmath>

namespace gridscope::views {

std::vector<bool> ticksByRule(const std::vector<CheckpointRow>& rows, TickRule rule) {
    std::vector<bool> ticks;
    for (const CheckpointRow& row : rows) {
        const bool measured =
            row.state == CheckpointState::Complete || row.state == CheckpointState::Duplicate;
        bool on = false;
        switch (rule) {
        case TickRule::All:
            on = true;
            break;
        case TickRule::None:
            on = false;
            break;
        case TickRule::Invert:
            on = !row.ticked;
            break;
        case TickRule::OnlyMissing:
            on = !measured;
            break;
        case TickRule::OnlyFailed:
            on = row.state == CheckpointState::Failed;
            break;
        }
        ticks.push_back(on && row.usable);
    }
    return ticks;
}

std::vector<bool> ticksLogSpaced(const std::vector<CheckpointRow>& rows, int count) {
    std::vector<bool> ticks(rows.size(), false);
    std::vector<std::pair<double, std::size_t>> places;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].usable && rows[i].step) places.emplace_back(std::log1p(*rows[i].step), i);
    if (places.empty() || count < 1) return ticks;
    std::sort(places.begin(), places.end());
    const double low = places.front().first;
    const double span = places.back().first - low;
    for (int k = 0; k < count; ++k) {
        const double wanted = count == 1 ? low + span : low + span * k / (count - 1);
        const auto nearest =
            std::min_element(places.begin(), places.end(), [wanted](const auto& a, const auto& b) {
                return std::abs(a.first - wanted) < std::abs(b.first - wanted);
            });
        ticks[nearest->second] = true;
    }
    return ticks;
}

std::vector<bool> ticksEveryNth(const std::vector<CheckpointRow>& rows, int n) {
    std::vector<bool> ticks(rows.size(), false);
    int seen = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].usable) ticks[i] = seen++ % std::max(n, 1) == 0;
    return ticks;
}

}  // namespace gridscope::views
