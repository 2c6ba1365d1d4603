// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <limits>

#include "core/trajectory/trajectory_export.h"
#include "tests/core/trajectory/synthetic_trajectory.h"

using namespace gridscope;
using test::syntheticPlan;
using test::syntheticRow;

class TrajectoryExportTest : public QObject {
    Q_OBJECT

    static Trajectory trajectory() {
        Trajectory t = syntheticPlan();
        auto row = syntheticRow(t, 1000);
        row->fp32.ppl = 12.25;
        row->kurtosisMean = 3.5;
        row->grids["a4g128:minmax"].ppl = std::numeric_limits<double>::infinity();
        row->grids["a4g128:minmax"].gapPercent = {517.25, 500, 530};
        auto failed = std::make_shared<ProbeRecord>();
        failed->label = "a,\"b\"\xFF";  // not UTF-8
        failed->status = RowStatus::Failed;
        failed->error = "two\nlines";
        t.rows = {row, failed};
        return t;
    }
    static QJsonObject json(LayerDetail layers) {
        const std::string text = trajectoryToJson(trajectory(), layers);
        QJsonParseError error;
        const auto document = QJsonDocument::fromJson(QByteArray::fromStdString(text), &error);
        if (error.error != QJsonParseError::NoError) qWarning() << error.errorString();
        return document.object();
    }

private slots:
    void jsonFollowsTheContract() {
        const QJsonObject document = json(LayerDetail::Without);
        QCOMPARE(document["format_version"].toInt(), 1);
        QCOMPARE(document["plan"].toObject()["scope"].toString(), QString("blocks"));
        const QJsonArray rows = document["checkpoints"].toArray();
        QCOMPARE(rows.size(), 2);
        const QJsonObject row = rows[0].toObject();
        QCOMPARE(row["label"].toString(), QString("step1000"));
        QCOMPARE(row["step"].toInt(), 1000);
        QCOMPARE(row["tokens_seen"].toDouble(), 1000 * 2097152.0);
        QCOMPARE(row["content_sha256"].toString().size(), 64);
        QCOMPARE(row["status"].toString(), QString("complete"));
        QCOMPARE(row["fp32"].toObject()["ppl"].toDouble(), 12.25);
        QCOMPARE(row["weights"].toObject()["kurtosis_mean"].toDouble(), 3.5);
        const QJsonObject grid = row["grids"].toObject()["a4g128:minmax"].toObject();
        QVERIFY(grid["ppl"].isNull());  // infinite
        QCOMPARE(grid["gap_percent"].toDouble(), 517.25);
        QCOMPARE(grid["gap_percent_low"].toDouble(), 500.0);
        for (const char* key : {"ce", "delta_ce", "relative_ce", "kl", "top1_agreement", "sqnr_db",
                                "ce_low", "ce_high", "kl_low", "delta_ce_high"})
            QVERIFY2(grid[key].isDouble(), key);
        QVERIFY(!row.contains("layers"));

        const QJsonObject failed = rows[1].toObject();
        QVERIFY(failed["step"].isNull());
        QCOMPARE(failed["status"].toString(), QString("failed"));
        QCOMPARE(failed["error"].toString(), QString("two\nlines"));
        QVERIFY(failed["fp32"].toObject()["ppl"].isNull());
        QVERIFY(failed["fp32"].toObject().contains("ce_high"));
        QVERIFY(failed["grids"].toObject().isEmpty());
    }

    void jsonWithLayers() {
        const QJsonObject row = json(LayerDetail::With)["checkpoints"].toArray()[0].toObject();
        const QJsonArray layers = row["layers"].toArray();
        QCOMPARE(layers.size(), 3);
        const QJsonObject layer = layers[1].toObject();
        QCOMPARE(layer["name"].toString(), QString("layers.1.weight"));
        QCOMPARE(layer["rows"].toInt(), 65);
        QCOMPARE(layer["cols"].toInt(), 128);
        QVERIFY(layer["kurtosis"].isDouble());
        const QJsonObject grid = layer["grids"].toObject()["a4g128:minmax"].toObject();
        for (const char* key :
             {"sqnr_db", "mean_abs_residual", "rms_residual", "edge_mass", "code_entropy",
              "flip_rate", "level_flip_rate", "zero_point_change", "scale_change", "exact_groups"})
            QVERIFY2(grid[key].isDouble(), key);
        QCOMPARE(grid["residual_histogram"].toArray().size(), 64);
        QCOMPARE(grid["code_histogram"].toArray().size(), 16);
        const auto original =
            syntheticRow(syntheticPlan(), 1000)->grids.at("a4g128:minmax").layers[1];
        QCOMPARE(grid["code_histogram"].toArray()[7].toInt(),
                 static_cast<int>(original.codeHistogram[7]));
        QCOMPARE(grid["edge_mass"].toDouble(), original.edgeMass);
    }

    void csvHasNamedColumns() {
        const std::string text = trajectoryToCsv(trajectory(), LayerDetail::Without);
        const QStringList lines = QString::fromLatin1(text.c_str()).split('\n');
        const QStringList names = lines[0].split(',');
        const QStringList values = lines[1].split(',');
        QCOMPARE(values.size(), names.size());
        const auto value = [&](const char* name) { return values.value(names.indexOf(name)); };
        QCOMPARE(value("label"), QString("step1000"));
        QCOMPARE(value("step"), QString("1000"));
        QCOMPARE(value("fp32_ppl"), QString("12.25"));
        QCOMPARE(value("kurtosis_mean"), QString("3.5"));
        QCOMPARE(value("a4g128:minmax.gap_percent"), QString("517.25"));
        QCOMPARE(value("a4g128:minmax.gap_percent_high"), QString("530"));
        QCOMPARE(value("a4g128:minmax.ppl"), QString("inf"));
        QCOMPARE(value("s8channel:absmax.status"), QString("complete"));
        // Quotes doubled, line breaks kept inside quotes, unknown step and missing values empty.
        QVERIFY(lines[2].startsWith(QString::fromLatin1("\"a,\"\"b\"\"\xFF\",,,failed,,,0,")));
        QVERIFY(QString::fromLatin1(text.c_str()).contains("\"two\nlines\","));
    }

    void csvWithLayersHasALinePerMatrix() {
        const QStringList lines =
            QString::fromLatin1(trajectoryToCsv(trajectory(), LayerDetail::With).c_str())
                .split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 1 + 2 * 3);
        const qsizetype columns = lines[0].count(',');
        for (int i = 1; i <= 3; ++i) QCOMPARE(lines[i].count(','), columns);
        QVERIFY(lines[2].startsWith("step1000,1000,,1,layers.1.weight,65,128,0,mlp.up,"));
        QVERIFY(lines[0].contains(",a4g128:minmax.edge_mass,"));
    }

    void tableIsAligned() {
        const QStringList lines =
            QString::fromUtf8(trajectoryToTable(trajectory()).c_str()).split('\n');
        QCOMPARE(lines.size(), 5);  // heading, two rows, why the second failed, end
        QVERIFY(lines[3].contains("two\\u{A}lines"));
        QVERIFY(lines[0].contains("FP32 PPL"));
        QVERIFY(lines[0].contains("gap % a4g128:minmax"));
        QVERIFY2(lines[1].contains(QString::fromUtf8("517.25 \xC2\xB1 15.00")),
                 qPrintable(lines[1]));
        QVERIFY(lines[1].contains("12.250"));
        QVERIFY(lines[2].contains("failed") && lines[2].contains("\\xFF"));
        QCOMPARE(lines[0].indexOf("gap % a4g128:minmax") + QString("gap % a4g128:minmax").size(),
                 lines[1].indexOf("15.00") + 5);
    }
};

QTEST_GUILESS_MAIN(TrajectoryExportTest)
#include "tst_trajectory_export.moc"
