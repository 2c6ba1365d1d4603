// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include <cmath>
#include <fstream>
#include <functional>

#include "core/training/fork_results.h"
#include "tests/core/training/fork_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::test;
namespace fs = std::filesystem;

namespace {

QString codeOf(const Error& error) {
    return QString::fromStdString(std::string(errorCodeText(error.code)));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) qFatal("%s is not in the record", from.c_str());
    return text.replace(at, from.size(), to);
}

}  // namespace

class TestForkFolder : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void recordRoundTrip();
    void equalTextsMeanEqualExperiments_data();
    void equalTextsMeanEqualExperiments();
    void damagedRecords_data();
    void damagedRecords();
    void recordOnDisk();
    void statuses();
    void damagedStatuses_data();
    void damagedStatuses();
    void resultsOfRuns();
    void resultsBeforeTheUpdate();
    void gridsAreChosen();
    void comparedRunsWaitForTheirEnd();
    void missingAndDamagedExperiments();

private:
    fs::path root() const { return fs::path(m_folder->path().toStdString()) / "experiment"; }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestForkFolder::recordRoundTrip() {
    ForkRecord record = forkRecord();
    record.design.seeds = {0, std::numeric_limits<std::uint64_t>::max()};
    record.design.probing = {ProbePlacement::CoolEnd, 5, 2, ProbeTiming::BeforeUpdate};
    record.design.batch = 3;
    record.design.accumulate = 6;
    record.design.rewarmSteps = 4;
    record.design.weightDecay = 0.1 + 0.2;  // no short decimal
    record.design.clip = 0.5;
    const std::string text = forkRecordToJson(record);
    QVERIFY(text.ends_with("}\n"));
    const auto read = parseForkRecord(text, "fork.json");
    GRIDSCOPE_VERIFY_OK(read);
    QCOMPARE(forkRecordToJson(*read), text);
    const ForkDesign& design = read->design;
    QCOMPARE(design.forkStep, std::int64_t(100));
    QCOMPARE(design.steps, std::int64_t(12));
    QCOMPARE(design.seeds, record.design.seeds);
    QVERIFY(design.probing == record.design.probing);
    QCOMPARE(design.batch, std::int64_t(3));
    QCOMPARE(design.length, std::int64_t(64));
    QCOMPARE(design.accumulate, std::int64_t(6));
    QCOMPARE(design.rewarmSteps, std::int64_t(4));
    QCOMPARE(design.weightDecay, record.design.weightDecay);
    QCOMPARE(design.clip, 0.5);
    for (std::size_t i = 0; i < 2; ++i) {
        QCOMPARE(design.conditions[i].name, record.design.conditions[i].name);
        QVERIFY(design.conditions[i].schedule == record.design.conditions[i].schedule);
    }
    QCOMPARE(read->checkpoint, record.checkpoint);
    QCOMPARE(read->checkpointLabel, record.checkpointLabel);
    QCOMPARE(read->checkpointSha256, record.checkpointSha256);
    QCOMPARE(read->trainingSha256, record.trainingSha256);
    QCOMPARE(read->evaluation, record.evaluation);
}

void TestForkFolder::equalTextsMeanEqualExperiments_data() {
    using Change = std::function<void(ForkRecord&)>;
    QTest::addColumn<std::shared_ptr<Change>>("change");
    const auto row = [](const char* name, Change change) {
        QTest::newRow(name) << std::make_shared<Change>(std::move(change));
    };
    row("fork step", [](ForkRecord& r) { ++r.design.forkStep; });
    row("steps", [](ForkRecord& r) { ++r.design.steps; });
    row("name", [](ForkRecord& r) { r.design.conditions[1].name = "b"; });
    row("schedule", [](ForkRecord& r) { r.design.conditions[0].schedule.lrMin = 0.0; });
    row("eta", [](ForkRecord& r) { r.design.conditions[1].schedule.bumpLr = 0.02; });
    row("seeds", [](ForkRecord& r) { r.design.seeds = {8, 7}; });
    row("placement", [](ForkRecord& r) { r.design.probing.placement = ProbePlacement::CoolEnd; });
    row("every", [](ForkRecord& r) { r.design.probing.every = 4; });
    row("offset", [](ForkRecord& r) { r.design.probing.offset = 1; });
    row("timing", [](ForkRecord& r) { r.design.probing.timing = ProbeTiming::BeforeUpdate; });
    row("batch", [](ForkRecord& r) { ++r.design.batch; });
    row("length", [](ForkRecord& r) { ++r.design.length; });
    row("accumulate", [](ForkRecord& r) { ++r.design.accumulate; });
    row("rewarm", [](ForkRecord& r) { ++r.design.rewarmSteps; });
    row("decay", [](ForkRecord& r) { r.design.weightDecay = 0.0; });
    row("clip", [](ForkRecord& r) { r.design.clip = 2.0; });
    row("data order", [](ForkRecord& r) { r.design.dataOrder = DataOrder::File; });
    row("first window", [](ForkRecord& r) {
        r.design.dataOrder = DataOrder::File;
        r.design.firstWindow = 7;
    });
    row("checkpoint", [](ForkRecord& r) { r.checkpointSha256 = std::string(64, 'a'); });
    row("tokens", [](ForkRecord& r) { r.trainingSha256 = std::string(64, 'a'); });
    row("evaluation", [](ForkRecord& r) { r.evaluation = "another"; });
    row("windows", [](ForkRecord& r) { r.evaluationSha256 = std::string(64, 'a'); });
}

void TestForkFolder::equalTextsMeanEqualExperiments() {
    QFETCH(std::shared_ptr<std::function<void(ForkRecord&)>>, change);
    ForkRecord record = forkRecord();
    (*change)(record);
    QVERIFY(forkRecordToJson(record) != forkRecordToJson(forkRecord()));
    const auto read = parseForkRecord(forkRecordToJson(record), "fork.json");
    GRIDSCOPE_VERIFY_OK(read);
    QCOMPARE(forkRecordToJson(*read), forkRecordToJson(record));
}

void TestForkFolder::damagedRecords_data() {
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("where");
    const auto row = [](const char* name, const char* from, const char* to, const char* where) {
        QTest::newRow(name) << QString(from) << QString(to) << QString(where);
    };
    row("cut off", "1.0\n  }\n}\n", "1.0", "f, /design/clip");
    row("no object", "{", "[{", "f");
    row("another format", "gridscope-fork", "other", "f, /format");
    row("newer", "\"format_version\": 1", "\"format_version\": 2", "f, /format_version");
    row("key twice", "\"steps\": 12", "\"steps\": 12, \"steps\": 12", "f, /design/steps");
    row("missing key", "\"steps\": 12,", "", "f, /design/steps");
    row("text for a number", "\"steps\": 12", "\"steps\": \"12\"", "f, /design/steps");
    row("fraction", "\"steps\": 12", "\"steps\": 12.5", "f, /design/steps");
    row("too large", "\"steps\": 12", "\"steps\": 9223372036854775808", "f, /design/steps");
    row("out of range", "\"steps\": 12", "\"steps\": 0", "f, /design, steps");
    row("number beyond double", "\"clip\": 1.0", "\"clip\": 1e400", "f, /design/clip");
    row("NaN", "\"clip\": 1.0", "\"clip\": NaN", "f, /design/clip");
    row("null", "\"clip\": 1.0", "\"clip\": null", "f, /design/clip");
    row("path as name", "\"name\": \"oli\"", "\"name\": \"../oli\"", "f, /design, conditions");
    row("name twice", "\"name\": \"oli\"", "\"name\": \"cosine\"", "f, /design, conditions");
    row("schedule", "oli:eta=0.01", "oli:etta=0.01", "f, /design/conditions/1/schedule");
    row("seed negative", "\n      7", "\n      -7", "f, /design/seeds");
    row("seed twice", "\n      7", "\n      8", "f, /design, seeds");
    row("placement", "\"interval\"", "\"sometimes\"", "f, /design/probing/placement");
    row("timing", "\"after-update\"", "\"later\"", "f, /design/probing/timing");
    row("no text", "\"step100\"", "100", "f, /checkpoint/label");
}

void TestForkFolder::damagedRecords() {
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QString, where);
    const std::string text =
        replaced(forkRecordToJson(forkRecord()), from.toStdString(), to.toStdString());
    const auto read = parseForkRecord(text, "f");
    QVERIFY(!read);
    QCOMPARE(codeOf(read.error()), QString("fork.format"));
    QCOMPARE(QString::fromStdString(read.error().where), where);
    QVERIFY(!read.error().what.empty());
}

void TestForkFolder::recordOnDisk() {
    const ForkFolder folder(systemFileOps(), root());
    const auto before = folder.readRecord();
    GRIDSCOPE_VERIFY_OK(before);
    QVERIFY(!before->has_value());
    GRIDSCOPE_DO_OK(folder.writeRecord(forkRecord()));  // makes the folder
    const auto after = folder.readRecord();
    GRIDSCOPE_VERIFY_OK(after);
    QVERIFY(after->has_value());
    QCOMPARE(forkRecordToJson(**after), forkRecordToJson(forkRecord()));
    std::ofstream(folder.designFile()) << "[]";
    const auto damaged = folder.readRecord();
    QVERIFY(!damaged);
    QCOMPARE(codeOf(damaged.error()), QString("fork.format"));
    QCOMPARE(damaged.error().where, folder.designFile().string());
}

void TestForkFolder::statuses() {
    const ForkFolder folder(systemFileOps(), root());
    GRIDSCOPE_DO_OK(folder.writeRecord(forkRecord()));
    const auto none = folder.readStatus("oli-seed7");
    GRIDSCOPE_VERIFY_OK(none);
    QCOMPARE(none->state, ForkRunState::Planned);
    for (const ForkRunState state : {ForkRunState::Planned, ForkRunState::Complete,
                                     ForkRunState::Stopped, ForkRunState::Diverged}) {
        GRIDSCOPE_DO_OK(folder.writeStatus("oli-seed7", {state, 104, "line\n\"two\""}));
        const auto read = folder.readStatus("oli-seed7");
        GRIDSCOPE_VERIFY_OK(read);
        QCOMPARE(read->state, state);
        QCOMPARE(read->step, std::int64_t(104));
        QCOMPARE(read->note, std::string("line\n\"two\""));
    }
    GRIDSCOPE_VERIFY_OK(folder.readStatus("cosine-seed7"));
}

void TestForkFolder::damagedStatuses_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("key");
    QTest::newRow("empty") << ""
                           << "";
    QTest::newRow("list") << "[]"
                          << "";
    QTest::newRow("state") << R"({"state":"done","step":1,"note":""})"
                           << ", /state";
    QTest::newRow("no step") << R"({"state":"complete","note":""})"
                             << ", /step";
    QTest::newRow("no note") << R"({"state":"complete","step":1})"
                             << ", /note";
}

void TestForkFolder::damagedStatuses() {
    QFETCH(QString, text);
    QFETCH(QString, key);
    const ForkFolder folder(systemFileOps(), root());
    GRIDSCOPE_DO_OK(folder.writeRecord(forkRecord()));
    const fs::path file = root() / "oli-seed7.state.json";
    std::ofstream(file) << text.toStdString();
    const auto read = folder.readStatus("oli-seed7");
    QVERIFY(!read);
    QCOMPARE(codeOf(read.error()), QString("fork.format"));
    QCOMPARE(QString::fromStdString(read.error().where),
             QString::fromStdString(file.string()) + key);
}

void TestForkFolder::resultsOfRuns() {
    writeForkExperiment(root());
    const auto results = readForkResults(systemFileOps(), root(), "");
    GRIDSCOPE_VERIFY_OK(results);
    QCOMPARE(results->gridId, std::string("a4g128:minmax"));
    QCOMPARE(results->grids, (std::vector<std::string>{"a4g128:minmax", "s8channel:absmax"}));
    QCOMPARE(results->runs.size(), std::size_t(4));
    const ForkRunResult& oli = results->runs[1];
    QCOMPARE(oli.name, std::string("oli-seed7"));
    QCOMPARE(oli.condition, std::size_t(1));
    QCOMPARE(oli.seed, std::uint64_t(7));
    QCOMPARE(oli.status.state, ForkRunState::Complete);
    QCOMPARE(oli.probes.size(), std::size_t(5));  // with the fork point
    QCOMPARE(oli.probes[0].step, std::int64_t(100));
    QCOMPARE(oli.probes[1].kind, ScheduleKind::Cool);
    QCOMPARE(oli.probes[2].kind, ScheduleKind::Bump);
    QCOMPARE(oli.probes[2].learningRate, 0.01);
    QCOMPARE(oli.probes[2].gapPercent, 9.0);
    QCOMPARE(oli.probes[2].fp32Ppl, 30.0);
    QCOMPARE(oli.probes[2].quantizedPpl, 30.0 * 1.09);
    QCOMPARE(results->runs[0].probes[2].kind, ScheduleKind::Decay);
    QCOMPARE(results->runs[2].name, std::string("cosine-seed8"));
    QCOMPARE(results->runs[2].status.state, ForkRunState::Diverged);
    QCOMPARE(results->runs[2].status.note, std::string("the loss is NaN"));
    QCOMPARE(results->runs[3].status.state, ForkRunState::Planned);
    QCOMPARE(results->runs[3].probes.size(), std::size_t(2));
    fs::remove(root() / "oli-seed8.h5");
    const auto fewer = readForkResults(systemFileOps(), root(), "");
    GRIDSCOPE_VERIFY_OK(fewer);
    QVERIFY(fewer->runs[3].probes.empty());
}

void TestForkFolder::resultsBeforeTheUpdate() {
    writeForkExperiment(root());
    ForkRecord record = forkRecord();
    record.design.probing.timing = ProbeTiming::BeforeUpdate;
    record.design.rewarmSteps = 8;
    const ForkFolder folder(systemFileOps(), root());
    GRIDSCOPE_DO_OK(folder.writeRecord(record));
    const auto results = readForkResults(systemFileOps(), root(), "int4");
    GRIDSCOPE_VERIFY_OK(results);
    const std::vector<ForkProbe>& probes = results->runs[1].probes;
    // lr(107), position 1 of the period: bump; half of the re-warm is step 104, so 7/8 of eta.
    QCOMPARE(probes[2].kind, ScheduleKind::Bump);
    QCOMPARE(probes[2].learningRate, 0.01 * 7.0 / 8.0);
    QCOMPARE(probes[1].kind, ScheduleKind::Cool);  // lr(104), position 4
    QCOMPARE(probes[0].kind, ScheduleKind::Bump);  // lr(101), position 1
}

void TestForkFolder::gridsAreChosen() {
    writeForkExperiment(root());
    const auto int8 = readForkResults(systemFileOps(), root(), "int8");
    GRIDSCOPE_VERIFY_OK(int8);
    QCOMPARE(int8->gridId, std::string("s8channel:absmax"));
    QVERIFY(int8->runs[1].probes[2].gapPercent != 9.0);
    for (const char* grid : {"int3", "nonsense"}) {
        const auto absent = readForkResults(systemFileOps(), root(), grid);
        QVERIFY(!absent);
        QCOMPARE(codeOf(absent.error()), QString("settings.syntax"));
    }
    const ForkFolder empty(systemFileOps(), root() / "empty");
    GRIDSCOPE_DO_OK(empty.writeRecord(forkRecord()));
    const auto nothing = readForkResults(systemFileOps(), empty.root(), "int3");
    GRIDSCOPE_VERIFY_OK(nothing);
    QVERIFY(nothing->grids.empty());
    QCOMPARE(nothing->runs.size(), std::size_t(4));
}

void TestForkFolder::comparedRunsWaitForTheirEnd() {
    writeForkExperiment(root());
    auto results = readForkResults(systemFileOps(), root(), "");
    GRIDSCOPE_VERIFY_OK(results);
    std::vector<ComparedRun> runs = comparedRuns(*results);
    QCOMPARE(runs.size(), std::size_t(3));  // oli-seed8 goes on while oli-seed7 has ended
    QCOMPARE(runs[2].name, std::string("cosine-seed8"));
    QCOMPARE(runs[1].probes.size(), std::size_t(4));  // without the fork point
    QCOMPARE(runs[1].probes[0].step, 103.0);
    QVERIFY(!runs[1].probes[0].bump);
    QVERIFY(runs[1].probes[1].bump);
    QCOMPARE(runs[1].probes[1].fp32Ppl, 30.0);
    results->runs[1].status.state = ForkRunState::Planned;
    runs = comparedRuns(*results);
    QCOMPARE(runs.size(), std::size_t(4));  // no oli run has ended: both are shown
}

void TestForkFolder::missingAndDamagedExperiments() {
    const auto missing = readForkResults(systemFileOps(), root(), "");
    QVERIFY(!missing);
    QCOMPARE(codeOf(missing.error()), QString("fork.missing"));
    QCOMPARE(missing.error().where, root().string());
    writeForkExperiment(root());
    std::ofstream(root() / "oli-seed7.h5") << "no trajectory";
    const auto damaged = readForkResults(systemFileOps(), root(), "");
    QVERIFY(!damaged);
    QCOMPARE(codeOf(damaged.error()), QString("trajectory.format"));
}

QTEST_GUILESS_MAIN(TestForkFolder)
#include "tst_fork_folder.moc"
