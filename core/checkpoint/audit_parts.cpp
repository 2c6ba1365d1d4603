// SPDX-License-Identifier: GPL-3.0-or-later

// A2: a checkpoint that holds a part of another one.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/base/numbers.h"
#include "core/checkpoint/audit_checks.h"

namespace gridscope {

namespace {

constexpr double kSmallestShare = 0.05;  // formats.md 11
constexpr std::size_t kEnoughForFrozen = 3;

/// One checkpoint per model: equal ones are A1's.
std::vector<std::size_t> representatives(const AuditFacts& facts) {
    std::set<std::string> seen;
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if (!facts[i].contentSha256.empty() && seen.insert(facts[i].contentSha256).second)
            chosen.push_back(i);
    }
    return chosen;
}

/// Where each tensor content occurs, by name and hash, without what proves nothing.
using Holders = std::map<std::pair<std::string, std::string>, std::vector<std::size_t>>;

Holders holdersOf(const AuditFacts& facts, const std::vector<std::size_t>& chosen) {
    Holders holders;
    std::unordered_map<std::string, std::size_t> carriers;
    for (const std::size_t i : chosen) {
        for (const TensorFacts& tensor : facts[i].tensors) {
            ++carriers[tensor.name];
            if (!tensor.constant) holders[{tensor.name, tensor.contentSha256}].push_back(i);
        }
    }
    for (auto item = holders.begin(); item != holders.end();) {
        const std::size_t all = carriers[item->first.first];
        const bool frozen = item->second.size() == all && all >= kEnoughForFrozen;
        item = frozen ? holders.erase(item) : std::next(item);
    }
    return holders;
}

struct Common {
    std::uint64_t elements = 0;
    std::size_t tensors = 0;
    std::string largest;  ///< name of the largest common tensor
    std::uint64_t largestElements = 0;
};

/// What checkpoint `i` has in common with each other one.
std::map<std::size_t, Common> commonParts(const CheckpointFacts& facts, std::size_t i,
                                          const Holders& holders) {
    std::map<std::size_t, Common> common;
    for (const TensorFacts& tensor : facts.tensors) {
        const auto found = holders.find({tensor.name, tensor.contentSha256});
        if (found == holders.end()) continue;
        for (const std::size_t other : found->second) {
            if (other == i) continue;
            Common& part = common[other];
            part.elements += tensor.elements;
            ++part.tensors;
            if (tensor.elements <= part.largestElements) continue;
            part.largest = tensor.name;
            part.largestElements = tensor.elements;
        }
    }
    return common;
}

AuditFinding partFinding(const AuditFacts& facts, std::size_t i, std::size_t other,
                         const Common& part, double share) {
    return {AuditSeverity::Problem,
            AuditCheck::PartOfAnother,
            ErrorCode::AuditPartOfAnother,
            {std::min(i, other), std::max(i, other)},
            formatFixed(100.0 * share, 1) + " % of the weights of " + labelList(facts, {i}) +
                " equal those of " + labelList(facts, {other}) + ", tensor by tensor (" +
                std::to_string(part.tensors) + " of " + std::to_string(facts[i].tensors.size()) +
                ", the largest " + escapeForDisplay(part.largest) + ")",
            "A file of one was stored with the other; fetch both again"};
}

}  // namespace

AuditFindings findParts(const AuditFacts& facts) {
    const std::vector<std::size_t> chosen = representatives(facts);
    const Holders holders = holdersOf(facts, chosen);
    AuditFindings findings;
    std::set<std::pair<std::size_t, std::size_t>> told;
    for (const std::size_t i : chosen) {
        const auto common = commonParts(facts[i], i, holders);
        if (common.empty()) continue;
        // Of several with the same part the last one is the likeliest source: a final model whose
        // files ended up in earlier folders.
        auto best = common.begin();
        for (auto item = common.begin(); item != common.end(); ++item) {
            if (item->second.elements >= best->second.elements) best = item;
        }
        const double share =
            static_cast<double>(best->second.elements) / static_cast<double>(facts[i].elements());
        if (share < kSmallestShare || !told.insert(std::minmax({i, best->first})).second) continue;
        findings.push_back(partFinding(facts, i, best->first, best->second, share));
    }
    return findings;
}

}  // namespace gridscope
