// SPDX-License-Identifier: GPL-3.0-or-later

#include <QDir>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/app/cli/cli_runner.h"
#include "tests/support/test_data.h"

using namespace gridscope::test;

namespace {

QString text(const char* latin1) { return QString::fromLatin1(latin1); }

/// cosine and oli, one seed, 12 steps from step 100, probed every 3.
const char* const kDesign = R"({
  "format": "gridscope-fork", "format_version": 1,
  "checkpoint": {"path": "/models/step100", "label": "step100", "sha256": "c"},
  "training_sha256": "d", "evaluation": "32 windows",
  "design": {
    "fork_step": 100, "steps": 12,
    "conditions": [
      {"name": "cosine", "schedule": "neox-2023:lr-max=1e-3,lr-min=1e-4,warmup=10,total=1000,fork=100"},
      {"name": "oli", "schedule": "oli:eta=0.01,bump=2,cool=4,first=bump,lr-max=1e-3,lr-min=1e-4,warmup=10,total=1000,fork=100"}],
    "seeds": [7],
    "probing": {"placement": "interval", "every": 3, "offset": 0, "timing": "after-update"},
    "batch": 4, "length": 64, "accumulate": 1, "rewarm_steps": 0, "weight_decay": 0.1, "clip": 1.0
  }
})";

}  // namespace

/// fork-report over a folder that was put together by hand.
class TestCliForkReport : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        write(file("fork.json"), kDesign);
    }

    void table() {
        addRun("cosine-seed7", "100,20,3\n103,20,4\n106,21,5\n109,21,6\n112,22,8\n");
        addRun("oli-seed7", "100,20,3\n103,23,2\n106,30,9\n109,24,\n112,33,10\n");
        write(file("cosine-seed7.state.json"), R"({"state":"complete","step":112,"note":""})");
        const CliResult json = runCli({text("fork-report"), folder(), text("--json")});
        QVERIFY2(json.exitCode == 0, json.error);
        const QJsonArray rows = json.json()[text("rows")].toArray();
        QCOMPARE(rows.size(), 4);
        const QJsonObject cool = rows[3].toObject();
        QCOMPARE(cool[text("probes")].toString(), text("cool"));
        // The gap at step 109 was not measured: left out, not 0.
        QCOMPARE(cool[text("mean_gap_percent")].toObject()[text("mean")].toDouble(), 2.0);
        QCOMPARE(cool[text("control_gap_percent")].toObject()[text("mean")].toDouble(), 4.0);
        QCOMPARE(cool[text("wins")].toInt(), 1);
        QCOMPARE(json.json()[text("runs")].toArray()[1].toObject()[text("state")].toString(),
                 text("planned"));
        QCOMPARE(json.json()[text("paper")].toObject()[text("rows")].toArray().size(), 4);
        const CliResult plain = runCli({text("fork-report"), folder()});
        QCOMPARE(plain.exitCode, 0);
        QVERIFY(plain.out.contains("Fork of step100 at step 100: 12 steps, 2 conditions, 1 seeds"));
        const CliResult latex =
            runCli({text("fork-report"), folder(), text("--latex"), text("--out"), file("t.tex")});
        QVERIFY2(latex.exitCode == 0, latex.error);
        QVERIFY(latex.out.isEmpty());
        QVERIFY(read(file("t.tex")).contains("\\begin{tabular}"));
    }

    void audit() {
        addRun("cosine-seed7", "112,22,8\n");
        addRun("audit", "90,20,1\n111,20,30\n");
        const CliResult json = runCli(
            {text("fork-report"), folder(), text("--json"), text("--audit"), file("audit.h5")});
        QVERIFY2(json.exitCode == 0, json.error);
        const QJsonObject audit = json.json()[text("audit")].toObject();
        QCOMPARE(audit[text("step")].toInt(), 111);
        QCOMPARE(audit[text("difference_points")].toDouble(), -22.0);
    }

    void exitCodes() {
        const auto failed = [&](const QStringList& more, int exitCode, const char* code) {
            const CliResult result =
                runCli(QStringList{text("fork-report"), text("--json")} + more);
            QCOMPARE(result.exitCode, exitCode);
            QCOMPARE(result.errorCode(), text(code));
        };
        failed({file("absent")}, 4, "fork.missing");
        failed({folder(), text("--audit"), file("absent.h5")}, 4, "file.missing");
        failed({folder(), text("--grid"), text("x")}, 2, "settings.syntax");
        failed({folder(), text("--latex")}, 2, "settings.syntax");
        failed({folder(), text("--out"), file("absent/t.json")}, 5, "output.not-writable");
        write(file("fork.json"), "{}");
        failed({folder()}, 4, "fork.format");
        QCOMPARE(runCli({text("fork-report")}).exitCode, 2);
    }

private:
    QString folder() const { return m_folder->path(); }
    QString file(const char* name) const { return m_folder->filePath(text(name)); }
    void addRun(const QByteArray& name, const QByteArray& rows) {
        write(file("rows.csv"), "step,fp32_ppl,a4g128:minmax.gap_percent\n" + rows);
        const CliResult imported =
            runCli({text("import"), file("rows.csv"), text("--out"), file(name + ".h5")});
        QVERIFY2(imported.exitCode == 0, imported.error);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestCliForkReport)
#include "tst_cli_fork_report.moc"
