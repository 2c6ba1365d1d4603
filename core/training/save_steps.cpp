// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/save_steps.h"

#include <optional>
#include <set>
#include <string>

#include "core/base/numbers.h"

namespace gridscope {

namespace {

constexpr std::int64_t kLastOfLog = 512;
constexpr std::string_view kEvery = "every:";
constexpr std::string_view kHint = "Write items such as log,every:1000 or a step number";

struct Range {
    std::int64_t first = 0;
    std::int64_t last = 0;
    bool holds(std::int64_t step) const { return step >= first && step <= last; }
};

Error itemError(ErrorCode code, std::string_view item, std::string what) {
    return {code, "--save, " + std::string(item), std::move(what), std::string(kHint)};
}

Expected<void> addItem(std::string_view item, const Range& range, std::set<std::int64_t>& steps) {
    if (item == "log") {
        if (range.holds(0)) steps.insert(0);
        for (std::int64_t step = 1; step <= kLastOfLog; step *= 2) {
            if (range.holds(step)) steps.insert(step);
        }
        return {};
    }
    if (item.starts_with(kEvery)) {
        const std::optional<std::int64_t> spacing = parseInteger(item.substr(kEvery.size()));
        if (!spacing)
            return itemError(ErrorCode::SettingsSyntax, item, "expected a number after every:");
        if (*spacing < 1)
            return itemError(ErrorCode::SettingsRange, item, "the spacing must be at least 1");
        const std::int64_t rounded = range.first / *spacing * *spacing;
        for (std::int64_t step = rounded; step <= range.last; step += *spacing) {
            if (range.holds(step)) steps.insert(step);
            if (step > range.last - *spacing) break;  // the next sum could overflow
        }
        return {};
    }
    const std::optional<std::int64_t> step = parseInteger(item);
    if (!step) return itemError(ErrorCode::SettingsSyntax, item, "is no item of --save");
    if (!range.holds(*step))
        return itemError(ErrorCode::SettingsRange, item,
                         "the run has the steps " + std::to_string(range.first) + " to " +
                             std::to_string(range.last));
    steps.insert(*step);
    return {};
}

}  // namespace

Expected<std::vector<std::int64_t>> parseSaveSteps(std::string_view text, std::int64_t first,
                                                   std::int64_t last) {
    if (first < 0 || last < first)
        return Error{
            ErrorCode::SettingsRange,
            "--save",
            "the steps " + std::to_string(first) + " to " + std::to_string(last) + " are no range",
            {}};
    std::set<std::int64_t> steps{last};
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t comma = std::min(text.find(',', begin), text.size());
        GRIDSCOPE_TRY(addItem(text.substr(begin, comma - begin), {first, last}, steps));
        begin = comma + 1;
    }
    return std::vector<std::int64_t>(steps.begin(), steps.end());
}

}  // namespace gridscope
