// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/trainer.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "core/base/eta_estimator.h"
#include "core/base/numbers.h"
#include "core/model/torch_error_impl.h"
#include "core/model/worker_thread.h"
#include "core/training/adamw.h"
#include "core/training/data_order.h"
#include "core/training/next_token_loss_impl.h"
#include "core/training/run_lock_impl.h"
#include "core/training/training_state.h"

namespace gridscope {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::span<float> valuesOf(const at::Tensor& flat) {
    return {flat.data_ptr<float>(), static_cast<std::size_t>(flat.numel())};
}

/// Late in training many moments are denormal, and arithmetic on them is many times slower. The
/// mode belongs to each thread, those of the pool too; it ends with the run.
class DenormalsAreZero {
public:
    DenormalsAreZero() { set(true); }
    ~DenormalsAreZero() { set(false); }
    DenormalsAreZero(const DenormalsAreZero&) = delete;
    DenormalsAreZero& operator=(const DenormalsAreZero&) = delete;

private:
    static void set(bool flush) {
        at::parallel_for(0, at::get_num_threads(), 1, [flush](std::int64_t, std::int64_t) {
            at::globalContext().setFlushDenormal(flush);
        });
        at::globalContext().setFlushDenormal(flush);
    }
};

Error cancelled(std::int64_t step) {
    return {
        ErrorCode::RunCancelled, "step " + std::to_string(step), "the training was stopped", {}};
}

Error diverged(std::int64_t step, const std::string& what) {
    return {ErrorCode::TrainingDiverged, "step " + std::to_string(step), what,
            "Lower the learning rate or warm up longer; earlier checkpoints are kept"};
}

bool allFinite(std::span<const float> values) {
    return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

/// One call of train(): the model, its moments and where it stands.
class TrainingRun {
public:
    TrainingRun(const TrainingSettings& settings, const LearningRate& learningRate,
                CheckpointSink& sink, ProgressSink& progress, const std::stop_token& stop);
    Expected<TrainingResult> run();

private:
    Expected<void> begin();
    void setStartingWeights();
    Expected<void> resume();
    Expected<void> loop();
    Expected<void> update();
    Expected<double> accumulateGradients(std::int64_t step);
    void fillMicroBatch(std::int64_t step, std::int64_t microBatch);
    void applyGradients(std::int64_t step, double rate, double scale);
    Expected<void> finishStep();
    Expected<void> checkWeights();
    Expected<void> saveCheckpoint();
    Expected<void> saveState();
    void report();

    TrainingStateBuffers stateBuffers() const {
        return {valuesOf(m_buffers.flatWeights), valuesOf(m_firstMoments),
                valuesOf(m_secondMoments)};
    }
    bool isSaveStep() const {
        return std::binary_search(m_settings.saveSteps.begin(), m_settings.saveSteps.end(), m_step);
    }

    const TrainingSettings& m_settings;
    const LearningRate& m_learningRate;
    CheckpointSink& m_sink;
    ProgressSink& m_progress;
    const std::stop_token& m_stop;

    ParameterBuffers m_buffers;
    NextTokenLoss m_loss;
    std::unique_ptr<TrajectoryLock> m_lock;      ///< on the state file, where there is one
    at::Tensor m_firstMoments, m_secondMoments;  ///< [layout.totalSize]
    at::Tensor m_ids, m_targets;                 ///< [batch, length], [batch * length]
    std::string m_settingsHash;
    std::int64_t m_step;       ///< that the weights belong to
    std::int64_t m_stateStep;  ///< that the state file holds; -1 = none of this call
    bool m_sinkStopped = false;
    EtaEstimator m_eta;
    TrainingResult m_result;
};

TrainingRun::TrainingRun(const TrainingSettings& settings, const LearningRate& learningRate,
                         CheckpointSink& sink, ProgressSink& progress, const std::stop_token& stop)
    : m_settings(settings),
      m_learningRate(learningRate),
      m_sink(sink),
      m_progress(progress),
      m_stop(stop),
      m_buffers(makeParameterBuffers(settings.model, at::kFloat)),
      m_loss(settings.model, m_buffers, settings.length),
      m_firstMoments(at::zeros({m_buffers.layout.totalSize}, at::kFloat)),
      m_secondMoments(at::zeros({m_buffers.layout.totalSize}, at::kFloat)),
      m_ids(at::empty({settings.batch, settings.length}, at::kLong)),
      m_targets(at::empty({settings.batch * settings.length}, at::kLong)),
      m_step(settings.firstStep),
      m_stateStep(-1) {
    m_result.threads = at::get_num_threads();
    m_result.loss = std::numeric_limits<double>::quiet_NaN();
}

void TrainingRun::setStartingWeights() {
    const std::span<float> flat = valuesOf(m_buffers.flatWeights);
    if (m_settings.startingWeights.empty()) {
        initialiseParameters(m_buffers.layout, m_settings.seed, flat);
        return;
    }
    std::map<std::string_view, const NamedTensor*> given;
    for (const NamedTensor& tensor : m_settings.startingWeights) given[tensor.name] = &tensor;
    for (const FlatParameter& parameter : m_buffers.layout.parameters)
        std::ranges::copy(given.at(parameter.name)->values, flat.begin() + parameter.offset);
}

Expected<void> TrainingRun::resume() {
    GRIDSCOPE_TRY_ASSIGN(header, readTrainingState(*m_settings.files, m_settings.stateFile,
                                                   m_settingsHash, stateBuffers()));
    if (header.step < m_settings.firstStep || header.step > m_settings.lastStep())
        return Error{ErrorCode::TrainingState, m_settings.stateFile.string(),
                     "holds step " + std::to_string(header.step) + ", the run has the steps " +
                         std::to_string(m_settings.firstStep) + " to " +
                         std::to_string(m_settings.lastStep()),
                     "Give at least as many steps as the interrupted run has made"};
    if (header.threads != m_result.threads)
        m_result.warnings.push_back(
            {ErrorCode::TrainingState, m_settings.stateFile.string(),
             "was made with " + std::to_string(header.threads) + " threads, this run has " +
                 std::to_string(m_result.threads) + ": results may differ in the last bits"});
    m_step = header.step;
    m_stateStep = header.step;
    m_result.resumedFrom = TrainingStep{m_step};
    return {};
}

Expected<void> TrainingRun::begin() {
    if (!m_settings.stateFile.empty()) {
        m_settingsHash = trainingSettingsHash(m_settings);
        GRIDSCOPE_TRY_ASSIGN(lock, lockRun(*m_settings.files, m_settings.stateFile));
        m_lock = std::move(lock);
        const auto present = openForReading(*m_settings.files, m_settings.stateFile);
        if (!present && present.error().code != ErrorCode::FileMissing) return present.error();
        if (present && m_settings.start == RunStart::Resume) return resume();
        if (present)
            return Error{ErrorCode::OutputExists, m_settings.stateFile.string(),
                         "a training run has left its state here",
                         "Resume it, or choose another folder"};
        if (m_settings.start == RunStart::Resume)
            m_result.warnings.push_back({ErrorCode::FileMissing, m_settings.stateFile.string(),
                                         "no state to resume: the run starts at its beginning"});
    }
    setStartingWeights();
    if (!allFinite(valuesOf(m_buffers.flatWeights)))
        return Error{ErrorCode::WeightsNotFinite,
                     "starting weights",
                     "expected finite numbers, found NaN or infinity",
                     {}};
    return isSaveStep() ? saveCheckpoint() : Expected<void>();
}

void TrainingRun::fillMicroBatch(std::int64_t step, std::int64_t microBatch) {
    const std::int64_t length = m_settings.length;
    const std::size_t starts = m_settings.tokens.size() - static_cast<std::size_t>(length);
    auto* ids = m_ids.data_ptr<std::int64_t>();
    auto* targets = m_targets.data_ptr<std::int64_t>();
    const bool byFile = m_settings.dataOrder == DataOrder::File;
    const std::int64_t before =
        (step - 1 - m_settings.firstStep) * m_settings.batch * m_settings.accumulate;
    for (std::int64_t row = 0; row < m_settings.batch; ++row) {
        const std::int64_t sample = microBatch * m_settings.batch + row;
        const std::size_t start = byFile
                                      ? windowStart(m_settings.fileOrder, before + sample, starts)
                                      : windowStart(m_settings.seed, step, sample, starts);
        const std::uint32_t* window = m_settings.tokens.data() + start;
        for (std::int64_t i = 0; i < length; ++i) {
            ids[row * length + i] = window[i];
            targets[row * length + i] = window[i + 1];
        }
    }
}

Expected<double> TrainingRun::accumulateGradients(std::int64_t step) {
    m_buffers.flatGradients.zero_();
    const double weight = 1.0 / static_cast<double>(m_settings.accumulate);
    double loss = 0.0;
    for (std::int64_t microBatch = 0; microBatch < m_settings.accumulate; ++microBatch) {
        report();
        if (m_stop.stop_requested()) return cancelled(m_step);
        fillMicroBatch(step, microBatch);
        const std::optional<double> part = m_loss.addGradients(m_ids, m_targets, weight, m_stop);
        if (!part) return cancelled(m_step);
        loss += weight * *part;
        if (!std::isfinite(loss))
            return diverged(step, "expected a finite loss, found " + formatNumber(loss));
    }
    return loss;
}

void TrainingRun::applyGradients(std::int64_t step, double rate, double scale) {
    const auto decayed = static_cast<std::size_t>(m_buffers.layout.decayedSize);
    const TrainingStateBuffers all = stateBuffers();
    const std::span<const float> gradients = valuesOf(m_buffers.flatGradients);
    const AdamwSettings settings{m_settings.beta1, m_settings.beta2, m_settings.epsilon};
    AdamwStep now{step - m_settings.firstStep, rate, m_settings.weightDecay, scale};
    // Each weight is updated by itself: the pieces of the threads do not change a
    // bit.
    const auto sweep = [&](std::size_t from, std::size_t size) {
        constexpr std::int64_t kPiece = std::int64_t{1} << 16;
        at::parallel_for(
            0, static_cast<std::int64_t>(size), kPiece, [&](std::int64_t begin, std::int64_t end) {
                const std::size_t at = from + static_cast<std::size_t>(begin);
                const auto count = static_cast<std::size_t>(end - begin);
                updateAdamw(
                    settings, now,
                    {all.weights.subspan(at, count), gradients.subspan(at, count),
                     all.firstMoments.subspan(at, count), all.secondMoments.subspan(at, count)});
            });
    };
    sweep(0, decayed);
    now.weightDecay = 0.0;
    sweep(decayed, all.weights.size() - decayed);
}

Expected<void> TrainingRun::update() {
    const std::int64_t step = m_step + 1;
    const double rate = m_learningRate(step);
    if (!std::isfinite(rate) || rate < 0.0)
        return Error{ErrorCode::SettingsRange,
                     "schedule, step " + std::to_string(step),
                     "expected a learning rate of at least 0, found " + formatNumber(rate),
                     {}};
    GRIDSCOPE_TRY_ASSIGN(loss, accumulateGradients(step));
    const double norm = gradientNorm(valuesOf(m_buffers.flatGradients));
    if (!std::isfinite(norm))
        return diverged(step, "expected finite gradients, found a norm of " + formatNumber(norm));
    applyGradients(step, rate, clipScale(norm, m_settings.clip));
    m_step = step;
    m_result.loss = loss;
    m_sink.updated({TrainingStep{step}, loss, norm, rate});
    return {};
}

Expected<void> TrainingRun::saveCheckpoint() {
    std::vector<NamedTensor> tensors;
    const std::span<const float> flat = valuesOf(m_buffers.flatWeights);
    for (const FlatParameter& parameter : m_buffers.layout.parameters)
        tensors.push_back({parameter.name, parameter.shape,
                           flat.subspan(static_cast<std::size_t>(parameter.offset),
                                        static_cast<std::size_t>(parameter.size))});
    GRIDSCOPE_TRY_ASSIGN(after, m_sink.save(TrainingStep{m_step}, tensors));
    m_sinkStopped = after == AfterSave::Stop;
    return {};
}

Expected<void> TrainingRun::checkWeights() {
    if (!allFinite(valuesOf(m_buffers.flatWeights)))
        return diverged(m_step, "the update made weights that are not finite");
    // Weights may be finite and useless all the same. The loss of the next step's windows tells,
    // before they reach a file.
    fillMicroBatch(m_step + 1, 0);
    const double loss = m_loss.value(m_ids, m_targets);
    if (std::isfinite(loss)) return {};
    return diverged(m_step, "the update made weights with a loss of " + formatNumber(loss));
}

Expected<void> TrainingRun::saveState() {
    if (m_settings.stateFile.empty() || m_stateStep == m_step) return {};
    GRIDSCOPE_TRY(writeTrainingState(*m_settings.files, m_settings.stateFile,
                                     {m_step, m_result.threads, m_settingsHash}, stateBuffers()));
    m_stateStep = m_step;
    return {};
}

Expected<void> TrainingRun::finishStep() {
    const bool keepsState = (m_step - m_settings.firstStep) % m_settings.stateEvery == 0 ||
                            m_step == m_settings.lastStep();
    if (!isSaveStep() && !keepsState) return {};
    GRIDSCOPE_TRY(checkWeights());
    // Checkpoint first: after a kill between the two the step is made and saved again.
    if (isSaveStep()) GRIDSCOPE_TRY(saveCheckpoint());
    return keepsState || m_sinkStopped ? saveState() : Expected<void>();
}

void TrainingRun::report() {
    Progress progress;
    progress.stage = "training";
    progress.item = "step " + std::to_string(m_step);
    if (std::isfinite(m_result.loss)) progress.item += ", loss " + formatFixed(m_result.loss, 4);
    progress.done = static_cast<std::uint64_t>(m_step - m_settings.firstStep);
    progress.total = static_cast<std::uint64_t>(m_settings.steps);
    progress.etaSeconds =
        m_eta.secondsLeft(static_cast<std::size_t>(m_settings.lastStep() - m_step));
    m_progress.report(progress);
}

Expected<void> TrainingRun::loop() {
    while (m_step < m_settings.lastStep() && !m_sinkStopped) {
        const Clock::time_point start = Clock::now();
        GRIDSCOPE_TRY(update());
        m_eta.itemFinished(secondsSince(start));
        GRIDSCOPE_TRY(finishStep());
    }
    return {};
}

Expected<TrainingResult> TrainingRun::run() {
    GRIDSCOPE_TRY(begin());
    const std::int64_t from = m_step;
    const Clock::time_point start = Clock::now();
    const Expected<void> ended = loop();
    if (!ended && ended.error().code == ErrorCode::RunCancelled) {
        GRIDSCOPE_TRY(checkWeights());
        GRIDSCOPE_TRY(saveState());
    }
    if (!ended) return ended.error();
    report();
    if (m_step > from)
        m_result.secondsPerStep = secondsSince(start) / static_cast<double>(m_step - from);
    m_result.step = TrainingStep{m_step};
    return m_result;
}

/// Errors of libtorch in the words of training.
Error trainingError(Error error) {
    if (error.code == ErrorCode::MemoryFailed)
        return {ErrorCode::MemoryFailed, "training",
                "not enough memory for model, moments and batch",
                "Make the micro-batch smaller and accumulate more"};
    return error.where.empty() ? std::move(error).inside("training") : error;
}

}  // namespace

Expected<TrainingResult> train(const TrainingSettings& settings, const LearningRate& learningRate,
                               CheckpointSink& sink, ProgressSink& progress,
                               const std::stop_token& stop) {
    GRIDSCOPE_TRY(checkTrainingSettings(settings));
    GRIDSCOPE_TRY_ASSIGN(engine, initEngine());
    auto result = guardTorch([&]() -> Expected<TrainingResult> {
        initWorkerThread(resolveTrainingThreads(settings, engine.threads));
        const DenormalsAreZero guard;
        return TrainingRun(settings, learningRate, sink, progress, stop).run();
    });
    if (!result) return trainingError(std::move(result).error());
    return result;
}

}  // namespace gridscope
