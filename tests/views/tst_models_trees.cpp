// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAbstractItemModelTester>
#include <QLocale>
#include <QSignalSpy>
#include <QTest>

#include <limits>

#include "views/models/failure_model.h"
#include "views/models/job_model.h"
#include "views/models/layer_model.h"
#include "views/models/phase_model.h"
#include "views/models/run_model.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {

constexpr auto kStrict = QAbstractItemModelTester::FailureReportingMode::QtTest;
const double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<LayerInfo> twoBlocks() {
    return {{"h.1.attn", 8, 4, 1, "attn.qkv"},
            {"h.0.attn", 8, 4, 0, "attn.qkv"},
            {"h.0.mlp", 16, 4, 0, "mlp.up"}};
}

JobStatus job(int id, JobState state) {
    JobStatus status;
    status.id = JobId{id};
    status.name = QStringLiteral("probe");
    status.state = state;
    return status;
}

QString cell(const QAbstractItemModel& model, int row, int column, const QModelIndex& parent = {}) {
    return model.index(row, column, parent).data().toString();
}

}  // namespace

class TestModelsTrees : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }
    void layersGroupByBlock();
    void blockShowsTheMeanOfItsMatrices();
    void phasesListEveryDetector();
    void jobsComeAndGo();
    void jobTexts();
    void picturesAreNotListed();
    void finishedJobsAreLimited();
    void failuresGroupByCode();
    void runsKeepTheirTick();
};

void TestModelsTrees::layersGroupByBlock() {
    LayerModel model;
    const QAbstractItemModelTester tester(&model, kStrict);
    model.setLayers(twoBlocks());
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(cell(model, 0, LayerModel::Name), QStringLiteral("All matrices"));
    QVERIFY(model.isAllMatrices(model.index(0, 0)));
    QCOMPARE(model.rowCount(model.index(0, 0)), 0);
    const QModelIndex block0 = model.index(1, 0);
    QVERIFY(!model.isAllMatrices(block0));
    QCOMPARE(block0.data().toString(), QStringLiteral("Block 0"));
    QCOMPARE(model.rowCount(block0), 2);
    QCOMPARE(model.layerAt(model.index(1, 0, block0)), 2);
    QCOMPARE(model.layerAt(block0), -1);
    QCOMPARE(model.indexOfLayer(0).parent(), model.index(2, 0));
    QVERIFY(!model.indexOfLayer(17).isValid());
    for (int layer = 0; layer < 3; ++layer)
        QCOMPARE(model.layerAt(model.indexOfLayer(layer)), layer);
}

void TestModelsTrees::blockShowsTheMeanOfItsMatrices() {
    LayerModel model;
    const QAbstractItemModelTester tester(&model, kStrict);
    model.setLayers(twoBlocks());
    model.setValues({{1.0, 2.0, 4.0}, 7.0, QStringLiteral("Edge mass"), {}});
    QCOMPARE(cell(model, 0, LayerModel::Value), QStringLiteral("7.000"));
    QCOMPARE(cell(model, 1, LayerModel::Value), QStringLiteral("3.000"));
    QCOMPARE(cell(model, 2, LayerModel::Value), QStringLiteral("1.000"));
    QCOMPARE(model.headerData(LayerModel::Value, Qt::Horizontal, Qt::DisplayRole).toString(),
             QStringLiteral("Edge mass"));
    model.setValues({{kNan, 2.0, kNan}, kNan, QStringLiteral("Edge mass"), {}});
    QCOMPARE(cell(model, 0, LayerModel::Value), QStringLiteral("–"));
    QCOMPARE(cell(model, 1, LayerModel::Value), QStringLiteral("2.000"));
    QCOMPARE(cell(model, 2, LayerModel::Value), QStringLiteral("–"));
}

void TestModelsTrees::phasesListEveryDetector() {
    PhaseModel model;
    const QAbstractItemModelTester tester(&model, kStrict);
    DetectorFinding first;
    first.id = QStringLiteral("derivative");
    first.name = QStringLiteral("Derivative rule");
    first.state = QStringLiteral("converged");
    first.drawsBands = true;
    first.boundaries = {{1000, 700, 1800, QStringLiteral("learning ends"), false},
                        {77000, kNan, kNan, QStringLiteral("convergence"), true}};
    DetectorFinding second;
    second.id = QStringLiteral("changepoints");
    second.state = QStringLiteral("not enough data");
    const AssociationRow association{QStringLiteral("Onset"), QStringLiteral("+3 steps"),
                                     QStringLiteral("1 – 5"), QStringLiteral("n = 7"),
                                     QStringLiteral("coarse")};
    model.setFindings({first, second}, {association});
    QCOMPARE(model.rowCount(), 3);
    const QModelIndex group = model.index(2, 0);
    QCOMPARE(model.rowCount(group), 1);
    QCOMPARE(cell(model, 0, PhaseModel::Step, group), QStringLiteral("+3 steps"));
    QVERIFY(model.boundaryAt(model.index(0, 0, group)) == nullptr);
    QVERIFY(model.detectorAt(group).isEmpty());
    QVERIFY(model.detectorAt(model.index(0, 0, group)).isEmpty());
    model.setFindings({first, second});
    QCOMPARE(model.rowCount(), 2);
    const QModelIndex detector = model.index(0, 0);
    QCOMPARE(model.rowCount(detector), 2);
    QCOMPARE(cell(model, 0, PhaseModel::Interval, detector), QStringLiteral("700 – 1,800"));
    QCOMPARE(cell(model, 1, PhaseModel::Interval, detector), QStringLiteral("no interval"));
    QCOMPARE(cell(model, 1, PhaseModel::Origin, detector), QStringLiteral("manual (not detected)"));
    QCOMPARE(cell(model, 1, PhaseModel::Step), QStringLiteral("not enough data"));
    QVERIFY(model.boundaryAt(detector) == nullptr);
    QCOMPARE(model.boundaryAt(model.index(1, 0, detector))->step, 77000.0);
    QCOMPARE(model.detectorAt(model.index(1, 0, detector)), QStringLiteral("derivative"));
    model.setFindings({});
    QCOMPARE(model.rowCount(), 0);
}

void TestModelsTrees::jobsComeAndGo() {
    JobModel model;
    const QAbstractItemModelTester tester(&model, kStrict);
    model.update(job(1, JobState::Queued));
    model.update(job(2, JobState::Running));
    model.update(job(1, JobState::Running));
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.rowOf(JobId{2}), 1);
    model.update(job(1, JobState::Done));
    model.removeFinished();
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(model.at(0)->id, JobId{2});
    QVERIFY(!model.at(9));
}

void TestModelsTrees::jobTexts() {
    JobModel model;
    JobStatus status = job(1, JobState::Running);
    status.progress = {"perplexity", "step40", 25, 100, kNan};
    status.elapsedSeconds = 5.0;
    model.update(status);
    QCOMPARE(cell(model, 0, JobModel::Progress), QStringLiteral("25 %"));
    QCOMPARE(cell(model, 0, JobModel::Stage), QStringLiteral("perplexity: step40"));
    QCOMPARE(cell(model, 0, JobModel::Eta), QStringLiteral("estimating"));
    QCOMPARE(cell(model, 0, JobModel::Done), QStringLiteral("25 of 100"));
    status.progress = {"audit", "step40", 25'000'000, 1'500'000'000, kNan};
    model.update(status);
    QCOMPARE(cell(model, 0, JobModel::Done), QStringLiteral("25.0 MB of 1.5 GB"));
    QCOMPARE(cell(model, 0, JobModel::Rate), QStringLiteral("5.0 MB/s"));
    status.progress = {"perplexity", "step40", 25, 100, kNan};
    model.update(status);
    QCOMPARE(model.index(0, 0).data(JobModel::kFractionRole).toDouble(), 0.25);
    status.pauseRequested = true;
    model.update(status);
    QCOMPARE(cell(model, 0, JobModel::State), QStringLiteral("pausing"));
    status.cancelRequested = true;
    model.update(status);
    QCOMPARE(cell(model, 0, JobModel::State), QStringLiteral("stopping"));
}

void TestModelsTrees::picturesAreNotListed() {
    JobModel model;
    JobStatus status = job(1, JobState::Running);
    status.picture = true;
    model.update(status);
    QCOMPARE(model.rowCount(), 0);
}

void TestModelsTrees::finishedJobsAreLimited() {
    JobModel model;
    const QAbstractItemModelTester tester(&model, kStrict);
    model.update(job(1, JobState::Running));
    for (int i = 2; i < 200; ++i) model.update(job(i, JobState::Done));
    QCOMPARE(model.rowCount(), static_cast<int>(JobModel::kFinishedLimit));
    QCOMPARE(model.rowOf(JobId{1}), 0);  // what still runs is never dropped
}

void TestModelsTrees::failuresGroupByCode() {
    FailureModel model;
    const QAbstractItemModelTester tester(&model, kStrict);
    model.add({ErrorCode::FileVanished, "step40", "gone", "mount it again"});
    model.add({ErrorCode::WeightsNotFinite, "step0", "NaN", {}});
    model.add({ErrorCode::FileVanished, "step150", "gone", {}});
    model.add({ErrorCode::FileVanished, "step40", "gone", "mount it again"});
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.failureCount(), 3);
    const QModelIndex group = model.index(0, 0);
    QCOMPARE(group.data().toString(), QStringLiteral("file.vanished"));
    QCOMPARE(model.rowCount(group), 2);
    QCOMPARE(cell(model, 0, FailureModel::Hint, group), QStringLiteral("mount it again"));
    QCOMPARE(model.toText().count(QLatin1Char('\n')), 2);
    model.clear();
    QCOMPARE(model.failureCount(), 0);
}

void TestModelsTrees::runsKeepTheirTick() {
    RunModel model;
    const QAbstractItemModelTester tester(&model, kStrict);
    RunRow a;
    a.id = RunId{1};
    a.name = QStringLiteral("a");
    a.probed = 3;
    a.checkpoints = 8;
    RunRow b = a;
    b.id = RunId{2};
    model.setRuns({a});
    QSignalSpy spy(&model, &RunModel::visibilityChanged);
    QVERIFY(model.setData(model.index(0, 0), Qt::Unchecked, Qt::CheckStateRole));
    QCOMPARE(spy.size(), 1);
    model.setRuns({a, b});
    QVERIFY(!model.isVisible(RunId{1}));
    QVERIFY(model.isVisible(RunId{2}));
    QCOMPARE(model.rowOf(RunId{2}), 1);
    QCOMPARE(model.idAt(5), RunId{});
    QCOMPARE(cell(model, 0, RunModel::Probed), QStringLiteral("3 of 8"));
}

QTEST_GUILESS_MAIN(TestModelsTrees)
#include "tst_models_trees.moc"
