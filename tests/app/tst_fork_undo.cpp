// SPDX-License-Identifier: GPL-3.0-or-later

// Undo and redo in the Fork Lab: what is shown is of the experiment that comes back.

#include <QtTest>
#include <QtWidgets>

#include <thread>

#include "tests/app/fork_fixture.h"
#include "tests/app/scripted_engine.h"
#include "tests/app/window_fixture.h"
#include "views/pages/fork_lab_page.h"
#include "views/pages/fork_results_view.h"

using namespace gridscope;
using namespace gridscope::app;
using test::ForkFiles;
using test::ScriptedEngine;
using test::WindowFixture;

namespace {

/// The experiment in folder "a" has three conditions, that in "b" two.
views::ForkChoice choiceIn(const ForkFiles& files, const QString& folder) {
    views::ForkChoice choice = files.choice();
    choice.out = folder;
    choice.tokens.clear();  // the folder does not tell them
    choice.isOpened = true;
    if (folder.endsWith(u'b')) choice.design.conditions.pop_back();
    return choice;
}

QString textOf(const std::filesystem::path& path) { return QString::fromStdString(path.string()); }

}  // namespace

class TestForkUndo : public QObject {
    Q_OBJECT
private slots:
    void openedExperimentsComeBack();
    void designStaysWhileItRuns();
};

void TestForkUndo::openedExperimentsComeBack() {
    const ForkFiles files;
    ScriptedEngine engine;
    engine.onOpenFork = [&](const std::filesystem::path& folder) -> Expected<OpenedFork> {
        const views::ForkChoice choice = choiceIn(files, textOf(folder));
        return OpenedFork{choice, test::scriptedPlan(choice).runs};
    };
    engine.onForkReport = [&](const ForkReportRequest& request) -> Expected<ForkReport> {
        return test::scriptedReport(choiceIn(files, textOf(request.folder)), 1);
    };
    WindowFixture fixture(engine);
    const auto* page = fixture.child<views::ForkLabPage>("pageForkLab");
    const QAbstractItemModel* runs = fixture.child<QTableView>("forkRunTable")->model();
    const auto shows = [&](const char* folder, int count) {
        const auto& report = page->results()->report();
        return page->choice().out == files.path(folder) && runs->rowCount() == count && report &&
               report->results.runs.size() == static_cast<std::size_t>(count);
    };
    fixture.controller.fork().open(files.path("a"));
    QTRY_VERIFY(shows("a", 9));
    fixture.controller.fork().open(files.path("b"));
    QTRY_VERIFY(shows("b", 6));
    fixture.trigger("edit.undo");
    QCOMPARE(page->choice().out, files.path("a"));
    QVERIFY(runs->rowCount() != 6);  // never the runs of the other one
    QTRY_VERIFY(shows("a", 9));
    fixture.trigger("edit.undo");
    QVERIFY(page->choice().out.isEmpty());
    QCOMPARE(runs->rowCount(), 0);
    QVERIFY(page->results()->report() == nullptr);
    fixture.trigger("edit.redo");
    QTRY_VERIFY(shows("a", 9));
    fixture.trigger("edit.redo");
    QTRY_VERIFY(shows("b", 6));
}

void TestForkUndo::designStaysWhileItRuns() {
    const ForkFiles files;
    ScriptedEngine engine;
    engine.onPlanFork = [](const views::ForkChoice& choice) {
        return Expected<ForkPlan>(test::scriptedPlan(choice));
    };
    engine.onRunFork = [](const auto&, const auto&, ProgressSink&,
                          std::stop_token stop) -> Expected<ForkOutcome> {
        while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return cancelledError();
    };
    WindowFixture fixture(engine);
    const QAction* run = fixture.window.actions().find(QStringLiteral("fork.run"));
    const QAction* undo = fixture.window.actions().find(QStringLiteral("edit.undo"));
    const QAction* redo = fixture.window.actions().find(QStringLiteral("edit.redo"));
    fixture.controller.fork().edit(files.choice());
    fixture.trigger("fork.presetSmall");
    fixture.trigger("edit.undo");
    QTRY_VERIFY(run->isEnabled());
    QVERIFY(undo->isEnabled() && redo->isEnabled());
    fixture.trigger("fork.run");
    QVERIFY(!undo->isEnabled());
    QVERIFY(!redo->isEnabled());
    QVERIFY2(undo->toolTip().contains(QStringLiteral("while the experiment runs")),
             qPrintable(undo->toolTip()));
    fixture.trigger("fork.cancel");
    QTRY_VERIFY(undo->isEnabled() && redo->isEnabled());
}

QTEST_MAIN(TestForkUndo)
#include "tst_fork_undo.moc"
