// SPDX-License-Identifier: GPL-3.0-or-later

// Another program (h5py) sees in the file what trajectory.md promises.

#include <QTemporaryDir>
#include <QtTest>

#include "core/trajectory/trajectory_store.h"
#include "tests/core/trajectory/synthetic_trajectory.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using test::syntheticPlan;
using test::syntheticRow;

namespace {

constexpr const char* kPython = "/usr/bin/python3";

/// Lists every item of the file: path, type, shape, chunks, filters; attributes as @name=value.
constexpr const char* kListing = R"(
import sys, h5py
def text(v):
    return ",".join(str(x) for x in v) if hasattr(v, "__iter__") and not isinstance(v, str) else str(v)
def show(name, item):
    name = "" if name == "/" else "/" + name
    for key in sorted(item.attrs):
        print(f"{name}/@{key}={text(item.attrs[key])!r}")
    if isinstance(item, h5py.Dataset):
        string = h5py.check_string_dtype(item.dtype)
        kind = f"{string.encoding}:{string.length}" if string else item.dtype.str
        print(f"{name} {kind} {item.shape} {item.chunks} {item.compression}:{item.compression_opts}:{item.shuffle}")
with h5py.File(sys.argv[1], "r") as f:
    show("/", f)
    f.visititems(show)
    grid = f["grids/a4g128:minmax"]
    print("value", repr(float(grid["gap_percent"][1])), repr(float(grid["layers/edge_mass"][1, 2])),
          int(grid["layers/residual_histogram"][1, 2, 63]), int(grid["layers/code_histogram"][0, 1, 15]))
    print("label", f["checkpoints/label"].asstr()[1], "same step", f["fp32/step"] == f["checkpoints/step"])
    print("axes ok", all(len(g.attrs["axes"]) == g[g.attrs["signal"]].ndim and g.attrs["axes"][0] in g
                         for g in (f["fp32"], f["weights"], f["layers"], grid, grid["layers"])))
)";

struct Run {
    int exitCode = -1;
    QString output;
    QString errors;
};

Run python(const QStringList& arguments) {
    QProcess process;
    process.start(QString::fromLatin1(kPython), arguments);
    if (!process.waitForFinished(60'000)) return {};
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

}  // namespace

class TrajectorySchemaTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    Trajectory m_plan = syntheticPlan();
    QStringList m_lines;

private slots:
    void initTestCase() {
        if (python({"-c", "import h5py"}).exitCode != 0)
            QSKIP(
                "SKIPPED: /usr/bin/python3 with h5py is not installed, so no other program "
                "checks the schema");
        const auto file = std::filesystem::path(m_folder.path().toStdString()) / "run.h5";
        auto store = TrajectoryStore::open(systemFileOps(), file, m_plan);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(m_plan, 1), syntheticRow(m_plan, 2)}));
        const Run run = python({"-c", kListing, QString::fromStdString(file.string())});
        QVERIFY2(run.exitCode == 0, qPrintable(run.errors));
        m_lines = run.output.split('\n', Qt::SkipEmptyParts);
    }

    void itemsAreThere_data() {
        QTest::addColumn<QString>("line");
        const char* lines[] = {
            "/@format='gridscope-trajectory'",
            "/@format_version='1'",
            "/plan/@plan_hash='plan-1'",
            "/checkpoints/step <i8 (2,) (2,) gzip:4:True",
            "/checkpoints/stage <i4 (2,) (2,) gzip:4:True",
            "/checkpoints/status |u1 (2,) (2,) gzip:4:True",
            "/checkpoints/label utf-8:None (2,) (2,) None:None:False",
            "/checkpoints/row_checksum utf-8:None (2,) (2,) None:None:False",
            "/checkpoints/tokens_seen <f8 (2,) (2,) gzip:4:True",
            "/checkpoints/tokens_seen/@_FillValue='nan'",
            "/eval/tokens <u4 (4, 8) (4, 8) gzip:4:True",
            "/eval/tokens/@bytes='12345'",
            "/fp32/ce_high <f8 (2,) (2,) gzip:4:True",
            "/fp32/window_nll <f4 (2, 4) (2, 4) gzip:4:True",
            "/fp32/@NX_class='NXdata'",
            "/fp32/@signal='ce'",
            "/fp32/@axes='step'",
            "/layers/name utf-8:None (3,) (3,) None:None:False",
            "/layers/cols <i8 (3,) (3,) gzip:4:True",
            "/layers/@axes='step,.'",
            "/layers/range_over_rms_p99 <f8 (2, 3) (2, 3) gzip:4:True",
            "/weights/kurtosis_pooled <f8 (2,) (2,) gzip:4:True",
            "/grids/a4g128:minmax/windows_used <i4 (2,) (2,) gzip:4:True",
            "/grids/a4g128:minmax/kl_low <f8 (2,) (2,) gzip:4:True",
            "/grids/a4g128:minmax/window_kl <f4 (2, 4) (2, 4) gzip:4:True",
            "/grids/a4g128:minmax/@json='{\"bits\":4,\"control\":\"\",\"dialect\":\"minmax\","
            "\"group\":\"g128\",\"id\":\"a4g128:minmax\",\"remedy\":\"\",\"seeds\":[]}'",
            "/grids/a4g128:minmax/layers/exact_groups <f8 (2, 3) (2, 3) gzip:4:True",
            "/grids/a4g128:minmax/layers/residual_histogram <u4 (2, 3, 64) (1, 3, 64) gzip:4:True",
            "/grids/a4g128:minmax/layers/code_histogram <u4 (2, 3, 16) (1, 3, 16) gzip:4:True",
            "/grids/s8channel:absmax/layers/code_histogram <u4 (2, 3, 256) (1, 3, 256) gzip:4:True",
            "/grids/a4g128:minmax/layers/sensitivity_only <f4 (2, 3) (2, 3) gzip:4:True",
            "/grids/a4g128:minmax/layers/block_sensitivity_except <f4 (2, 2) (2, 2) gzip:4:True",
            "/analysis/@notes='line one\\nline two'",
            "label step2 same step True",
            "axes ok True",
        };
        for (const char* line : lines) QTest::newRow(line) << QString::fromUtf8(line);
    }
    void itemsAreThere() {
        QFETCH(QString, line);
        const QString start = line.section(line.startsWith('/') ? ' ' : '=', 0, 0);
        QVERIFY2(m_lines.contains(line), qPrintable("found: " + m_lines.filter(start).join('\n')));
    }

    void valuesAreTheOnesWritten() {
        const auto row = syntheticRow(m_plan, 2);
        const auto first = syntheticRow(m_plan, 1);
        const GridScores& scores = row->grids.at("a4g128:minmax");
        const QStringList found = m_lines.filter(QRegularExpression("^value "));
        QCOMPARE(found.size(), 1);
        const QStringList values = found[0].split(' ');
        QCOMPARE(values.size(), 5);
        QCOMPARE(values[1].toDouble(), scores.gapPercent.value);
        QCOMPARE(values[2].toDouble(), scores.layers[2].edgeMass);
        QCOMPARE(values[3].toUInt(), scores.layers[2].residualHistogram[63]);
        QCOMPARE(values[4].toUInt(), first->grids.at("a4g128:minmax").layers[1].codeHistogram[15]);
    }
};

QTEST_GUILESS_MAIN(TrajectorySchemaTest)
#include "tst_trajectory_schema.moc"
