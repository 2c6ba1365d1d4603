// SPDX-License-Identifier: GPL-3.0-or-later

// A fork experiment from the window to the end, with a tiny model and the real engine.

#include <QtTest>
#include <QtWidgets>

#include <fstream>

#include "app/control/core_engine.h"
#include "core/training/checkpoint_folder.h"
#include "core/training/fork_conditions.h"
#include "tests/app/window_fixture.h"
#include "tests/core/training/trainer_fixture.h"
#include "tests/support/test_data.h"
#include "views/pages/fork_lab_page.h"
#include "views/pages/fork_results_view.h"

using namespace gridscope;
using namespace gridscope::app;
using test::WindowFixture;

namespace {

constexpr std::int64_t kForkStep = 10;
constexpr std::int64_t kSteps = 120;

/// A checkpoint of step 10 with the tokens it was trained on, and an experiment that goes on.
class Place {
public:
    Place() {
        TrainingSettings settings = test::tinySettings(kForkStep);
        settings.saveSteps = {kForkStep};
        CheckpointFolder checkpoints(systemFileOps(), path("suite").toStdString(), settings.model,
                                     {});
        NullProgress quiet;
        if (!train(settings, test::warmRate, checkpoints, quiet, {})) qFatal("no checkpoint");
        std::ofstream file(path("tokens.bin").toStdString(), std::ios::binary);
        for (int round = 0; round < 4; ++round)
            for (const std::uint32_t id : settings.tokens) file.put(static_cast<char>(id));
    }
    QString path(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)); }

    views::ForkChoice choice() const {
        views::ForkChoice choice;
        choice.checkpoint = path("suite/step10");
        choice.out = path("fork");
        choice.tokens = path("tokens.bin");
        choice.dtype = QStringLiteral("u8");
        choice.grids = {QStringLiteral("a4g128:minmax")};
        ForkDesign& design = choice.design;
        design.forkStep = kForkStep;
        design.steps = kSteps;
        design.batch = 4;
        design.length = 12;
        design.probing.every = 30;
        design.seeds = {0, 1};
        ScheduleSettings base;
        base.lrMax = 1e-3;
        base.lrMin = 1e-4;
        base.totalSteps = 400;
        base.forkStep = kForkStep;
        const auto conditions =
            parseForkConditions({"cosine", "oli:eta=2e-3,bump=10,cool=20"}, base);
        if (!conditions) qFatal("%s", conditions.error().toText().c_str());
        design.conditions = *conditions;
        return choice;
    }

private:
    QTemporaryDir m_folder;
};

}  // namespace

class TestForkWindow : public QObject {
    Q_OBJECT
private slots:
    void forkCancelResumeResults();
    void anotherDesignIsRefused();
};

void TestForkWindow::forkCancelResumeResults() {
    const Place place;
    CoreEngine engine(systemFileOps());
    WindowFixture fixture(engine);
    ForkControl& fork = fixture.controller.fork();
    auto* page = fixture.child<views::ForkLabPage>("pageForkLab");
    QAction* run = fixture.window.actions().find(QStringLiteral("fork.run"));
    fork.edit(place.choice());
    QTRY_VERIFY2_WITH_TIMEOUT(run->isEnabled(), qPrintable(page->problem()), 60'000);
    QCOMPARE(fork.status().runs.size(), std::size_t{4});
    // 4 runs x 120 steps x 4 windows x 12 tokens
    QCOMPARE(fork.status().cost->tokens, 23'040.0);
    QVERIFY(fixture.child<QLabel>("forkNotes")->text().contains(QStringLiteral("5 %")));

    // Interrupted as soon as something is measured.
    connect(&fork, &ForkControl::reportChanged, &fork, &ForkControl::cancel,
            Qt::SingleShotConnection);
    run->trigger();
    QVERIFY(fork.isRunning());
    QTRY_VERIFY_WITH_TIMEOUT(!fork.isRunning(), 60'000);
    QVERIFY(QFile::exists(place.path("fork/fork.json")));
    QVERIFY(page->results()->report() != nullptr);
    QTRY_VERIFY_WITH_TIMEOUT(run->isEnabled(), 60'000);
    QVERIFY(fork.status().isBegun());
    const auto isComplete = [](const views::ForkRunRow& row) {
        return row.mood == views::ForkRunMood::Complete && row.step == kForkStep + kSteps;
    };
    const auto& rows = fork.status().runs;
    QVERIFY(!std::all_of(rows.begin(), rows.end(), isComplete));

    run->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(!fork.isRunning(), 120'000);
    QVERIFY2(fork.status().failure.isEmpty(), qPrintable(fork.status().failure));
    QVERIFY(std::all_of(fork.status().runs.begin(), fork.status().runs.end(), isComplete));
    // The fork point and steps 40, 70, 100, 130 of every run.
    const auto isWhole = [page] {
        const auto& runs = page->results()->report()->results.runs;
        return std::all_of(runs.begin(), runs.end(),
                           [](const ForkRunResult& result) { return result.probes.size() == 5; });
    };
    QTRY_VERIFY_WITH_TIMEOUT(isWhole(), 60'000);

    // The copied command names the same experiment: it finds every run finished.
    fixture.trigger("fork.copyCommand");
    QString command = QGuiApplication::clipboard()->text();
    command.replace(QStringLiteral("gridscope-cli"),
                    qEnvironmentVariable("GRIDSCOPE_BIN") + QStringLiteral("/gridscope-cli"));
    QProcess cli;
    cli.setProcessChannelMode(QProcess::MergedChannels);
    cli.start(QStringLiteral("/bin/sh"), {QStringLiteral("-c"), command});
    QVERIFY(cli.waitForFinished(120'000));
    QVERIFY2(cli.exitCode() == 0, cli.readAll().constData());

    // A run of it in the dashboard, and the experiment opened from its folder.
    auto* table = fixture.child<QTableView>("forkRunTable");
    table->selectRow(1);
    fixture.child<QAction>("forkOpenTrajectory")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(
        fixture.controller.session() != nullptr && fixture.controller.session()->table, 60'000);
    QCOMPARE(fixture.controller.session()->name, QStringLiteral("oli-seed0"));
    fork.edit({});
    QVERIFY(page->results()->report() == nullptr);
    fork.open(place.path("fork"));
    QTRY_VERIFY_WITH_TIMEOUT(page->results()->report() != nullptr, 60'000);
    QVERIFY(page->choice().design == place.choice().design);
    QCOMPARE(page->choice().checkpoint, place.choice().checkpoint);
    QCOMPARE(page->choice().grids, place.choice().grids);
}

void TestForkWindow::anotherDesignIsRefused() {
    const Place place;
    ForkRecord record;
    record.design = place.choice().design;
    GRIDSCOPE_VERIFY_OK(
        ForkFolder(systemFileOps(), place.path("fork").toStdString()).writeRecord(record));
    CoreEngine engine(systemFileOps());
    WindowFixture fixture(engine);
    fixture.controller.fork().edit(place.choice());
    auto* why = fixture.child<QLabel>("forkProblem");
    QTRY_VERIFY2_WITH_TIMEOUT(why->text().contains(QStringLiteral("another experiment")),
                              qPrintable(why->text()), 60'000);
    QVERIFY(!fixture.window.actions().find(QStringLiteral("fork.run"))->isEnabled());
}

QTEST_MAIN(TestForkWindow)
#include "tst_fork_window.moc"
