// SPDX-License-Identifier: GPL-3.0-or-later

// What the window says about runs: while they are probed, when they fail, when others are opened.

#include <QDir>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>

#include <atomic>
#include <thread>

#include "tests/app/open_folder.h"

using namespace gridscope;
using namespace gridscope::app;
using test::choiceFor;
using test::OpenFolder;
using test::ScriptedEngine;
using test::WindowFixture;

namespace {

QString sentence(WindowFixture& fixture) {
    return fixture.child<QWidget>("pageDashboard")
        ->findChild<QLabel*>(QStringLiteral("stateSentence"))
        ->text();
}

QPushButton* button(WindowFixture& fixture) {
    return fixture.child<QWidget>("pageDashboard")
        ->findChild<QPushButton*>(QStringLiteral("stateButton"));
}

/// The first `count` rows of a trajectory, all failed as core stores it.
std::shared_ptr<const Trajectory> failedTrajectory(int count) {
    auto trajectory =
        std::make_shared<Trajectory>(*test::scriptedTrajectory(count, RowStatus::Failed));
    for (auto& row : trajectory->rows) {
        auto failed = std::make_shared<ProbeRecord>(*row);
        failed->error =
            Error{ErrorCode::WeightsNotFinite, "layer 3", "found NaN at 7", "Leave it out."}
                .toText();
        row = failed;
    }
    return trajectory;
}

/// A probe that shows `snapshot` and then works until it is stopped.
auto probeUntilStopped(std::shared_ptr<const Trajectory> snapshot) {
    return [snapshot](const ProbeRequest&, const Engine::OnSnapshot& onSnapshot, ProgressSink& sink,
                      std::stop_token stop) -> Expected<ProbeReport> {
        if (snapshot) onSnapshot(snapshot);
        while (!stop.stop_requested()) {
            sink.report({"weights", "step100", 1, 5, 0.0});
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return cancelledError();
    };
}

}  // namespace

class TestRunStates : public QObject {
    Q_OBJECT
private slots:
    void aFirstFailureIsNotAll();
    void someOfManyFailedIsNotAll();
    void failuresGatherWhileProbing();
    void failuresOfAnOpenedFile();
    void failuresStayWithTheirRun();
    void progressStaysWithItsRun();
    void escapeCancelsTheFirstCheckpoint();
    void overlayKeepsItsCheckpoints();
    void absentGridBecomesTheFirst();
    void backAfterOpeningKeepsTheRun();
    void aFailedOpenIsForgottenWithItsRun();
    void theButtonDoesWhatItSays();
    void systemThemeIsThatOfTheDesktop();
    void pauseSaysWhatItDoes();
    void settingsAreOnDiskAfterClosing();
};

void TestRunStates::aFirstFailureIsNotAll() {
    OpenFolder open(5);
    open.engine.onProbe = probeUntilStopped(failedTrajectory(1));
    open.controller().startProbe(choiceFor(*open.fixture));
    QTRY_VERIFY(open.controller().session()->table != nullptr);
    QTest::qWait(200);  // the overlay of a loading state waits 150 ms
    QVERIFY(!sentence(*open.fixture).contains(QStringLiteral("All checkpoints failed")));
    QCOMPARE(sentence(*open.fixture), QStringLiteral("The first checkpoint is being measured..."));
    open.controller().probe().cancel();
    QTRY_VERIFY(!open.controller().probe().isRunning());
}

void TestRunStates::someOfManyFailedIsNotAll() {
    OpenFolder open(20);
    open.engine.onProbe = [](const ProbeRequest&, const Engine::OnSnapshot&, ProgressSink&,
                             std::stop_token) -> Expected<ProbeReport> {
        ProbeReport report;
        report.trajectory = failedTrajectory(2);
        report.failed = 2;
        return report;
    };
    open.controller().startProbe(choiceFor(*open.fixture));
    QTRY_COMPARE(sentence(*open.fixture),
                 QStringLiteral("2 of 20 checkpoints failed, the others are not measured."));
}

void TestRunStates::failuresGatherWhileProbing() {
    OpenFolder open(5);
    open.engine.onProbe = probeUntilStopped(failedTrajectory(2));
    open.controller().startProbe(choiceFor(*open.fixture));
    const views::FailureModel& failures = open.controller().models().failures;
    QTRY_COMPARE(failures.failureCount(), 2);
    QVERIFY(open.controller().probe().isRunning());
    QCOMPARE(failures.rowCount(), 1);
    const QModelIndex group = failures.index(0, 0);
    QCOMPARE(group.data().toString(), QStringLiteral("weights.not-finite"));
    const auto cell = [&](int column) {
        return failures.index(0, column, group).data().toString();
    };
    QCOMPARE(cell(views::FailureModel::Where), QStringLiteral("step0"));
    QCOMPARE(cell(views::FailureModel::What), QStringLiteral("layer 3: found NaN at 7"));
    QCOMPARE(cell(views::FailureModel::Hint), QStringLiteral("Leave it out."));
    open.controller().probe().cancel();
    QTRY_VERIFY(!open.controller().probe().isRunning());
    QCOMPARE(failures.failureCount(), 2);  // a cancel loses none
    QVERIFY(open.fixture->child<QPushButton>("jobRetry")->isEnabled());
}

void TestRunStates::failuresOfAnOpenedFile() {
    ScriptedEngine engine;
    engine.onRead = []() -> Expected<LoadedTrajectory> {
        LoadedTrajectory loaded;
        loaded.trajectory = failedTrajectory(3);
        return loaded;
    };
    WindowFixture fixture(engine);
    const QString file = fixture.folder.filePath(QStringLiteral("run.h5"));
    QVERIFY(QFile(file).open(QIODevice::WriteOnly));
    fixture.controller.open(file);
    QTRY_COMPARE(fixture.controller.models().failures.failureCount(), 3);
    QTRY_COMPARE(sentence(fixture), QStringLiteral("All checkpoints failed."));
}

void TestRunStates::failuresStayWithTheirRun() {
    OpenFolder open(5);
    const views::RunId first = open.controller().history().state().run;
    open.engine.onProbe = [](const ProbeRequest&, const Engine::OnSnapshot&, ProgressSink&,
                             std::stop_token) -> Expected<ProbeReport> {
        return Error{ErrorCode::TokensTooFew, "tokens.npy", "found 3 tokens", {}};
    };
    open.controller().startProbe(choiceFor(*open.fixture));
    const views::FailureModel& failures = open.controller().models().failures;
    QTRY_COMPARE(failures.failureCount(), 1);
    const views::RunId second = open.openAnother("second");
    QVERIFY(second != first);
    QCOMPARE(failures.failureCount(), 0);
    QCOMPARE(sentence(*open.fixture),
             QStringLiteral("No checkpoint of this run has been probed yet."));
    open.controller().navigation().activateRun(first);
    QCOMPARE(failures.failureCount(), 1);
    // Retry acts on the run whose failures are seen.
    QSignalSpy started(&open.controller().probe(), &ProbeControl::runningChanged);
    QTest::mouseClick(open.fixture->child<QPushButton>("jobRetry"), Qt::LeftButton);
    QVERIFY(started.count() > 0);
    QCOMPARE(open.controller().probe().run(), first);
    QTRY_VERIFY(!open.controller().probe().isRunning());
}

void TestRunStates::progressStaysWithItsRun() {
    OpenFolder open(5);
    open.engine.onProbe = probeUntilStopped(nullptr);
    open.controller().startProbe(choiceFor(*open.fixture));
    const auto state = [&] {
        return open.controller()
            .models()
            .checkpoints.index(1, views::CheckpointModel::State)
            .data()
            .toString();
    };
    QTRY_COMPARE(state(), QStringLiteral("running"));
    open.openAnother("second");  // has a step100 as well
    QTest::qWait(200);           // several reports of progress
    QCOMPARE(state(), QStringLiteral("planned"));
    QCOMPARE(sentence(*open.fixture),
             QStringLiteral("No checkpoint of this run has been probed yet."));
    open.controller().probe().cancel();
    QTRY_VERIFY(!open.controller().probe().isRunning());
}

void TestRunStates::escapeCancelsTheFirstCheckpoint() {
    OpenFolder open(5);
    QVERIFY(QTest::qWaitForWindowActive(&open.fixture->window));
    open.engine.onProbe = probeUntilStopped(nullptr);
    open.controller().startProbe(choiceFor(*open.fixture));
    auto* hint = open.fixture->child<QWidget>("pageDashboard")
                     ->findChild<QLabel*>(QStringLiteral("stateHint"));
    QTRY_COMPARE(hint->text(), QStringLiteral("Esc cancels."));
    QTest::keyClick(&open.fixture->window, Qt::Key_Escape);
    QTRY_VERIFY(!open.controller().probe().isRunning());
    QCOMPARE(sentence(*open.fixture),
             QStringLiteral("No checkpoint of this run has been probed yet."));
}

void TestRunStates::overlayKeepsItsCheckpoints() {
    OpenFolder open(5);
    SessionList& sessions = open.controller().sessions();
    const views::RunId run = open.controller().history().state().run;
    const auto all = test::scriptedTrajectory(4, RowStatus::Complete);
    auto few = std::make_shared<Trajectory>(*all);
    few->rows = {all->rows[1], all->rows[3]};  // step100, step300
    sessions.setTrajectory(run, few, {});
    sessions.setOverlay(run, {0, 1});
    sessions.setTrajectory(run, all, {});  // rows come before and between
    QCOMPARE(sessions.find(run)->overlay, (std::vector<int>{1, 3}));
    auto without = std::make_shared<Trajectory>(*all);
    without->rows = {all->rows[0], all->rows[3]};
    sessions.setTrajectory(run, without, {});
    QCOMPARE(sessions.find(run)->overlay, std::vector<int>{1});
}

void TestRunStates::absentGridBecomesTheFirst() {
    OpenFolder open(5);
    SessionList& sessions = open.controller().sessions();
    const views::RunId first = open.controller().history().state().run;
    auto other = std::make_shared<Trajectory>(*test::scriptedTrajectory(2, RowStatus::Complete));
    other->gridIds = {"s8channel:absmax", "a3g64:minmax"};
    sessions.setTrajectory(first, other, {});
    QCOMPARE(open.controller().history().state().grid, QStringLiteral("s8channel:absmax"));
    QVERIFY(!open.controller().history().canGoBack());  // amended, not a step of the user
    // Another run has the usual grid only; coming back finds a grid again.
    const views::RunId second = open.openAnother("second");
    sessions.setTrajectory(second, test::scriptedTrajectory(2, RowStatus::Complete), {});
    QCOMPARE(open.controller().history().state().grid, QStringLiteral("a4g128:minmax"));
    open.controller().navigation().activateRun(first);
    QCOMPARE(open.controller().history().state().grid, QStringLiteral("s8channel:absmax"));
}

void TestRunStates::backAfterOpeningKeepsTheRun() {
    OpenFolder open(5);
    QVERIFY(!open.controller().history().canGoBack());
    open.controller().history().back();
    QVERIFY(open.controller().session() != nullptr);
    QCOMPARE(open.controller().models().checkpoints.rowCount(), 5);
}

void TestRunStates::aFailedOpenIsForgottenWithItsRun() {
    OpenFolder open(5);
    const views::RunId first = open.controller().history().state().run;
    const views::RunId second = open.openAnother("second");
    open.engine.onRead = []() -> Expected<LoadedTrajectory> {
        return Error{ErrorCode::TrajectoryDamaged, "x.h5", "row 3 has another checksum", {}};
    };
    const QString file = open.fixture->folder.filePath(QStringLiteral("x.h5"));
    QVERIFY(QFile(file).open(QIODevice::WriteOnly));
    open.controller().open(file);
    QTRY_VERIFY(sentence(*open.fixture).contains(QStringLiteral("checksum")));
    open.controller().navigation().activateRun(first);
    QCOMPARE(sentence(*open.fixture),
             QStringLiteral("No checkpoint of this run has been probed yet."));
    open.controller().navigation().activateRun(second);
    open.controller().open(file);
    QTRY_VERIFY(sentence(*open.fixture).contains(QStringLiteral("checksum")));
    open.controller().closeRun(second);
    QVERIFY(!sentence(*open.fixture).contains(QStringLiteral("checksum")));
}

void TestRunStates::theButtonDoesWhatItSays() {
    OpenFolder open(5);
    open.engine.onProbe = [](const ProbeRequest&, const Engine::OnSnapshot&, ProgressSink&,
                             std::stop_token) -> Expected<ProbeReport> {
        ProbeReport report;
        report.trajectory = failedTrajectory(5);
        return report;
    };
    QCOMPARE(button(*open.fixture)->text(), QStringLiteral("Probe..."));
    open.controller().startProbe(choiceFor(*open.fixture));
    QTRY_COMPARE(sentence(*open.fixture), QStringLiteral("All checkpoints failed."));
    QTRY_COMPARE(button(*open.fixture)->text(), QStringLiteral("Probe..."));
    bool asked = false;
    WindowFixture::whenDialogOpens("probeDialog", [&asked](QDialog* dialog) {
        asked = true;
        dialog->reject();
    });
    QTest::mouseClick(button(*open.fixture), Qt::LeftButton);
    QVERIFY(asked);
    // Without a tick there is nothing to probe; the text follows at once.
    open.controller().models().checkpoints.setTicks(std::vector<bool>(5, false));
    QCOMPARE(button(*open.fixture)->text(), QStringLiteral("Open Folder..."));
}

void TestRunStates::systemThemeIsThatOfTheDesktop() {
    const QPalette before = QApplication::palette();
    QPalette dark;
    dark.setColor(QPalette::Window, QColor(30, 30, 30));
    dark.setColor(QPalette::WindowText, QColor(230, 230, 230));
    QApplication::setPalette(dark);
    {
        ScriptedEngine engine;
        WindowFixture fixture(engine);
        fixture.trigger("view.themeLight");
        QVERIFY(QApplication::palette().color(QPalette::Window).lightness() > 200);
        fixture.trigger("view.themeSystem");
        QCOMPARE(QApplication::palette().color(QPalette::Window), QColor(30, 30, 30));
        fixture.trigger("view.themeLight");
    }
    QCOMPARE(QApplication::palette().color(QPalette::Window), QColor(30, 30, 30));
    QApplication::setPalette(before);
}

void TestRunStates::pauseSaysWhatItDoes() {
    OpenFolder open(5);
    open.engine.onProbe = probeUntilStopped(nullptr);
    open.controller().startProbe(choiceFor(*open.fixture));
    QAction* pause = open.fixture->window.actions().find(QStringLiteral("probe.pause"));
    const auto text = [pause] { return pause->text().remove(QLatin1Char('&')); };
    QTRY_VERIFY(pause->isEnabled());
    QCOMPARE(text(), QStringLiteral("Pause"));
    // From the panel, which asks the runner itself.
    auto* button = open.fixture->child<QPushButton>("jobPause");
    QTRY_VERIFY(button->isEnabled());
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_COMPARE(text(), QStringLiteral("Resume"));
    pause->trigger();
    QTRY_COMPARE(text(), QStringLiteral("Pause"));
    QSignalSpy told(&open.controller(), &WorkbenchController::message);
    open.controller().probe().cancel();
    QTRY_VERIFY(!open.controller().probe().isRunning());
    // The sentence names a command that there is.
    QString retry = open.fixture->window.actions().find(QStringLiteral("probe.retry"))->text();
    QVERIFY(told.last()[1].toString().contains(retry.remove(QLatin1Char('&'))));
}

void TestRunStates::settingsAreOnDiskAfterClosing() {
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    fixture.window.setTheme(views::Theme::Dark);
    QVERIFY(fixture.window.close());
    QFile file(fixture.folder.filePath(QStringLiteral("settings.ini")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    QVERIFY(text.contains("theme=dark"));
    QVERIFY(text.contains("docks="));
}

QTEST_MAIN(TestRunStates)
#include "tst_run_states.moc"
