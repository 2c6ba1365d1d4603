// SPDX-License-Identifier: GPL-3.0-or-later

// The Fork Lab in the window over a scripted engine: what may run, what is shown, what is undone.

#include <QtTest>
#include <QtWidgets>

#include <atomic>
#include <thread>

#include "tests/app/fork_fixture.h"
#include "tests/app/scripted_engine.h"
#include "tests/app/window_fixture.h"
#include "tests/support/unnamed_widgets.h"
#include "views/pages/fork_lab_page.h"
#include "views/pages/fork_results_view.h"
#include "views/widgets/rate_edit.h"

using namespace gridscope;
using namespace gridscope::app;
using test::ForkFiles;
using test::ScriptedEngine;
using test::WindowFixture;

namespace {

void untilStopped(const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

QAction* action(WindowFixture& fixture, const char* id) {
    return fixture.window.actions().find(QString::fromLatin1(id));
}

views::ForkLabPage* page(WindowFixture& fixture) {
    return fixture.child<views::ForkLabPage>("pageForkLab");
}

QString why(WindowFixture& fixture) { return fixture.child<QLabel>("forkProblem")->text(); }

/// State and step of a run as the table shows them.
QString runLine(WindowFixture& fixture, int row) {
    const QAbstractItemModel* model = fixture.child<QTableView>("forkRunTable")->model();
    return QStringLiteral("%1 %2 %3")
        .arg(model->index(row, 0).data().toString(), model->index(row, 1).data().toString(),
             model->index(row, 2).data().toString());
}

}  // namespace

class TestForkLab : public QObject {
    Q_OBJECT
private slots:
    void emptyPageOffersAForkPoint();
    void runsOnlyWhatIsWhole();
    void whatFilesSpeakAgainstIsTold();
    void newestPlanWins();
    void runsAreFollowed();
    void aFailureIsToldOnce();
    void longWorkAsksFirst();
    void nothingElseTrainsBeside();
    void openedExperimentIsLocked();
    void openingAFolderWithoutOne();
    void editsAreUndone();
    void forksFromTheSelectedCheckpoint();
    void commandLine();
    void everythingHasAName();
};

void TestForkLab::emptyPageOffersAForkPoint() {
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    fixture.trigger("view.forkLab");
    QVERIFY(page(fixture)->isVisible());
    auto* overlay = page(fixture)->findChild<QWidget*>(QStringLiteral("stateOverlay"));
    QVERIFY(overlay->isVisible());
    QVERIFY(overlay->findChild<QPushButton*>(QStringLiteral("stateButton"))
                ->text()
                .contains(QStringLiteral("Choose Fork Point")));
    QVERIFY(!action(fixture, "fork.run")->isEnabled());
    QVERIFY(action(fixture, "fork.run")->toolTip().contains(QStringLiteral("fork from")));
    QVERIFY(!action(fixture, "fork.copyCommand")->isEnabled());
    QVERIFY(!action(fixture, "fork.cancel")->isEnabled());
    QCOMPARE(action(fixture, "view.forkLab")->shortcut(), QKeySequence(QStringLiteral("Ctrl+4")));
    QCOMPARE(action(fixture, "view.watch")->shortcut(), QKeySequence(QStringLiteral("Ctrl+5")));
}

void TestForkLab::runsOnlyWhatIsWhole() {
    const ForkFiles files;
    ScriptedEngine engine;
    std::atomic<int> plans = 0;
    engine.onPlanFork = [&](const views::ForkChoice& choice) -> Expected<ForkPlan> {
        ++plans;
        return test::scriptedPlan(choice);
    };
    WindowFixture fixture(engine);
    fixture.trigger("view.forkLab");
    views::ForkChoice choice = files.choice();
    choice.design.conditions[2].schedule.bumpLr.reset();
    fixture.controller.fork().edit(choice);
    QVERIFY2(why(fixture).contains(QStringLiteral("required")), qPrintable(why(fixture)));
    QVERIFY(!action(fixture, "fork.run")->isEnabled());
    auto* card = fixture.child<QWidget>("forkCondition2");
    card->findChild<views::RateEdit*>(QStringLiteral("forkEta"))->setText(QStringLiteral("1e-3"));
    QVERIFY(!action(fixture, "fork.run")->isEnabled());  // until the files are read
    QVERIFY(action(fixture, "fork.copyCommand")->isEnabled());
    QTRY_VERIFY(action(fixture, "fork.run")->isEnabled());
    QVERIFY(why(fixture).isEmpty());
    QCOMPARE(plans.load(), 1);  // none for the design that was unfinished
    const QString cost = fixture.child<QLabel>("forkCost")->text();
    QVERIFY2(cost.contains(QStringLiteral("1 h")), qPrintable(cost));
    QCOMPARE(fixture.child<QTableView>("forkRunTable")->model()->rowCount(), 9);
}

void TestForkLab::whatFilesSpeakAgainstIsTold() {
    const ForkFiles files;
    ScriptedEngine engine;
    engine.onPlanFork = [](const views::ForkChoice&) -> Expected<ForkPlan> {
        return Error{ErrorCode::ForkMismatch, "fork.json", "another experiment is in this folder",
                     "Choose another folder"};
    };
    WindowFixture fixture(engine);
    fixture.controller.fork().edit(files.choice());
    QTRY_VERIFY2(why(fixture).contains(
                     QStringLiteral("fork.json: another experiment is in this folder. Choose "
                                    "another folder.")),
                 qPrintable(why(fixture)));
    QVERIFY(!action(fixture, "fork.run")->isEnabled());
    QVERIFY(QApplication::activeModalWidget() == nullptr);
}

void TestForkLab::newestPlanWins() {
    const ForkFiles files;
    ScriptedEngine engine;
    std::atomic<bool> firstIsOut = false, letFirstGo = false;
    engine.onPlanFork = [&](const views::ForkChoice& choice) -> Expected<ForkPlan> {
        if (choice.design.steps == 30'000) {
            firstIsOut = true;
            while (!letFirstGo) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return test::scriptedPlan(choice);
    };
    WindowFixture fixture(engine);
    fixture.controller.fork().edit(files.choice());
    QTRY_VERIFY(firstIsOut);
    fixture.child<QSpinBox>("forkSteps")->setValue(500);
    letFirstGo = true;
    QTRY_VERIFY(fixture.controller.fork().status().cost.has_value());
    // 500 steps x 4 windows x 2,048 tokens
    QCOMPARE(fixture.controller.fork().status().cost->tokens, 4'096'000.0);
}

void TestForkLab::runsAreFollowed() {
    const ForkFiles files;
    ScriptedEngine engine;
    std::atomic<std::size_t> finished = 0;
    std::atomic<int> stage = 0;
    engine.onPlanFork = [&](const views::ForkChoice& choice) -> Expected<ForkPlan> {
        ForkPlan plan = test::scriptedPlan(choice);
        for (std::size_t i = 0; i < finished; ++i) plan.runs[i].mood = views::ForkRunMood::Complete;
        return plan;
    };
    engine.onForkReport = [&](const ForkReportRequest&) -> Expected<ForkReport> {
        return test::scriptedReport(files.choice(), finished);
    };
    engine.onRunFork = [&](const views::ForkChoice& choice, const ForkCallbacks& callbacks,
                           ProgressSink& progress, std::stop_token stop) -> Expected<ForkOutcome> {
        if (!(choice == files.choice())) return Error{ErrorCode::Internal, {}, "another", {}};
        const auto waitFor = [&](int wanted) {
            while (stage < wanted && !stop.stop_requested())
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
        };
        callbacks.onRun("cosine-seed0", {ForkRunState::Planned, 0, {}});
        waitFor(1);
        callbacks.onRun("cosine-seed0", {ForkRunState::Planned, 71'000, {}});
        callbacks.onRows("cosine-seed0", nullptr);
        progress.report({"training and probing", "cosine-seed0", 1000, 270'000, 60.0});
        waitFor(2);
        finished = 1;
        callbacks.onRun("cosine-seed0", {ForkRunState::Complete, 100'000, {}});
        callbacks.onRun("sgdr-seed0", {ForkRunState::Diverged, 72'000, "the loss is NaN"});
        callbacks.onRun("oli-seed0", {ForkRunState::Planned, 0, {}});
        callbacks.onRows("oli-seed0", nullptr);
        untilStopped(stop);
        return cancelledError();
    };
    WindowFixture fixture(engine);
    fixture.controller.fork().edit(files.choice());
    QTRY_VERIFY(action(fixture, "fork.run")->isEnabled());
    fixture.trigger("fork.run");
    QVERIFY(fixture.child<QTableView>("forkRunTable")->isVisible());
    QVERIFY(!fixture.child<QSpinBox>("forkSteps")->isEnabled());
    QVERIFY(!fixture.child<QLineEdit>("forkTokens")->isEnabled());
    QTRY_COMPARE(runLine(fixture, 0), QStringLiteral("cosine-seed0 running "));
    stage = 1;
    QTRY_VERIFY(runLine(fixture, 0).startsWith(QStringLiteral("cosine-seed0 running 71")));
    stage = 2;
    QTRY_VERIFY(runLine(fixture, 0).startsWith(QStringLiteral("cosine-seed0 complete 100")));
    QVERIFY(runLine(fixture, 1).startsWith(QStringLiteral("sgdr-seed0 diverged 72")));
    QTRY_VERIFY(runLine(fixture, 2).startsWith(QStringLiteral("oli-seed0 running")));
    QTRY_VERIFY(page(fixture)->results()->report() != nullptr);
    QTRY_COMPARE(page(fixture)->results()->report()->results.runs[0].probes.size(),
                 std::size_t{31});
    fixture.trigger("fork.cancel");
    QTRY_VERIFY(!fixture.controller.fork().isRunning());
    QTRY_COMPARE(runLine(fixture, 2), QStringLiteral("oli-seed0 planned "));
    QVERIFY(fixture.child<QLabel>("forkSaid")->text().contains(QStringLiteral("interrupted")));
    QVERIFY(fixture.child<QSpinBox>("forkSteps")->isEnabled());
    QTRY_VERIFY(action(fixture, "fork.run")->isEnabled());  // to go on
}

void TestForkLab::aFailureIsToldOnce() {
    const ForkFiles files;
    ScriptedEngine engine;
    engine.onPlanFork = [](const views::ForkChoice& choice) {
        return Expected<ForkPlan>(test::scriptedPlan(choice));
    };
    engine.onRunFork = [](const auto&, const auto&, ProgressSink&,
                          std::stop_token) -> Expected<ForkOutcome> {
        return Error{ErrorCode::FileDiskFull, "oli-seed0.h5", "the disk is full", "Make room"};
    };
    WindowFixture fixture(engine);
    fixture.controller.fork().edit(files.choice());
    QTRY_VERIFY(action(fixture, "fork.run")->isEnabled());
    fixture.trigger("fork.run");
    QTRY_VERIFY(fixture.child<QLabel>("forkSaid")
                    ->text()
                    .contains(QStringLiteral("oli-seed0.h5: the disk is full. Make room")));
    QVERIFY(QApplication::activeModalWidget() == nullptr);
    QTRY_VERIFY(action(fixture, "fork.run")->isEnabled());
}

void TestForkLab::longWorkAsksFirst() {
    const ForkFiles files;
    ScriptedEngine engine;
    engine.onPlanFork = [](const views::ForkChoice& choice) -> Expected<ForkPlan> {
        ForkPlan plan = test::scriptedPlan(choice);
        plan.cost.seconds = 30 * 3600.0;
        plan.cost.freeDiskBytes = 1e8;
        return plan;
    };
    std::atomic<int> runs = 0;
    engine.onRunFork = [&](const auto&, const auto&, ProgressSink&,
                           std::stop_token) -> Expected<ForkOutcome> {
        ++runs;
        return ForkOutcome();
    };
    WindowFixture fixture(engine);
    fixture.controller.fork().edit(files.choice());
    QTRY_VERIFY(action(fixture, "fork.run")->isEnabled());
    QString asked;
    const auto answer = [&](const char* button) {
        WindowFixture::whenDialogOpens("forkQuestion", [&asked, button](QDialog* dialog) {
            asked = qobject_cast<QMessageBox*>(dialog)->text();
            dialog->findChild<QAbstractButton*>(QString::fromLatin1(button))->click();
        });
    };
    answer("forkDoNotRun");
    fixture.trigger("fork.run");
    QVERIFY2(asked.contains(QStringLiteral("30 h")), qPrintable(asked));
    QVERIFY2(asked.contains(QStringLiteral("free on the disk")), qPrintable(asked));
    QVERIFY(!fixture.controller.fork().isRunning());
    answer("forkRunAnyway");
    fixture.trigger("fork.run");
    QTRY_COMPARE(runs.load(), 1);
    QTRY_VERIFY(!fixture.controller.fork().isRunning());
}

void TestForkLab::nothingElseTrainsBeside() {
    const ForkFiles files;
    ScriptedEngine engine;
    engine.onScan = [](ProgressSink&, std::stop_token) -> Expected<CheckpointCatalog> {
        return test::scriptedCatalog(5);
    };
    engine.onPlanFork = [](const views::ForkChoice& choice) {
        return Expected<ForkPlan>(test::scriptedPlan(choice));
    };
    engine.onRunFork = [](const auto&, const auto&, ProgressSink&,
                          std::stop_token stop) -> Expected<ForkOutcome> {
        untilStopped(stop);
        return cancelledError();
    };
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
    fixture.controller.fork().edit(files.choice());
    QTRY_VERIFY(action(fixture, "fork.run")->isEnabled());
    fixture.trigger("fork.run");
    QVERIFY(fixture.controller.probeObstacle().contains(QStringLiteral("fork")));
    QVERIFY(fixture.controller.watchObstacle().contains(QStringLiteral("fork")));
    QVERIFY(!action(fixture, "fork.new")->isEnabled());
    fixture.trigger("fork.cancel");
    QTRY_VERIFY(fixture.controller.probeObstacle().isEmpty());
}

void TestForkLab::openedExperimentIsLocked() {
    const ForkFiles files;
    QVERIFY(QDir().mkpath(files.path("fork")));
    for (const char* name : {"fork/cosine-seed0.h5", "fork/fork.json"}) {
        QFile file(files.path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
    }
    ScriptedEngine engine;
    engine.onOpenFork = [&](const std::filesystem::path&) -> Expected<OpenedFork> {
        OpenedFork opened{files.choice(), test::scriptedPlan(files.choice()).runs};
        opened.choice.isOpened = true;
        opened.choice.tokens.clear();
        opened.choice.design.steps = 600;
        opened.choice.design.seeds = {4, 2};
        opened.runs.resize(6);
        opened.runs[0].mood = views::ForkRunMood::Complete;
        opened.runs[0].trajectory = files.path("fork/cosine-seed0.h5");
        return opened;
    };
    engine.onForkReport = [&](const ForkReportRequest& request) -> Expected<ForkReport> {
        if (request.folder != files.path("fork").toStdString())
            return Error{ErrorCode::Internal, {}, "another folder", {}};
        return test::scriptedReport(files.choice(), 1);
    };
    std::atomic<int> reads = 0;
    engine.onRead = [&]() -> Expected<LoadedTrajectory> {
        ++reads;
        return LoadedTrajectory{test::scriptedTrajectory(3, RowStatus::Complete), {}};
    };
    WindowFixture fixture(engine);
    // A folder that is dropped, or named on the command line, is known by its fork.json.
    fixture.controller.open(files.path("fork"));
    QCOMPARE(fixture.child<QTabWidget>("centralPages")->currentWidget(), page(fixture));
    QTRY_COMPARE(fixture.child<QSpinBox>("forkSteps")->value(), 600);
    QVERIFY(!fixture.child<QSpinBox>("forkSteps")->isEnabled());
    QVERIFY(fixture.child<QLineEdit>("forkTokens")->isEnabled());
    QVERIFY2(why(fixture).contains(QStringLiteral("to train on")), qPrintable(why(fixture)));
    QTRY_VERIFY(page(fixture)->results()->report() != nullptr);
    QTRY_VERIFY(page(fixture)->results()->isVisible());  // what it found is shown first

    auto* table = fixture.child<QTableView>("forkRunTable");
    auto* open = fixture.child<QAction>("forkOpenTrajectory");
    QVERIFY(!open->isEnabled());
    table->selectRow(1);
    QVERIFY(!open->isEnabled());
    table->selectRow(0);
    QVERIFY(open->isEnabled());
    open->trigger();
    QTRY_COMPARE(reads.load(), 1);
    QTRY_VERIFY(fixture.controller.session() != nullptr);
    QCOMPARE(fixture.child<QTabWidget>("centralPages")->currentIndex(), 0);

    // As a new experiment it may be edited; only the folder must be another.
    fixture.trigger("fork.new");
    QVERIFY(fixture.child<QSpinBox>("forkSteps")->isEnabled());
    QCOMPARE(fixture.child<QSpinBox>("forkSteps")->value(), 600);
    QVERIFY(fixture.child<QLineEdit>("forkOut")->text().isEmpty());
    QVERIFY(page(fixture)->results()->report() == nullptr);
}

void TestForkLab::openingAFolderWithoutOne() {
    ScriptedEngine engine;
    engine.onOpenFork = [](const std::filesystem::path&) -> Expected<OpenedFork> {
        return Error{ErrorCode::ForkMissing, "x/fork.json", "there is no fork experiment", {}};
    };
    WindowFixture fixture(engine);
    fixture.trigger("view.forkLab");
    fixture.controller.fork().open(QStringLiteral("/tmp/x"));
    auto* overlay = page(fixture)->findChild<QWidget*>(QStringLiteral("stateOverlay"));
    auto* sentence = overlay->findChild<QLabel*>(QStringLiteral("stateSentence"));
    QTRY_VERIFY(sentence->text().contains(QStringLiteral("there is no fork experiment")));
    QVERIFY(overlay->isVisible());
}

void TestForkLab::editsAreUndone() {
    const ForkFiles files;
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    fixture.trigger("view.forkLab");
    fixture.controller.fork().edit(files.choice());
    QUndoStack& stack = fixture.controller.undoStack();
    QCOMPARE(stack.count(), 1);
    auto* steps = fixture.child<QSpinBox>("forkSteps");
    steps->setFocus();
    steps->selectAll();
    QTest::keyClicks(steps, QStringLiteral("1234"));
    QCOMPARE(stack.count(), 1);  // four keys are no finished edit
    QTest::keyClick(steps, Qt::Key_Return);
    QCOMPARE(stack.count(), 2);
    QTest::keyClick(steps, Qt::Key_Return);
    QCOMPARE(stack.count(), 2);
    QCOMPARE(page(fixture)->choice().design.steps, std::int64_t{1234});
    fixture.trigger("edit.undo");
    QCOMPARE(steps->value(), 30'000);
    QCOMPARE(page(fixture)->choice().design.steps, std::int64_t{30'000});
    fixture.trigger("edit.redo");
    QCOMPARE(steps->value(), 1234);
    fixture.trigger("fork.presetSmall");
    QCOMPARE(stack.count(), 3);
    QCOMPARE(page(fixture)->choice().design.steps, std::int64_t{600});
    fixture.trigger("edit.undo");
    QCOMPARE(page(fixture)->choice().design.steps, std::int64_t{1234});
    QCOMPARE(page(fixture)->choice().design.conditions[2].schedule.bumpLr, std::optional(1e-3));
    fixture.trigger("edit.undo");
    fixture.trigger("edit.undo");
    QVERIFY(page(fixture)->choice().checkpoint.isEmpty());
}

void TestForkLab::forksFromTheSelectedCheckpoint() {
    const ForkFiles files;
    ScriptedEngine engine;
    engine.onScan = [&](ProgressSink&, std::stop_token) -> Expected<CheckpointCatalog> {
        CheckpointCatalog catalog = test::scriptedCatalog(3);
        for (CheckpointEntry& entry : catalog.entries)
            entry.folder = files.path("run").toStdString() + "/" + entry.label.text;
        return catalog;
    };
    WindowFixture fixture(engine);
    QAction* fork = action(fixture, "fork.fromSelected");
    QVERIFY(!fork->isEnabled());
    fixture.controller.open(files.path("run"));
    auto* table = fixture.child<QTableView>("checkpointTable");
    QTRY_COMPARE(table->model()->rowCount(), 3);
    QVERIFY(!fork->isEnabled());
    table->selectRow(2);
    QTRY_VERIFY(fork->isEnabled());
    fork->trigger();
    const views::ForkChoice choice = page(fixture)->choice();
    QCOMPARE(choice.checkpoint, files.path("run/step200"));
    QCOMPARE(choice.design.forkStep, std::int64_t{200});
    QCOMPARE(choice.out, files.path("run-step200-fork"));
    QVERIFY(page(fixture)->isVisible());
}

void TestForkLab::commandLine() {
    const ForkFiles files;
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    views::ForkChoice choice = files.choice();
    choice.out = files.path("it's a fork");
    choice.design.probing.offset = 25;
    choice.monitor = MonitorAction::Stop;
    fixture.controller.fork().edit(choice);
    fixture.trigger("fork.copyCommand");
    const QString line = QGuiApplication::clipboard()->text();
    const QString beginning =
        QStringLiteral("gridscope-cli fork %1 --out '%2' --tokens %3 ")
            .arg(choice.checkpoint, files.path("it") + QStringLiteral("'\\''s a fork"),
                 choice.tokens);
    QVERIFY2(line.startsWith(beginning), qPrintable(line));
    for (const char* part :
         {"--grid a4g128:minmax --grid s8channel:absmax", "--condition cosine=neox-2023 ",
          "--condition sgdr=sgdr:period=10000,factor=1 ",
          "--condition oli=oli:eta=0.001,bump=75,cool=300,first=bump ",
          "--lr-max 6e-04 --lr-min 6e-05 --warmup 1430 --total 143000 --fork-step 70000",
          "--seeds 3 --seed 0 --steps 30000 --batch 4 --length 2048", "--clip 1 ",
          "--probe-every 1000 --probe-offset 25 --timing after", "--monitor stop --keep last"})
        QVERIFY2(line.contains(QString::fromLatin1(part)), part);

    // At the end of cool phases there is no offset, and file order has a first window.
    choice.design.probing.placement = ProbePlacement::CoolEnd;
    choice.design.probing.offset = 0;
    choice.design.dataOrder = DataOrder::File;
    choice.design.firstWindow = 12;
    choice.design.conditions[1].schedule.lrMax = 1e-3;
    fixture.controller.fork().edit(choice);
    fixture.trigger("fork.copyCommand");
    const QString other = QGuiApplication::clipboard()->text();
    for (const char* part :
         {"--data-order file --first-window 12 ", "--probe-every 1000 --probe-at cool-end --timing",
          "--condition sgdr=sgdr:period=10000,factor=1,lr-max=0.001 "})
        QVERIFY2(other.contains(QString::fromLatin1(part)), qPrintable(other));
    QVERIFY(!other.contains(QStringLiteral("--probe-offset")));
}

void TestForkLab::everythingHasAName() {
    const ForkFiles files;
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    fixture.controller.fork().edit(files.choice());
    QStringList unnamed = test::unnamedWidgets(*page(fixture));
    // The button of an overlay is hidden while it has no text, and a list speaks with its box.
    unnamed = unnamed.filter(QRegularExpression(QStringLiteral("^(?!.*(stateButton|ListView))")));
    QCOMPARE(unnamed.join(u'\n'), QString());
}

QTEST_MAIN(TestForkLab)
#include "tst_fork_lab.moc"
