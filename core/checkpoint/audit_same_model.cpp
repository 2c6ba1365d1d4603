// SPDX-License-Identifier: GPL-3.0-or-later

// A1: two checkpoints, one model.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "core/checkpoint/audit_checks.h"

namespace gridscope {

namespace {

using Members = std::vector<std::size_t>;
using Branch = std::tuple<std::string, int, std::string>;  ///< run, stage, ingredient

Branch branchOf(const CheckpointFacts& facts) {
    return {facts.run, facts.stageRank, facts.ingredient};
}

/// What proves that two checkpoints are one model: the hash, or where none was made the file or
/// the commit of a cache.
std::vector<std::string> proofsOf(const CheckpointFacts& facts) {
    if (!facts.contentSha256.empty()) return {"content " + facts.contentSha256};
    std::vector<std::string> proofs;
    if (!facts.fileIdentity.empty()) proofs.push_back("file " + facts.fileIdentity);
    if (!facts.commit.empty()) proofs.push_back("commit " + facts.commit);
    return proofs;
}

/// Checkpoints that a proof joins, directly or over others.
std::vector<Members> classesOf(const AuditFacts& facts) {
    std::map<std::string, std::size_t> holders;  // of a proof: the first checkpoint
    std::vector<std::size_t> first(facts.size());
    const auto rootOf = [&](std::size_t i) {
        while (first[i] != i) i = first[i];
        return i;
    };
    for (std::size_t i = 0; i < facts.size(); ++i) {
        first[i] = i;
        for (const std::string& proof : proofsOf(facts[i])) {
            const std::size_t a = rootOf(holders.emplace(proof, i).first->second), b = rootOf(i);
            first[std::max(a, b)] = std::min(a, b);
        }
    }
    std::map<std::size_t, Members> joined;
    for (std::size_t i = 0; i < facts.size(); ++i) joined[rootOf(i)].push_back(i);
    std::vector<Members> classes;
    for (auto& [root, members] : joined) {
        if (members.size() > 1) classes.push_back(std::move(members));
    }
    return classes;
}

/// What a class shows by the places that its members claim in training.
struct Places {
    std::set<std::int64_t> steps;
    std::set<Branch> branches;  ///< of the members with a step
    std::size_t stepped = 0;
};

Places placesOf(const AuditFacts& facts, const Members& members) {
    Places places;
    for (const std::size_t i : members) {
        if (!facts[i].step) continue;
        ++places.stepped;
        places.steps.insert(*facts[i].step);
        places.branches.insert(branchOf(facts[i]));
    }
    return places;
}

std::string proof(const AuditFacts& facts, const Members& members) {
    const CheckpointFacts& one = facts[members[0]];
    const CheckpointFacts& other = facts[members[1]];
    if (!one.contentSha256.empty()) return "model hash " + one.contentSha256.substr(0, 8);
    return !one.fileIdentity.empty() && one.fileIdentity == other.fileIdentity
               ? "they are one file"
               : "they are one commit";
}

AuditFinding twoSteps(const AuditFacts& facts, const Members& members) {
    return {AuditSeverity::Problem,
            AuditCheck::SameModel,
            ErrorCode::AuditDuplicate,
            members,
            labelList(facts, members) + " hold the same weights (" + proof(facts, members) + ")",
            "Fetch them again; probe only the one whose step is right"};
}

AuditFinding alias(const AuditFacts& facts, const Members& members) {
    return {AuditSeverity::Note,
            AuditCheck::SameModel,
            ErrorCode::AuditDuplicate,
            members,
            labelList(facts, members) + " are one checkpoint under several names (" +
                proof(facts, members) + ")",
            "Probe one of them"};
}

/// Branches that agree step by step. The same start is what runs over other data have.
AuditFinding equalBranches(const AuditFacts& facts, const std::vector<Members>& classes) {
    AuditFinding finding;
    finding.check = AuditCheck::SameModel;
    finding.code = ErrorCode::AuditDuplicate;
    bool onlyStart = true;
    for (const Members& members : classes) {
        finding.checkpoints.insert(finding.checkpoints.end(), members.begin(), members.end());
        onlyStart = onlyStart && *facts[members[0]].step == 0;
    }
    finding.finding = labelList(facts, classes[0]) + " of parallel branches hold the same weights";
    if (classes.size() > 1)
        finding.finding += ", and so at " + std::to_string(classes.size()) + " steps";
    finding.severity = onlyStart ? AuditSeverity::Note : AuditSeverity::Problem;
    finding.hint = onlyStart ? "Runs from one initialization begin alike; nothing needs doing"
                             : "Fetch the branches again; probe only one of them";
    return finding;
}

}  // namespace

AuditFindings findSameModels(const AuditFacts& facts) {
    AuditFindings findings;
    std::map<std::set<Branch>, std::vector<Members>> branchGroups;
    for (const Members& members : classesOf(facts)) {
        const Places places = placesOf(facts, members);
        if (places.steps.size() > 1)
            findings.push_back(twoSteps(facts, members));
        else if (places.branches.size() > 1 && places.stepped == members.size())
            branchGroups[places.branches].push_back(members);
        else
            findings.push_back(alias(facts, members));
    }
    for (const auto& [branches, classes] : branchGroups)
        findings.push_back(equalBranches(facts, classes));
    return findings;
}

}  // namespace gridscope
