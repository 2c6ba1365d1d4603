// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/fork_prepare_impl.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "core/base/sha256.h"
#include "core/model/worker_thread.h"
#include "core/training/held_out.h"
#include "core/training/schedule_text.h"

namespace gridscope {

namespace {

/// The one gpt_neox checkpoint that `request` names.
Expected<CheckpointCatalog> findCheckpointToFork(FileOps& ops, const ForkRequest& request,
                                                 ProgressSink& progress,
                                                 const std::stop_token& stop) {
    GRIDSCOPE_TRY_ASSIGN(catalog, scanFolder(ops, request.checkpoint, progress, stop));
    if (catalog.entries.size() != 1)
        return Error{ErrorCode::SettingsRange, request.checkpoint.string(),
                     "holds " + std::to_string(catalog.entries.size()) +
                         " checkpoints, a fork starts from one",
                     "Name the folder of one checkpoint"};
    const CheckpointEntry& entry = catalog.entries.front();
    if (!entry.usable()) return entry.problems.front();
    if (entry.config->architecture != Architecture::GptNeox)
        return Error{ErrorCode::ConfigUnsupported, entry.configFile.string(),
                     "expected a gpt_neox model, found " + entry.config->modelType,
                     "The trainer knows GPT-NeoX only"};
    return catalog;
}

std::string tokensHash(const std::vector<std::uint32_t>& ids) {
    Sha256 hash;
    for (const std::uint32_t id : ids) hash.update(std::uint64_t{id});
    return hash.finishHex();
}

/// Fills in the tokenizer beside the checkpoint where a text needs one.
Expected<void> findTokenizers(FileOps& ops, ForkRequest& request, const CheckpointCatalog& catalog,
                              std::string& json) {
    if (!request.training.tokenizer.empty()) {
        GRIDSCOPE_TRY_ASSIGN(text, readWholeFile(ops, request.training.tokenizer, kTokenizerBytes));
        json = std::move(text);
        return {};
    }
    auto found = findTokenizer(catalog);
    if (!found) {
        // Token files need none.
        return request.training.text.empty() ? Expected<void>() : Expected<void>(found.error());
    }
    if (!request.training.text.empty()) request.training.tokenizer = *found;
    GRIDSCOPE_TRY_ASSIGN(text, readWholeFile(ops, *found, kTokenizerBytes));
    json = std::move(text);
    return {};
}

std::string windowsHash(const EvalWindows& windows) {
    Sha256 hash;
    hash.update(windows.sha256);
    for (const std::uint64_t value : {windows.count, windows.length, windows.firstScored})
        hash.update(value);
    return hash.finishHex();
}

bool holdsOut(const EvalInput& evaluation) {
    return evaluation.tokens.empty() && evaluation.text.empty();
}

/// Of packed data in file order only what the runs take is read.
void limitSequences(PreparedFork::Impl& fork) {
    const ForkDesign& design = fork.design();
    if (design.dataOrder != DataOrder::File) return;
    const auto windows = static_cast<std::uint64_t>(design.windowsPerRun()) * design.seeds.size();
    fork.request.training.firstSequence = static_cast<std::uint64_t>(design.firstWindow);
    // A twentieth is held out for measuring; a little more covers the rounding.
    fork.request.training.sequences =
        holdsOut(fork.request.evaluation) ? windows + windows / 19 + 2 : windows;
}

/// Says so when the runs take more windows than there are.
void noteRepetition(PreparedFork::Impl& fork) {
    const ForkDesign& design = fork.design();
    if (design.dataOrder != DataOrder::File) return;
    const auto starts = static_cast<std::int64_t>(fork.tokens.size()) - design.length;
    const std::int64_t windows = starts < 1 ? 0 : (starts - 1) / fork.fileOrder.stride + 1;
    const std::int64_t taken =
        fork.fileOrder.first +
        design.windowsPerRun() * static_cast<std::int64_t>(design.seeds.size());
    if (taken > windows)
        fork.notes.push_back("the training data have " + std::to_string(windows) +
                             " windows, the runs take " + std::to_string(taken) +
                             ": they begin again at the first");
}

Expected<void> readTokens(FileOps& ops, PreparedFork::Impl& fork,
                          const CheckpointCatalog& catalog) {
    GRIDSCOPE_TRY(findTokenizers(ops, fork.request, catalog, fork.tokenizerJson));
    limitSequences(fork);
    GRIDSCOPE_TRY_ASSIGN(training, loadTrainingTokens(ops, fork.request.training));
    GRIDSCOPE_TRY_ASSIGN(order,
                         fileOrderOf(training, fork.design().length, fork.design().firstWindow));
    fork.fileOrder = order;
    fork.tokens = std::move(training.ids);
    fork.notes = std::move(training.notes);
    EvalInput& evaluation = fork.request.evaluation;
    if (holdsOut(evaluation)) {
        const auto length =
            evaluation.length.value_or(static_cast<std::uint64_t>(fork.design().length));
        GRIDSCOPE_TRY_ASSIGN(windows, holdOut(fork.tokens, length, evaluation.windows));
        fork.windows = std::move(windows);
        fork.notes.push_back("measured on the last 5 % of the training tokens, " +
                             std::to_string(fork.windows.count) + " windows of " +
                             std::to_string(fork.windows.length) + ", which are not trained on");
        return {};
    }
    if (evaluation.tokenizer.empty()) evaluation.tokenizer = fork.request.training.tokenizer;
    GRIDSCOPE_TRY_ASSIGN(loaded, loadEvalWindows(ops, evaluation, catalog));
    fork.windows = std::move(loaded.windows);
    fork.notes.insert(fork.notes.end(), loaded.notes.begin(), loaded.notes.end());
    return {};
}

/// The first line in which the two records differ.
std::string difference(const ForkRecord& present, const ForkRecord& wanted) {
    const std::string a = forkRecordToJson(present);
    const std::string b = forkRecordToJson(wanted);
    std::size_t lineA = 0, lineB = 0;
    while (lineA < a.size() && lineB < b.size()) {
        const std::string nextA = a.substr(lineA, a.find('\n', lineA) - lineA);
        const std::string nextB = b.substr(lineB, b.find('\n', lineB) - lineB);
        if (nextA != nextB) return "it has " + nextA + ", asked for is " + nextB;
        lineA += nextA.size() + 1;
        lineB += nextB.size() + 1;
    }
    return "one has more settings";
}

Expected<void> compareWithPresent(FileOps& ops, const PreparedFork::Impl& fork) {
    const ForkFolder folder(ops, fork.request.out);
    GRIDSCOPE_TRY_ASSIGN(present, folder.readRecord());
    if (!present) return {};
    // Files may have moved: what they hold counts.
    present->checkpoint = fork.record.checkpoint;
    if (present->evaluationSha256 == fork.record.evaluationSha256)
        present->evaluation = fork.record.evaluation;
    if (present->evaluationSha256.empty()) present->evaluationSha256 = fork.record.evaluationSha256;
    if (forkRecordToJson(*present) == forkRecordToJson(fork.record)) return {};
    return Error{ErrorCode::ForkMismatch, folder.designFile().string(),
                 "another experiment is in this folder: " + difference(*present, fork.record),
                 "Repeat its settings to go on with it, or choose another folder"};
}

}  // namespace

TrainingSettings forkTrainingSettings(const PreparedFork::Impl& fork, const ForkRunId& run) {
    const ForkDesign& design = fork.design();
    TrainingSettings settings;
    settings.model = fork.weights->config();
    settings.tokens = fork.tokens;
    settings.firstStep = design.forkStep;
    settings.steps = design.steps;
    settings.batch = design.batch;
    settings.length = design.length;
    settings.accumulate = design.accumulate;
    settings.weightDecay = design.weightDecay;
    settings.clip = design.clip;
    settings.seed = run.seed;
    settings.dataOrder = design.dataOrder;
    if (design.dataOrder == DataOrder::File) {
        const auto seed = std::find(design.seeds.begin(), design.seeds.end(), run.seed);
        settings.fileOrder = fork.fileOrder;
        settings.fileOrder.first += (seed - design.seeds.begin()) * design.windowsPerRun();
    }
    settings.threads = fork.threads;
    settings.saveSteps = forkProbeSteps(design);
    settings.scheduleText = fullScheduleText(design.conditions[run.condition].schedule) +
                            ",rewarm=" + std::to_string(design.rewarmSteps);
    const std::vector<TensorSpec>& specs = fork.weights->specs();
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (specs[i].optional) continue;  // the copy of a tied head
        settings.startingWeights.push_back(
            {specs[i].name, specs[i].shape, fork.weights->values(i)});
    }
    return settings;
}

PreparedFork::PreparedFork(std::shared_ptr<const Impl> impl) : m_impl(std::move(impl)) {}
const ForkRecord& PreparedFork::record() const { return m_impl->record; }
const std::vector<std::string>& PreparedFork::notes() const { return m_impl->notes; }
int PreparedFork::threads() const { return m_impl->threads; }

Expected<PreparedFork> prepareFork(FileOps& ops, const ForkRequest& request, ProgressSink& progress,
                                   const std::stop_token& stop) {
    auto fork = std::make_shared<PreparedFork::Impl>();
    fork->request = request;
    GRIDSCOPE_TRY_ASSIGN(catalog, findCheckpointToFork(ops, request, progress, stop));
    const CheckpointEntry& entry = catalog.entries.front();
    ForkDesign& design = fork->record.design;
    design = request.design;
    if (design.forkStep < 0) {
        if (!entry.label.step)
            return Error{ErrorCode::SettingsRange, "fork step",
                         "the checkpoint's name \"" + escapeForDisplay(entry.label.text) +
                             "\" does not tell its step",
                         "Give --fork-step N"};
        design.forkStep = entry.label.step->value;
    }
    for (ForkCondition& condition : design.conditions)
        condition.schedule.forkStep = design.forkStep;
    GRIDSCOPE_TRY_ASSIGN(schedules, checkForkDesign(design));
    fork->schedules = std::move(schedules);
    GRIDSCOPE_TRY(readTokens(ops, *fork, catalog));
    noteRepetition(*fork);
    GRIDSCOPE_TRY(
        checkIds(fork->windows, static_cast<std::uint64_t>(entry.config->vocabularyRows)));
    GRIDSCOPE_TRY_ASSIGN(weights, loadModelWeights(ops, entry, NonFinitePolicy::Refuse, stop));
    fork->weights = std::move(weights);
    // Whole, so that the experiment can be opened from any folder.
    std::error_code failed;
    const std::filesystem::path whole = std::filesystem::absolute(entry.folder, failed);
    fork->record.checkpoint = (failed ? entry.folder : whole).string();
    fork->record.checkpointLabel = entry.label.text;
    fork->record.checkpointSha256 = fork->weights->contentSha256();
    fork->record.trainingSha256 = tokensHash(fork->tokens);
    fork->record.evaluation = fork->windows.source + ", " + std::to_string(fork->windows.count) +
                              " windows of " + std::to_string(fork->windows.length);
    fork->record.evaluationSha256 = windowsHash(fork->windows);
    GRIDSCOPE_TRY_ASSIGN(engine, initEngine());
    fork->threads = request.threads;
    const TrainingSettings first = forkTrainingSettings(*fork, {0, design.seeds.front()});
    GRIDSCOPE_TRY(checkTrainingSettings(first));
    fork->threads = resolveTrainingThreads(first, engine.threads);
    GRIDSCOPE_TRY(compareWithPresent(ops, *fork));
    return PreparedFork(std::move(fork));
}

}  // namespace gridscope
