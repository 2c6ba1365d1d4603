// SPDX-License-Identifier: GPL-3.0-or-later

// The words of the audit that programs and people read.

#include <algorithm>
#include <array>

#include "core/checkpoint/audit.h"

namespace gridscope {

namespace {

struct CheckText {
    std::string_view id, title;
};

// In the order of enum AuditCheck.
constexpr std::array<CheckText, 9> kChecks{{
    {"files", "unreadable or changed"},
    {"A1", "two checkpoints, one model"},
    {"A2", "part of another step"},
    {"A3", "jump out of the trajectory"},
    {"A4", "unrelated start"},
    {"A5", "missing steps"},
    {"A6", "other configuration"},
    {"A7", "precision"},
    {"A8", "values"},
}};
static_assert(static_cast<std::size_t>(AuditCheck::Values) + 1 == kChecks.size());

}  // namespace

std::string_view auditLevelText(AuditLevel level) {
    constexpr std::array<std::string_view, 3> kTexts{"quick", "hash", "deep"};
    return kTexts[static_cast<std::size_t>(level)];
}

std::string_view auditSeverityText(AuditSeverity severity) {
    constexpr std::array<std::string_view, 3> kTexts{"note", "warning", "problem"};
    return kTexts[static_cast<std::size_t>(severity)];
}

std::string_view auditCheckId(AuditCheck check) {
    return kChecks[static_cast<std::size_t>(check)].id;
}

std::string_view auditCheckTitle(AuditCheck check) {
    return kChecks[static_cast<std::size_t>(check)].title;
}

std::string labelList(const std::vector<CheckpointFacts>& facts,
                      const std::vector<std::size_t>& indices, std::size_t most) {
    const bool oneRun = std::all_of(indices.begin(), indices.end(), [&](std::size_t i) {
        return facts[i].run == facts[indices.front()].run;
    });
    const std::size_t shown = std::min(indices.size(), most);
    std::string text;
    for (std::size_t k = 0; k < shown; ++k) {
        const CheckpointFacts& one = facts[indices[k]];
        if (k > 0) text += k + 1 == indices.size() ? " and " : ", ";
        text += escapeForDisplay(oneRun ? one.label : one.run + "/" + one.label);
    }
    if (indices.size() > shown) text += " and " + std::to_string(indices.size() - shown) + " more";
    return text;
}

}  // namespace gridscope
