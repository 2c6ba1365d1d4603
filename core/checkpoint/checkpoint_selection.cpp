// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/numbers.h"
#include "core/checkpoint/catalog.h"

namespace gridscope {

namespace {

using Indices = std::set<std::size_t>;

Error syntaxError(std::string_view term, std::string what) {
    return {ErrorCode::SettingsSyntax, "selection \"" + escapeForDisplay(term) + "\"",
            std::move(what),
            "Use all, log:16, every:5000, 1000..80000 or labels, joined by commas"};
}

Expected<std::int64_t> positiveNumber(std::string_view text, std::string_view term) {
    const auto value = parseInteger(text);
    if (!value || *value < 1) return syntaxError(term, "expected a whole number above 0");
    return *value;
}

std::vector<std::size_t> entriesWithStep(const CheckpointCatalog& catalog) {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < catalog.entries.size(); ++i) {
        if (catalog.entries[i].label.step) indices.push_back(i);
    }
    return indices;
}

/// `count` checkpoints near equal distances of log(1 + step); step 0 and the last one are in.
Indices logarithmic(const CheckpointCatalog& catalog, std::int64_t count) {
    std::vector<std::size_t> left = entriesWithStep(catalog);
    if (static_cast<std::uint64_t>(count) >= left.size()) return {left.begin(), left.end()};
    const auto place = [&](std::size_t index) {
        return std::log1p(static_cast<double>(catalog.entries[index].label.step->value));
    };
    std::sort(left.begin(), left.end(),
              [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
    const double first = place(left.front());
    const double last = place(left.back());
    Indices chosen;
    for (std::int64_t i = 0; i < count; ++i) {
        // From the end, so that a single one is the last checkpoint.
        const double share =
            count == 1 ? 1.0 : 1.0 - static_cast<double>(i) / static_cast<double>(count - 1);
        const double target = first + share * (last - first);
        const auto nearest =
            std::min_element(left.begin(), left.end(), [&](std::size_t a, std::size_t b) {
                return std::fabs(place(a) - target) < std::fabs(place(b) - target);
            });
        chosen.insert(*nearest);
        left.erase(nearest);
    }
    return chosen;
}

template <class Accept>
Indices stepsThat(const CheckpointCatalog& catalog, Accept accept) {
    Indices chosen;
    for (const std::size_t index : entriesWithStep(catalog)) {
        if (accept(catalog.entries[index].label.step->value)) chosen.insert(index);
    }
    return chosen;
}

Expected<Indices> range(const CheckpointCatalog& catalog, std::string_view term, std::size_t dots) {
    const auto low = parseInteger(term.substr(0, dots));
    const auto high = parseInteger(term.substr(dots + 2));
    if (!low || !high) return syntaxError(term, "expected two steps, such as 1000..80000");
    if (*low > *high) return syntaxError(term, "the first step is above the second");
    return stepsThat(catalog, [&](std::int64_t step) { return step >= *low && step <= *high; });
}

/// Entries with this label, else those with the step the label stands for.
Indices named(const CheckpointCatalog& catalog, std::string_view term) {
    Indices chosen;
    for (std::size_t i = 0; i < catalog.entries.size(); ++i) {
        if (catalog.entries[i].label.text == term) chosen.insert(i);
    }
    if (!chosen.empty()) return chosen;
    const CheckpointLabel label = parseCheckpointLabel(term);
    if (!label.step) return chosen;
    for (const std::size_t index : entriesWithStep(catalog)) {
        const CheckpointLabel& other = catalog.entries[index].label;
        if (other.step == label.step && (!label.stage || other.stage == label.stage))
            chosen.insert(index);
    }
    return chosen;
}

Expected<Indices> selectTerm(const CheckpointCatalog& catalog, std::string_view term) {
    constexpr std::string_view kLog = "log:";
    constexpr std::string_view kEvery = "every:";
    if (term.empty()) return syntaxError(term, "an empty part");
    if (term == "missing")
        return syntaxError(term, "\"missing\" needs the trajectory file and stands alone");
    if (term == "all") {
        Indices chosen;
        for (std::size_t i = 0; i < catalog.entries.size(); ++i) chosen.insert(chosen.end(), i);
        return chosen;
    }
    if (term.starts_with(kLog)) {
        GRIDSCOPE_TRY_ASSIGN(count, positiveNumber(term.substr(kLog.size()), term));
        return logarithmic(catalog, count);
    }
    if (term.starts_with(kEvery)) {
        GRIDSCOPE_TRY_ASSIGN(distance, positiveNumber(term.substr(kEvery.size()), term));
        return stepsThat(catalog, [&](std::int64_t step) { return step % distance == 0; });
    }
    if (const std::size_t dots = term.find(".."); dots != std::string_view::npos)
        return range(catalog, term, dots);
    Indices chosen = named(catalog, term);
    if (chosen.empty())
        return Error{ErrorCode::SettingsRange, "selection \"" + escapeForDisplay(term) + "\"",
                     "no checkpoint has this label", "List the labels with gridscope-cli scan"};
    return chosen;
}

}  // namespace

Expected<std::vector<std::size_t>> selectCheckpoints(const CheckpointCatalog& catalog,
                                                     std::string_view expression) {
    Indices chosen;
    for (std::size_t start = 0; start <= expression.size();) {
        const std::size_t comma = std::min(expression.find(',', start), expression.size());
        GRIDSCOPE_TRY_ASSIGN(indices, selectTerm(catalog, expression.substr(start, comma - start)));
        chosen.insert(indices.begin(), indices.end());
        start = comma + 1;
    }
    if (chosen.empty())
        return Error{ErrorCode::SettingsRange, "selection \"" + escapeForDisplay(expression) + "\"",
                     "no checkpoint is selected", "List the steps with gridscope-cli scan"};
    return std::vector<std::size_t>(chosen.begin(), chosen.end());
}

}  // namespace gridscope
