// SPDX-License-Identifier: GPL-3.0-or-later

// The training loop: gradients, determinism, resuming, divergence, what it learns.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <functional>
#include <limits>

#include "core/training/gradient_check.h"
#include "core/training/trainer.h"
#include "core/training/training_cost.h"
#include "tests/core/training/trainer_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::test;

class TestTrainer : public QObject {
    Q_OBJECT
private slots:
    void killedRunResumesBitExact();  // first: it forks, which wants a process without threads
    void gradients_data();
    void gradients();
    void lossOfUniformModel();
    void initialWeights();
    void learnsPattern();
    void sameSeedSameBits();
    void stoppedRunResumesBitExact();
    void failedSaveResumesBitExact();
    void resumeRefusals();
    void freshStartOverState();
    void accumulationEqualsLargerBatch();
    void decaySparesBiasesAndNorms();
    void forkStartsFromGivenWeights();
    void sinkEndsTheRun();
    void divergence();
    void fullDiskKeepsTheLastState();
    void memoryIsEstimatedFirst();
    void memoryRunsOut();
    void fileOrderTakesTheWindowsInTurn();
    void estimates();
    void denormalsFlushedOnlyWhileTraining();
    void badSettings_data();
    void badSettings();
};

void TestTrainer::killedRunResumesBitExact() {
    const QTemporaryDir folder;
    TrainingSettings settings = tinySettings(30);
    settings.saveSteps = {30};
    settings.stateEvery = 5;
    settings.stateFile = folder.filePath("state").toStdString();
    const pid_t child = ::fork();
    QVERIFY(child >= 0);
    if (child == 0) {
        RecordingSink sink;
        sink.killAt = 17;
        const auto never = trainWith(settings, sink);
        ::_exit(never ? 0 : 1);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    settings.start = RunStart::Resume;
    RecordingSink resumed;
    const auto result = trainWith(settings, resumed);
    GRIDSCOPE_VERIFY_OK(result);
    QVERIFY(result->resumedFrom.has_value());
    QCOMPARE(result->resumedFrom->value, std::int64_t{15});
    settings.stateFile.clear();
    RecordingSink whole;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, whole));
    QVERIFY(resumed.saved.at(30) == whole.saved.at(30));
}

void TestTrainer::gradients_data() {
    QTest::addColumn<bool>("parallel");
    QTest::addColumn<bool>("tied");
    QTest::addColumn<bool>("biases");
    QTest::addColumn<int>("tensors");
    QTest::newRow("pythia") << true << false << true << 28;
    QTest::newRow("sequential") << false << false << true << 28;
    QTest::newRow("tied") << true << true << true << 27;
    QTest::newRow("no attention biases") << true << false << false << 24;
}

void TestTrainer::gradients() {
    QFETCH(bool, parallel);
    QFETCH(bool, tied);
    QFETCH(bool, biases);
    ModelConfig model = tinyModel();
    model.parallelResidual = parallel;
    model.tiedEmbeddings = tied;
    model.attentionBias = model.attentionOutputBias = biases;
    const auto check = checkGradients(model, 11);
    GRIDSCOPE_VERIFY_OK(check);
    QVERIFY(check->loss > 1.0 && check->loss < 20.0);
    QFETCH(int, tensors);
    QVERIFY(check->checkedValues >= 16 * tensors);
    QVERIFY2(check->maximumError < 1e-6, qPrintable(QString::number(check->maximumError)));
}

void TestTrainer::lossOfUniformModel() {
    // Zero weights give equal logits: the loss is ln(vocabulary).
    Weights weights = startOf(tinySettings(0));
    for (auto& [name, tensor] : weights) std::ranges::fill(tensor.values, 0.0F);
    TrainingSettings settings = tinySettings(1);
    settings.startingWeights = tensorsOf(weights);
    RecordingSink sink;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, sink));
    QVERIFY(std::abs(sink.points.at(1).loss - std::log(12.0)) < 1e-6);
}

void TestTrainer::initialWeights() {
    TrainingSettings settings = tinySettings(0);
    settings.model.hidden = 64;
    settings.model.headDimension = 32;
    settings.model.vocabularyRows = 400;
    const Weights weights = startOf(settings);
    QCOMPARE(weights.size(), std::size_t{28});  // 12 L + 4
    const auto deviation = [&](const std::string& name) {
        double squares = 0.0;
        for (const float value : weights.at(name).values)
            squares += static_cast<double>(value) * static_cast<double>(value);
        return std::sqrt(squares / static_cast<double>(weights.at(name).values.size()));
    };
    // sqrt(2 / (5 * 64)) = 0.0790569 and 2 / (2 * sqrt(64)) = 0.125.
    const std::string block = "gpt_neox.layers.1.";
    QVERIFY(std::abs(deviation("gpt_neox.embed_in.weight") / 0.0790569 - 1.0) < 0.03);
    QVERIFY(std::abs(deviation("embed_out.weight") / 0.0790569 - 1.0) < 0.03);
    QVERIFY(std::abs(deviation(block + "attention.query_key_value.weight") / 0.0790569 - 1.0) <
            0.03);
    QVERIFY(std::abs(deviation(block + "mlp.dense_h_to_4h.weight") / 0.0790569 - 1.0) < 0.06);
    QVERIFY(std::abs(deviation(block + "attention.dense.weight") / 0.125 - 1.0) < 0.06);
    QVERIFY(std::abs(deviation(block + "mlp.dense_4h_to_h.weight") / 0.125 - 1.0) < 0.06);
    QCOMPARE(weights.at(block + "input_layernorm.weight").values, std::vector<float>(64, 1.0F));
    QCOMPARE(weights.at(block + "attention.dense.bias").values, std::vector<float>(64, 0.0F));
    const std::vector<std::int64_t> shape{192, 64};
    QCOMPARE(weights.at(block + "attention.query_key_value.weight").shape, shape);
}

void TestTrainer::learnsPattern() {
    TrainingSettings settings = tinySettings(200);
    RecordingSink sink;
    std::vector<Progress> reports;
    CallbackProgress progress([&](const Progress& report) { reports.push_back(report); });
    const auto result = train(settings, [](std::int64_t step) { return 10.0 * warmRate(step); },
                              sink, progress, {});
    GRIDSCOPE_VERIFY_OK(result);
    QCOMPARE(result->step.value, std::int64_t{200});
    QCOMPARE(sink.points.size(), std::size_t{200});
    QVERIFY(sink.points.at(1).loss > 1.5);
    // Only the first token of a window cannot always be told: 4 of 10 windows begin with a 0.
    QVERIFY2(result->loss < 0.25, qPrintable(QString::number(result->loss)));
    QVERIFY(std::is_sorted(reports.begin(), reports.end(),
                           [](const auto& a, const auto& b) { return a.done < b.done; }));
    QCOMPARE(reports.back().done, std::uint64_t{200});
    QVERIFY(QString::fromStdString(reports.back().item).startsWith("step 200, loss 0."));
}

void TestTrainer::sameSeedSameBits() {
    TrainingSettings settings = tinySettings(20);
    settings.saveSteps = {20};
    RecordingSink one, two, other;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, one));
    GRIDSCOPE_VERIFY_OK(trainWith(settings, two));
    QVERIFY(one.saved == two.saved);
    settings.seed = 6;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, other));
    QVERIFY(one.saved != other.saved);
}

void TestTrainer::stoppedRunResumesBitExact() {
    const QTemporaryDir folder;
    TrainingSettings settings = tinySettings(25);
    settings.accumulate = 2;
    settings.saveSteps = {0, 10, 13, 25};
    RecordingSink whole;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, whole));

    settings.stateFile = folder.filePath("state").toStdString();
    RecordingSink stopped;
    stopped.requestStopAt = 13;
    const auto interrupted = trainWith(settings, stopped);
    QVERIFY(!interrupted);
    QCOMPARE(codeOf(interrupted.error()), QString("run.cancelled"));
    QCOMPARE(QString::fromStdString(interrupted.error().where), QString("step 13"));
    QVERIFY(!stopped.points.contains(14));

    settings.start = RunStart::Resume;
    RecordingSink resumed;
    const auto result = trainWith(settings, resumed);
    GRIDSCOPE_VERIFY_OK(result);
    QCOMPARE(result->resumedFrom->value, std::int64_t{13});
    QVERIFY(result->warnings.empty());
    QCOMPARE(resumed.saved.size(), std::size_t{1});
    QCOMPARE(resumed.points.begin()->first, std::int64_t{14});
    QVERIFY(resumed.saved.at(25) == whole.saved.at(25));
    for (const auto& [step, point] : resumed.points) {
        QCOMPARE(point.loss, whole.points.at(step).loss);
        QCOMPARE(point.gradientNorm, whole.points.at(step).gradientNorm);
    }
    // The run is complete: resuming once more makes no update.
    RecordingSink again;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, again));
    QVERIFY(again.points.empty() && again.saved.empty());
}

void TestTrainer::failedSaveResumesBitExact() {
    const QTemporaryDir folder;
    TrainingSettings settings = tinySettings(12);
    settings.saveSteps = {4, 7, 12};
    RecordingSink whole;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, whole));
    settings.stateFile = folder.filePath("state").toStdString();
    settings.stateEvery = 3;
    RecordingSink failing;
    failing.failSaveAt = 7;
    const auto failed = trainWith(settings, failing);
    QVERIFY(!failed);
    QCOMPARE(codeOf(failed.error()), QString("file.disk-full"));
    settings.start = RunStart::Resume;
    RecordingSink resumed;
    const auto result = trainWith(settings, resumed);
    GRIDSCOPE_VERIFY_OK(result);
    QCOMPARE(result->resumedFrom->value, std::int64_t{6});
    QVERIFY(resumed.saved.at(7) == whole.saved.at(7));
    QVERIFY(resumed.saved.at(12) == whole.saved.at(12));
}

void TestTrainer::resumeRefusals() {
    const QTemporaryDir folder;
    TrainingSettings settings = tinySettings(4);
    settings.stateFile = folder.filePath("state").toStdString();
    settings.start = RunStart::Resume;
    RecordingSink sink;
    const auto fresh = trainWith(settings, sink);
    GRIDSCOPE_VERIFY_OK(fresh);
    QVERIFY(!fresh->resumedFrom);
    QCOMPARE(fresh->warnings.size(), std::size_t{1});

    TrainingSettings other = settings;
    other.weightDecay = 0.5;
    const auto foreign = trainWith(other, sink);
    QVERIFY(!foreign);
    QCOMPARE(codeOf(foreign.error()), QString("training.state"));
    TrainingSettings shorter = settings;
    shorter.steps = 3;
    const auto beyond = trainWith(shorter, sink);
    QVERIFY(!beyond);
    QCOMPARE(codeOf(beyond.error()), QString("training.state"));
    settings.threads = 2;
    settings.steps = 5;
    const auto threads = trainWith(settings, sink);
    GRIDSCOPE_VERIFY_OK(threads);
    QCOMPARE(threads->warnings.size(), std::size_t{1});
}

void TestTrainer::freshStartOverState() {
    const QTemporaryDir folder;
    TrainingSettings settings = tinySettings(2);
    settings.stateFile = folder.filePath("state").toStdString();
    RecordingSink sink;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, sink));
    const auto second = trainWith(settings, sink);
    QVERIFY(!second);
    QCOMPARE(codeOf(second.error()), QString("output.exists"));
}

void TestTrainer::accumulationEqualsLargerBatch() {
    TrainingSettings settings = tinySettings(5);
    settings.batch = 6;
    RecordingSink large, small;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, large));
    settings.batch = 2;
    settings.accumulate = 3;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, small));
    for (std::int64_t step = 1; step <= 5; ++step) {
        QVERIFY(std::abs(large.points.at(step).loss - small.points.at(step).loss) < 1e-5);
        QVERIFY(std::abs(large.points.at(step).gradientNorm / small.points.at(step).gradientNorm -
                         1.0) < 1e-4);
    }
}

void TestTrainer::decaySparesBiasesAndNorms() {
    TrainingSettings settings = tinySettings(1);
    settings.saveSteps = {0, 1};
    const LearningRate rate = [](std::int64_t) { return 0.01; };
    RecordingSink plain, decaying;
    settings.weightDecay = 0.0;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, plain, rate));
    settings.weightDecay = 0.5;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, decaying, rate));
    for (const auto& [name, tensor] : plain.saved.at(1)) {
        const float factor = tensor.shape.size() == 2 ? 0.005F : 0.0F;
        const SavedTensor& start = plain.saved.at(0).at(name);
        const SavedTensor& decayed = decaying.saved.at(1).at(name);
        QVERIFY(start.values != tensor.values);
        for (std::size_t i = 0; i < tensor.values.size(); ++i)
            QVERIFY2(
                std::abs(tensor.values[i] - decayed.values[i] - factor * start.values[i]) < 1e-6F,
                name.c_str());
    }
}

void TestTrainer::forkStartsFromGivenWeights() {
    TrainingSettings settings = tinySettings(10);
    settings.saveSteps = {10};
    RecordingSink parent;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, parent));
    TrainingSettings fork = tinySettings(3);
    fork.firstStep = 10;
    fork.startingWeights = tensorsOf(parent.saved.at(10));
    fork.saveSteps = {10, 13};
    RecordingSink child;
    std::vector<std::int64_t> asked;
    const auto result = trainWith(fork, child, [&](std::int64_t step) {
        asked.push_back(step);
        return 1e-3;
    });
    GRIDSCOPE_VERIFY_OK(result);
    QVERIFY(child.saved.at(10) == parent.saved.at(10));
    QVERIFY(child.saved.at(13) != parent.saved.at(10));
    const std::vector<std::int64_t> expected{11, 12, 13};
    QCOMPARE(asked, expected);
    // Moments start at zero: the first update moves no weight by more than the rate and the decay.
    fork.steps = 1;
    fork.weightDecay = 0.0;
    fork.saveSteps = {11};
    RecordingSink first;
    GRIDSCOPE_VERIFY_OK(trainWith(fork, first, [](std::int64_t) { return 1e-3; }));
    const auto& before = parent.saved.at(10).at("embed_out.weight").values;
    const auto& after = first.saved.at(11).at("embed_out.weight").values;
    for (std::size_t i = 0; i < before.size(); ++i)
        QVERIFY(std::abs(after[i] - before[i]) < 1.001e-3F);
}

void TestTrainer::sinkEndsTheRun() {
    TrainingSettings settings = tinySettings(20);
    settings.saveSteps = {5, 10, 20};
    RecordingSink sink;
    sink.endAt = 10;
    const auto result = trainWith(settings, sink);
    GRIDSCOPE_VERIFY_OK(result);
    QCOMPARE(result->step.value, std::int64_t{10});
    QCOMPARE(sink.points.size(), std::size_t{10});
}

void TestTrainer::divergence() {
    const QTemporaryDir folder;
    TrainingSettings settings = tinySettings(20);
    settings.stateFile = folder.filePath("state").toStdString();
    settings.stateEvery = 1;
    for (std::int64_t step = 0; step <= 20; ++step) settings.saveSteps.push_back(step);
    RecordingSink sink;
    const auto result =
        trainWith(settings, sink, [](std::int64_t step) { return step < 6 ? 1e-3 : 1e38; });
    QVERIFY(!result);
    QCOMPARE(codeOf(result.error()), QString("training.diverged"));
    const std::int64_t last = sink.saved.rbegin()->first;
    QVERIFY(last >= 5 && last < 20);
    QCOMPARE(QString::fromStdString(result.error().where), QString("step %1").arg(last + 1));
    for (const auto& [step, weights] : sink.saved) {
        for (const auto& [name, tensor] : weights)
            QVERIFY(std::ranges::all_of(tensor.values, [](float x) { return std::isfinite(x); }));
    }
    // The state is the last good one: the run goes on with a better schedule.
    settings.start = RunStart::Resume;
    settings.steps = 10;
    settings.saveSteps = {10};
    RecordingSink resumed;
    const auto mended = trainWith(settings, resumed, [](std::int64_t) { return 0.0; });
    GRIDSCOPE_VERIFY_OK(mended);
    QCOMPARE(mended->resumedFrom->value, last);
}

void TestTrainer::fullDiskKeepsTheLastState() {
    const QTemporaryDir folder;
    FullDisk disk;
    TrainingSettings settings = tinySettings(6);
    settings.files = &disk;
    settings.stateFile = folder.filePath("state").toStdString();
    settings.stateEvery = 2;
    RecordingSink sink;
    const auto failed = trainWith(settings, sink, [&](std::int64_t step) {
        disk.full = step >= 4;
        return 1e-3;
    });
    QVERIFY(!failed);
    QCOMPARE(codeOf(failed.error()), QString("file.disk-full"));
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
    disk.full = false;
    settings.start = RunStart::Resume;
    const auto resumed = trainWith(settings, sink);
    GRIDSCOPE_VERIFY_OK(resumed);
    QCOMPARE(resumed->resumedFrom->value, std::int64_t{2});
}

void TestTrainer::memoryIsEstimatedFirst() {
    TrainingSettings settings = tinySettings(1);
    GRIDSCOPE_VERIFY_OK(checkTrainingMemory(settings));
    settings.batch = std::int64_t{1} << 31;
    const auto refused = checkTrainingMemory(settings);
    QVERIFY(!refused);
    QCOMPARE(codeOf(refused.error()), QString("memory.estimate"));
    // Four numbers of 4 bytes for a weight: 162,322,944 of Pythia-160m are 2.6 GB.
    TrainingSettings pythia;
    pythia.model = tinyModel();
    pythia.model.vocabularyRows = 50304;
    pythia.model.hidden = 768;
    pythia.model.layers = pythia.model.heads = pythia.model.keyValueHeads = 12;
    pythia.model.headDimension = 64;
    pythia.model.intermediate = 3072;
    pythia.model.maxPositions = 2048;
    pythia.batch = pythia.length = 1;
    QVERIFY(trainingMemoryBytes(pythia) > 16.0 * 162'322'944);
    QVERIFY(trainingMemoryBytes(pythia) < 16.0 * 162'322'944 + 600e6);
}

void TestTrainer::memoryRunsOut() {
#ifdef __SANITIZE_ADDRESS__
    QSKIP("the sanitizer reserves more memory than the limit of this test leaves");
#endif
    const QTemporaryDir folder;
    TrainingSettings settings = tinySettings(3);
    settings.stateFile = folder.filePath("state").toStdString();
    settings.batch = 400'000;  // some 9 GB of activations
    settings.saveSteps = {0, 3};
    rlimit saved{};
    QCOMPARE(getrlimit(RLIMIT_DATA, &saved), 0);
    const rlimit tight{rlim_t{1} << 30, saved.rlim_max};
    QCOMPARE(setrlimit(RLIMIT_DATA, &tight), 0);
    RecordingSink sink;
    const auto failed = trainWith(settings, sink);
    QCOMPARE(setrlimit(RLIMIT_DATA, &saved), 0);
    QVERIFY(!failed);
    QCOMPARE(codeOf(failed.error()), QString("memory.failed"));
    QVERIFY(sink.points.empty());
    // The same run with a smaller micro-batch; nothing of the failed one is in its way.
    settings.batch = 4;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, sink));
    QCOMPARE(sink.saved.size(), std::size_t{2});
}

void TestTrainer::fileOrderTakesTheWindowsInTurn() {
    // Windows 3 to 6 of 12 tokens, and the id behind the last: ids 36 to 84.
    TrainingSettings settings = tinySettings(2);
    settings.batch = 2;
    settings.dataOrder = DataOrder::File;
    settings.fileOrder = {3, 12};
    settings.saveSteps = {2};
    RecordingSink whole;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, whole));
    const auto endWith = [&](std::size_t changed) {
        TrainingSettings other = settings;
        other.tokens[changed] = 9;
        RecordingSink sink;
        return trainWith(other, sink) ? sink.saved.at(2) : Weights();
    };
    QVERIFY(endWith(35) == whole.saved.at(2));
    QVERIFY(endWith(36) != whole.saved.at(2));
    QVERIFY(endWith(84) != whole.saved.at(2));
    QVERIFY(endWith(85) == whole.saved.at(2));
    // The seed draws the initial weights alone.
    settings.startingWeights = tensorsOf(whole.saved.at(2));
    RecordingSink one, two;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, one));
    settings.seed += 1;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, two));
    QVERIFY(one.saved == two.saved);
}

void TestTrainer::estimates() {
    // Twice the steps take twice the time; a faster machine less.
    TrainingSettings settings = tinySettings(100);
    const TrainingCost slow = estimateTraining(settings, 1e9);
    QCOMPARE(slow.tokens, 100.0 * 4 * 12);
    // Per token and block 4 * 16^2 + 2 * 16 * 32 + 16 * 12 multiply-adds, 16 * 12 for the head; a
    // multiply-add is two operations, forward and backward are three passes.
    QCOMPARE(slow.flop, 3.0 * 4800 * 2 * (2 * (1024 + 1024 + 192) + 192));
    settings.steps = 200;
    QCOMPARE(estimateTraining(settings, 1e9).seconds, 2.0 * slow.seconds);
    QVERIFY(estimateTraining(settings, 1e12).seconds < 2.0 * slow.seconds);
    QCOMPARE(stateInterval(settings), std::int64_t{1000});
    settings.accumulate = 100'000;  // minutes an update
    QVERIFY(stateInterval(settings) < 5);
}

void TestTrainer::denormalsFlushedOnlyWhileTraining() {
    const auto halfOfSmallest = [] {
        volatile float small = std::numeric_limits<float>::min();
        small = small * 0.5F;
        return static_cast<float>(small);
    };
    QVERIFY(halfOfSmallest() > 0.0F);
    RecordingSink sink;
    float inside = 1.0F;
    GRIDSCOPE_VERIFY_OK(trainWith(tinySettings(1), sink, [&](std::int64_t) {
        inside = halfOfSmallest();
        return 1e-3;
    }));
    QCOMPARE(inside, 0.0F);
    QVERIFY(halfOfSmallest() > 0.0F);
}

using Change = std::function<void(TrainingSettings&)>;
Q_DECLARE_METATYPE(Change)

void TestTrainer::badSettings_data() {
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("where");
    const auto row = [](const char* name, const Change& change, const char* code,
                        const char* where) {
        QTest::newRow(name) << change << QString(code) << QString(where);
    };
    using S = TrainingSettings;
    row(
        "llama", [](S& s) { s.model.architecture = Architecture::Llama; }, "config.unsupported",
        "model_type");
    row(
        "heads", [](S& s) { s.model.heads = 3; }, "config.range", "config");
    row(
        "scaled rope", [](S& s) { s.model.rope.type = RopeType::Yarn; }, "config.unsupported",
        "rope_scaling");
    row(
        "batch", [](S& s) { s.batch = 0; }, "settings.range", "batch");
    row(
        "steps", [](S& s) { s.steps = -1; }, "settings.range", "steps");
    row(
        "length", [](S& s) { s.length = 17; }, "settings.range", "length");
    row(
        "threads", [](S& s) { s.threads = 100'000; }, "settings.range", "threads");
    row(
        "beta2", [](S& s) { s.beta2 = 1.0; }, "settings.range", "beta2");
    row(
        "clip", [](S& s) { s.clip = 0.0; }, "settings.range", "clip");
    row(
        "decay", [](S& s) { s.weightDecay = std::nan(""); }, "settings.range", "weight decay");
    row(
        "save steps", [](S& s) { s.saveSteps = {3}; }, "settings.range", "save steps");
    row(
        "order",
        [](S& s) {
            s.saveSteps = {1, 0};
        },
        "settings.range", "save steps");
    row(
        "few tokens", [](S& s) { s.tokens.resize(12); }, "tokens.too-few", "training tokens");
    row(
        "id", [](S& s) { s.tokens[7] = 12; }, "tokens.id-range", "training tokens, 7");
    row(
        "starting weights",
        [](S& s) {
            s.startingWeights = {{"embed_out.weight", {12, 16}, {}}};
        },
        "model.tensors", "gpt_neox.embed_in.weight");
}

void TestTrainer::badSettings() {
    QFETCH(Change, change);
    TrainingSettings settings = tinySettings(2);
    change(settings);
    RecordingSink sink;
    const auto result = trainWith(settings, sink);
    QVERIFY(!result);
    QTEST(codeOf(result.error()), "code");
    QTEST(QString::fromStdString(result.error().where), "where");
    // A schedule is checked as it is asked.
    const auto schedule = trainWith(
        tinySettings(2), sink, [](std::int64_t step) { return step == 2 ? std::nan("") : 1e-3; });
    QVERIFY(!schedule);
    QCOMPARE(codeOf(schedule.error()), QString("settings.range"));
    QCOMPARE(QString::fromStdString(schedule.error().where), QString("schedule, step 2"));
}

QTEST_GUILESS_MAIN(TestTrainer)
#include "tst_trainer.moc"
