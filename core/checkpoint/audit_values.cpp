// SPDX-License-Identifier: GPL-3.0-or-later

// A8 and the files themselves: values that cannot be right, and what could not be read.

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "core/base/numbers.h"
#include "core/checkpoint/audit_checks.h"

namespace gridscope {

namespace {

constexpr std::size_t kTensorsShown = 3;
// Norms start at one and biases at zero; updates of warm-up may be lost in a half-width type.
constexpr std::int64_t kLastEarlyStep = 1000;

std::string andMore(std::size_t count) {
    if (count <= kTensorsShown) return {};
    return " and " + std::to_string(count - kTensorsShown) + " more";
}

AuditFinding nonFinite(const AuditFacts& facts, std::size_t i) {
    std::string places;
    std::uint64_t values = 0;
    std::size_t tensors = 0;
    for (const TensorFacts& tensor : facts[i].tensors) {
        if (tensor.nonFinite == 0) continue;
        values += tensor.nonFinite;
        if (tensors++ >= kTensorsShown) continue;
        places += (places.empty() ? "" : ", ") + escapeForDisplay(tensor.name) + " (" +
                  std::to_string(tensor.nonFinite) + ", first at index " +
                  std::to_string(tensor.firstNonFinite) + ")";
    }
    return {AuditSeverity::Problem,
            AuditCheck::Values,
            ErrorCode::AuditValues,
            {i},
            labelList(facts, {i}) + ": " + std::to_string(values) +
                (values == 1 ? " value is" : " values are") + " NaN or infinite in " + places +
                andMore(tensors),
            "The file is damaged or the run diverged; leave the checkpoint out"};
}

/// What constant tensors have in common, so that one finding tells of all alike.
struct ConstantKind {
    std::vector<std::size_t> checkpoints;
    bool isMatrix = false;
    bool isZero = false;
    bool operator<(const ConstantKind& other) const {
        return std::tie(checkpoints, isMatrix, isZero) <
               std::tie(other.checkpoints, other.isMatrix, other.isZero);
    }
};

AuditFinding constants(const AuditFacts& facts, const ConstantKind& kind,
                       const std::vector<std::string>& names) {
    std::string list;
    for (std::size_t i = 0; i < std::min(names.size(), kTensorsShown); ++i)
        list += (i == 0 ? "" : ", ") + escapeForDisplay(names[i]);
    const std::string count = std::to_string(names.size());
    const std::string tensors = std::string(kind.isMatrix ? "matrix" : "vector");
    const std::string plural = kind.isMatrix ? "matrices" : "vectors";
    return {kind.isMatrix ? AuditSeverity::Warning : AuditSeverity::Note,
            AuditCheck::Values,
            ErrorCode::AuditValues,
            kind.checkpoints,
            labelList(facts, kind.checkpoints) + ": " +
                (names.size() == 1 ? "1 " + tensors + " is" : count + " " + plural + " are") +
                (kind.isZero ? " all zero: " : " constant: ") + list + andMore(names.size()),
            kind.isMatrix ? "A matrix without values carries no information; compare the file"
                          : "Unusual after training began, but such models exist"};
}

}  // namespace

AuditFindings findUnreadable(const AuditFacts& facts) {
    struct Kind {
        const Error* first;
        std::vector<std::size_t> checkpoints;
    };
    std::map<std::pair<ErrorCode, std::string>, Kind> kinds;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        for (const Error& problem : facts[i].problems) {
            Kind& kind = kinds[{problem.code, problem.what}];
            if (kind.checkpoints.empty()) kind.first = &problem;
            if (kind.checkpoints.empty() || kind.checkpoints.back() != i)
                kind.checkpoints.push_back(i);
        }
    }
    AuditFindings findings;
    for (const auto& [key, kind] : kinds) {
        std::string text = escapeForDisplay(kind.first->where, 200) + ": " +
                           escapeForDisplay(kind.first->what, 300);
        if (kind.checkpoints.size() > 1)
            text += "; so in " + std::to_string(kind.checkpoints.size()) + " checkpoints";
        findings.push_back({AuditSeverity::Problem, AuditCheck::Files, kind.first->code,
                            kind.checkpoints, std::move(text), kind.first->hint});
    }
    return findings;
}

AuditFindings findNonFinite(const AuditFacts& facts) {
    AuditFindings findings;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        const auto& tensors = facts[i].tensors;
        if (std::any_of(tensors.begin(), tensors.end(),
                        [](const TensorFacts& tensor) { return tensor.nonFinite > 0; }))
            findings.push_back(nonFinite(facts, i));
    }
    return findings;
}

AuditFindings findConstants(const AuditFacts& facts) {
    // First the checkpoints of each tensor, then the tensors of each such set of checkpoints.
    std::map<std::tuple<std::string, bool, bool>, std::vector<std::size_t>> byTensor;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        for (const TensorFacts& tensor : facts[i].tensors) {
            if (!tensor.constant) continue;
            const bool isMatrix = tensor.shape.size() >= 2;
            if (!isMatrix && facts[i].step && *facts[i].step <= kLastEarlyStep) continue;
            const bool isZero = !(*tensor.constant < 0.0f) && !(*tensor.constant > 0.0f);
            byTensor[{tensor.name, isMatrix, isZero}].push_back(i);
        }
    }
    std::map<ConstantKind, std::vector<std::string>> kinds;
    for (const auto& [key, checkpoints] : byTensor)
        kinds[{checkpoints, std::get<1>(key), std::get<2>(key)}].push_back(std::get<0>(key));
    AuditFindings findings;
    for (const auto& [kind, names] : kinds) findings.push_back(constants(facts, kind, names));
    return findings;
}

}  // namespace gridscope
