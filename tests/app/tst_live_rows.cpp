// SPDX-License-Identifier: GPL-3.0-or-later

// The window while the rows of a large suite arrive (workbench.md 11: 154 checkpoints, 48 matrices,
// 2 grids). Runs alone: it measures how long the event loop is held up.

#include <QTabWidget>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/app/latency_meter.h"
#include "tests/app/scripted_engine.h"
#include "tests/app/window_fixture.h"
#include "tests/views/synthetic_trajectory.h"

using namespace gridscope;
using namespace gridscope::app;
using test::LatencyMeter;
using test::WindowFixture;

namespace {

constexpr int kCheckpoints = 154;

CheckpointCatalog catalogOf(const Trajectory& trajectory) {
    CheckpointCatalog catalog = test::scriptedCatalog(kCheckpoints);
    for (std::size_t i = 0; i < trajectory.rows.size(); ++i) {
        catalog.entries[i].label.text = trajectory.rows[i]->label;
        catalog.entries[i].label.step = TrainingStep{trajectory.rows[i]->step};
    }
    return catalog;
}

int completeRows(const Trajectory& trajectory) {
    return static_cast<int>(
        std::count_if(trajectory.rows.begin(), trajectory.rows.end(),
                      [](const auto& row) { return row->status == RowStatus::Complete; }));
}

}  // namespace

class TestLiveRows : public QObject {
    Q_OBJECT
private slots:
    void rowsOfALargeSuite_data();
    void rowsOfALargeSuite();
};

void TestLiveRows::rowsOfALargeSuite_data() {
    QTest::addColumn<int>("page");
    QTest::newRow("dashboard") << 0;
    QTest::newRow("layers") << 1;
}

void TestLiveRows::rowsOfALargeSuite() {
    QFETCH(int, page);
    std::vector<std::shared_ptr<const Trajectory>> snapshots;
    for (int probed = 4; probed <= kCheckpoints; probed += 10)
        snapshots.push_back(test::syntheticTrajectory({kCheckpoints, probed, 48, 2}));
    test::ScriptedEngine engine;
    engine.onScan = [&](ProgressSink&, std::stop_token) -> Expected<CheckpointCatalog> {
        return catalogOf(*snapshots.back());
    };
    std::atomic<int> shown = 0;
    engine.onProbe = [&](const ProbeRequest&, const Engine::OnSnapshot& onSnapshot,
                         ProgressSink& sink, std::stop_token) -> Expected<ProbeReport> {
        for (const auto& snapshot : snapshots) {
            const int complete = completeRows(*snapshot);
            sink.report({"perplexity", snapshot->rows.back()->label,
                         static_cast<std::uint64_t>(complete), kCheckpoints, 60.0});
            onSnapshot(snapshot);
            while (shown.load() < complete) std::this_thread::yield();
        }
        ProbeReport report;
        report.trajectory = snapshots.back();
        report.complete = kCheckpoints;
        return report;
    };
    WindowFixture fixture(engine);
    QVERIFY(QTest::qWaitForWindowExposed(&fixture.window));
    fixture.child<QTabWidget>("centralPages")->setCurrentIndex(page);
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), kCheckpoints);

    LatencyMeter meter;
    connect(&fixture.controller.sessions(), &SessionList::sessionChanged, &meter, [&] {
        const RunSession* run = fixture.controller.session();
        if (run == nullptr || !run->table) return;
        const int complete = completeRows(run->table->trajectory());
        // The next one only after this one is on screen.
        QTimer::singleShot(0, &meter, [&, complete] { shown = std::max(shown.load(), complete); });
    });
    views::ProbeChoice choice;
    choice.output = fixture.folder.filePath(QStringLiteral("out.h5"));
    choice.grids = {QStringLiteral("a4g128:minmax")};
    fixture.controller.startProbe(choice);
    QTRY_VERIFY_WITH_TIMEOUT(!fixture.controller.probe().isRunning(), 60000);
    qInfo("%d rows: longest event-loop turn %lld ms, of this thread's own work %.0f ms (budget 50)",
          kCheckpoints, meter.worstMilliseconds(), meter.worstCpuMilliseconds());
    QCOMPARE(fixture.controller.session()->table->rowCount(), std::size_t{kCheckpoints});
    QVERIFY2(meter.worstCpuMilliseconds() < 250, "five times the budget");
}

QTEST_MAIN(TestLiveRows)
#include "tst_live_rows.moc"
