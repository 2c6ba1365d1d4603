// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/held_out.h"

#include <algorithm>

#include "core/base/numbers.h"

namespace gridscope {

namespace {

constexpr std::size_t kHeldOutPart = 20;
constexpr std::uint64_t kMostWindows = 128;

}  // namespace

Expected<EvalWindows> holdOut(std::vector<std::uint32_t>& ids, std::uint64_t length,
                              const std::optional<std::string>& count) {
    const std::size_t held = ids.size() / kHeldOutPart;
    TokenArray array;
    array.ids.assign(ids.end() - static_cast<std::ptrdiff_t>(held), ids.end());
    ids.resize(ids.size() - held);
    WindowSettings settings;
    settings.length = length;
    if (!count) {
        const std::uint64_t whole = length > 0 ? held / length : 0;
        settings.count = std::clamp<std::uint64_t>(whole, 1, kMostWindows);
    } else if (*count != "all") {
        const auto wanted = parseInteger(*count);
        if (!wanted || *wanted < 1)
            return Error{ErrorCode::SettingsRange,
                         "windows",
                         "expected a number or all, found " + escapeForDisplay(*count),
                         {}};
        settings.count = static_cast<std::uint64_t>(*wanted);
    }
    return cutWindows(array, settings, "the last 5 % of the training tokens");
}

}  // namespace gridscope
