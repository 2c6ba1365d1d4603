// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "core/analysis/phase_detection.h"
#include "core/analysis/phase_input.h"
#include "core/trajectory/trajectory_export.h"
#include "core/trajectory/trajectory_import.h"
#include "core/trajectory/trajectory_store.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

std::filesystem::path reference(const char* name) {
    return test::dataFolder().parent_path().parent_path() / "resources/reference" / name;
}

}  // namespace

class TestTrajectoryImport : public QObject {
    Q_OBJECT

private slots:
    void valuesGoWhereTheirNamesSay();
    void blanksAndWholeNumbers();
    void whatFollowsByDefinition();
    void errors_data();
    void errors();
    void tableOneThroughTheFile();
    void exportComesBack();
    void unknownColumnsAreNamed();
};

void TestTrajectoryImport::valuesGoWhereTheirNamesSay() {
    const auto table = parseReferenceTable(
        "step,label,stage,fp32_ppl,kurtosis_mean,learning_rate,gap_percent,s8channel:absmax.kl\n"
        "100,b,2,20,,0.5,4.5,0.25\n"
        "7,,,30,1.25,0.1,,\n",
        "t.csv");
    GRIDSCOPE_VERIFY_OK(table);
    const auto imported = importTrajectory(*table);
    GRIDSCOPE_VERIFY_OK(imported);
    const Trajectory& trajectory = imported->trajectory;
    QCOMPARE(trajectory.gridIds, (std::vector<std::string>{"a4g128:minmax", "s8channel:absmax"}));
    QCOMPARE(trajectory.rows.size(), std::size_t(2));
    const ProbeRecord& first = *trajectory.rows[0];
    QCOMPARE(first.label, std::string("step7"));
    QCOMPARE(first.kurtosisMean, 1.25);
    QVERIFY(first.grids.empty());
    const ProbeRecord& second = *trajectory.rows[1];
    QCOMPARE(second.label, std::string("b"));
    QCOMPARE(second.stage, 2);
    QCOMPARE(second.learningRate, 0.5);
    QVERIFY(std::isnan(second.kurtosisMean));
    QCOMPARE(second.grids.at("a4g128:minmax").gapPercent.value, 4.5);
    QCOMPARE(second.grids.at("s8channel:absmax").kl.value, 0.25);
    QVERIFY(second.status == RowStatus::Complete);
    QVERIFY(isImported(trajectory));
    QVERIFY(!isImported(Trajectory{}));
    QCOMPARE(imported->notes.size(), std::size_t(1));  // whose gap_percent that is
}

// As pandas and spreadsheets write them.
void TestTrajectoryImport::blanksAndWholeNumbers() {
    const auto table =
        parseReferenceTable("step, fp32_ppl ,label\n1000.0, 2.5, a\n 2e3 ,2.25 ,b\n", "t.csv");
    GRIDSCOPE_VERIFY_OK(table);
    const auto imported = importTrajectory(*table);
    GRIDSCOPE_VERIFY_OK(imported);
    const auto& rows = imported->trajectory.rows;
    QCOMPARE(rows.size(), std::size_t(2));
    QCOMPARE(rows[0]->step, std::int64_t(1000));
    QCOMPARE(rows[1]->step, std::int64_t(2000));
    QCOMPARE(rows[0]->fp32.ppl, 2.5);
    QCOMPARE(rows[1]->fp32.ppl, 2.25);
    QCOMPARE(rows[0]->label, std::string(" a"));  // a label is taken as it is
    QVERIFY(imported->notes.empty());
}

void TestTrajectoryImport::whatFollowsByDefinition() {
    const auto table =
        parseReferenceTable("step,fp32_ce,a3g64:minmax.ppl\n5,3,22.167168296791953\n", "t.csv");
    const auto imported = importTrajectory(*table);
    GRIDSCOPE_VERIFY_OK(imported);
    const ProbeRecord& row = *imported->trajectory.rows[0];
    QVERIFY(std::abs(row.fp32.ppl - std::exp(3.0)) < 1e-12);
    const GridScores& grid = row.grids.at("a3g64:minmax");
    QVERIFY(std::abs(grid.ce.value - 3.098612) < 1e-5);
    QVERIFY(std::abs(grid.gapPercent.value - 100 * (22.167168296791953 / std::exp(3.0) - 1)) <
            1e-9);
    QVERIFY(std::abs(grid.deltaCe.value - (grid.ce.value - 3.0)) < 1e-12);
}

void TestTrajectoryImport::errors_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("where");
    const auto row = [](const char* name, const char* text, const char* code, const char* where) {
        QTest::newRow(name) << QByteArray(text) << QString(code) << QString(where);
    };
    row("empty", "", "reference.format", "t.csv");
    row("no row", "step,fp32_ppl\n", "reference.format", "t.csv");
    row("semicolons", "step;fp32_ppl\n1;2,5\n", "reference.format", "t.csv, line 1");
    row("tabs", "step\tfp32_ppl\n1\t2\n", "reference.format", "t.csv, line 1");
    row("capitals", "Step,FP32_PPL\n1,2\n", "reference.column", "t.csv, column step");
    row("no step", "fp32_ppl\n1\n", "reference.column", "t.csv, column step");
    row("no metric", "step,label\n1,a\n", "reference.column", "t.csv, column fp32_ppl");
    row("no grid", "step,zz.ce\n1,2\n", "reference.column", "t.csv, column zz.ce");
    row("no metric of a grid", "step,a4g128:minmax.gap_pct\n1,2\n", "reference.column",
        "t.csv, column a4g128:minmax.gap_pct");
    row("a column twice", "step,step\n1,2\n", "reference.format", "t.csv, line 1");
    row("a cell too few", "step,fp32_ppl\n1,2\n3\n", "reference.format", "t.csv, line 3");
    row("no number", "step,fp32_ppl\n1,2\n3,abc\n", "reference.format",
        "t.csv, line 3, column fp32_ppl");
    row("comma number", "step,fp32_ppl\n1,\"2,5\"\n", "reference.format",
        "t.csv, line 2, column fp32_ppl");
    row("step missing", "step,fp32_ppl\n,2\n", "reference.format", "t.csv, line 2, column step");
    row("step negative", "step,fp32_ppl\n-1,2\n", "reference.format", "t.csv, line 2, column step");
    row("step broken", "step,fp32_ppl\n1.5,2\n", "reference.format", "t.csv, line 2, column step");
    row("step huge", "step,fp32_ppl\n99999999999999999999,2\n", "reference.format",
        "t.csv, line 2, column step");
    row("perplexity zero", "step,fp32_ppl\n1,0\n", "reference.format",
        "t.csv, line 2, column fp32_ppl");
    row("gap below -100", "step,gap_percent\n1,-100\n", "reference.format",
        "t.csv, line 2, column gap_percent");
    row("infinite kurtosis", "step,kurtosis_mean\n1,inf\n", "reference.format",
        "t.csv, line 2, column kurtosis_mean");
    row("stage", "step,stage,fp32_ppl\n1,1000,2\n", "reference.format",
        "t.csv, line 2, column stage");
    row("a step twice", "step,fp32_ppl\n1,2\n\n1,3\n", "reference.format", "t.csv, line 4");
}

void TestTrajectoryImport::errors() {
    QFETCH(QByteArray, text);
    QFETCH(QString, code);
    QFETCH(QString, where);
    const auto table = parseReferenceTable(text.toStdString(), "t.csv");
    const auto imported =
        table ? importTrajectory(*table) : Expected<ImportedTrajectory>(table.error());
    QVERIFY(!imported);
    QCOMPARE(QString::fromStdString(std::string(errorCodeText(imported.error().code))), code);
    QCOMPARE(QString::fromStdString(imported.error().where), where);
}

// A row without weights goes through the file, and the phases of Table 1 come out of it.
void TestTrajectoryImport::tableOneThroughTheFile() {
    const auto table = readReferenceTable(systemFileOps(), reference("table1.csv"));
    GRIDSCOPE_VERIFY_OK(table);
    auto imported = importTrajectory(*table);
    GRIDSCOPE_VERIFY_OK(imported);
    QCOMPARE(imported->notes.size(), std::size_t(1));  // learning_rate_percent
    QVERIFY(!imported->trajectory.notes.empty());
    QTemporaryDir folder;
    const std::filesystem::path file = folder.filePath("table1.h5").toStdString();
    const auto rows = imported->trajectory.rows;
    {
        auto store = TrajectoryStore::open(systemFileOps(), file, imported->trajectory);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_VERIFY_OK((*store)->commit(rows));
        GRIDSCOPE_VERIFY_OK((*store)->commit(rows));  // again: the same rows
    }
    const auto loaded = readTrajectory(systemFileOps(), file);
    GRIDSCOPE_VERIFY_OK(loaded);
    QCOMPARE(loaded->trajectory->rows.size(), std::size_t(10));
    QVERIFY(isImported(*loaded->trajectory));
    const SeriesTable series(loaded->trajectory);
    QCOMPARE(series.series("gap_percent", "a4g128:minmax").values.back(), 517.1);
    QCOMPARE(series.series("gap_percent", "s8channel:absmax").values.front(), 0.02);
    const auto input = phaseInput(series, {});
    GRIDSCOPE_VERIFY_OK(input);
    const auto report = analysePhases(*input, {Detector::Derivative});
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(report->detectors[0].convergedStep, std::optional<double>(77000));
}

void TestTrajectoryImport::exportComesBack() {
    const auto table = readReferenceTable(systemFileOps(), reference("table1.csv"));
    const auto first = importTrajectory(*table);
    GRIDSCOPE_VERIFY_OK(first);
    const std::string csv = trajectoryToCsv(first->trajectory, LayerDetail::Without);
    const auto again = parseReferenceTable(csv, "again.csv");
    GRIDSCOPE_VERIFY_OK(again);
    const auto second = importTrajectory(*again);
    GRIDSCOPE_VERIFY_OK(second);
    QCOMPARE(trajectoryToCsv(second->trajectory, LayerDetail::Without), csv);
}

void TestTrajectoryImport::unknownColumnsAreNamed() {
    const auto table = parseReferenceTable("step,fp32_ppl,wandb_id\n1,2,x\n", "t.csv");
    const auto imported = importTrajectory(*table);
    GRIDSCOPE_VERIFY_OK(imported);
    QCOMPARE(imported->notes.size(), std::size_t(1));
    QVERIFY(QString::fromStdString(imported->notes[0]).contains("wandb_id"));
}

QTEST_GUILESS_MAIN(TestTrajectoryImport)
#include "tst_trajectory_import.moc"
