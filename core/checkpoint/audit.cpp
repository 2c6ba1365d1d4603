// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/audit.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "core/base/eta_estimator.h"
#include "core/checkpoint/audit_checks.h"
#include "core/checkpoint/audit_gather.h"
#include "core/checkpoint/watched_file_ops.h"

namespace gridscope {

namespace {

constexpr std::int64_t kLastStartStep = 32;  // formats.md 11, A4

/// Counts bytes over all checkpoints, so that the bar moves within a large one too.
class AuditProgress {
public:
    AuditProgress(const CheckpointCatalog& catalog, AuditLevel level, ProgressSink& sink)
        : m_level(level), m_sink(sink) {
        for (const CheckpointEntry& entry : catalog.entries) m_now.total += unitsOf(entry);
        m_left = catalog.entries.size();
        m_now.stage = level == AuditLevel::Quick ? kQuickAuditStage : kAuditStage;
    }
    void begin(const CheckpointEntry& entry) {
        m_now.item = entry.label.text;
        m_end = m_now.done + unitsOf(entry);
        m_now.etaSeconds = m_eta.secondsLeft(m_left);
        m_started = std::chrono::steady_clock::now();
        m_sink.report(m_now);
    }
    void read(std::uint64_t bytes) {
        // Headers are read twice and tokenizers are not counted, so the sum is held back.
        if (m_level != AuditLevel::Quick) m_now.done += std::min(bytes, m_end - m_now.done);
        m_sink.report(m_now);
    }
    void finish() {
        m_now.done = m_end;
        --m_left;
        m_eta.itemFinished(
            std::chrono::duration<double>(std::chrono::steady_clock::now() - m_started).count());
        m_now.etaSeconds = m_eta.secondsLeft(m_left);
        m_sink.report(m_now);
    }

private:
    std::uint64_t unitsOf(const CheckpointEntry& entry) const {
        return m_level == AuditLevel::Quick ? 1 : entry.bytes;
    }

    AuditLevel m_level;
    ProgressSink& m_sink;
    Progress m_now;
    std::uint64_t m_end = 0;
    std::size_t m_left = 0;
    EtaEstimator m_eta;
    std::chrono::steady_clock::time_point m_started;
};

/// The run of every entry that the checks compare it in. Each model and seed has its own; but one
/// that is alone in claiming its steps stands in the way of the larger run of its folder, and there
/// its other configuration is a finding (A6).
std::vector<std::string> comparedRuns(const CheckpointCatalog& catalog) {
    std::vector<std::string> names;
    for (const CheckpointEntry& entry : catalog.entries) names.push_back(entry.run);
    const auto stepsOf = [&](const CheckpointRun& run) {
        std::set<std::pair<int, TrainingStep>> steps;
        for (const std::size_t i : run.entries) {
            const CheckpointLabel& label = catalog.entries[i].label;
            if (label.step) steps.insert({label.stageRank, *label.step});
        }
        return steps;
    };
    for (const CheckpointRun& run : catalog.runs) {
        const std::string& folder = catalog.entries[run.entries.front()].run;
        const CheckpointRun* largest = &run;
        for (const CheckpointRun& other : catalog.runs) {
            if (catalog.entries[other.entries.front()].run == folder &&
                other.entries.size() > largest->entries.size())
                largest = &other;
        }
        const auto mine = stepsOf(run), theirs = stepsOf(*largest);
        const bool parallel = std::any_of(mine.begin(), mine.end(),
                                          [&](const auto& step) { return theirs.count(step) > 0; });
        for (const std::size_t i : run.entries) names[i] = parallel ? run.name : largest->name;
    }
    return names;
}

/// Reads the checkpoints one after the other; of the samples it keeps three.
class Auditor {
public:
    Auditor(FileOps& ops, const CheckpointCatalog& catalog, AuditLevel level,
            ProgressSink& progress, std::stop_token stop)
        : m_catalog(catalog),
          m_level(level),
          m_stop(stop),
          m_progress(catalog, level, progress),
          m_ops(ops, std::move(stop), [this](std::uint64_t bytes) { m_progress.read(bytes); }) {}

    Expected<std::vector<CheckpointFacts>> run();

private:
    /// Its sample is empty unless all of it was read at AuditLevel::Deep.
    Expected<WeightSample> gather(std::size_t i);
    Expected<void> gatherSeries(const std::vector<std::size_t>& series);

    const CheckpointCatalog& m_catalog;
    AuditLevel m_level;
    std::stop_token m_stop;
    AuditProgress m_progress;
    WatchedFileOps m_ops;
    std::vector<CheckpointFacts> m_facts;
};

Expected<WeightSample> Auditor::gather(std::size_t i) {
    const CheckpointEntry& entry = m_catalog.entries[i];
    CheckpointFacts& facts = m_facts[i];
    WeightSample sample;
    m_progress.begin(entry);
    if (m_stop.stop_requested())
        return Error{ErrorCode::RunCancelled, {}, "the audit was cancelled", {}};
    if (entry.usable()) GRIDSCOPE_TRY(gatherFacts(m_ops, entry, m_level, m_stop, facts, sample));
    m_progress.finish();
    return facts.problems.empty() ? std::move(sample) : WeightSample();
}

Expected<void> Auditor::gatherSeries(const std::vector<std::size_t>& series) {
    std::optional<WeightSample> start;
    WeightSample previous, beforeThat;
    std::size_t previousIndex = 0;
    for (const std::size_t i : series) {
        GRIDSCOPE_TRY_ASSIGN(sample, gather(i));
        CheckpointFacts& facts = m_facts[i];
        if (sample.empty()) continue;
        if (start && *facts.step > 0 && *facts.step <= kLastStartStep)
            facts.cosineToStart = cosine(*start, sample);
        if (*facts.step == 0 && !start) start = sample;
        const auto change = relativeChange(previous, sample);
        if (change) facts.change = SampleChange{previousIndex, *change};
        facts.changeOverTwo = relativeChange(beforeThat, sample);
        previousIndex = i;
        // The same weights again are the same place: their neighbours stay neighbours.
        if (change && *change == 0.0) continue;
        beforeThat = std::exchange(previous, std::move(sample));
    }
    return {};
}

Expected<std::vector<CheckpointFacts>> Auditor::run() {
    const std::vector<std::string> runs = comparedRuns(m_catalog);
    for (std::size_t i = 0; i < runs.size(); ++i)
        m_facts.push_back(catalogFacts(m_catalog.entries[i], runs[i]));
    // Series by series, so that only neighbours need comparing.
    for (const auto& series : checkpointSeries(m_facts)) GRIDSCOPE_TRY(gatherSeries(series));
    for (std::size_t i = 0; i < m_facts.size(); ++i) {
        if (!m_facts[i].step) GRIDSCOPE_TRY(gather(i));
    }
    return std::move(m_facts);
}

std::vector<AuditFinding> allFindings(const std::vector<CheckpointFacts>& facts, AuditLevel level) {
    std::vector<AuditFinding> findings;
    const auto add = [&](AuditFindings more) {
        findings.insert(findings.end(), std::make_move_iterator(more.begin()),
                        std::make_move_iterator(more.end()));
    };
    add(findUnreadable(facts));
    add(findSameModels(facts));
    add(findParts(facts));
    add(findJumps(facts));
    add(findUnrelatedStarts(facts));
    add(findMissingSteps(facts));
    add(findOtherConfigurations(facts));
    add(findPrecisionChanges(facts));
    add(findNonFinite(facts));
    if (level == AuditLevel::Deep) add(findConstants(facts));
    std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
        return static_cast<int>(a.severity) > static_cast<int>(b.severity);
    });
    return findings;
}

}  // namespace

Expected<AuditReport> auditCatalog(FileOps& ops, const CheckpointCatalog& catalog,
                                   const AuditOptions& options, ProgressSink& progress,
                                   std::stop_token stop) {
    AuditReport report;
    report.root = catalog.root;
    report.runName = catalog.runName;
    report.level = options.level;
    Auditor auditor(ops, catalog, options.level, progress, std::move(stop));
    GRIDSCOPE_TRY_ASSIGN(facts, auditor.run());
    report.findings = allFindings(facts, options.level);
    report.checkpoints = std::move(facts);
    return report;
}

bool AuditReport::hasProblems() const {
    return std::any_of(findings.begin(), findings.end(), [](const AuditFinding& finding) {
        return finding.severity != AuditSeverity::Note;
    });
}

}  // namespace gridscope
