// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/boundary_overrides.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>

namespace gridscope {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::size_t kMaxBoundaries = 1000;
constexpr const char* kWhere = "overrides_json";

Error damaged(std::string what) {
    return {ErrorCode::TrajectoryDamaged, kWhere, std::move(what),
            "The boundaries that the detectors find are shown"};
}

/// A finite number >= 0 in `object`.
Expected<double> stepOf(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number())
        return damaged(std::string("expected a number in \"") + name + "\"");
    const double step = found->get<double>();
    if (!std::isfinite(step) || step < 0)
        return damaged(std::string("expected a step >= 0 in \"") + name + "\"");
    return step;
}

Expected<std::string> textOf(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string())
        return damaged(std::string("expected a text in \"") + name + "\"");
    return found->get<std::string>();
}

Expected<BoundaryOverride> overrideOf(const Json& object) {
    if (!object.is_object()) return damaged("expected objects in \"boundaries\"");
    BoundaryOverride moved;
    GRIDSCOPE_TRY_ASSIGN(detector, textOf(object, "detector"));
    GRIDSCOPE_TRY_ASSIGN(kind, textOf(object, "kind"));
    GRIDSCOPE_TRY_ASSIGN(from, stepOf(object, "from"));
    GRIDSCOPE_TRY_ASSIGN(step, stepOf(object, "step"));
    moved.detector = std::move(detector);
    moved.kind = std::move(kind);
    moved.from = from;
    moved.step = step;
    return moved;
}

/// A boundary and an override of its kind, with their distance in ln(1 + step).
struct Pair {
    double distance = 0.0;
    std::size_t boundary = 0, moved = 0;
    bool operator<(const Pair& other) const {
        return std::tie(distance, boundary, moved) <
               std::tie(other.distance, other.boundary, other.moved);
    }
};

std::vector<Pair> pairsOf(const std::vector<PlacedBoundary>& placed,
                          const BoundaryOverrides& overrides) {
    std::vector<Pair> pairs;
    for (std::size_t b = 0; b < placed.size(); ++b) {
        for (std::size_t m = 0; m < overrides.size(); ++m) {
            if (placed[b].kind == overrides[m].kind)
                pairs.push_back(
                    {std::abs(std::log1p(placed[b].step) - std::log1p(overrides[m].from)), b, m});
        }
    }
    std::sort(pairs.begin(), pairs.end());
    return pairs;
}

}  // namespace

std::vector<PlacedBoundary> placeBoundaries(const DetectorResult& result,
                                            const BoundaryOverrides& overrides) {
    std::vector<PlacedBoundary> placed;
    for (const Boundary& boundary : result.boundaries)
        placed.push_back(
            {boundary.step, std::string(boundaryKindName(boundary.kind)), boundary, {}});
    BoundaryOverrides mine;
    std::copy_if(overrides.begin(), overrides.end(), std::back_inserter(mine),
                 [&](const BoundaryOverride& one) { return one.detector == result.name; });
    std::vector<char> used(mine.size(), 0);
    for (const Pair& pair : pairsOf(placed, mine)) {
        PlacedBoundary& boundary = placed[pair.boundary];
        if (boundary.moved || used[pair.moved] != 0) continue;
        used[pair.moved] = 1;
        boundary.moved = mine[pair.moved];
    }
    for (std::size_t m = 0; m < mine.size(); ++m)
        if (used[m] == 0) placed.push_back({mine[m].step, mine[m].kind, {}, mine[m]});
    for (PlacedBoundary& boundary : placed)
        if (boundary.moved) boundary.step = boundary.moved->step;
    std::stable_sort(
        placed.begin(), placed.end(), [](const PlacedBoundary& a, const PlacedBoundary& b) {
            return std::tuple(a.step, !a.moved) < std::tuple(b.step, !b.moved);  // moved first
        });
    placed.erase(std::unique(placed.begin(), placed.end(),
                             [](const PlacedBoundary& first, const PlacedBoundary& second) {
                                 return first.step == second.step;
                             }),
                 placed.end());
    return placed;
}

BoundaryRoom boundaryRoom(const std::vector<double>& boundaries, std::size_t index,
                          const std::vector<double>& steps) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double before = index == 0 ? -kInfinity : boundaries[index - 1];
    const double behind = index + 1 < boundaries.size() ? boundaries[index + 1] : kInfinity;
    double first = kInfinity;  // of the phase before
    double last = -kInfinity;  // of the phase behind
    for (const double step : steps) {
        if (step >= before && step < behind) {
            first = std::min(first, step);
            last = std::max(last, step);
        }
    }
    return first < last ? BoundaryRoom{first, last} : BoundaryRoom{};
}

std::vector<double> stepsWithin(const BoundaryRoom& room, std::vector<double> steps) {
    steps.erase(
        std::remove_if(steps.begin(), steps.end(), [&](double step) { return !room.holds(step); }),
        steps.end());
    std::sort(steps.begin(), steps.end());
    steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
    return steps;
}

BoundaryOverrides withOverride(BoundaryOverrides overrides, const BoundaryOverride& moved) {
    for (BoundaryOverride& one : overrides) {
        if (one.detector != moved.detector || one.kind != moved.kind || one.from != moved.from)
            continue;
        one.step = moved.step;
        return overrides;
    }
    overrides.push_back(moved);
    return overrides;
}

std::string boundaryOverridesToJson(const BoundaryOverrides& overrides) {
    if (overrides.empty()) return {};
    Json boundaries = Json::array();
    for (const BoundaryOverride& one : overrides)
        boundaries.push_back({{"detector", one.detector},
                              {"kind", one.kind},
                              {"from", one.from},
                              {"step", one.step}});
    const Json document{{"version", kVersion}, {"boundaries", std::move(boundaries)}};
    return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Expected<BoundaryOverrides> parseBoundaryOverrides(std::string_view text) {
    BoundaryOverrides overrides;
    if (text.empty()) return overrides;
    const Json document = Json::parse(text, nullptr, false);
    if (!document.is_object()) return damaged("expected a JSON object");
    if (const auto version = document.find("version"); version != document.end()) {
        if (!version->is_number_integer()) return damaged("expected a whole number in \"version\"");
        if (*version > kVersion)
            return Error{ErrorCode::TrajectoryNewer, kWhere,
                         "expected version 1, found " + version->dump(), "Update Gridscope"};
    }
    const auto boundaries = document.find("boundaries");
    if (boundaries == document.end()) return overrides;
    if (!boundaries->is_array()) return damaged("expected an array in \"boundaries\"");
    if (boundaries->size() > kMaxBoundaries)
        return Error{ErrorCode::TrajectoryLimit,
                     kWhere,
                     "expected at most " + std::to_string(kMaxBoundaries) + " boundaries, found " +
                         std::to_string(boundaries->size()),
                     {}};
    for (const Json& object : *boundaries) {
        GRIDSCOPE_TRY_ASSIGN(moved, overrideOf(object));
        overrides.push_back(std::move(moved));
    }
    return overrides;
}

}  // namespace gridscope
