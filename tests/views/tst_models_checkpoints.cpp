// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QLocale>
#include <QSignalSpy>
#include <QTest>

#include <limits>

#include "views/models/checkpoint_model.h"
#include "views/models/checkpoint_proxy.h"
#include "views/models/number_text.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {

CheckpointRow row(const QString& label, double step, double gap) {
    CheckpointRow row;
    row.label = label;
    row.step = step;
    row.int4Gap = gap;
    row.ticked = true;
    row.entry = 0;
    return row;
}

QStringList shownLabels(const CheckpointProxy& proxy) {
    QStringList labels;
    for (int i = 0; i < proxy.rowCount(); ++i)
        labels.append(proxy.index(i, CheckpointModel::Label).data().toString());
    return labels;
}

const double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

class TestModelsCheckpoints : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }
    void modelIsConsistent();
    void numbersSortAsNumbers();
    void missingValuesComeLast();
    void equalKeysKeepTheOrderOfTraining();
    void filter_data();
    void filter();
    void filterNamesWhatItDoesNotUnderstand();
    void ticksSurviveNewValues();
    void unusableRowsCannotBeTicked();
    void toggleFollowsTheFirst();
    void rowsJoinCatalogueAndTrajectory();
    void numbersAsText_data();
    void numbersAsText();
    void tenThousandRows();
};

void TestModelsCheckpoints::modelIsConsistent() {
    CheckpointModel model;
    CheckpointProxy proxy;
    proxy.setSourceModel(&model);
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester proxyTester(
        &proxy, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setRows({row(QStringLiteral("a"), 1, 2), row(QStringLiteral("b"), 2, kNan)});
    proxy.sort(CheckpointModel::Int4Gap);
    model.setRows({row(QStringLiteral("a"), 1, 5), row(QStringLiteral("b"), 2, 1)});
    model.setPhases({0, 1}, {QStringLiteral("learning"), QStringLiteral("plateau")});
    proxy.setFilterText(QStringLiteral("plateau"));
    QCOMPARE(proxy.rowCount(), 1);
    model.setRunning(0);
    model.setRows({});
    QCOMPARE(model.rowCount(), 0);
}

void TestModelsCheckpoints::numbersSortAsNumbers() {
    CheckpointModel model;
    CheckpointProxy proxy;
    proxy.setSourceModel(&model);
    model.setRows({row(QStringLiteral("step1000"), 1000, 9.5), row(QStringLiteral("step2"), 2, 100),
                   row(QStringLiteral("step10"), 10, -3)});
    proxy.sort(CheckpointModel::Label);
    QCOMPARE(shownLabels(proxy).join(u' '), QStringLiteral("step2 step10 step1000"));
    proxy.sort(CheckpointModel::Int4Gap, Qt::DescendingOrder);
    QCOMPARE(shownLabels(proxy).join(u' '), QStringLiteral("step2 step1000 step10"));
}

void TestModelsCheckpoints::missingValuesComeLast() {
    CheckpointModel model;
    CheckpointProxy proxy;
    proxy.setSourceModel(&model);
    model.setRows({row(QStringLiteral("x"), 1, kNan), row(QStringLiteral("y"), 2, 5),
                   row(QStringLiteral("z"), 3, 1)});
    proxy.sort(CheckpointModel::Int4Gap, Qt::AscendingOrder);
    QCOMPARE(shownLabels(proxy).join(u' '), QStringLiteral("z y x"));
    proxy.sort(CheckpointModel::Int4Gap, Qt::DescendingOrder);
    QCOMPARE(shownLabels(proxy).join(u' '), QStringLiteral("y z x"));
}

void TestModelsCheckpoints::equalKeysKeepTheOrderOfTraining() {
    CheckpointModel model;
    CheckpointProxy proxy;
    proxy.setSourceModel(&model);
    model.setRows({row(QStringLiteral("a"), 1, 5), row(QStringLiteral("b"), 2, 5),
                   row(QStringLiteral("c"), 3, 5)});
    proxy.sort(CheckpointModel::Int4Gap, Qt::AscendingOrder);
    QCOMPARE(shownLabels(proxy).join(u' '), QStringLiteral("a b c"));
    proxy.sort(CheckpointModel::Int4Gap, Qt::DescendingOrder);
    QCOMPARE(shownLabels(proxy).join(u' '), QStringLiteral("a b c"));
}

void TestModelsCheckpoints::filter_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("labels");
    QTest::newRow("nothing") << QString() << QStringLiteral("step1 step10 step500");
    QTest::newRow("word") << QStringLiteral("ep1") << QStringLiteral("step1 step10");
    QTest::newRow("number") << QStringLiteral("gap>20") << QStringLiteral("step500");
    QTest::newRow("two conditions") << QStringLiteral("gap>1 step<=10") << QStringLiteral("step10");
    QTest::newRow("word and number")
        << QStringLiteral("step1 gap<100") << QStringLiteral("step1 step10");
    QTest::newRow("equal") << QStringLiteral("step=500") << QStringLiteral("step500");
    QTest::newRow("none") << QStringLiteral("failed") << QString();
}

void TestModelsCheckpoints::filter() {
    QFETCH(QString, text);
    QFETCH(QString, labels);
    CheckpointModel model;
    CheckpointProxy proxy;
    proxy.setSourceModel(&model);
    model.setRows({row(QStringLiteral("step1"), 1, 0.5), row(QStringLiteral("step10"), 10, 3),
                   row(QStringLiteral("step500"), 500, 80)});
    QVERIFY(proxy.setFilterText(text).isEmpty());
    QCOMPARE(shownLabels(proxy).join(u' '), labels);
}

void TestModelsCheckpoints::filterNamesWhatItDoesNotUnderstand() {
    CheckpointProxy proxy;
    QVERIFY(proxy.setFilterText(QStringLiteral("height>3")).contains(QStringLiteral("height")));
    QVERIFY(proxy.setFilterText(QStringLiteral("gap>x")).contains(QStringLiteral("gap>x")));
}

void TestModelsCheckpoints::ticksSurviveNewValues() {
    CheckpointModel model;
    model.setRows({row(QStringLiteral("a"), 1, 5), row(QStringLiteral("b"), 2, 5)});
    QSignalSpy spy(&model, &CheckpointModel::ticksChanged);
    QVERIFY(model.setData(model.index(0, 0), Qt::Unchecked, Qt::CheckStateRole));
    QCOMPARE(spy.size(), 1);
    model.setRows({row(QStringLiteral("a"), 1, 6), row(QStringLiteral("b"), 2, 6)});
    QVERIFY(!model.rows()[0].ticked);
    QVERIFY(model.rows()[1].ticked);
    // A new label resets the model; the old ticks still hold.
    model.setRows({row(QStringLiteral("a"), 1, 6), row(QStringLiteral("b"), 2, 6),
                   row(QStringLiteral("c"), 3, 6)});
    QVERIFY(!model.rows()[0].ticked);
    QVERIFY(model.rows()[2].ticked);
}

void TestModelsCheckpoints::unusableRowsCannotBeTicked() {
    CheckpointRow bad = row(QStringLiteral("bad"), 1, kNan);
    bad.usable = false;
    bad.ticked = false;
    CheckpointModel model;
    model.setRows({bad, row(QStringLiteral("good"), 2, 1)});
    QVERIFY(!model.setData(model.index(0, 0), Qt::Checked, Qt::CheckStateRole));
    model.setTicks({true, true});
    QVERIFY(!model.rows()[0].ticked);
    QVERIFY(!(model.flags(model.index(0, 0)) & Qt::ItemIsUserCheckable));
    QCOMPARE(model.tickedCount(), 1);
}

void TestModelsCheckpoints::toggleFollowsTheFirst() {
    CheckpointModel model;
    model.setRows({row(QStringLiteral("a"), 1, 5), row(QStringLiteral("b"), 2, 5),
                   row(QStringLiteral("c"), 3, 5)});
    model.setTicks({true, false, false});
    model.toggleTicks({0, 1});
    QVERIFY(!model.rows()[0].ticked && !model.rows()[1].ticked);
    model.toggleTicks({0, 1});
    QVERIFY(model.rows()[0].ticked && model.rows()[1].ticked && !model.rows()[2].ticked);
}

void TestModelsCheckpoints::rowsJoinCatalogueAndTrajectory() {
    CheckpointCatalog catalog;
    for (const int step : {0, 40}) {
        CheckpointEntry entry;
        entry.label.text = "step" + std::to_string(step);
        entry.label.step = TrainingStep{step};
        entry.bytes = 1000;
        entry.dtype = "F16";
        catalog.entries.push_back(entry);
    }
    catalog.entries[1].problems.push_back(
        {ErrorCode::SafetensorsOffsets, "step40/model.safetensors", "overlap", {}});
    auto record = std::make_shared<ProbeRecord>();
    record->label = "step0";
    record->step = 0;
    record->status = RowStatus::Complete;
    record->fp32.ppl = 12.5;
    record->grids["a4g128:minmax"].gapPercent.value = 3.25;
    record->contentSha256 = "0123456789abcdef";
    auto gone = std::make_shared<ProbeRecord>();
    gone->label = "step7";
    gone->step = 7;
    gone->status = RowStatus::Failed;
    gone->error = "boom";
    Trajectory trajectory;
    trajectory.rows = {record, gone};

    const auto rows = checkpointRows(&catalog, &trajectory);
    QCOMPARE(rows.size(), std::size_t{3});
    QCOMPARE(rows[0].state, CheckpointState::Complete);
    QCOMPARE(rows[0].fp32Ppl, 12.5);
    QCOMPARE(rows[0].int4Gap, 3.25);
    QVERIFY(rows[0].ticked);
    QCOMPARE(rows[0].record, 0);
    QVERIFY(!rows[1].usable && !rows[1].ticked);
    QVERIFY(rows[1].note.contains(QStringLiteral("overlap")));
    QCOMPARE(rows[2].entry, -1);
    QCOMPARE(rows[2].state, CheckpointState::Failed);
    QCOMPARE(rows[2].note, QStringLiteral("boom"));
    QCOMPARE(checkpointRows(nullptr, nullptr).size(), std::size_t{0});
}

void TestModelsCheckpoints::numbersAsText_data() {
    QTest::addColumn<double>("value");
    QTest::addColumn<QString>("text");
    QTest::newRow("nan") << kNan << QStringLiteral("–");
    QTest::newRow("inf") << std::numeric_limits<double>::infinity() << QStringLiteral("∞");
    QTest::newRow("zero") << 0.0 << QStringLiteral("0.000");
    QTest::newRow("small") << 0.0234 << QStringLiteral("0.023");
    QTest::newRow("units") << 33.384 << QStringLiteral("33.38");
    QTest::newRow("thousands") << 5171.4 << QStringLiteral("5171");
    QTest::newRow("huge") << 1.5e300 << QStringLiteral("1.50e+300");
}

void TestModelsCheckpoints::numbersAsText() {
    QFETCH(double, value);
    QFETCH(QString, text);
    QLocale plain = QLocale::c();
    plain.setNumberOptions(QLocale::OmitGroupSeparator);
    QLocale::setDefault(plain);
    QCOMPARE(numberText(value), text);
}

void TestModelsCheckpoints::tenThousandRows() {
    std::vector<CheckpointRow> rows;
    for (int i = 0; i < 10000; ++i)
        rows.push_back(row(QStringLiteral("step%1").arg(i), i, (i * 7919) % 10007));
    CheckpointModel model;
    CheckpointProxy proxy;
    proxy.setSourceModel(&model);
    model.setRows(rows);
    QElapsedTimer timer;
    timer.start();
    proxy.sort(CheckpointModel::Int4Gap);
    const auto sortMs = timer.restart();
    proxy.setFilterText(QStringLiteral("gap>5000"));
    const auto filterMs = timer.elapsed();
    qInfo("10,000 rows: sort %lld ms, filter %lld ms (budget 100)", sortMs, filterMs);
    QVERIFY(sortMs < 500 && filterMs < 500);
    QVERIFY(proxy.rowCount() > 4000 && proxy.rowCount() < 6000);
}

QTEST_GUILESS_MAIN(TestModelsCheckpoints)
#include "tst_models_checkpoints.moc"
