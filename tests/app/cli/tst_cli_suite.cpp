// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "tests/app/cli/cli_runner.h"
#include "tests/support/test_data.h"

using namespace gridscope::test;

namespace {

struct GridName {
    const char* id;
    const char* reference;
};

constexpr GridName kGrids[] = {{"a4g128:minmax", "int4-minmax-g128"},
                               {"a3g128:minmax", "int3-minmax-g128"},
                               {"s8channel:absmax", "int8-sym-pc"}};

QJsonObject at(const QJsonObject& object, const QString& key) { return object[key].toObject(); }

bool near(double got, double want, double allowed) { return std::fabs(got - want) <= allowed; }

bool nearRelative(double got, double want, double allowed) {
    return std::fabs(got - want) <= allowed * std::fmax(std::fabs(want), 1e-300);
}

/// Compares one number and names it when it is off.
#define COMPARE_NEAR(got, want, allowed) \
    QVERIFY2(near((got), (want), (allowed)), \
             qPrintable(QStringLiteral("%1: got %2, want %3") \
                            .arg(context, QString::number((got), 'g', 17), \
                                 QString::number((want), 'g', 17))))
#define COMPARE_RELATIVE(got, want, allowed) \
    QVERIFY2(nearRelative((got), (want), (allowed)), \
             qPrintable(QStringLiteral("%1: got %2, want %3") \
                            .arg(context, QString::number((got), 'g', 17), \
                                 QString::number((want), 'g', 17))))

}  // namespace

/// Every number that the reference of suite_a has for the three grids, through the program.
class TestCliSuite : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (sharedFolder().empty()) return;
        const CliResult probe =
            runCli({QStringLiteral("probe"), sharedData("suite_a"), QStringLiteral("--tokens"),
                    sharedData("suite_a/val_tokens.npy"), QStringLiteral("--windows"),
                    QStringLiteral("112"), QStringLiteral("--length"), QStringLiteral("64"),
                    QStringLiteral("--grid"), QStringLiteral("int4"), QStringLiteral("--grid"),
                    QStringLiteral("int3"), QStringLiteral("--grid"), QStringLiteral("int8"),
                    QStringLiteral("--out"), file()});
        QVERIFY2(probe.exitCode == 0, probe.error);
        const CliResult show = runCli(
            {QStringLiteral("show"), QStringLiteral("--json"), QStringLiteral("--layers"), file()});
        QVERIFY2(show.exitCode == 0, show.error);
        m_shown = show.json();
        QFile reference(sharedData("suite_a/reference.json"));
        QVERIFY(reference.open(QIODevice::ReadOnly));
        m_reference = QJsonDocument::fromJson(reference.readAll()).object();
    }

    void everyNumber_data() {
        GRIDSCOPE_NEED_SHARED();
        QTest::addColumn<int>("row");
        QCOMPARE(m_shown[QStringLiteral("checkpoints")].toArray().size(), 8);
        for (int i = 0; i < 8; ++i)
            QTest::newRow(qPrintable(expected(i)[QStringLiteral("label")].toString())) << i;
    }

    void everyNumber() {
        GRIDSCOPE_NEED_SHARED();
        QFETCH(int, row);
        const QJsonObject want = expected(row);
        const QJsonObject got = shown(row);
        const QString context = want[QStringLiteral("label")].toString();
        QCOMPARE(got[QStringLiteral("label")].toString(), context);
        QCOMPARE(got[QStringLiteral("status")].toString(), QStringLiteral("complete"));
        const QJsonObject fp32 = at(got, QStringLiteral("fp32"));
        const QJsonObject wantFp32 = at(want, QStringLiteral("fp32"));
        COMPARE_NEAR(fp32[QStringLiteral("ce")].toDouble(),
                     wantFp32[QStringLiteral("ce")].toDouble(), 2e-6);
        COMPARE_RELATIVE(fp32[QStringLiteral("ppl")].toDouble(),
                         wantFp32[QStringLiteral("ppl")].toDouble(), 2e-6);
        compareKurtosis(at(got, QStringLiteral("weights")),
                        at(want, QStringLiteral("excess_kurtosis")), context);
        for (const GridName& grid : kGrids) {
            compareGrid(at(at(got, QStringLiteral("grids")), QString::fromLatin1(grid.id)),
                        at(at(want, QStringLiteral("grids")), QString::fromLatin1(grid.reference)),
                        context + QChar(' ') + QString::fromLatin1(grid.id));
        }
        const QJsonArray layers = got[QStringLiteral("layers")].toArray();
        QCOMPARE(layers.size(), 8);
        for (const QJsonValue& layer : layers) compareLayer(layer.toObject(), want);
    }

    void opensInH5py() {
        GRIDSCOPE_NEED_SHARED();
        QProcess python;
        python.start(QStringLiteral("/usr/bin/python3"), {QStringLiteral("-c"), QStringLiteral(R"(
import sys, h5py
f = h5py.File(sys.argv[1], 'r')
assert f.attrs['format'] == 'gridscope-trajectory', f.attrs['format']
assert f.attrs['format_version'] == 1
assert f['eval/tokens'].shape == (112, 64)
assert list(f['checkpoints/step']) == [0, 40, 150, 400, 1000, 1800, 2800, 4000]
assert f['grids/a4g128:minmax/layers/residual_histogram'].shape == (8, 8, 64)
print('%.6f' % f['grids/a4g128:minmax/gap_percent'][7])
)"),
                                                          file()});
        QVERIFY(python.waitForFinished());
        const QByteArray error = python.readAllStandardError();
        if (error.contains("No module named 'h5py'"))
            QSKIP("SKIPPED: python3-h5py is not installed");
        QVERIFY2(python.exitCode() == 0, error);
        const double want = at(at(expected(7), QStringLiteral("grids")),
                               QStringLiteral("int4-minmax-g128"))[QStringLiteral("gap_percent")]
                                .toDouble();
        QVERIFY(near(python.readAllStandardOutput().toDouble(), want, 5e-4));
    }

    void secondRunHasNothingToDo() {
        GRIDSCOPE_NEED_SHARED();
        const CliResult again =
            runCli({QStringLiteral("probe"), sharedData("suite_a"), QStringLiteral("--tokens"),
                    sharedData("suite_a/val_tokens.npy"), QStringLiteral("--windows"),
                    QStringLiteral("112"), QStringLiteral("--length"), QStringLiteral("64"),
                    QStringLiteral("--grid"), QStringLiteral("int4"), QStringLiteral("--grid"),
                    QStringLiteral("int3"), QStringLiteral("--grid"), QStringLiteral("int8"),
                    QStringLiteral("--out"), file(), QStringLiteral("--json")});
        QCOMPARE(again.exitCode, 0);
        QVERIFY2(again.error.contains("8 of them already"), again.error);
        QCOMPARE(again.json()[QStringLiteral("checkpoints")].toArray().size(), 8);
    }

private:
    QString file() const { return m_folder.filePath(QStringLiteral("a.h5")); }
    QJsonObject expected(int row) const {
        return m_reference[QStringLiteral("checkpoints")].toArray()[row].toObject();
    }
    QJsonObject shown(int row) const {
        return m_shown[QStringLiteral("checkpoints")].toArray()[row].toObject();
    }

    static void compareKurtosis(const QJsonObject& got, const QJsonObject& want,
                                const QString& context) {
        COMPARE_RELATIVE(got[QStringLiteral("kurtosis_mean")].toDouble(),
                         want[QStringLiteral("mean_over_tensors")].toDouble(), 1e-9);
        COMPARE_RELATIVE(got[QStringLiteral("kurtosis_pooled")].toDouble(),
                         want[QStringLiteral("pooled")].toDouble(), 1e-9);
        COMPARE_RELATIVE(got[QStringLiteral("kurtosis_max")].toDouble(),
                         want[QStringLiteral("max")].toDouble(), 1e-9);
    }

    static void compareGrid(const QJsonObject& got, const QJsonObject& want,
                            const QString& context) {
        QVERIFY(!want.isEmpty());
        COMPARE_NEAR(got[QStringLiteral("ce")].toDouble(), want[QStringLiteral("ce")].toDouble(),
                     2e-6);
        COMPARE_RELATIVE(got[QStringLiteral("ppl")].toDouble(),
                         want[QStringLiteral("ppl")].toDouble(), 2e-6);
        COMPARE_NEAR(got[QStringLiteral("gap_percent")].toDouble(),
                     want[QStringLiteral("gap_percent")].toDouble(), 5e-4);
        COMPARE_NEAR(got[QStringLiteral("delta_ce")].toDouble(),
                     want[QStringLiteral("delta_ce")].toDouble(), 2e-6);
        COMPARE_NEAR(got[QStringLiteral("relative_ce")].toDouble(),
                     want[QStringLiteral("relative_ce")].toDouble(), 2e-6);
        COMPARE_NEAR(got[QStringLiteral("kl")].toDouble(),
                     want[QStringLiteral("kl_mean")].toDouble(), 1e-7);
        COMPARE_NEAR(got[QStringLiteral("top1_agreement")].toDouble(),
                     want[QStringLiteral("top1_agreement")].toDouble(), 3e-4);
        COMPARE_RELATIVE(got[QStringLiteral("sqnr_db")].toDouble(),
                         want[QStringLiteral("sqnr_db_all_tensors")].toDouble(), 1e-9);
    }

    static void compareLayer(const QJsonObject& got, const QJsonObject& wantCheckpoint) {
        const QString name = got[QStringLiteral("name")].toString();
        const QJsonObject want = at(at(wantCheckpoint, QStringLiteral("tensors")), name);
        QVERIFY2(!want.isEmpty(), qPrintable(name));
        const QString context = name;
        COMPARE_RELATIVE(got[QStringLiteral("kurtosis")].toDouble(),
                         want[QStringLiteral("excess_kurtosis")].toDouble(), 1e-9);
        for (const GridName& grid : kGrids) {
            const QJsonObject layer =
                at(at(got, QStringLiteral("grids")), QString::fromLatin1(grid.id));
            const QJsonObject reference =
                at(at(want, QStringLiteral("grids")), QString::fromLatin1(grid.reference));
            compareLayerGrid(layer, reference, name + QChar(' ') + QString::fromLatin1(grid.id));
            const QJsonObject transition =
                at(at(at(wantCheckpoint, QStringLiteral("transition")), QStringLiteral("grids")),
                   QString::fromLatin1(grid.reference));
            if (!transition.isEmpty())
                compareFlips(layer, at(at(transition, QStringLiteral("tensors")), name), name);
        }
    }

    static void compareLayerGrid(const QJsonObject& got, const QJsonObject& want,
                                 const QString& context) {
        QVERIFY2(!want.isEmpty(), qPrintable(context));
        COMPARE_RELATIVE(got[QStringLiteral("sqnr_db")].toDouble(),
                         want[QStringLiteral("sqnr_db")].toDouble(), 1e-9);
        COMPARE_RELATIVE(got[QStringLiteral("mean_abs_residual")].toDouble(),
                         want[QStringLiteral("mean_abs_residual")].toDouble(), 1e-9);
        COMPARE_RELATIVE(got[QStringLiteral("rms_residual")].toDouble(),
                         want[QStringLiteral("rms_residual")].toDouble(), 1e-9);
        // The reference prints 12 digits; the counts behind it are equal.
        COMPARE_NEAR(got[QStringLiteral("edge_mass")].toDouble(),
                     want[QStringLiteral("edge_mass")].toDouble(), 1e-11);
        COMPARE_RELATIVE(got[QStringLiteral("code_entropy")].toDouble(),
                         want[QStringLiteral("code_entropy_bits")].toDouble(), 1e-9);
        QCOMPARE(got[QStringLiteral("residual_histogram")].toArray(),
                 want[QStringLiteral("residual_hist")].toArray());
        QCOMPARE(trimmedCodes(got[QStringLiteral("code_histogram")].toArray()),
                 trimmedCodes(want[QStringLiteral("code_hist")].toArray()));
    }

    /// Symmetric INT8 codes fill 1..255 of 256; the two conventions differ in the empty ends only.
    static QJsonArray trimmedCodes(QJsonArray codes) {
        while (!codes.isEmpty() && codes.last().toInt() == 0) codes.removeLast();
        while (!codes.isEmpty() && codes.first().toInt() == 0) codes.removeFirst();
        return codes;
    }

    static void compareFlips(const QJsonObject& got, const QJsonObject& want,
                             const QString& context) {
        QVERIFY2(!want.isEmpty(), qPrintable(context));
        COMPARE_NEAR(got[QStringLiteral("flip_rate")].toDouble(),
                     want[QStringLiteral("flip_rate")].toDouble(), 1e-11);
        if (want.contains(QStringLiteral("level_flip_rate")))
            COMPARE_NEAR(got[QStringLiteral("level_flip_rate")].toDouble(),
                         want[QStringLiteral("level_flip_rate")].toDouble(), 1e-11);
        if (want.contains(QStringLiteral("zero_point_change_rate")))
            COMPARE_NEAR(got[QStringLiteral("zero_point_change")].toDouble(),
                         want[QStringLiteral("zero_point_change_rate")].toDouble(), 1e-11);
    }

    QTemporaryDir m_folder;
    QJsonObject m_shown, m_reference;
};

QTEST_GUILESS_MAIN(TestCliSuite)
#include "tst_cli_suite.moc"
