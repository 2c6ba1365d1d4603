// SPDX-License-Identifier: GPL-3.0-or-later

// `gridscope figure` as a user runs it: files, sizes, exit codes.

#include <QFile>
#include <QImageReader>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "core/trajectory/trajectory_store.h"
#include "tests/core/training/fork_fixture.h"
#include "tests/core/trajectory/synthetic_trajectory.h"

using namespace gridscope;

namespace {

struct Outcome {
    int code = -1;
    QString out, error;
};

Outcome runFigure(const QStringList& arguments) {
    QProcess process;
    // Neither a display nor a chosen platform: the command picks its own.
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.remove(QStringLiteral("QT_QPA_PLATFORM"));
    environment.remove(QStringLiteral("DISPLAY"));
    process.setProcessEnvironment(environment);
    process.start(QString(qEnvironmentVariable("GRIDSCOPE_BIN") + QStringLiteral("/gridscope")),
                  QStringList{QStringLiteral("figure")} + arguments);
    if (!process.waitForFinished(60000) || process.exitStatus() != QProcess::NormalExit) return {};
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

}  // namespace

class TestFigureCommand : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void writesEveryFormat();
    void sizesOfAVenue();
    void lists();
    void keepsAnExistingFile();
    void someFail();
    void refuses_data();
    void refuses();
    void sameBytesTwice();
    void forkFolder();

private:
    QString path(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)); }

    QTemporaryDir m_folder;
    QString m_run;
};

void TestFigureCommand::initTestCase() {
    m_run = path("run.h5");
    const Trajectory plan = test::syntheticPlan();
    auto store = TrajectoryStore::open(systemFileOps(), m_run.toStdString(), plan);
    QVERIFY(store);
    std::vector<std::shared_ptr<const ProbeRecord>> rows;
    for (int step = 0; step < 12; ++step) rows.push_back(test::syntheticRow(plan, 1000 * step));
    GRIDSCOPE_DO_OK((*store)->commit(rows));
}

void TestFigureCommand::writesEveryFormat() {
    const Outcome outcome = runFigure(
        {m_run, QStringLiteral("--figure"), QStringLiteral("gap"), QStringLiteral("--out"),
         path("gap"), QStringLiteral("--format"), QStringLiteral("pdf,svg,png,csv")});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    const QStringList written = outcome.out.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QCOMPARE(written,
             (QStringList{path("gap.pdf"), path("gap.svg"), path("gap.png"), path("gap.csv")}));
    const QByteArray magics[] = {"%PDF-", "<?xml", "\x89PNG", "#"};
    for (int i = 0; i < 4; ++i) {
        QFile file(written[i]);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY2(file.readAll().startsWith(magics[i]), qPrintable(written[i]));
    }
}

void TestFigureCommand::sizesOfAVenue() {
    // icml: 6.75 in over the page = 486 pt; 3.25 in a column at 300 dpi = 975 pixels.
    Outcome outcome = runFigure({m_run, QStringLiteral("--venue"), QStringLiteral("icml"),
                                 QStringLiteral("--columns"), QStringLiteral("2"),
                                 QStringLiteral("--out"), path("page.pdf")});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    QFile pdf(path("page.pdf"));
    QVERIFY(pdf.open(QIODevice::ReadOnly));
    QVERIFY(pdf.readAll().contains("/MediaBox [0 0 486"));
    outcome = runFigure({m_run, QStringLiteral("--venue"), QStringLiteral("icml"),
                         QStringLiteral("--out"), path("column.png")});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    QCOMPARE(QImageReader(path("column.png")).size().width(), 975);
}

void TestFigureCommand::lists() {
    const Outcome outcome = runFigure({QStringLiteral("--list")});
    QCOMPARE(outcome.code, 0);
    QVERIFY(outcome.out.split(QLatin1Char('\n')).contains(QStringLiteral("overview")));
}

void TestFigureCommand::keepsAnExistingFile() {
    const QString file = path("kept.svg");
    QFile kept(file);
    QVERIFY(kept.open(QIODevice::WriteOnly));
    kept.write("mine");
    kept.close();
    const Outcome refused = runFigure({m_run, QStringLiteral("--out"), file});
    QCOMPARE(refused.code, 5);
    QVERIFY2(refused.error.contains(QStringLiteral("output.exists")), qPrintable(refused.error));
    QVERIFY(kept.open(QIODevice::ReadOnly));
    QCOMPARE(kept.readAll(), QByteArray("mine"));
    QCOMPARE(runFigure({m_run, QStringLiteral("--overwrite"), QStringLiteral("--out"), file}).code,
             0);
}

void TestFigureCommand::someFail() {
    QFile there(path("some.svg"));
    QVERIFY(there.open(QIODevice::WriteOnly));
    const Outcome outcome = runFigure({m_run, QStringLiteral("--out"), path("some"),
                                       QStringLiteral("--format"), QStringLiteral("svg,csv")});
    QCOMPARE(outcome.code, 3);
    QVERIFY(QFile::exists(path("some.csv")));
}

void TestFigureCommand::refuses_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("error");
    const QString out = path("refused.pdf");
    QFile text(path("notes.h5"));
    QVERIFY(text.open(QIODevice::WriteOnly));
    text.write("no trajectory at all");
    text.close();
    const auto add = [](const char* name, const QStringList& arguments, int code,
                        const char* error) {
        QTest::newRow(name) << arguments << code << QString::fromLatin1(error);
    };
    const QString to = QStringLiteral("--out");
    add("no input", {to, out}, 2, "settings.syntax");
    add("no output", {m_run}, 2, "settings.syntax");
    add("unknown option", {m_run, QStringLiteral("--colour"), to, out}, 2, "settings.syntax");
    add("unknown figure", {m_run, QStringLiteral("--figure"), QStringLiteral("pie"), to, out}, 2,
        "settings.syntax");
    add("unknown venue", {m_run, QStringLiteral("--venue"), QStringLiteral("moon"), to, out}, 2,
        "settings.syntax");
    add("width no number", {m_run, QStringLiteral("--width"), QStringLiteral("wide"), to, out}, 2,
        "settings.syntax");
    add("width too small", {m_run, QStringLiteral("--width"), QStringLiteral("0.1in"), to, out}, 2,
        "settings.range");
    add("unknown suffix", {m_run, to, path("refused.doc")}, 2, "settings.syntax");
    add("unknown layer", {m_run, QStringLiteral("--layer"), QStringLiteral("99.mlp.up"), to, out},
        2, "settings.syntax");
    add("missing trajectory", {path("absent.h5"), to, out}, 4, "file.missing");
    add("no trajectory", {path("notes.h5"), to, out}, 4, "trajectory.format");
    add("grid not measured",
        {m_run, QStringLiteral("--grid"), QStringLiteral("a2g64:minmax"),
         QStringLiteral("--figure"), QStringLiteral("histogram"), to, out},
        4, "trajectory.no-data");
    add("folder missing", {m_run, to, path("no/such/folder.pdf")}, 5, "");
}

void TestFigureCommand::refuses() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, error);
    const Outcome outcome = runFigure(arguments);
    QVERIFY2(outcome.code == code,
             qPrintable(QString(QString::number(outcome.code) + u' ' + outcome.error)));
    QVERIFY2(outcome.error.contains(error), qPrintable(outcome.error));
    QVERIFY(outcome.out.isEmpty());
    QVERIFY(!QFile::exists(path("refused.pdf")));
}

void TestFigureCommand::sameBytesTwice() {
    QByteArray bytes[2];
    for (int i = 0; i < 2; ++i) {
        const QString file = path(i == 0 ? "first.svg" : "second.svg");
        QCOMPARE(runFigure({m_run, QStringLiteral("--out"), file}).code, 0);
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        bytes[i] = written.readAll();
    }
    QVERIFY(!bytes[0].isEmpty());
    QCOMPARE(bytes[0], bytes[1]);
}

void TestFigureCommand::forkFolder() {
    const QString folder = path("experiment");
    test::writeForkExperiment(folder.toStdString());
    Outcome outcome = runFigure({folder, QStringLiteral("--figure"), QStringLiteral("fork"),
                                 QStringLiteral("--reference"), QStringLiteral("table2"),
                                 QStringLiteral("--out"), path("fork.pdf")});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    QFile file(path("fork.pdf"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().startsWith("%PDF-"));
    // What a run has and a fork has not, and the other way round.
    outcome = runFigure({folder, QStringLiteral("--figure"), QStringLiteral("gap"),
                         QStringLiteral("--out"), path("no.pdf")});
    QCOMPARE(outcome.code, 4);
    outcome = runFigure({m_run, QStringLiteral("--figure"), QStringLiteral("fork"),
                         QStringLiteral("--out"), path("no.pdf")});
    QCOMPARE(outcome.code, 4);
    outcome = runFigure({folder, QStringLiteral("--layer"), QStringLiteral("0"),
                         QStringLiteral("--out"), path("no.pdf")});
    QCOMPARE(outcome.code, 2);
    outcome = runFigure({m_folder.path(), QStringLiteral("--out"), path("no.pdf")});
    QCOMPARE(outcome.code, 4);  // a folder without fork.json
    QVERIFY(!QFile::exists(path("no.pdf")));
}

QTEST_GUILESS_MAIN(TestFigureCommand)
#include "tst_figure_command.moc"
