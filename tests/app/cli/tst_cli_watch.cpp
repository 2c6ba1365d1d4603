// SPDX-License-Identifier: GPL-3.0-or-later

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/app/cli/cli_runner.h"
#include "tests/support/test_data.h"

using namespace gridscope::test;

namespace {

QString text(const char* latin1) { return QString::fromLatin1(latin1); }

/// Losses that fall to step 30,000 and rise afterwards.
QByteArray losses(int points) {
    QByteArray lines;
    for (int i = 1; i <= points; ++i) {
        const double loss = 3.0 + 0.02 * qAbs(i - 30) + (i % 2 == 0 ? 0.001 : -0.001);
        lines += "{\"step\":" + QByteArray::number(1000 * i) +
                 ",\"loss\":9,\"eval_loss\":" + QByteArray::number(loss) + "}\n";
    }
    return lines;
}

}  // namespace

/// monitor, watch and import as a training script uses them.
class TestCliWatch : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void monitorExitCodes() {
        write(file("a.jsonl"), losses(28));
        QCOMPARE(runCli({text("monitor"), file("a.jsonl")}).exitCode, 0);
        write(file("a.jsonl"), losses(37));
        const CliResult converged = runCli({text("monitor"), text("--json"), file("a.jsonl")});
        QCOMPARE(converged.exitCode, 10);
        QCOMPARE(converged.json()[text("state")].toString(), text("converged"));
        QCOMPARE(converged.json()[text("converged_step")].toInt(), 30000);
        QCOMPARE(converged.json()[text("metric")].toString(), text("eval_loss"));
        write(file("a.jsonl"), losses(60));
        QCOMPARE(runCli({text("monitor"), file("a.jsonl")}).exitCode, 11);
        write(file("a.jsonl"), "{\"step\":1,\"eval_loss\":NaN}\n");
        QCOMPARE(
            runCli({text("monitor"), text("--marker"), file("nan.json"), file("a.jsonl")}).exitCode,
            11);
        const QJsonObject marker = QJsonDocument::fromJson(read(file("nan.json"))).object();
        QCOMPARE(marker[text("kind")].toString(), text("diverging"));
        for (const char* unknown : {"loss", "ppl", "gap_percent"})
            QVERIFY2(marker[text(unknown)].isNull(), unknown);
        // Blanks behind the commas, as many programs write them.
        write(file("a.csv"), "step, eval_loss\n1, 2.5\n2, 2.25\n");
        const CliResult csv = runCli({text("monitor"), text("--json"), file("a.csv")});
        QCOMPARE(csv.exitCode, 0);
        QCOMPARE(csv.json()[text("points")].toInt(), 2);
        const CliResult patient = runCli(
            {text("monitor"), text("--patience"), text("1"), text("--json"), file("a.jsonl")});
        QCOMPARE(patient.exitCode, 2);
        QCOMPARE(patient.errorCode(), text("settings.range"));
        write(file("b.jsonl"), "{\"step\":1,\"loss\":2}\n");
        QCOMPARE(runCli({text("monitor"), file("b.jsonl")}).exitCode, 4);
        QCOMPARE(runCli({text("monitor"), file("missing.jsonl")}).exitCode, 4);
        QCOMPARE(runCli({text("monitor"), file("name.log")}).exitCode, 2);
    }

    // A writer that goes on, half lines, a rotation; the follower ends with the event.
    void monitorFollows() {
        const QString log = file("live.jsonl");
        QProcess process;
        process.start(cliProgram(),
                      {text("monitor"), log, text("--follow"), text("--poll"), text("0.02"),
                       text("--marker"), file("marker.json"), text("--on-converged"),
                       text("echo $GRIDSCOPE_STEP > '%1'").arg(file("said"))});
        QVERIFY(process.waitForStarted());
        const QByteArray all = losses(45);
        QFile out(log);
        QVERIFY(out.open(QIODevice::WriteOnly));
        for (qsizetype at = 0; at < all.size() && process.state() == QProcess::Running; at += 37) {
            out.write(all.mid(at, 37));
            out.flush();
            process.waitForFinished(4);
            if (at > all.size() / 3 && !QFile::exists(file("old.jsonl"))) {
                out.close();
                QVERIFY(QFile::rename(log, file("old.jsonl")));
                QVERIFY(out.open(QIODevice::WriteOnly));
                out.write(all.left(at + 37));  // the new file repeats the steps
                out.flush();
            }
        }
        QVERIFY(process.waitForFinished(20000));
        QVERIFY(process.exitCode() == 10 || process.exitCode() == 11);
        QCOMPARE(read(file("said")).trimmed(), QByteArray("30000"));
        QVERIFY(read(file("marker.json")).contains("\"step\": 30000"));
    }

    // A log in the working directory, named without a folder: the checkpoints lie beside it.
    void monitorKeepsTheBestBesideTheLog() {
        GRIDSCOPE_NEED_SHARED();
        QDir().mkpath(file("step30000"));
        for (const char* name : {"config.json", "model.safetensors"})
            QVERIFY(QFile::copy(sharedData("suite_a/step400/") + text(name),
                                file("step30000/") + text(name)));
        write(file("log.jsonl"), losses(37));
        QProcess process;
        process.setWorkingDirectory(m_folder->path());
        process.start(cliProgram(),
                      {text("monitor"), text("log.jsonl"), text("--keep-best"), text("kept")});
        QVERIFY(process.waitForFinished(20000));
        QCOMPARE(process.exitCode(), 10);
        QVERIFY(QFile::exists(file("kept/step30000/model.safetensors")));
    }

    void importedTableHasPhases() {
        const QString table = QString::fromStdString(
            (dataFolder().parent_path().parent_path() / "resources/reference/table1.csv").string());
        const CliResult imported = runCli({text("import"), table, text("--out"), file("t.h5")});
        QVERIFY2(imported.exitCode == 0, imported.error);
        QVERIFY(imported.error.contains("learning_rate_percent is no metric"));
        QCOMPARE(runCli({text("verify"), file("t.h5")}).exitCode, 0);
        const QJsonObject phases = runCli({text("phases"), text("--json"), file("t.h5")}).json();
        QCOMPARE(phases[text("detectors")].toArray().size(), 3);
        QVERIFY(phases[text("associations")].toArray().size() >= 2);
        const QJsonObject metric = runCli({text("phases"), text("--json"), text("--metric"),
                                           text("gap_percent"), file("t.h5")})
                                       .json();
        QCOMPARE(metric[text("detectors")].toArray()[0].toObject()[text("state")].toString(),
                 text("not-applicable"));
        write(file("bad.csv"), "step,fp32_ppl\n1,x\n");
        QCOMPARE(runCli({text("import"), file("bad.csv"), text("--out"), file("b.h5")}).exitCode,
                 4);
        QVERIFY(!QFile::exists(file("b.h5")));
    }

    // A writer process puts the suite there file by file while the watch runs; both are killed
    // with SIGKILL at random moments and started again. In the end the rows are those of a probe.
    void watchWithAWriterAndKills() {
        GRIDSCOPE_NEED_SHARED();
        const QString suite = sharedData("suite_a"), run = file("run");
        QDir().mkpath(run);
        QFile::copy(suite + text("/tokenizer.json"), run + text("/tokenizer.json"));
        // Slow: 16 KiB at a time, and not atomic, as bad writers do it.
        write(file("writer.sh"),
              "cd '" + suite.toUtf8() +
                  "'\nfor s in step0 step40 step150 step400 step1000; do\n"
                  "  mkdir -p '" +
                  run.toUtf8() + "'/$s\n  cp $s/config.json '" + run.toUtf8() + "'/$s/\n  [ -e '" +
                  run.toUtf8() + "'/$s/done ] && continue\n  rm -f '" + run.toUtf8() +
                  "'/$s/model.safetensors\n  n=$(( ($(stat -c %s $s/model.safetensors) "
                  "+ 65535) / 65536 ))\n  for i in $(seq 0 $((n - 1))); do dd "
                  "if=$s/model.safetensors "
                  "bs=65536 skip=$i count=1 2>/dev/null >> '" +
                  run.toUtf8() + "'/$s/model.safetensors; done\n  : > '" + run.toUtf8() +
                  "'/$s/done\ndone\n");
        const QStringList arguments{text("watch"),       run,
                                    text("--out"),       file("run.h5"),
                                    text("--tokens"),    sharedData("suite_a/val_tokens.npy"),
                                    text("--windows"),   text("16"),
                                    text("--length"),    text("64"),
                                    text("--poll"),      text("0.05"),
                                    text("--settle"),    text("0.3"),
                                    text("--keep-best"), file("best")};
        QRandomGenerator random(20261117);
        for (int round = 0; round < 6; ++round) {
            QProcess writer, watch;
            writer.start(text("/bin/sh"), {file("writer.sh")});
            watch.start(cliProgram(), arguments);
            QVERIFY(watch.waitForStarted());
            watch.waitForFinished(300 + random.bounded(1500));
            writer.kill();
            watch.kill();
            writer.waitForFinished();
            watch.waitForFinished();
            if (QFile::exists(file("run.h5")))
                QCOMPARE(runCli({text("verify"), file("run.h5")}).exitCode, 0);
        }
        QProcess writer;
        writer.start(text("/bin/sh"), {file("writer.sh")});
        QVERIFY(writer.waitForFinished(60000));
        QStringList once = arguments;
        once << text("--once");
        const CliResult last = runCli(once);
        QVERIFY2(last.exitCode == 0, last.error);
        QStringList probe = arguments.mid(0, 10);
        probe[0] = text("probe");
        probe[3] = file("probe.h5");
        QVERIFY(runCli(probe).exitCode == 0);
        QCOMPARE(rows(file("run.h5")), rows(file("probe.h5")));
        QCOMPARE(rows(file("run.h5")).size(), 5);
        // Started once more there is nothing to do.
        QCOMPARE(runCli(once).exitCode, 0);
    }

private:
    QString file(const char* name) const { return m_folder->filePath(QString::fromLatin1(name)); }

    static QMap<QString, QJsonObject> rows(const QString& file) {
        QMap<QString, QJsonObject> found;
        const CliResult show = runCli({text("show"), text("--json"), file});
        for (const QJsonValue& value : show.json()[text("checkpoints")].toArray()) {
            QJsonObject row = value.toObject();
            row.remove(text("seconds"));
            found[row[text("label")].toString()] = row;
        }
        return found;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestCliWatch)
#include "tst_cli_watch.moc"
