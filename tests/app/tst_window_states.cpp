// SPDX-License-Identifier: GPL-3.0-or-later

#include <QDockWidget>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTreeView>

#include <atomic>
#include <thread>

#include "app/gui/action_registry.h"
#include "tests/app/scripted_engine.h"
#include "tests/app/window_fixture.h"
#include "tests/support/unnamed_widgets.h"

using namespace gridscope;
using namespace gridscope::app;
using test::ScriptedEngine;
using test::WindowFixture;

namespace {

/// Opens the window on five scripted checkpoints.
void scriptFive(ScriptedEngine& engine) {
    engine.onScan = [](ProgressSink&, std::stop_token) -> Expected<CheckpointCatalog> {
        return test::scriptedCatalog(5);
    };
}

views::ProbeChoice anyChoice(const WindowFixture& fixture) {
    views::ProbeChoice choice;
    choice.output = fixture.folder.filePath(QStringLiteral("out.h5"));
    choice.grids = {QStringLiteral("a4g128:minmax")};
    return choice;
}

QString sentence(WindowFixture& fixture) {
    return fixture.child<QWidget>("pageDashboard")
        ->findChild<QLabel*>(QStringLiteral("stateSentence"))
        ->text();
}

bool overlayIsVisible(WindowFixture& fixture) {
    return fixture.child<QWidget>("pageDashboard")
        ->findChild<QWidget*>(QStringLiteral("stateOverlay"))
        ->isVisible();
}

}  // namespace

class TestWindowStates : public QObject {
    Q_OBJECT
private slots:
    void startsEmpty();
    void emptyFolder();
    void damagedTrajectory();
    void folderVanishesDuringAProbe();
    void allCheckpointsFail();
    void partialDataHasABadge();
    void cancelShowsAtOnce();
    void pauseAndResume();
    void closeWhileRunningAsks();
    void actionsSayWhyTheyAreDisabled();
    void duplicateShortcutsAreRefused();
    void everyWidgetIsNamed();
    void layoutIsSavedAndReset();
    void damagedSettingsAreKept();
    void backAndForwardByKeyboard();
    void closingTheRunEmptiesTheWindow();
    void themes();
};

void TestWindowStates::startsEmpty() {
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    QVERIFY(QTest::qWaitForWindowExposed(&fixture.window));
    QVERIFY(overlayIsVisible(fixture));
    QVERIFY(sentence(fixture).contains(QStringLiteral("Open a folder")));
}

void TestWindowStates::emptyFolder() {
    ScriptedEngine engine;
    engine.onScan = [](ProgressSink&, std::stop_token) -> Expected<CheckpointCatalog> {
        return Error{ErrorCode::ScanEmpty, "/x", "no checkpoints were found", "Choose another."};
    };
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_VERIFY(sentence(fixture).contains(QStringLiteral("no checkpoints were found")));
    QVERIFY(overlayIsVisible(fixture));
    QVERIFY(QApplication::activeModalWidget() == nullptr);
    QVERIFY(fixture.controller.sessions().all().empty());
}

void TestWindowStates::damagedTrajectory() {
    ScriptedEngine engine;
    engine.onRead = []() -> Expected<LoadedTrajectory> {
        return Error{ErrorCode::TrajectoryDamaged, "run.h5", "row 3 has another checksum",
                     "Run recover."};
    };
    WindowFixture fixture(engine);
    const QString file = fixture.folder.filePath(QStringLiteral("run.h5"));
    QFile writer(file);
    QVERIFY(writer.open(QIODevice::WriteOnly));
    writer.close();
    fixture.controller.open(file);
    QTRY_VERIFY(sentence(fixture).contains(QStringLiteral("checksum")));
    auto* hint =
        fixture.child<QWidget>("pageDashboard")->findChild<QLabel*>(QStringLiteral("stateHint"));
    QCOMPARE(hint->text(), QStringLiteral("Run recover."));
}

void TestWindowStates::folderVanishesDuringAProbe() {
    ScriptedEngine engine;
    scriptFive(engine);
    engine.onProbe = [](const ProbeRequest&, const Engine::OnSnapshot& onSnapshot, ProgressSink&,
                        std::stop_token) -> Expected<ProbeReport> {
        onSnapshot(test::scriptedTrajectory(2, RowStatus::Complete));
        ProbeReport report;
        report.trajectory = test::scriptedTrajectory(2, RowStatus::Complete);
        report.complete = 2;
        report.failed = 3;
        for (const char* label : {"step200", "step300", "step400"})
            report.failures.push_back(
                {ErrorCode::FileVanished, label, "the file is gone", "Mount the folder again."});
        return report;
    };
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
    fixture.controller.startProbe(anyChoice(fixture));
    QTRY_VERIFY(!fixture.controller.probe().isRunning());
    // One group with three failures, no dialog; what was measured is shown.
    QCOMPARE(fixture.controller.models().failures.rowCount(), 1);
    QCOMPARE(fixture.controller.models().failures.failureCount(), 3);
    QVERIFY(QApplication::activeModalWidget() == nullptr);
    QVERIFY(!overlayIsVisible(fixture));
    QTRY_VERIFY(fixture.child<QPushButton>("jobRetry")->isEnabled());
}

void TestWindowStates::allCheckpointsFail() {
    ScriptedEngine engine;
    scriptFive(engine);
    engine.onProbe = [](const ProbeRequest& request, const Engine::OnSnapshot&, ProgressSink&,
                        std::stop_token) -> Expected<ProbeReport> {
        ProbeReport report;
        report.trajectory = test::scriptedTrajectory(5, RowStatus::Failed);
        report.failed = request.selection.size();
        for (int i = 0; i < 200; ++i)
            report.failures.push_back({ErrorCode::WeightsNotFinite,
                                       "step" + std::to_string(100 * i),
                                       "a weight is NaN",
                                       {}});
        return report;
    };
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
    fixture.controller.startProbe(anyChoice(fixture));
    QTRY_COMPARE(fixture.controller.models().failures.failureCount(), 200);
    QTRY_COMPARE(sentence(fixture), QStringLiteral("All checkpoints failed."));
    QCOMPARE(fixture.controller.models().failures.rowCount(), 1);
    QVERIFY(QApplication::activeModalWidget() == nullptr);
}

void TestWindowStates::partialDataHasABadge() {
    ScriptedEngine engine;
    scriptFive(engine);
    engine.onProbe = [](const ProbeRequest&, const Engine::OnSnapshot&, ProgressSink&,
                        std::stop_token) -> Expected<ProbeReport> {
        ProbeReport report;
        report.trajectory = test::scriptedTrajectory(2, RowStatus::Complete);
        return report;
    };
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
    fixture.controller.startProbe(anyChoice(fixture));
    QTRY_COMPARE(fixture.child<QLabel>("pageDashboardBadge")->text(),
                 QStringLiteral("2 of 5 probed"));
}

void TestWindowStates::cancelShowsAtOnce() {
    ScriptedEngine engine;
    scriptFive(engine);
    engine.onProbe = [](const ProbeRequest&, const Engine::OnSnapshot&, ProgressSink& sink,
                        std::stop_token stop) -> Expected<ProbeReport> {
        while (!stop.stop_requested()) {
            sink.report({"weights", "step100", 1, 5, 0.0});
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return cancelledError();
    };
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
    fixture.controller.startProbe(anyChoice(fixture));
    const auto& model = fixture.controller.models().checkpoints;
    QTRY_COMPARE(model.index(1, views::CheckpointModel::State).data().toString(),
                 QStringLiteral("running"));
    QElapsedTimer timer;
    timer.start();
    fixture.trigger("probe.cancel");
    QTRY_VERIFY(!fixture.controller.probe().isRunning());
    qInfo("cancel visible after %lld ms (budget 200)", timer.elapsed());
    QVERIFY(timer.elapsed() < 1000);
    QCOMPARE(fixture.controller.models().failures.failureCount(), 0);
}

void TestWindowStates::pauseAndResume() {
    ScriptedEngine engine;
    scriptFive(engine);
    std::atomic<int> rounds = 0;
    engine.onProbe = [&](const ProbeRequest&, const Engine::OnSnapshot&, ProgressSink& sink,
                         std::stop_token stop) -> Expected<ProbeReport> {
        while (!stop.stop_requested()) {
            sink.report({"weights", "step100", 1, 5, 0.0});
            ++rounds;
        }
        return cancelledError();
    };
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
    fixture.controller.startProbe(anyChoice(fixture));
    auto* button = fixture.child<QPushButton>("jobPause");
    QTRY_VERIFY(button->isEnabled());
    QTest::mouseClick(button, Qt::LeftButton);
    const auto& jobs = fixture.controller.models().jobs;
    const auto lastState = [&jobs] { return jobs.index(jobs.rowCount() - 1, 0).data().toString(); };
    QTRY_COMPARE(lastState(), QStringLiteral("paused"));
    QCOMPARE(button->text(), QStringLiteral("Resume"));
    const int at = rounds;
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_VERIFY(rounds > at + 1);
    QTest::mouseClick(fixture.child<QPushButton>("jobCancel"), Qt::LeftButton);
    QTRY_COMPARE(lastState(), QStringLiteral("cancelled"));
}

void TestWindowStates::closeWhileRunningAsks() {
    ScriptedEngine engine;
    scriptFive(engine);
    engine.onProbe = [](const ProbeRequest&, const Engine::OnSnapshot&, ProgressSink& sink,
                        std::stop_token stop) -> Expected<ProbeReport> {
        while (!stop.stop_requested()) sink.report({"weights", "step100", 1, 5, 0.0});
        return cancelledError();
    };
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
    fixture.controller.startProbe(anyChoice(fixture));
    const auto press = [](const char* name) {
        return [name](QDialog* dialog) {
            QTest::mouseClick(dialog->findChild<QPushButton*>(QString::fromLatin1(name)),
                              Qt::LeftButton);
        };
    };
    WindowFixture::whenDialogOpens("quitQuestion", press("keepRunning"));
    QVERIFY(!fixture.window.close());
    QVERIFY(fixture.controller.probe().isRunning());
    WindowFixture::whenDialogOpens("quitQuestion", press("stopAndQuit"));
    QVERIFY(fixture.window.close());
    QElapsedTimer timer;
    timer.start();
    QVERIFY(fixture.jobs.shutDown(std::chrono::seconds(2)));
    qInfo("stopped %lld ms after Stop and Quit (budget 2000)", timer.elapsed());
}

void TestWindowStates::actionsSayWhyTheyAreDisabled() {
    ScriptedEngine engine;
    scriptFive(engine);
    WindowFixture fixture(engine);
    QAction* start = fixture.window.actions().find(QStringLiteral("probe.start"));
    QVERIFY(!start->isEnabled());
    QVERIFY(start->toolTip().contains(QStringLiteral("Open a folder")));
    fixture.controller.open(fixture.folder.path());
    QTRY_VERIFY(start->isEnabled());
    fixture.controller.models().checkpoints.setTicks(std::vector<bool>(5, false));
    QVERIFY(!start->isEnabled());
    QVERIFY(start->toolTip().contains(QStringLiteral("No checkpoint is checked")));
}

void TestWindowStates::duplicateShortcutsAreRefused() {
    ActionRegistry registry;
    const QKeySequence key(QStringLiteral("Ctrl+J"));
    QVERIFY(registry.add({QStringLiteral("a"), QStringLiteral("A"), {}, key, {}, {}, {}}));
    QVERIFY(!registry.add({QStringLiteral("b"), QStringLiteral("B"), {}, key, {}, {}, {}}));
    QVERIFY(registry.lastProblem().contains(QStringLiteral("Ctrl+J")));
    QVERIFY(!registry.add({QStringLiteral("a"), QStringLiteral("A2"), {}, {}, {}, {}, {}}));
    QCOMPARE(registry.ids(), QStringList{QStringLiteral("a")});
}

void TestWindowStates::everyWidgetIsNamed() {
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    for (const char* name : {"dockRuns", "dockCheckpoints", "dockPhases", "dockLayers",
                             "dockInspector", "dockJobs", "dockAudit", "dockLog"})
        QVERIFY2(fixture.child<QDockWidget>(name) != nullptr, name);
    for (const char* name :
         {"checkpointTable", "runTable", "layerTree", "phaseTree", "jobTable", "failureTree",
          "auditTable", "auditLevel", "inspectorTree", "logText", "metricBox", "gridBox"}) {
        auto* widget = fixture.child<QWidget>(name);
        QVERIFY2(widget != nullptr, name);
        QVERIFY2(!widget->accessibleName().isEmpty(), name);
    }
    QCOMPARE(test::unnamedWidgets(fixture.window).join(u'\n'), QString());
    for (const QString& id : fixture.window.actions().ids())
        QVERIFY2(!fixture.window.actions().find(id)->text().isEmpty(), qPrintable(id));
}

void TestWindowStates::layoutIsSavedAndReset() {
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    auto* dock = fixture.child<QDockWidget>("dockPhases");
    dock->hide();
    QVERIFY(fixture.window.close());
    QVERIFY(!fixture.settings.layout().docks.isEmpty());
    MainWindow again(fixture.controller, fixture.settings);
    again.show();
    auto* restored = again.findChild<QDockWidget*>(QStringLiteral("dockPhases"));
    QVERIFY(!restored->isVisible());
    again.actions().find(QStringLiteral("view.resetLayout"))->trigger();
    QTRY_VERIFY(restored->isVisible());
}

void TestWindowStates::damagedSettingsAreKept() {
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("s.ini"));
    QFile writer(file);
    QVERIFY(writer.open(QIODevice::WriteOnly));
    writer.write(QByteArray("\x00\x01garbage", 9));
    writer.close();
    SettingsStore settings(file);
    QVERIFY(settings.wasDamaged());
    QVERIFY(QFile::exists(QString(file + QStringLiteral(".bad"))));
    QCOMPARE(settings.theme(), views::Theme::System);
    settings.setTheme(views::Theme::Dark);
    for (int i = 0; i < 15; ++i) settings.addRecentItem(QString::number(i));
    settings.addRecentItem(QStringLiteral("14"));
    QCOMPARE(settings.recentItems().size(), 10);
    QCOMPARE(settings.recentItems().first(), QStringLiteral("14"));
}

void TestWindowStates::backAndForwardByKeyboard() {
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    fixture.controller.navigation().setMetric(QStringLiteral("kl"));
    QTest::keyClick(&fixture.window, Qt::Key_Left, Qt::AltModifier);
    QTRY_COMPARE(fixture.controller.history().state().metric, QStringLiteral("gap_percent"));
    QTest::keyClick(&fixture.window, Qt::Key_Right, Qt::AltModifier);
    QTRY_COMPARE(fixture.controller.history().state().metric, QStringLiteral("kl"));
    QTest::mouseClick(&fixture.window, Qt::BackButton);
    QTRY_COMPARE(fixture.controller.history().state().metric, QStringLiteral("gap_percent"));
}

void TestWindowStates::closingTheRunEmptiesTheWindow() {
    ScriptedEngine engine;
    scriptFive(engine);
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
    fixture.trigger("file.closeRun");
    QCOMPARE(fixture.controller.models().checkpoints.rowCount(), 0);
    QCOMPARE(fixture.controller.models().runs.rowCount(), 0);
    QVERIFY(overlayIsVisible(fixture));
}

void TestWindowStates::themes() {
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    fixture.trigger("view.themeDark");
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() < 100);
    fixture.trigger("view.themeLight");
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() > 200);
    QCOMPARE(fixture.settings.theme(), views::Theme::Light);
    fixture.trigger("view.themeSystem");
}

QTEST_MAIN(TestWindowStates)
#include "tst_window_states.moc"
