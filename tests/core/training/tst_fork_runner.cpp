// SPDX-License-Identifier: GPL-3.0-or-later

// Fork experiments with a tiny model: what is trained, probed, kept, resumed and refused.

#include <QtTest>

#include <cerrno>
#include <fstream>
#include <map>
#include <set>

#include "core/checkpoint/catalog.h"
#include "core/model/model_weights.h"
#include "core/training/checkpoint_folder.h"
#include "core/training/fork_conditions.h"
#include "core/training/fork_runner.h"
#include "core/training/schedule_text.h"
#include "core/trajectory/trajectory_store.h"
#include "tests/core/training/trainer_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::test;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kForkStep = 10;
constexpr std::int64_t kSteps = 12;

/// A folder with a checkpoint of step 10 and the tokens it was trained on.
class ForkPlace {
public:
    ForkPlace() {
        TrainingSettings settings = tinySettings(kForkStep);
        settings.saveSteps = {kForkStep};
        CheckpointFolder checkpoints(systemFileOps(), root() / "suite", settings.model, {});
        NullProgress quiet;
        if (!train(settings, warmRate, checkpoints, quiet, {})) qFatal("no checkpoint");
        std::ofstream file(tokens(), std::ios::binary);
        for (int round = 0; round < 4; ++round) {
            for (const std::uint32_t id : settings.tokens) {
                const auto low = static_cast<std::uint16_t>(id);
                file.write(reinterpret_cast<const char*>(&low), sizeof low);
            }
        }
    }
    fs::path root() const { return m_folder.path().toStdString(); }
    fs::path tokens() const { return root() / "tokens.bin"; }

    ForkRequest request(const std::vector<std::string>& conditions = {"cosine",
                                                                      "oli:eta=2e-3,bump=1,cool=3"},
                        std::uint64_t seeds = 2) const {
        ForkRequest request;
        request.checkpoint = root() / "suite" / "step10";
        request.out = root() / "fork";
        request.training.tokens = tokens();
        request.training.dtype = "u16";
        ForkDesign& design = request.design;
        design.forkStep = -1;
        design.steps = kSteps;
        design.batch = 4;
        design.length = 12;
        design.probing.every = 4;
        for (std::uint64_t seed = 0; seed < seeds; ++seed) design.seeds.push_back(seed);
        ScheduleSettings base;
        base.lrMax = 1e-3;
        base.lrMin = 1e-4;
        base.totalSteps = 40;
        design.conditions = *parseForkConditions(conditions, base);
        request.probe.grids = {*parseGrid("int4")};
        request.threads = 1;
        return request;
    }

private:
    QTemporaryDir m_folder;
};

/// The tensors of step 14 cannot be read, its header can.
class UnreadableStep final : public ForwardingFileOps {
public:
    UnreadableStep() : ForwardingFileOps(systemFileOps()) {}
    int open(const fs::path& path, int flags, unsigned mode) override {
        const int descriptor = ForwardingFileOps::open(path, flags, mode);
        m_isBad[descriptor] = path.string().find("step14/model.safetensors") != std::string::npos;
        return descriptor;
    }
    long pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) override {
        constexpr std::uint64_t kHeader = 8;
        return m_isBad[descriptor] && offset > kHeader
                   ? -EIO
                   : ForwardingFileOps::pread(descriptor, into, offset);
    }

private:
    std::map<int, bool> m_isBad;
};

Expected<ForkOutcome> runAll(const ForkRequest& request, const ForkCallbacks& callbacks = {},
                             const std::stop_token& stop = {}, FileOps& ops = systemFileOps()) {
    NullProgress quiet;
    GRIDSCOPE_TRY_ASSIGN(prepared, prepareFork(ops, request, quiet, stop));
    return runForks(ops, prepared, callbacks, quiet, stop);
}

std::shared_ptr<const Trajectory> trajectoryOf(const ForkRequest& request, const std::string& run) {
    auto loaded = readTrajectory(systemFileOps(), request.out / (run + ".h5"));
    return loaded ? loaded->trajectory : nullptr;
}

QStringList stepsOf(const Trajectory& trajectory) {
    QStringList steps;
    for (const auto& row : trajectory.rows) steps << QString::number(row->step);
    return steps;
}

/// Content and scores of every row, which two equal experiments share.
QStringList numbersOf(const Trajectory& trajectory) {
    QStringList numbers;
    for (const auto& row : trajectory.rows)
        numbers << QString::fromStdString(row->contentSha256) +
                       QString::number(row->fp32.ce.value, 'g', 17) +
                       QString::number(row->grids.begin()->second.ce.value, 'g', 17);
    return numbers;
}

const QStringList kRuns{QStringLiteral("cosine-seed0"), QStringLiteral("oli-seed0"),
                        QStringLiteral("cosine-seed1"), QStringLiteral("oli-seed1")};

}  // namespace

class TestForkRunner : public QObject {
    Q_OBJECT
private slots:
    void smallExperiment();
    void fileOrderGivesEachSeedItsOwnWindows();
    void stretchesDoNotChangeTheBits();
    void aFinishedExperimentIsLeftAlone();
    void evaluationIsKnownByItsContent();
    void aCancelledExperimentGoesOnBitEqual();
    void aDivergedRunEndsAlone();
    void fullDiskEndsResumable();
    void weightsOfFailedProbesStay();
    void freeDiskOfAFolderThatIsNotThereYet();
    void anotherDesignIsRefused();
    void refusals_data();
    void refusals();
    void monitorStopsAtConvergence();
    void monitorKeepsTheBest();
    void conditionNames_data();
    void conditionNames();
    void sweep();
};

void TestForkRunner::smallExperiment() {
    const ForkPlace place;
    const ForkRequest request = place.request();
    QStringList ended;
    ForkCallbacks callbacks;
    callbacks.onRun = [&](const std::string& run, const ForkRunStatus& status) {
        if (status.state == ForkRunState::Complete) ended << QString::fromStdString(run);
    };
    const auto outcome = runAll(request, callbacks);
    GRIDSCOPE_VERIFY_OK(outcome);
    QCOMPARE(outcome->complete, std::size_t{4});
    QCOMPARE(ended, kRuns);  // round by round, so that pairs come early
    std::set<std::string> forkPoints;
    std::set<std::string> ends;
    for (const QString& run : kRuns) {
        const auto trajectory = trajectoryOf(request, run.toStdString());
        QVERIFY(trajectory);
        QCOMPARE(stepsOf(*trajectory).join(u' '), QStringLiteral("10 14 18 22"));
        forkPoints.insert(trajectory->rows.front()->contentSha256);
        ends.insert(trajectory->rows.back()->contentSha256);
        for (const auto& row : trajectory->rows) QCOMPARE(row->status, RowStatus::Complete);
        // Flips refer to the probe before, although its weights are gone now.
        QCOMPARE(trajectory->rows[2]->predecessor, std::string("step14"));
        const fs::path folder = request.out / run.toStdString();
        QVERIFY(fs::exists(folder / "step22" / "model.safetensors"));
        QVERIFY(!fs::exists(folder / "step18"));
        QVERIFY(!fs::exists(folder / "trainer_state.bin"));
    }
    QCOMPARE(forkPoints.size(), std::size_t{1});
    QCOMPARE(ends.size(), std::size_t{4});
}

void TestForkRunner::fileOrderGivesEachSeedItsOwnWindows() {
    const ForkPlace place;
    ForkRequest request = place.request({"cosine"}, 2);
    request.design.dataOrder = DataOrder::File;
    GRIDSCOPE_VERIFY_OK(runAll(request));
    const auto endOf = [](const ForkRequest& of, const std::string& run) {
        return trajectoryOf(of, run)->rows.back()->contentSha256;
    };
    QVERIFY(endOf(request, "cosine-seed0") != endOf(request, "cosine-seed1"));
    // 12 updates of 4 windows: the second seed goes on with the 49th.
    ForkRequest later = place.request({"cosine"}, 1);
    later.out = place.root() / "later";
    later.design.dataOrder = DataOrder::File;
    later.design.firstWindow = 48;
    GRIDSCOPE_VERIFY_OK(runAll(later));
    QCOMPARE(endOf(later, "cosine-seed0"), endOf(request, "cosine-seed1"));
    // It is part of the experiment: another place in the file is another one.
    request.design.firstWindow = 1;
    const auto refused = runAll(request);
    QVERIFY(!refused);
    QCOMPARE(codeOf(refused.error()), QStringLiteral("fork.mismatch"));
}

void TestForkRunner::stretchesDoNotChangeTheBits() {
    const ForkPlace place;
    ForkRequest request = place.request({"cosine"}, 1);
    GRIDSCOPE_VERIFY_OK(runAll(request));
    // The same training in one go, by the trainer alone.
    NullProgress quiet;
    const auto start = scanFolder(systemFileOps(), request.checkpoint, quiet, {});
    GRIDSCOPE_VERIFY_OK(start);
    const auto weights =
        loadModelWeights(systemFileOps(), start->entries.front(), NonFinitePolicy::Refuse, {});
    GRIDSCOPE_VERIFY_OK(weights);
    TrainingSettings settings = tinySettings(kSteps);
    settings.seed = 0;
    settings.firstStep = kForkStep;
    settings.saveSteps = {kForkStep + kSteps};
    const std::vector<std::uint32_t> pattern = settings.tokens;
    settings.tokens.clear();
    for (int round = 0; round < 4; ++round)
        settings.tokens.insert(settings.tokens.end(), pattern.begin(), pattern.end());
    settings.tokens.resize(1900);  // 5 % of 2,000 are held out
    for (std::size_t i = 0; i < (*weights)->specs().size(); ++i)
        settings.startingWeights.push_back(
            {(*weights)->specs()[i].name, (*weights)->specs()[i].shape, (*weights)->values(i)});
    const auto schedule = Schedule::make(request.design.conditions.front().schedule);
    RecordingSink sink;
    GRIDSCOPE_VERIFY_OK(
        trainWith(settings, sink, [&](std::int64_t step) { return schedule->learningRate(step); }));

    const auto end =
        scanFolder(systemFileOps(), request.out / "cosine-seed0" / "step22", quiet, {});
    GRIDSCOPE_VERIFY_OK(end);
    const auto forked =
        loadModelWeights(systemFileOps(), end->entries.front(), NonFinitePolicy::Refuse, {});
    GRIDSCOPE_VERIFY_OK(forked);
    for (std::size_t i = 0; i < (*forked)->specs().size(); ++i) {
        const auto& alone = sink.saved.at(kForkStep + kSteps).at((*forked)->specs()[i].name).values;
        QVERIFY(std::ranges::equal((*forked)->values(i), alone));
    }
}

void TestForkRunner::aFinishedExperimentIsLeftAlone() {
    const ForkPlace place;
    const ForkRequest request = place.request({"cosine"}, 1);
    GRIDSCOPE_VERIFY_OK(runAll(request));
    int rows = 0;
    ForkCallbacks callbacks;
    callbacks.onRows = [&](const std::string&, const std::shared_ptr<const Trajectory>&) {
        ++rows;
    };
    const auto again = runAll(request, callbacks);
    GRIDSCOPE_VERIFY_OK(again);
    QCOMPARE(again->complete, std::size_t{1});
    QCOMPARE(rows, 0);
    // The checkpoint may have moved: what it holds counts.
    fs::rename(place.root() / "suite", place.root() / "moved");
    ForkRequest moved = request;
    moved.checkpoint = place.root() / "moved" / "step10";
    const auto later = runAll(moved, callbacks);
    GRIDSCOPE_VERIFY_OK(later);
    QCOMPARE(later->complete, std::size_t{1});
    QCOMPARE(rows, 0);
}

void TestForkRunner::evaluationIsKnownByItsContent() {
    const ForkPlace place;
    ForkRequest request = place.request({"cosine"}, 1);
    request.design.steps = 4;
    request.evaluation.tokens = place.root() / "held_out.bin";
    request.evaluation.dtype = "u16";
    request.evaluation.length = 12;
    request.evaluation.windows = "4";
    fs::copy_file(place.tokens(), request.evaluation.tokens);
    GRIDSCOPE_VERIFY_OK(runAll(request));
    // Elsewhere, as seen from another working directory.
    ForkRequest moved = request;
    moved.evaluation.tokens = place.root() / "moved.bin";
    fs::rename(request.evaluation.tokens, moved.evaluation.tokens);
    GRIDSCOPE_VERIFY_OK(runAll(moved));
    // Other windows are another experiment, under the same name too.
    const auto refusedAs = [](const ForkRequest& other) {
        const auto refused = runAll(other);
        return refused ? QString() : codeOf(refused.error());
    };
    ForkRequest cut = moved;
    cut.evaluation.length = 6;
    cut.evaluation.windows = "8";
    QCOMPARE(refusedAs(cut), QStringLiteral("fork.mismatch"));
    std::fstream(moved.evaluation.tokens, std::ios::binary | std::ios::in | std::ios::out).put(9);
    QCOMPARE(refusedAs(moved), QStringLiteral("fork.mismatch"));
}

void TestForkRunner::aCancelledExperimentGoesOnBitEqual() {
    const ForkPlace place;
    ForkRequest whole = place.request();
    whole.out = place.root() / "whole";
    GRIDSCOPE_VERIFY_OK(runAll(whole));
    const ForkRequest request = place.request();
    // Stopped after every probe until nothing is left to stop.
    int rounds = 0;
    for (;; ++rounds) {
        QVERIFY(rounds < 30);
        std::stop_source stop;
        ForkCallbacks callbacks;
        int rows = 0;
        callbacks.onRows = [&](const std::string&, const std::shared_ptr<const Trajectory>&) {
            if (++rows == 2) stop.request_stop();
        };
        const auto outcome = runAll(request, callbacks, stop.get_token());
        if (outcome) break;
        QCOMPARE(codeOf(outcome.error()), QStringLiteral("run.cancelled"));
    }
    QVERIFY(rounds >= 4);
    for (const QString& run : kRuns)
        QCOMPARE(numbersOf(*trajectoryOf(request, run.toStdString())),
                 numbersOf(*trajectoryOf(whole, run.toStdString())));
}

void TestForkRunner::aDivergedRunEndsAlone() {
    const ForkPlace place;
    const ForkRequest request = place.request({"oli:eta=1e30,bump=1,cool=3", "cosine"}, 1);
    const auto outcome = runAll(request);
    GRIDSCOPE_VERIFY_OK(outcome);
    QCOMPARE(outcome->diverged, std::size_t{1});
    QCOMPARE(outcome->complete, std::size_t{1});
    const ForkFolder folder(systemFileOps(), request.out);
    QCOMPARE(folder.readStatus("oli-seed0")->state, ForkRunState::Diverged);
    QCOMPARE(trajectoryOf(request, "cosine-seed0")->rows.size(), std::size_t{4});
    // Deterministic: asked again, it is not trained again.
    const auto again = runAll(request);
    GRIDSCOPE_VERIFY_OK(again);
    QCOMPARE(again->diverged, std::size_t{1});
}

void TestForkRunner::fullDiskEndsResumable() {
    const ForkPlace place;
    const ForkRequest request = place.request({"cosine"}, 1);
    FullDisk disk;
    ForkCallbacks callbacks;
    callbacks.onRows = [&](const std::string&, const std::shared_ptr<const Trajectory>& rows) {
        if (rows->rows.size() == 2) disk.full = true;
    };
    const auto failed = runAll(request, callbacks, {}, disk);
    QVERIFY(!failed);
    QCOMPARE(codeOf(failed.error()), QStringLiteral("file.disk-full"));
    QVERIFY(trajectoryOf(request, "cosine-seed0")->rows.size() >= 2);
    disk.full = false;
    const auto outcome = runAll(request, {}, {}, disk);
    GRIDSCOPE_VERIFY_OK(outcome);
    QCOMPARE(stepsOf(*trajectoryOf(request, "cosine-seed0")).size(), 4);
}

void TestForkRunner::weightsOfFailedProbesStay() {
    const ForkPlace place;
    const ForkRequest request = place.request({"cosine"}, 1);
    UnreadableStep disk;
    const auto outcome = runAll(request, {}, {}, disk);
    GRIDSCOPE_VERIFY_OK(outcome);
    // Tried after each later probe, and told once.
    QCOMPARE(outcome->failedProbes, std::size_t{1});
    QCOMPARE(outcome->warnings.size(), std::size_t{1});
    QCOMPARE(trajectoryOf(request, "cosine-seed0")->rows[1]->status, RowStatus::Failed);
    const auto hasWeights = [&](const char* step) {
        return fs::exists(request.out / "cosine-seed0" / step / "model.safetensors");
    };
    QVERIFY(hasWeights("step14") && hasWeights("step22"));
    QVERIFY(!hasWeights("step10") && !hasWeights("step18"));
    // Asked again, they are not thrown away either.
    GRIDSCOPE_VERIFY_OK(runAll(request));
    QVERIFY(hasWeights("step14"));
}

void TestForkRunner::freeDiskOfAFolderThatIsNotThereYet() {
    const ForkPlace place;
    ForkRequest request = place.request({"cosine"}, 1);
    NullProgress quiet;
    for (const fs::path& out : {fs::path("not-there-yet"), place.root() / "nor" / "this"}) {
        request.out = out;
        const auto prepared = prepareFork(systemFileOps(), request, quiet, {});
        GRIDSCOPE_VERIFY_OK(prepared);
        QVERIFY(estimateForkCost(systemFileOps(), *prepared, 1e11).freeDiskBytes > 0.0);
    }
}

void TestForkRunner::anotherDesignIsRefused() {
    const ForkPlace place;
    ForkRequest request = place.request({"cosine"}, 1);
    request.design.steps = 4;
    GRIDSCOPE_VERIFY_OK(runAll(request));
    request.design.weightDecay = 0.0;
    const auto refused = runAll(request);
    QVERIFY(!refused);
    QCOMPARE(codeOf(refused.error()), QStringLiteral("fork.mismatch"));
    QVERIFY(refused.error().what.find("weight_decay") != std::string::npos);
}

void TestForkRunner::refusals_data() {
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("code");
    QTest::newRow("several checkpoints") << "suite"
                                         << "settings.range";
    QTest::newRow("no training tokens") << "tokens"
                                        << "settings.range";
    QTest::newRow("oli without a bump rate") << "eta"
                                             << "settings.range";
    QTest::newRow("too few tokens held out") << "windows"
                                             << "tokens.too-few";
    QTest::newRow("no seed") << "seeds"
                             << "settings.range";
    QTest::newRow("more than the memory") << "batch"
                                          << "memory.estimate";
}

void TestForkRunner::refusals() {
    QFETCH(const QString, change);
    const ForkPlace place;
    ForkRequest request = place.request();
    if (change == u"suite") {
        fs::create_directories(place.root() / "suite" / "step11");
        for (const char* name : {"config.json", "model.safetensors"})
            fs::copy_file(request.checkpoint / name, place.root() / "suite" / "step11" / name);
        request.checkpoint = place.root() / "suite";
    }
    if (change == u"tokens") request.training.tokens.clear();
    if (change == u"eta") request.design.conditions[1].schedule.bumpLr.reset();
    if (change == u"windows") request.evaluation.windows = "50";
    if (change == u"seeds") request.design.seeds.clear();
    if (change == u"batch") request.design.batch = std::int64_t{1} << 30;
    const auto refused = runAll(request);
    QVERIFY(!refused);
    QTEST(codeOf(refused.error()), "code");
    QVERIFY(!fs::exists(request.out / "fork.json"));
}

void TestForkRunner::monitorStopsAtConvergence() {
    const QTemporaryDir folder;
    TrainingMonitor monitor(systemFileOps(), MonitorAction::Stop, folder.path().toStdString(),
                            *ConvergenceMonitor::make());
    // Falls to step 2,000, then rises by a tenth of a nat a point: far beyond the 1 % tolerance.
    std::int64_t stopped = -1;
    for (int i = 1; i <= 60 && stopped < 0; ++i) {
        const double loss = i <= 20 ? 4.0 - 0.1 * i : 2.0 + 0.1 * (i - 20);
        const auto after = monitor.observe(TrainingStep{100 * i}, loss, {});
        GRIDSCOPE_VERIFY_OK(after);
        if (*after == AfterSave::Stop) stopped = 100 * i;
    }
    QVERIFY(stopped > 2000 && stopped <= 3500);
    QCOMPARE(monitor.event()->step, 2000.0);
    QVERIFY(monitor.sentence().find("2000") != std::string::npos ||
            monitor.sentence().find("2,000") != std::string::npos);
}

void TestForkRunner::monitorKeepsTheBest() {
    const QTemporaryDir folder;
    const fs::path root = folder.path().toStdString();
    TrainingMonitor monitor(systemFileOps(), MonitorAction::KeepBest, root / "best",
                            *ConvergenceMonitor::make());
    const std::vector<double> losses{3.0, 2.0, 2.5};
    for (std::size_t i = 0; i < losses.size(); ++i) {
        const fs::path checkpoint = root / ("step" + std::to_string(i));
        fs::create_directories(checkpoint);
        std::ofstream(checkpoint / "model.safetensors") << i;
        GRIDSCOPE_VERIFY_OK(
            monitor.observe(TrainingStep{static_cast<std::int64_t>(i)}, losses[i], checkpoint));
    }
    QVERIFY(fs::exists(root / "best" / "step1" / "model.safetensors"));
    QVERIFY(!fs::exists(root / "best" / "step0"));
    QVERIFY(!fs::exists(root / "best" / "step2"));
}

void TestForkRunner::conditionNames_data() {
    QTest::addColumn<QStringList>("texts");
    QTest::addColumn<QStringList>("names");
    QTest::newRow("forms") << QStringList{"cosine", "sgdr:period=10", "oli:eta=1e-3"}
                           << QStringList{"cosine", "sgdr", "oli"};
    QTest::newRow("own names") << QStringList{"A=cosine", "C=oli:eta=1e-3"}
                               << QStringList{"A", "C"};
    QTest::newRow("repeated oli") << QStringList{"oli:eta=0.001", "oli:eta=0.002,bump=5,cool=9"}
                                  << QStringList{"oli-0.001-75-300", "oli-0.002-5-9"};
    QTest::newRow("repeated others")
        << QStringList{"constant", "constant:lr-max=0.01"} << QStringList{"constant", "constant-2"};
}

void TestForkRunner::conditionNames() {
    QFETCH(const QStringList, texts);
    QFETCH(const QStringList, names);
    ScheduleSettings base;
    base.lrMax = 1e-3;
    base.totalSteps = 100;
    std::vector<std::string> given;
    for (const QString& text : texts) given.push_back(text.toStdString());
    const auto conditions = parseForkConditions(given, base);
    GRIDSCOPE_VERIFY_OK(conditions);
    QStringList found;
    for (const ForkCondition& condition : *conditions)
        found << QString::fromStdString(condition.name);
    QCOMPARE(found, names);
}

void TestForkRunner::sweep() {
    ScheduleSettings base;
    base.lrMax = 1e-3;
    base.totalSteps = 100;
    const auto conditions = oliSweep({0.001, 0.01}, {"75+300", "20+80"}, base);
    GRIDSCOPE_VERIFY_OK(conditions);
    QCOMPARE(conditions->size(), std::size_t{4});
    QCOMPARE((*conditions)[2].schedule.bumpSteps, std::int64_t{20});
    QCOMPARE((*conditions)[3].schedule.bumpLr.value_or(0.0), 0.01);
    QVERIFY(!oliSweep({0.001}, {"75"}, base));
}

QTEST_GUILESS_MAIN(TestForkRunner)
#include "tst_fork_runner.moc"
