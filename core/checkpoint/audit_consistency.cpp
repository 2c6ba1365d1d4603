// SPDX-License-Identifier: GPL-3.0-or-later

// A6 and A7: checkpoints that are not made like the others of their run.

#include <algorithm>
#include <map>
#include <string>

#include "core/checkpoint/audit_checks.h"

namespace gridscope {

namespace {

using Members = std::vector<std::size_t>;
/// Checkpoints by a value of theirs, in the order of their first.
using Groups = std::vector<std::pair<std::string, Members>>;

std::map<std::string, Members> runsOf(const AuditFacts& facts) {
    std::map<std::string, Members> runs;
    for (std::size_t i = 0; i < facts.size(); ++i) runs[facts[i].run].push_back(i);
    return runs;
}

/// Groups by `valueOf`; an empty value belongs to none.
template <class ValueOf>
Groups grouped(const Members& members, ValueOf valueOf) {
    Groups groups;
    for (const std::size_t i : members) {
        const std::string value = valueOf(i);
        if (value.empty()) continue;
        const auto known = std::find_if(groups.begin(), groups.end(),
                                        [&](const auto& group) { return group.first == value; });
        if (known != groups.end())
            known->second.push_back(i);
        else
            groups.push_back({value, {i}});
    }
    return groups;
}

Groups::const_iterator commonest(const Groups& groups) {
    return std::max_element(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
        return a.second.size() < b.second.size();
    });
}

struct Trait {
    std::string CheckpointFacts::*value;
    AuditSeverity severity;
    const char* what;
    const char* hint;
};

constexpr Trait kTraits[] = {
    {&CheckpointFacts::configSha256, AuditSeverity::Problem, "another model configuration",
     "Probe one model at a time; compare the config.json files"},
    {&CheckpointFacts::tensorSetSha256, AuditSeverity::Problem, "other tensor names or shapes",
     "Compare the weights with those of the other checkpoints"},
    {&CheckpointFacts::tokenizerSha256, AuditSeverity::Warning, "another tokenizer.json",
     "Evaluate all checkpoints on tokens of one tokenizer"},
};

void compareTrait(const AuditFacts& facts, const Members& run, const Trait& trait,
                  AuditFindings& findings) {
    const Groups groups = grouped(run, [&](std::size_t i) { return facts[i].*trait.value; });
    const auto usual = commonest(groups);
    for (auto group = groups.begin(); group != groups.end(); ++group) {
        if (group == usual) continue;
        findings.push_back({trait.severity, AuditCheck::Configuration,
                            ErrorCode::AuditConfiguration, group->second,
                            labelList(facts, group->second) +
                                (group->second.size() == 1 ? " has " : " have ") + trait.what +
                                " than " + labelList(facts, usual->second, 1),
                            trait.hint});
    }
}

std::string storage(const CheckpointFacts& facts) {
    if (facts.dtype.empty() || !facts.problems.empty()) return {};
    std::string text = facts.dtype + " in " + facts.format;
    if (facts.mantissa != Mantissa::Unknown)
        text += " (values need " + std::string(mantissaText(facts.mantissa)) + ")";
    return text;
}

/// True if checkpoints with the usual storage lie before and after one of `members`.
bool interrupts(const Members& usual, const Members& members) {
    return std::any_of(members.begin(), members.end(),
                       [&](std::size_t i) { return usual.front() < i && i < usual.back(); });
}

void compareStorage(const AuditFacts& facts, const Members& run, AuditFindings& findings) {
    const Groups groups = grouped(run, [&](std::size_t i) { return storage(facts[i]); });
    const auto usual = commonest(groups);
    for (auto group = groups.begin(); group != groups.end(); ++group) {
        if (group == usual) continue;
        findings.push_back({interrupts(usual->second, group->second) ? AuditSeverity::Warning
                                                                     : AuditSeverity::Note,
                            AuditCheck::Precision, ErrorCode::AuditPrecision, group->second,
                            labelList(facts, group->second) +
                                (group->second.size() == 1 ? " is " : " are ") + group->first +
                                ", most of the run is " + usual->first,
                            "Rounding differs between them; bear it in mind at that step"});
    }
}

/// Files that keep values of half width in single width.
AuditFinding widerThanNeeded(const AuditFacts& facts, Mantissa mantissa, const Members& members) {
    const std::string narrow(mantissaText(mantissa));
    return {AuditSeverity::Note,
            AuditCheck::Precision,
            ErrorCode::AuditPrecision,
            members,
            labelList(facts, members) + (members.size() == 1 ? " is" : " are") +
                " stored as FP32, but every value fits " + narrow,
            "The weights were rounded to " + narrow + " before they were saved"};
}

}  // namespace

AuditFindings findOtherConfigurations(const AuditFacts& facts) {
    AuditFindings findings;
    for (const auto& [run, members] : runsOf(facts)) {
        for (const Trait& trait : kTraits) compareTrait(facts, members, trait, findings);
    }
    return findings;
}

AuditFindings findPrecisionChanges(const AuditFacts& facts) {
    AuditFindings findings;
    for (const auto& [run, members] : runsOf(facts)) {
        compareStorage(facts, members, findings);
        for (const Mantissa mantissa : {Mantissa::Bf16, Mantissa::Fp16}) {
            Members wide;
            for (const std::size_t i : members) {
                if (facts[i].mantissa == mantissa && facts[i].dtype == "F32") wide.push_back(i);
            }
            if (!wide.empty()) findings.push_back(widerThanNeeded(facts, mantissa, wide));
        }
    }
    return findings;
}

}  // namespace gridscope
