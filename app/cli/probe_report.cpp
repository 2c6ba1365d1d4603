// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/probe_report.h"

#include "app/cli/command.h"
#include "core/base/numbers.h"

namespace gridscope::app {

namespace {

std::string perplexityLine(const ProbeRecord& row) {
    std::string text = escapeForDisplay(row.label) + ": FP32 PPL " + formatFixed(row.fp32.ppl, 3);
    for (const auto& [id, grid] : row.grids) {
        if (grid.status != RowStatus::Complete) continue;
        text += ", " + id + " gap " + formatFixed(grid.gapPercent.value, 2) + " % [" +
                formatFixed(grid.gapPercent.low, 2) + ", " + formatFixed(grid.gapPercent.high, 2) +
                "]";
    }
    if (!row.duplicateOf.empty())
        text += " (same content as " + escapeForDisplay(row.duplicateOf) + ")";
    return text;
}

}  // namespace

void ProbeReport::start(const ProbePlan& plan, const std::string& device) {
    std::string grids;
    for (const std::string& id : plan.gridIds) grids += " " + id;
    event(std::to_string(plan.checkpoints.size()) + " checkpoints, grids" + grids + ", " +
          std::to_string(plan.windows.count) + " windows of " +
          std::to_string(plan.windows.length) + " tokens, on " + device);
}

void ProbeReport::row(const ProbeRecord& row, ProbeStage stage) {
    if (row.status == RowStatus::Failed) {
        event(escapeForDisplay(row.label) + ": FAILED: " + row.error);
    } else if (stage == ProbeStage::Weights) {
        event(escapeForDisplay(row.label) + ": weights, excess kurtosis " +
              formatFixed(row.kurtosisMean, 3));
    } else {
        event(perplexityLine(row));
    }
    if (row.status != RowStatus::Failed && !row.error.empty()) event("    note: " + row.error);
}

void ProbeReport::finish(const ProbeOutcome& outcome) {
    std::string text = std::to_string(outcome.complete) + " checkpoints complete";
    if (outcome.skipped > 0) text += ", " + std::to_string(outcome.skipped) + " of them already";
    if (outcome.failed > 0) text += ", " + std::to_string(outcome.failed) + " failed:";
    event(text);
    for (const Error& failure : outcome.failures) event("    " + failure.toText());
    if (outcome.unfinished) event("incomplete: ended after a row as asked; run it again to go on");
}

Expected<ProbeOutcome> probeReported(FileOps& ops, const ProbePlan& plan,
                                     const std::filesystem::path& out, ProbeReport& report) {
    GRIDSCOPE_TRY_ASSIGN(device, resolveDevice(plan.settings.device));
    GRIDSCOPE_TRY_ASSIGN(store, TrajectoryStore::open(ops, out, emptyTrajectory(plan)));
    for (const Warning& warning : store->warnings()) report.event("note: " + warning.what);
    report.start(plan, device);
    const ProbeInput input{
        ops,
        plan,
        *store,
        [&](const ProbeRecord& row, ProbeStage stage) { report.row(row, stage); },
        [](const std::shared_ptr<const Trajectory>&) {},
        finishRowToken()};
    GRIDSCOPE_TRY_ASSIGN(outcome, runProbe(input, report, cancelToken()));
    report.finish(outcome);
    return outcome;
}

Expected<std::uint64_t> parseMemorySize(const std::string& text) {
    std::string_view digits = text;
    std::uint64_t unit = 1;
    const std::string_view suffixes = "KMGT";
    if (!digits.empty() && suffixes.find(digits.back()) != std::string_view::npos) {
        unit <<= 10 * (suffixes.find(digits.back()) + 1);
        digits.remove_suffix(1);
    }
    const auto value = parseDouble(digits);
    if (!value || !(*value > 0.0) || *value * static_cast<double>(unit) > 1e18)
        return Error{ErrorCode::SettingsSyntax, "--limit-memory", escapeForDisplay(text),
                     "Give a size such as 8G or 512M"};
    return static_cast<std::uint64_t>(*value * static_cast<double>(unit));
}

}  // namespace gridscope::app
