// SPDX-License-Identifier: GPL-3.0-or-later

// The Watch page over a scripted watch, several runs laid over each other, and references.

#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>

#include <atomic>
#include <thread>

#include "tests/app/scripted_engine.h"
#include "tests/app/window_fixture.h"
#include "views/pages/watch_page.h"
#include "views/plot/dashboard_plot.h"

using namespace gridscope;
using namespace gridscope::app;
using test::ScriptedEngine;
using test::WindowFixture;

namespace {

/// What a watch of `count` rows has found.
WatchFindings convergedFindings() {
    WatchFindings findings;
    findings.verdict.state = MonitorState::Converged;
    findings.verdict.confidence = 0.97;
    findings.verdict.points = 5;
    findings.convergence = MonitorEvent{200, 3.1, 400};
    findings.gapClimb = GapClimb{300, 40.0, 12.0};
    return findings;
}

void untilStopped(const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void choose(WindowFixture& fixture) {
    fixture.child<QLineEdit>("watchFolder")->setText(fixture.folder.path());
    views::ProbeChoice probe;
    probe.tokens = QStringLiteral("tokens.npy");
    probe.grids = {QStringLiteral("a4g128:minmax")};
    probe.output = fixture.folder.filePath(QStringLiteral("watched.h5"));
    fixture.child<views::WatchPage>("pageWatch")->setProbeChoice(probe);
}

/// A second run with `count` rows, opened as a file.
void openFile(WindowFixture& fixture, const char* name) {
    const QString file = fixture.folder.filePath(QString::fromLatin1(name));
    QFile writer(file);
    QVERIFY(writer.open(QIODevice::WriteOnly));
    writer.close();
    fixture.controller.open(file);
}

}  // namespace

class TestWatchPage : public QObject {
    Q_OBJECT
private slots:
    void saysWhatIsMissing();
    void followsTheRowsAndAlertsOnce();
    void aFailureIsTold();
    void noProbeBesideAWatch();
    void runsAreLaidOverEachOther();
    void referencesByMenuAndKey();
};

void TestWatchPage::saysWhatIsMissing() {
    ScriptedEngine engine;
    WindowFixture fixture(engine);
    fixture.trigger("view.watch");
    auto* start = fixture.child<QPushButton>("watchToggle");
    auto* why = fixture.child<QLabel>("watchProblem");
    QVERIFY(!start->isEnabled());
    QVERIFY(why->text().contains(QStringLiteral("folder")));
    fixture.child<QLineEdit>("watchFolder")->setText(fixture.folder.path());
    QVERIFY(!start->isEnabled());
    QVERIFY(why->text().contains(QStringLiteral("tokens")));
    choose(fixture);
    QVERIFY(start->isEnabled());
    QVERIFY(!why->isVisible());
    QVERIFY(fixture.window.actions().find(QStringLiteral("watch.toggle"))->isEnabled());
}

void TestWatchPage::followsTheRowsAndAlertsOnce() {
    ScriptedEngine engine;
    std::atomic<int> wanted = 0;
    engine.onWatch = [&](const views::WatchChoice& choice, const WatchCallbacks& callbacks,
                         ProgressSink&, std::stop_token stop) -> Expected<void> {
        if (choice.patience != 5) return Error{ErrorCode::Internal, {}, "other settings", {}};
        for (int told = 0; !stop.stop_requested();) {
            if (told < wanted) {
                ++told;
                callbacks.tell("settled");
                callbacks.onRows(test::scriptedTrajectory(told + 2, RowStatus::Complete),
                                 convergedFindings());
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return cancelledError();
    };
    WindowFixture fixture(engine);
    fixture.trigger("view.watch");
    choose(fixture);
    fixture.trigger("watch.toggle");
    QTRY_VERIFY(fixture.controller.watch().isRunning());
    QVERIFY(!fixture.child<QLineEdit>("watchFolder")->isEnabled());
    auto* banner = fixture.child<QWidget>("watchBanner");
    QVERIFY(!banner->isVisible());

    wanted = 1;
    QTRY_VERIFY(banner->isVisible());
    const QString alerts = fixture.child<QLabel>("watchAlerts")->text();
    QVERIFY2(alerts.contains(QStringLiteral("converged at step 200")), qPrintable(alerts));
    QVERIFY2(alerts.contains(QStringLiteral("at step 300")), qPrintable(alerts));
    QVERIFY(fixture.child<QLabel>("watchVerdict")->text().contains(QStringLiteral("97 %")));
    QVERIFY(fixture.child<QLabel>("watchValues")->text().contains(QStringLiteral("200")));
    auto* plot = fixture.child<views::DashboardPlot>("plotWatch");
    QVERIFY(plot->accessibleDescription().contains(QStringLiteral("3 point")));

    QTest::mouseClick(fixture.child<QPushButton>("watchDismiss"), Qt::LeftButton);
    QVERIFY(!banner->isVisible());
    wanted = 2;  // the same findings again: rows follow, no second alert
    QTRY_VERIFY(plot->accessibleDescription().contains(QStringLiteral("4 point")));
    QVERIFY(!banner->isVisible());
    // The dashboard shows the same run.
    QCOMPARE(fixture.controller.session()->id, fixture.controller.watch().run());

    fixture.trigger("watch.toggle");
    QTRY_VERIFY(!fixture.controller.watch().isRunning());
    QVERIFY(fixture.child<QLineEdit>("watchFolder")->isEnabled());
    // Started again, it goes on in the same run.
    fixture.trigger("watch.toggle");
    QTRY_VERIFY(fixture.controller.watch().isRunning());
    QCOMPARE(fixture.controller.sessions().all().size(), std::size_t{1});
    fixture.trigger("watch.toggle");
    QTRY_VERIFY(!fixture.controller.watch().isRunning());
}

void TestWatchPage::aFailureIsTold() {
    ScriptedEngine engine;
    engine.onWatch = [](const auto&, const auto&, ProgressSink&,
                        std::stop_token) -> Expected<void> {
        return Error{ErrorCode::TrajectoryLocked, "watched.h5", "is written by another", {}};
    };
    WindowFixture fixture(engine);
    choose(fixture);
    fixture.trigger("watch.toggle");
    QTRY_VERIFY(
        fixture.child<QLabel>("watchSaid")->text().contains(QStringLiteral("written by another")));
    QVERIFY(!fixture.controller.watch().isRunning());
}

void TestWatchPage::noProbeBesideAWatch() {
    ScriptedEngine engine;
    engine.onScan = [](ProgressSink&, std::stop_token) -> Expected<CheckpointCatalog> {
        return test::scriptedCatalog(5);
    };
    engine.onWatch = [](const auto&, const auto&, ProgressSink&,
                        std::stop_token stop) -> Expected<void> {
        untilStopped(stop);
        return cancelledError();
    };
    WindowFixture fixture(engine);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
    QVERIFY(fixture.controller.probeObstacle().isEmpty());
    choose(fixture);
    fixture.trigger("watch.toggle");
    QTRY_VERIFY(fixture.controller.probeObstacle().contains(QStringLiteral("watched")));
    fixture.controller.closeRun(fixture.controller.watch().run());
    QTRY_VERIFY(!fixture.controller.watch().isRunning());
}

void TestWatchPage::runsAreLaidOverEachOther() {
    ScriptedEngine engine;
    std::atomic<int> reads = 0;
    engine.onRead = [&]() -> Expected<LoadedTrajectory> {
        auto run = std::make_shared<Trajectory>(*test::scriptedTrajectory(5, RowStatus::Complete));
        if (reads++ > 0) run->evalSha256 = "other tokens";
        return LoadedTrajectory{run, {}};
    };
    WindowFixture fixture(engine);
    openFile(fixture, "a.h5");
    QTRY_VERIFY(fixture.controller.session() != nullptr && fixture.controller.session()->table);
    auto* plot = fixture.child<views::DashboardPlot>("plotDashboard");
    QCOMPARE(plot->seriesNames(0), QStringList{QStringLiteral("INT4")});
    openFile(fixture, "b.h5");
    const QStringList both{QStringLiteral("INT4"), QStringLiteral("INT4, a")};
    QTRY_COMPARE(plot->seriesNames(0), both);
    const QString badge = fixture.child<QLabel>("pageDashboardBadge")->text();
    QVERIFY2(badge.contains(QStringLiteral("a is not comparable: other evaluation tokens")),
             qPrintable(badge));
    views::RunModel& runs = fixture.controller.models().runs;
    const QColor active = runs.index(1, 0).data(Qt::DecorationRole).value<QColor>();
    const QColor other = runs.index(0, 0).data(Qt::DecorationRole).value<QColor>();
    QVERIFY(active.isValid() && other.isValid() && active != other);

    // The tick takes it away, and the badge with it.
    QVERIFY(runs.setData(runs.index(0, 0), Qt::Unchecked, Qt::CheckStateRole));
    QCOMPARE(plot->seriesNames(0), QStringList{QStringLiteral("INT4")});
    QVERIFY(!fixture.child<QLabel>("pageDashboardBadge")->isVisible());
    QVERIFY(runs.setData(runs.index(0, 0), Qt::Checked, Qt::CheckStateRole));
    QCOMPARE(plot->seriesNames(0), both);
    fixture.controller.closeRun(runs.idAt(0));
    QCOMPARE(plot->seriesNames(0), QStringList{QStringLiteral("INT4")});
}

void TestWatchPage::referencesByMenuAndKey() {
    ScriptedEngine engine;
    engine.onRead = [] {
        return Expected<LoadedTrajectory>(
            LoadedTrajectory{test::scriptedTrajectory(5, RowStatus::Complete), {}});
    };
    const auto curve = [](const char* id, const char* metric, const char* grid, const char* unit) {
        ReferenceSeries series;
        series.id = id;
        series.title = id;
        series.metric = metric;
        series.grid = grid;
        series.unit = unit;
        series.steps = {100, 200};
        series.values = {1, 2};
        series.notes = {"a note"};
        return series;
    };
    engine.knownReferences = {curve("table1.gap", "gap_percent", "a4g128:minmax", "%"),
                              curve("table1.rate", "learning_rate", "", "% of maximum"),
                              curve("lambada.pythia-1.4b.fp32_ppl", "fp32_ppl", "", ""),
                              curve("training-map.0.state", "state", "", "")};
    WindowFixture fixture(engine);
    openFile(fixture, "a.h5");
    ActionRegistry& actions = fixture.window.actions();
    QTRY_VERIFY(actions.find(QStringLiteral("view.reference.table1")) != nullptr);
    QAction* curveAction = actions.find(QStringLiteral("view.reference.lambada.pythia-1.4b"));
    QVERIFY(curveAction != nullptr);
    QVERIFY(actions.find(QStringLiteral("view.reference.training-map")) == nullptr);
    QTRY_VERIFY(fixture.controller.session() != nullptr && fixture.controller.session()->table);
    auto* plot = fixture.child<views::DashboardPlot>("plotDashboard");
    QCOMPARE(plot->seriesNames(0).size(), 1);

    QAction* all = actions.find(QStringLiteral("view.references"));
    QVERIFY(all->isEnabled() && all->isCheckable() && !all->isChecked());
    all->trigger();
    QVERIFY(all->isChecked());
    QVERIFY(actions.find(QStringLiteral("view.reference.table1"))->isChecked());
    QCOMPARE(plot->seriesNames(0).last(), QStringLiteral("table1.gap (reference)"));
    QCOMPARE(plot->seriesNames(1).size(), 1);
    curveAction->trigger();
    QCOMPARE(plot->seriesNames(1).size(), 2);
    all->trigger();
    QVERIFY(!curveAction->isChecked());
    QCOMPARE(plot->seriesNames(0).size(), 1);
    QCOMPARE(plot->seriesNames(1).size(), 1);
    all->trigger();  // what was chosen comes back
    QCOMPARE(plot->seriesNames(0).size(), 2);
    QCOMPARE(plot->seriesNames(1).size(), 2);
}

QTEST_MAIN(TestWatchPage)
#include "tst_watch_page.moc"
