// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/comparability.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace gridscope {

namespace {

/// The scope of a plan as its rule says it; empty if the plan says none.
std::string scopeOf(const Trajectory& run) {
    const nlohmann::json plan = nlohmann::json::parse(run.planJson, nullptr, false);
    if (!plan.is_object()) return {};
    const auto scope = plan.find("scope");
    return scope != plan.end() && scope->is_string() ? scope->get<std::string>() : std::string();
}

bool sameTokens(const Trajectory& a, const Trajectory& b) {
    return a.evalSha256 == b.evalSha256 && a.windows == b.windows &&
           a.windowLength == b.windowLength && a.evalIds == b.evalIds;
}

bool shareAGrid(const Trajectory& a, const Trajectory& b) {
    if (a.gridIds.empty() && b.gridIds.empty()) return true;  // nothing quantized in either
    return std::any_of(a.gridIds.begin(), a.gridIds.end(), [&](const std::string& id) {
        return std::find(b.gridIds.begin(), b.gridIds.end(), id) != b.gridIds.end();
    });
}

}  // namespace

std::string_view planFieldName(PlanField field) {
    switch (field) {
    case PlanField::EvaluationTokens:
        return "evaluation tokens";
    case PlanField::Grid:
        return "grid";
    case PlanField::Scope:
        return "scope";
    }
    return {};
}

std::vector<PlanField> planDifferences(const Trajectory& run, const Trajectory& other) {
    std::vector<PlanField> fields;
    if (!sameTokens(run, other)) fields.push_back(PlanField::EvaluationTokens);
    if (!shareAGrid(run, other)) fields.push_back(PlanField::Grid);
    const std::string scope = scopeOf(run);
    const std::string otherScope = scopeOf(other);
    if (!scope.empty() && !otherScope.empty() && scope != otherScope)
        fields.push_back(PlanField::Scope);
    return fields;
}

}  // namespace gridscope
