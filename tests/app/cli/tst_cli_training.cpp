// SPDX-License-Identifier: GPL-3.0-or-later

#include <sys/resource.h>

#include <QDir>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>
#include <csignal>
#include <functional>

#include "tests/app/cli/cli_runner.h"
#include "tests/support/test_data.h"

using namespace gridscope::test;

namespace {

QString text(const char* latin1) { return QString::fromLatin1(latin1); }

QStringList words(const char* latin1) { return text(latin1).split(QLatin1Char(' ')); }

const char* const kConfig = R"({"architectures":["GPTNeoXForCausalLM"],"model_type":"gpt_neox",
  "vocab_size":64,"hidden_size":32,"num_hidden_layers":2,"num_attention_heads":2,
  "intermediate_size":64,"max_position_embeddings":16,"rotary_pct":0.25,"rotary_emb_base":10000,
  "layer_norm_eps":1e-5,"hidden_act":"gelu","use_parallel_residual":true,
  "tie_word_embeddings":false})";

/// `count` ids below 64 as u16, each drawn from its predecessor: there is something to learn, and
/// what is drawn cannot be known, so that a model which learns it by heart grows worse on the rest.
QByteArray randomIds(int count) {
    QRandomGenerator random(41);
    QByteArray bytes;
    int id = 0;
    for (int i = 0; i < count; ++i) {
        id = (3 * id + random.bounded(16)) % 64;
        bytes.append(static_cast<char>(id));
        bytes.append('\0');
    }
    return bytes;
}

using Limit = std::function<void()>;

CliResult runLimited(const QStringList& arguments, const Limit& limit) {
    QProcess process;
    process.setChildProcessModifier(limit);
    process.start(cliProgram(), arguments);
    CliResult result;
    if (!process.waitForFinished(300'000)) qFatal("did not end in time");
    if (process.exitStatus() == QProcess::NormalExit) result.exitCode = process.exitCode();
    result.out = process.readAllStandardOutput();
    result.error = process.readAllStandardError();
    return result;
}

/// No file of the program can grow beyond `bytes`.
Limit fileSizeLimit(qint64 bytes) {
    return [bytes] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{static_cast<rlim_t>(bytes), static_cast<rlim_t>(bytes)};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    };
}

/// Kills the program at random moments of its work, over and over, then lets it end.
/// @return how often it was killed before it had ended by itself
int killOften(const QStringList& arguments, qint64 undisturbed, int rounds) {
    QRandomGenerator random(20260417);
    int killed = 0;
    for (int round = 0; round < rounds; ++round) {
        QProcess process;
        process.start(cliProgram(), arguments);
        // What was done in earlier rounds need not be done again: early kills, so that they keep
        // falling into work.
        process.waitForFinished(random.bounded(static_cast<int>(undisturbed) / 2 + 1));
        process.kill();
        process.waitForFinished();
        if (process.exitStatus() == QProcess::CrashExit) ++killed;
    }
    return killed;
}

}  // namespace

/// train and fork as a user runs them: kills, signals, full disks, refusals, the monitor.
class TestCliTraining : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        write(file("config.json"), kConfig);
        write(file("tokens.bin"), randomIds(8000));
        write(file("few.bin"), randomIds(2000));
        QElapsedTimer clock;
        clock.start();
        const CliResult whole = runCli(train("whole", 2400));
        m_trainMilliseconds = clock.elapsed();
        QVERIFY2(whole.exitCode == 0, whole.error);
        m_trained = weights("whole/step2400");
        QVERIFY(m_trained.size() > 10'000);
        clock.start();
        const CliResult forked = runCli(fork("forked"));
        m_forkMilliseconds = clock.elapsed();
        QVERIFY2(forked.exitCode == 0, forked.error);
        m_report = report("forked");
        QVERIFY(m_report.contains("\"p_two_sided\""));
    }

    void saysWhatItTakes() {
        const CliResult trained = runCli(train("said", 2));
        QVERIFY(trained.error.contains("tokens a second"));
        QVERIFY(trained.error.contains("; memory "));
        QVERIFY(trained.error.contains("gridscope-cli probe "));
        const CliResult dry = runCli(fork("dry") + words("--dry-run"));
        QCOMPARE(dry.exitCode, 0);
        QVERIFY(dry.error.contains("2 conditions x 2 seeds from step 2400"));
        QVERIFY(dry.error.contains("TFLOP of training"));
        QVERIFY(dry.error.contains("of 8 probes are taken in a bump"));
        QVERIFY(!dry.error.contains("are free"));
        QVERIFY(!QFile::exists(file("dry")));
        QStringList large = fork("dry") + words("--dry-run");
        large[large.indexOf(text("--batch")) + 1] = text("100000000");
        QVERIFY(runCli(large).error.contains("of memory are free"));
    }

    void killedTrainingResumesBitEqual() {
        const QStringList arguments = train("killed", 2400) + words("--resume");
        QVERIFY(killOften(arguments, m_trainMilliseconds, rounds()) > 0);
        const CliResult end = runCli(arguments);
        QVERIFY2(end.exitCode == 0, end.error);
        QCOMPARE(weights("killed/step2400"), m_trained);
        QVERIFY(leftovers("killed").isEmpty());
    }

    void killedForkResumesBitEqual() {
        QVERIFY(killOften(fork("killed-fork"), m_forkMilliseconds, rounds()) > 0);
        const CliResult end = runCli(fork("killed-fork"));
        QVERIFY2(end.exitCode == 0, end.error);
        QCOMPARE(report("killed-fork"), m_report);
        for (const char* run : {"cosine-seed0", "oli-seed0", "cosine-seed1", "oli-seed1"}) {
            const QByteArray last = QByteArray("/") + run + "/step2480";
            QCOMPARE(weights("killed-fork" + last), weights("forked" + last));
            QVERIFY(leftovers(QByteArray("killed-fork/") + run).isEmpty());
        }
        QVERIFY(leftovers("killed-fork").isEmpty());
    }

    void terminatedEndsSoonAndResumes_data() {
        QTest::addColumn<bool>("forks");
        QTest::newRow("train") << false;
        QTest::newRow("fork") << true;
    }
    void terminatedEndsSoonAndResumes() {
        QFETCH(bool, forks);
        const QStringList arguments =
            forks ? fork("ended-fork") : train("ended", 2400) + words("--resume");
        QProcess process;
        process.start(cliProgram(), arguments);
        QVERIFY(process.waitForStarted());
        // Its first checkpoint is there: it trains.
        const QString first = file(forks ? "ended-fork/cosine-seed0/step2400" : "ended/step0");
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(first + text("/model.safetensors")), 60'000);
        QElapsedTimer clock;
        clock.start();
        process.terminate();
        QVERIFY(process.waitForFinished(10'000));
        QVERIFY2(clock.elapsed() < 2500, qPrintable(QString::number(clock.elapsed())));
        QCOMPARE(process.exitCode(), 130);
        const QByteArray error = process.readAllStandardError();
        QVERIFY2(error.contains("(run.cancelled)") && error.contains("goes on"), error);
        const CliResult end = runCli(arguments);
        QVERIFY2(end.exitCode == 0, end.error);
        if (forks)
            QCOMPARE(report("ended-fork"), m_report);
        else
            QCOMPARE(weights("ended/step2400"), m_trained);
    }

    void batchSystemEndsIt_data() { terminatedEndsSoonAndResumes_data(); }
    void batchSystemEndsIt() {
        QFETCH(bool, forks);
        const QStringList arguments =
            forks ? fork("batch-fork") : train("batch", 2400) + words("--resume");
        QProcess process;
        process.start(cliProgram(), arguments);
        const QString first = file(forks ? "batch-fork/cosine-seed0/step2400" : "batch/step0");
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(first + text("/model.safetensors")), 60'000);
        QCOMPARE(::kill(static_cast<pid_t>(process.processId()), SIGUSR1), 0);
        QVERIFY(process.waitForFinished(10'000));
        QCOMPARE(process.exitCode(), 0);
        QVERIFY(process.readAllStandardError().contains("incomplete: "));
        QVERIFY(!QFile::exists(file(forks ? "batch-fork/oli-seed1/step2480" : "batch/step2400")));
        QCOMPARE(runCli(arguments).exitCode, 0);
        if (forks)
            QCOMPARE(report("batch-fork"), m_report);
        else
            QCOMPARE(weights("batch/step2400"), m_trained);
    }

    void aSecondProcessIsRefused_data() { terminatedEndsSoonAndResumes_data(); }
    void aSecondProcessIsRefused() {
        QFETCH(bool, forks);
        QStringList arguments = forks ? fork("twice-fork") : train("twice", 10) + words("--resume");
        arguments[arguments.indexOf(text("--steps")) + 1] = text("1000000");
        QProcess process;
        process.start(cliProgram(), arguments);
        const QString first = file(forks ? "twice-fork/cosine-seed0/step2400" : "twice/step0");
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(first + text("/model.safetensors")), 60'000);
        const CliResult second = runCli(arguments);
        process.kill();
        process.waitForFinished();
        QCOMPARE(second.exitCode, 5);
        QVERIFY2(second.error.contains("(trajectory.locked)"), second.error);
    }

    void fullDisk_data() {
        QTest::addColumn<bool>("forks");
        QTest::newRow("train") << false;
        QTest::newRow("fork") << true;
    }
    void fullDisk() {
        QFETCH(bool, forks);
        // A checkpoint still fits, the state with its moments does not.
        const Limit limit = fileSizeLimit(m_trained.size() + 4096);
        const QStringList arguments =
            forks ? fork("full-fork") : train("full", 2400) + words("--resume");
        const CliResult failed = runLimited(arguments, limit);
        QCOMPARE(failed.exitCode, 5);
        QVERIFY2(failed.error.contains("(file.disk-full)") || failed.error.contains("(file.write)"),
                 failed.error);
        QVERIFY(leftovers(forks ? "full-fork/cosine-seed0" : "full").isEmpty());
        const CliResult end = runCli(arguments);
        QVERIFY2(end.exitCode == 0, end.error);
        if (forks)
            QCOMPARE(report("full-fork"), m_report);
        else
            QCOMPARE(weights("full/step2400"), m_trained);
    }

    void divergence() {
        QStringList hot = train("diverged", 200);
        hot.replaceInStrings(text("6e-3"), text("1e30"));
        const CliResult trained = runCli(hot);
        QCOMPARE(trained.exitCode, 4);
        QVERIFY2(trained.error.contains("(training.diverged)"), trained.error);
        QVERIFY(QFile::exists(file("diverged/step0/model.safetensors")));
        QStringList arguments = fork("diverged-fork");
        arguments.replaceInStrings(text("eta=2e-3"), text("eta=1e30"));
        const CliResult forked = runCli(arguments);
        QCOMPARE(forked.exitCode, 3);
        QVERIFY2(forked.error.contains("2 runs complete, 2 diverged"), forked.error);
        // Its end is told, and the report does without it.
        const QByteArray told = report("diverged-fork");
        QVERIFY(told.contains("\"state\": \"diverged\""));
    }

    void refusals_data() {
        QTest::addColumn<bool>("forks");
        QTest::addColumn<QString>("more");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("train, memory")
            << false << text("--batch 100000000") << 4 << QByteArray("memory.estimate");
        QTest::newRow("fork, memory")
            << true << text("--batch 100000000") << 4 << QByteArray("memory.estimate");
        QTest::newRow("train, state is there")
            << false << text("--out ") + file("whole") << 5 << QByteArray("output.exists");
        QTest::newRow("fork, another design")
            << true << text("--weight-decay 0 --out ") + file("forked") << 4
            << QByteArray("fork.mismatch");
        QTest::newRow("train, word for the monitor")
            << false << text("--monitor maybe") << 2 << QByteArray("settings.syntax");
        QTest::newRow("fork, own fork step")
            << true << text("--condition sgdr:fork=5") << 2 << QByteArray("settings.syntax");
        QTest::newRow("fork, no such step") << true << text("--fork-step -5") << 2 << QByteArray();
        QTest::newRow("fork, negative seed") << true << text("--seed -1") << 2 << QByteArray();
        QTest::newRow("train, negative seed") << false << text("--seed -1") << 2 << QByteArray();
        for (const bool forks : {false, true}) {
            const char* const name = forks ? "fork" : "train";
            QTest::addRow("%s, threads", name)
                << forks << text("--threads 100000") << 2 << QByteArray("settings.range");
            QTest::addRow("%s, first window without file order", name)
                << forks << text("--first-window 3") << 2 << QByteArray("settings.syntax");
        }
    }
    void refusals() {
        QFETCH(bool, forks);
        QFETCH(QString, more);
        QStringList arguments = forks ? fork("refused") : train("refused", 10);
        const QStringList options = more.split(QLatin1Char(' '));
        for (qsizetype i = 0; i + 1 < options.size(); i += 2) {
            const qsizetype place = arguments.indexOf(options[i]);
            if (place >= 0 && options[i] != text("--condition"))
                arguments[place + 1] = options[i + 1];
            else
                arguments += options.mid(i, 2);
        }
        const CliResult refused = runCli(arguments);
        QTEST(refused.exitCode, "exitCode");
        QFETCH(QByteArray, code);
        QVERIFY2(code.isEmpty() || refused.error.contains("(" + code + ")"), refused.error);
        QVERIFY(!QFile::exists(file("refused/fork.json")));
        QVERIFY(!QFile::exists(file("refused/step0")));
    }

    void monitorStops() {
        // 1,900 ids are soon known by heart, and the 100 held out are not among them.
        QStringList arguments = train("stopped", 4000) + words("--monitor stop --resume");
        arguments.replaceInStrings(text("tokens.bin"), text("few.bin"));
        arguments.replaceInStrings(text("every:300"), text("every:20"));
        const CliResult stopped = runCli(arguments);
        QVERIFY2(stopped.exitCode == 0, stopped.error);
        QVERIFY2(stopped.error.contains("FP32 converged at step"), stopped.error.right(600));
        QVERIFY(!QFile::exists(file("stopped/step4000")));
        const int kept = folders("stopped");
        const CliResult again = runCli(arguments);
        QVERIFY2(again.exitCode == 0, again.error);
        QCOMPARE(folders("stopped"), kept);
    }

    void monitorKeepsTheBest() {
        QStringList arguments = train("kept", 1000) + words("--monitor keep-best");
        arguments.replaceInStrings(text("tokens.bin"), text("few.bin"));
        arguments.replaceInStrings(text("every:300"), text("every:20"));
        const CliResult run = runCli(arguments);
        QVERIFY2(run.exitCode == 0, run.error);
        const QStringList best =
            QDir(file("kept/best")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
        QCOMPARE(best.size(), 1);
        // The lowest of the losses that were told.
        double lowest = 1e9;
        QByteArray step;
        for (const QByteArray& line : run.error.split('\n')) {
            const qsizetype at = line.indexOf(": validation loss ");
            if (at < 0 || line.mid(at + 18).toDouble() >= lowest) continue;
            lowest = line.mid(at + 18).toDouble();
            step = line.left(at).mid(5);
        }
        QCOMPARE(best.first(), text("step") + text(step.constData()));
        QVERIFY(step.toInt() > 0 && step.toInt() < 1000);
    }

    void fileOrder() {
        // 100 windows of 12: the second run begins where the first ends, and repeats nothing.
        const auto trained = [&](const char* name, const char* first) {
            QStringList arguments = train(name, 3);
            arguments += words("--data-order file --first-window");
            arguments += text(first);
            const CliResult result = runCli(arguments);
            return result.exitCode == 0 ? weights(QByteArray(name) + "/step3") : result.error;
        };
        const QByteArray begun = trained("order0", "0");
        QVERIFY2(begun.size() > 10'000, begun);
        QVERIFY(trained("order12", "12") != begun);
        // 8,000 ids hold 666 windows of 12 with the id behind: the 667th is the first again.
        QCOMPARE(trained("order666", "666"), begun);
    }

    void exportedSchedule() {
        const QStringList form = words(
            "schedule --lr-max 6e-4 --lr-min 6e-5 --warmup 1430 --total 143000 "
            "--fork-step 70000 --form oli:eta=1e-3,bump=75,cool=300");
        const CliResult json = runCli(form + words("--json --step 70000,70074,70075,70374,70375"));
        const QJsonArray points = json.json()[text("points")].toArray();
        QCOMPARE(points.size(), 5);
        const QList<bool> bumps{true, true, false, false, true};
        for (qsizetype i = 0; i < 5; ++i) {
            const QJsonObject point = points[i].toObject();
            QCOMPARE(point[text("lr")].toDouble() == 1e-3, bumps[i]);
            QCOMPARE(point[text("kind")].toString(), text(bumps[i] ? "bump" : "cool"));
        }
        const CliResult csv = runCli(form + words("--export csv --step 70074,70075"));
        QVERIFY(csv.out.startsWith("step,lr,kind\n70074,0.001,bump\n70075,"));
        const CliResult python = runCli(form + words("--export python"));
        QVERIFY(python.out.contains("def lr_lambda(epoch):"));
        QVERIFY(python.out.contains("BUMP_LR = 0.001"));
        // All steps of a schedule that is too long for a list.
        QStringList endless = form;
        endless.replaceInStrings(text("143000"), text("1000000000000"));
        QCOMPARE(runCli(endless + words("--export csv")).exitCode, 2);
    }

private:
    QString file(const QByteArray& name) const { return m_folder.filePath(text(name.constData())); }
    QByteArray weights(const QByteArray& folder) const {
        return read(file(folder + "/model.safetensors"));
    }
    QByteArray report(const QByteArray& folder) const {
        return runCli({text("fork-report"), file(folder), text("--json")}).out;
    }
    /// Names of temporary, lock and state files that nobody needs any more.
    QStringList leftovers(const QByteArray& folder) const {
        return QDir(file(folder))
            .entryList({text(".*"), text("*.lock"), text("*.tmp*")}, QDir::Files | QDir::Hidden);
    }
    int folders(const QByteArray& folder) const {
        return static_cast<int>(QDir(file(folder)).entryList({text("step*")}, QDir::Dirs).size());
    }
    static int rounds() { return qEnvironmentVariableIsSet("GRIDSCOPE_LONG_TESTS") ? 60 : 8; }

    QStringList train(const QByteArray& out, int steps) const {
        return QStringList{text("train"),    text("--config"),   file("config.json"),
                           text("--tokens"), file("tokens.bin"), text("--out"),
                           file(out),        text("--steps"),    QString::number(steps)} +
               words(
                   "--dtype u16 --batch 4 --length 12 --lr-max 6e-3 --lr-min 6e-4 --warmup 20 "
                   "--total 4800 --save 0,every:300 --threads 1");
    }
    QStringList fork(const QByteArray& out) const {
        return QStringList{text("fork"),       file("whole/step2400"), text("--tokens"),
                           file("tokens.bin"), text("--out"),          file(out)} +
               words(
                   "--dtype u16 --condition cosine --condition oli:eta=2e-3,bump=4,cool=16 "
                   "--lr-max 6e-3 --lr-min 6e-4 --warmup 20 --total 4800 --seeds 2 --steps 80 "
                   "--batch 4 --length 12 --weight-decay 0.1 --probe-every 10 --grid int4 "
                   "--threads 1");
    }

    QTemporaryDir m_folder;
    qint64 m_trainMilliseconds = 0, m_forkMilliseconds = 0;
    QByteArray m_trained, m_report;
};

QTEST_GUILESS_MAIN(TestCliTraining)
#include "tst_cli_training.moc"
