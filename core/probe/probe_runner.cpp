// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/probe_runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/eta_estimator.h"
#include "core/base/numbers.h"
#include "core/model/worker_thread.h"
#include "core/probe/checkpoint_loader.h"
#include "core/probe/perplexity_stage.h"
#include "core/probe/row_book.h"
#include "core/probe/weight_stage.h"

namespace gridscope {

namespace {

Error cancelled() {
    return {ErrorCode::RunCancelled,
            {},
            "cancelled; finished rows are kept",
            "Run the same command again to go on"};
}

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Flips and movement refer to the predecessor: with another one they are not measured.
void forgetFlips(ProbeRecord& record) {
    for (auto& [id, grid] : record.grids) {
        grid.flipRate = grid.levelFlipRate = kNotMeasured;
        for (GridStatistics& layer : grid.layers)
            layer.flipRate = layer.levelFlipRate = layer.zeroPointChange = layer.scaleChange =
                kNotMeasured;
    }
}

/// Weights, their rounded scope, the hidden states of FP32 and one grid, and 64 MiB of buffers.
Expected<void> checkMemory(const ProbePlan& plan) {
    const std::uint64_t states =
        plan.windows.scoredTokens() * static_cast<std::uint64_t>(plan.model.hidden) * sizeof(float);
    const std::uint64_t needed = 2 * weightBytes(plan.model) + 2 * states + (64u << 20);
    const std::uint64_t limit = plan.settings.memoryLimit.value_or(availableMemory() / 10 * 8);
    if (needed <= limit) return {};
    return Error{
        ErrorCode::MemoryEstimate, plan.settings.memoryLimit ? "--limit-memory" : "",
        "the probe needs about " + formatBytes(needed) + ", it may use " + formatBytes(limit),
        "Use fewer windows, a larger limit, or a machine with more memory"};
}

/// One run over one plan. Lives as long as runProbe.
class Run {
public:
    Run(const ProbeInput& input, ProgressSink& progress, std::stop_token stop,
        WindowBootstrap bootstrap, std::string device)
        : m_input(input),
          m_plan(input.plan),
          m_progress(progress),
          m_stop(std::move(stop)),
          m_bootstrap(std::move(bootstrap)),
          m_device(std::move(device)),
          m_book(input.plan, input.store, input.onSnapshot, input.onStorageFailure),
          m_failed(input.plan.checkpoints.size()),
          m_startedComplete(input.plan.checkpoints.size()) {}

    Expected<ProbeOutcome> go() {
        for (std::size_t i = 0; i < m_plan.checkpoints.size(); ++i)
            m_startedComplete[i] = m_book.trusted(i) && finished(i);
        auto swept = sweep();
        // Whatever ends the run, rows that are measured go to disk first.
        auto flushed = m_book.flush();
        if (!flushed) return std::move(flushed).error();
        if (!swept) return std::move(swept).error();
        return outcome();
    }

private:
    using Clock = std::chrono::steady_clock;

    bool wantsWeights() const { return m_plan.settings.stages != ProbeStages::PerplexityOnly; }
    bool wantsPerplexity() const { return m_plan.settings.stages != ProbeStages::WeightsOnly; }
    bool finished(std::size_t i) const {
        return (!wantsWeights() || m_book.hasWeights(i)) &&
               (!wantsPerplexity() || m_book.hasPerplexity(i));
    }
    bool shouldEnd() {
        if (!m_input.finishRow.stop_requested()) return false;
        m_unfinished = true;
        return true;
    }

    Expected<void> sweep() {
        if (wantsWeights()) GRIDSCOPE_TRY(sweepWeights());
        if (wantsPerplexity() && !m_unfinished) GRIDSCOPE_TRY(sweepPerplexity());
        return {};
    }

    Expected<void> fail(std::size_t i, Error error, ProbeStage stage) {
        if (error.code == ErrorCode::RunCancelled) return cancelled();
        m_failed[i] = true;
        // "keep" was chosen for just this case: the stored row stays, nothing went wrong.
        if (error.code == ErrorCode::TrajectoryConflict &&
            m_plan.settings.onConflict == ConflictPolicy::Keep)
            return {};
        GRIDSCOPE_TRY(m_book.fail(i, error));
        m_input.onRow(m_book.row(i), stage);
        m_failures.push_back(error.inside(m_plan.checkpoints[i].label.text));
        return {};
    }

    /// Two checkpoints in memory at once must fit, else the reader waits for its turn.
    bool mayPrefetch() const {
        const std::uint64_t limit =
            m_plan.settings.memoryLimit.value_or(availableMemory() / 10 * 8);
        return 3 * weightBytes(m_plan.model) <= limit;
    }

    void report(std::string_view stage, std::size_t i, double done, std::size_t total,
                const EtaEstimator& eta) {
        // Thousandths of a checkpoint, so that a single large one moves too.
        constexpr double kUnits = 1000.0;
        Progress progress;
        progress.stage = stage;
        progress.item = m_plan.checkpoints[i].label.text;
        progress.done = static_cast<std::uint64_t>(done * kUnits);
        progress.total = static_cast<std::uint64_t>(static_cast<double>(total) * kUnits);
        const double left = static_cast<double>(total) - done;
        progress.etaSeconds = eta.secondsLeft(1) * left;
        m_progress.report(progress);
    }

    // --- weight sweep --------------------------------------------------------

    bool needsWeights(std::size_t i, std::size_t lastGood) const {
        if (!m_book.trusted(i) || !m_book.hasWeights(i)) return true;
        return m_book.row(i).predecessor != labelOf(lastGood) &&
               !m_book.hasNearerPredecessor(i, lastGood);
    }

    std::string labelOf(std::size_t checkpoint) const {
        return checkpoint == m_plan.checkpoints.size() ? ""
                                                       : m_plan.checkpoints[checkpoint].label.text;
    }

    Expected<void> sweepWeights() {
        CheckpointLoader loader(m_input.ops, m_plan.settings.nonFinite, m_stop);
        const bool prefetching = mayPrefetch();
        const std::size_t total = m_plan.checkpoints.size();
        EtaEstimator eta;
        WeightState previous;  // of the last good checkpoint, empty until one is loaded
        std::size_t lastGood = total;
        for (std::size_t i = 0; i < total; ++i) {
            if (m_stop.stop_requested()) return cancelled();
            if (shouldEnd()) return {};
            const CheckpointEntry& entry = m_plan.checkpoints[i];
            report("weights", i, static_cast<double>(i), total, eta);
            if (!entry.usable()) {
                GRIDSCOPE_TRY(fail(i, entry.problems.front(), ProbeStage::Weights));
                continue;
            }
            // A predecessor that was measured just now may hold other weights than before.
            if (!previous.weights && !needsWeights(i, lastGood)) {
                previous = {};
                lastGood = i;
                continue;
            }
            const auto start = Clock::now();
            auto weights = loader.load(entry);
            if (prefetching && i + 1 < total && m_plan.checkpoints[i + 1].usable())
                loader.prefetch(m_plan.checkpoints[i + 1]);
            if (lastGood != total && !previous.weights)
                GRIDSCOPE_TRY(recallPrevious(lastGood, previous));
            // Without a readable predecessor the row stands alone, and says so.
            const std::string predecessor = previous.weights ? labelOf(lastGood) : "";
            auto measured = weights ? measureWeightsOf(i, *weights, predecessor, previous, start)
                                    : Expected<void>(weights.error());
            if (!measured) {
                if (m_book.storeFailed()) return measured;
                GRIDSCOPE_TRY(fail(i, measured.error(), ProbeStage::Weights));
                continue;
            }
            lastGood = i;
            eta.itemFinished(secondsSince(start));
        }
        return m_book.flush();
    }

    /// After a resume the predecessor's row is done but its codes are not in memory.
    Expected<void> recallPrevious(std::size_t i, WeightState& previous) {
        auto weights =
            loadModelWeights(m_input.ops, m_plan.checkpoints[i], m_plan.settings.nonFinite, m_stop);
        auto recalled = weights ? recallWeightState(m_plan, *std::move(weights), previous, m_stop)
                                : Expected<void>(weights.error());
        if (recalled) return {};
        if (recalled.error().code == ErrorCode::RunCancelled) return cancelled();
        m_warnings.push_back({recalled.error().code, labelOf(i),
                              "cannot be read again, so the next checkpoint has no flips: " +
                                  recalled.error().what});
        return {};
    }

    Expected<void> measureWeightsOf(std::size_t i,
                                    const std::shared_ptr<const ModelWeights>& weights,
                                    const std::string& predecessor, WeightState& previous,
                                    Clock::time_point start) {
        GRIDSCOPE_TRY(m_book.identify(i, weights->contentSha256()));
        ProbeRecord record = m_book.row(i);
        const bool wasComplete = record.status == RowStatus::Complete;
        if (record.predecessor != predecessor) forgetFlips(record);
        record.predecessor = predecessor;
        record.storageDtype = weights->storageDtype();
        const std::size_t twin = m_book.firstWithSameContent(i);
        record.duplicateOf = twin == i ? "" : m_book.row(twin).label;
        record.error = warningText(weights->warnings());
        GRIDSCOPE_TRY(measureWeights(m_plan, weights, previous, record, m_stop));
        // A new grid leaves what was complete complete: the status of each grid says the rest.
        record.status = wasComplete ? RowStatus::Complete : RowStatus::Weights;
        record.seconds += secondsSince(start);
        GRIDSCOPE_TRY(m_book.update(i, std::move(record)));
        m_input.onRow(m_book.row(i), ProbeStage::Weights);
        return {};
    }

    static std::string warningText(const std::vector<Warning>& warnings) {
        std::string text;
        for (const Warning& warning : warnings)
            text += (text.empty() ? "" : "; ") + warning.what + " (" +
                    std::string(errorCodeText(warning.code)) + ")";
        return text;
    }

    // --- perplexity sweep ----------------------------------------------------

    bool closed(std::size_t i) const {
        return m_failed[i] || !m_plan.checkpoints[i].usable() ||
               (m_book.trusted(i) && m_book.hasPerplexity(i));
    }

    /// The next checkpoint to measure, `pending` taken as measured already.
    std::size_t nextCheckpoint(std::size_t pending) const {
        std::vector<SweepState> states(m_plan.checkpoints.size());
        for (std::size_t i = 0; i < states.size(); ++i) {
            states[i].done = closed(i) || i == pending;
            const ProbeRecord& row = m_book.row(i);
            if (!states[i].done || !m_book.hasPerplexity(i)) {
                // A checkpoint in work bounds the stretches beside it, without a value yet.
                if (i == pending) states[i].curve = 0.0;
                continue;
            }
            states[i].curve = row.fp32.ce.value;
            states[i].gap = std::asinh(row.grids.at(m_plan.gridIds.front()).gapPercent.value);
        }
        if (pending < states.size() && !m_book.hasPerplexity(pending))
            states[pending].curve = neighbourCurve(states, pending);
        if (m_plan.settings.order == ProbeOrder::CoarseToFine) return nextCoarseToFine(states);
        const auto open = std::find_if(states.begin(), states.end(),
                                       [](const SweepState& state) { return !state.done; });
        return static_cast<std::size_t>(open - states.begin());
    }

    static double neighbourCurve(const std::vector<SweepState>& states, std::size_t pending) {
        for (std::size_t i = pending; i-- > 0;) {
            if (std::isfinite(states[i].curve)) return states[i].curve;
        }
        return 0.0;
    }

    Expected<void> sweepPerplexity() {
        CheckpointLoader loader(m_input.ops, m_plan.settings.nonFinite, m_stop);
        const bool prefetching = mayPrefetch();
        const std::size_t total = m_plan.checkpoints.size();
        EtaEstimator eta;
        std::size_t current = nextCheckpoint(total);
        while (current < total) {
            if (m_stop.stop_requested()) return cancelled();
            if (shouldEnd()) return {};
            const std::size_t upcoming = nextCheckpoint(current);
            const auto start = Clock::now();
            auto done = measureOne(loader, current, prefetching ? upcoming : total, eta);
            if (!done) {
                if (m_book.storeFailed()) return done;
                GRIDSCOPE_TRY(fail(current, done.error(), ProbeStage::Perplexity));
            } else {
                eta.itemFinished(secondsSince(start));
            }
            current = upcoming;
        }
        return {};
    }

    Expected<void> measureOne(CheckpointLoader& loader, std::size_t i, std::size_t upcoming,
                              const EtaEstimator& eta) {
        const auto start = Clock::now();
        const std::size_t total = m_plan.checkpoints.size();
        std::size_t open = 0;
        for (std::size_t j = 0; j < total; ++j) open += closed(j) ? 0u : 1u;
        const double before = static_cast<double>(total - open);
        report("perplexity", i, before, total, eta);

        ProbeRecord record = m_book.row(i);
        const std::size_t twin = m_book.trusted(i) ? twinWithPerplexity(i) : i;
        if (twin != i) {
            copyPerplexity(m_book.row(twin), record);
            if (record.status == RowStatus::Failed) record.error.clear();
        } else {
            GRIDSCOPE_TRY_ASSIGN(weights, loader.load(m_plan.checkpoints[i]));
            if (upcoming < total) loader.prefetch(m_plan.checkpoints[upcoming]);
            GRIDSCOPE_TRY(m_book.identify(i, weights->contentSha256()));
            record = m_book.row(i);
            record.error = warningText(weights->warnings());
            record.storageDtype = weights->storageDtype();
            const PerplexityContext context{m_plan, m_bootstrap, m_device};
            GRIDSCOPE_TRY(measurePerplexity(
                context, weights, record,
                [&](double share) { report("perplexity", i, before + share, total, eta); },
                m_stop));
            addPlausibilityWarning(record);
        }
        record.status =
            !wantsWeights() || m_book.hasWeights(i) ? RowStatus::Complete : RowStatus::Weights;
        record.seconds += secondsSince(start);
        GRIDSCOPE_TRY(m_book.update(i, std::move(record)));
        // A perplexity row is dear and the next may take hours: to disk before it is announced.
        GRIDSCOPE_TRY(m_book.flush());
        m_input.onRow(m_book.row(i), ProbeStage::Perplexity);
        return {};
    }

    std::size_t twinWithPerplexity(std::size_t i) const {
        const std::string& hash = m_book.row(i).contentSha256;
        for (std::size_t j = 0; j < m_plan.checkpoints.size(); ++j) {
            if (j != i && m_book.row(j).contentSha256 == hash && m_book.hasPerplexity(j)) return j;
        }
        return i;
    }

    /// A trained model worse than chance was most likely read wrongly (reliability.md M03).
    void addPlausibilityWarning(ProbeRecord& record) const {
        constexpr std::int64_t kTrained = 1000;
        const auto vocabulary = static_cast<double>(m_plan.model.vocabularyRows);
        if (record.step < kTrained || !(record.fp32.ppl > vocabulary)) return;
        record.error += (record.error.empty() ? "" : "; ") +
                        ("FP32 perplexity " + formatFixed(record.fp32.ppl, 1) +
                         " exceeds the vocabulary of " + formatFixed(vocabulary, 0) +
                         ": configuration or tokens may not belong to this model (") +
                        std::string(errorCodeText(ErrorCode::ModelImplausible)) + ")";
    }

    ProbeOutcome outcome() const {
        ProbeOutcome result;
        result.trajectory = m_input.store.snapshot();
        result.failures = m_failures;
        result.failed = m_failures.size();
        result.unfinished = m_unfinished;
        result.warnings = m_input.store.warnings();
        result.warnings.insert(result.warnings.end(), m_warnings.begin(), m_warnings.end());
        for (std::size_t i = 0; i < m_plan.checkpoints.size(); ++i) {
            result.complete += m_book.trusted(i) && finished(i) ? 1u : 0u;
            result.skipped += m_startedComplete[i] ? 1u : 0u;
        }
        return result;
    }

    const ProbeInput& m_input;
    const ProbePlan& m_plan;
    ProgressSink& m_progress;
    std::stop_token m_stop;
    WindowBootstrap m_bootstrap;
    std::string m_device;
    RowBook m_book;
    std::vector<bool> m_failed;           ///< in this run
    std::vector<bool> m_startedComplete;  ///< before this run
    std::vector<Error> m_failures;
    std::vector<Warning> m_warnings;
    bool m_unfinished = false;
};

}  // namespace

Expected<ProbeOutcome> runProbe(const ProbeInput& input, ProgressSink& progress,
                                std::stop_token stop) {
    GRIDSCOPE_TRY_ASSIGN(device, resolveDevice(input.plan.settings.device));
    initWorkerThread(input.plan.settings.threads);
    GRIDSCOPE_TRY(checkMemory(input.plan));
    BootstrapSettings bootstrapSettings;
    bootstrapSettings.seed = input.plan.settings.seed;
    const std::vector<double> tokens(input.plan.windows.count,
                                     static_cast<double>(input.plan.windows.scoredPerWindow()));
    GRIDSCOPE_TRY_ASSIGN(bootstrap, WindowBootstrap::make(tokens, bootstrapSettings));
    Run run(input, progress, std::move(stop), std::move(bootstrap), std::move(device));
    return run.go();
}

Expected<std::string> resolveDevice(std::string_view wanted) {
    GRIDSCOPE_TRY_ASSIGN(engine, initEngine());
    if (wanted == "auto") return engine.device;
    if (wanted == "cpu") return std::string("cpu");
    if (!wanted.starts_with("cuda"))
        return Error{ErrorCode::SettingsSyntax, "--device", escapeForDisplay(wanted),
                     "Use auto, cpu, cuda or cuda:N"};
    if (engine.device == "cpu")
        return Error{ErrorCode::DeviceUnavailable, "--device",
                     "no CUDA device: the driver, or the CUDA build of libtorch, is missing",
                     "Use --device cpu, or run packaging/setup.sh --cuda"};
    return std::string(wanted == "cuda" ? "cuda:0" : wanted);
}

}  // namespace gridscope
