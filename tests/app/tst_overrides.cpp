// SPDX-License-Identifier: GPL-3.0-or-later

// Boundaries set by hand: dragged on the real plot, undone, reset, kept in the file.

#include <QComboBox>
#include <QDialogButtonBox>
#include <QMouseEvent>
#include <QPushButton>
#include <QTreeView>

#include <cmath>
#include <filesystem>

#include "app/control/core_engine.h"
#include "tests/app/scripted_engine.h"
#include "tests/app/window_fixture.h"
#include "tests/core/trajectory/synthetic_trajectory.h"
#include "tests/support/test_data.h"
#include "views/plot/dashboard_plot.h"

using namespace gridscope;
using namespace gridscope::app;
using test::ScriptedEngine;
using test::WindowFixture;

namespace {

/// Perplexity falls by power until step 10,000, is flat, and rises after 60,000; the gap follows.
double perplexityAt(double step) {
    if (step < 10000) return 30 * std::pow(10000 / (step + 1), 0.4);
    return step <= 60000 ? 30 - step / 60000 : 29 * std::pow(step / 60000, 0.2);
}

std::vector<std::shared_ptr<const ProbeRecord>> rowsTo(const Trajectory& plan, std::int64_t last) {
    std::vector<std::shared_ptr<const ProbeRecord>> rows;
    const auto add = [&](std::int64_t step) {
        auto row = test::syntheticRow(plan, step);
        row->fp32.ppl = perplexityAt(static_cast<double>(step));
        const double gap =
            step <= 60000 ? 5 : 5 * std::exp((static_cast<double>(step) - 60000) / 15000.0);
        row->grids["a4g128:minmax"].gapPercent = {gap, gap, gap};
        rows.push_back(row);
    };
    for (std::int64_t step = 1; step < 5000; step *= 2) add(step);
    for (std::int64_t step = 5000; step <= last; step += 5000) add(step);
    return rows;
}

std::filesystem::path pathOf(const QString& file) { return file.toStdString(); }

/// A trajectory file whose phases are clear.
void writeRun(const QString& file, std::int64_t last) {
    const Trajectory plan = test::syntheticPlan();
    auto store = TrajectoryStore::open(systemFileOps(), pathOf(file), plan);
    GRIDSCOPE_VERIFY_OK(store);
    GRIDSCOPE_VERIFY_OK((*store)->commit(rowsTo(plan, last)));
}

std::string overridesIn(const QString& file) {
    const auto loaded = readTrajectory(systemFileOps(), pathOf(file));
    return loaded ? loaded->trajectory->overridesJson : loaded.error().toText();
}

/// The window on a file, once its boundaries are found.
struct OpenRun : WindowFixture {
    OpenRun(Engine& engine, const QString& file) : WindowFixture(engine) {
        controller.open(file);
        plot = child<views::DashboardPlot>("plotDashboard");
        canvas = child<QWidget>("plotDashboardCanvas");
    }
    bool isReady() { return controller.session() != nullptr && bands().boundaries.size() == 2; }
    const views::PhaseBands& bands() { return controller.session()->bands; }
    double step(std::size_t boundary) { return bands().boundaries[boundary].step; }
    bool isManual(std::size_t boundary) { return bands().boundaries[boundary].manual; }
    void drag(double from, double to) {
        const QPoint start = plot->pixelOf(1, from);
        const QPoint end = plot->pixelOf(1, to);
        QTest::mousePress(canvas, Qt::LeftButton, {}, start);
        QMouseEvent move(QEvent::MouseMove, end, canvas->mapToGlobal(end), Qt::NoButton,
                         Qt::LeftButton, {});
        QCoreApplication::sendEvent(canvas, &move);
        QTest::mouseRelease(canvas, Qt::LeftButton, {}, end);
    }
    QPersistentModelIndex inTree(int boundary) {
        auto* tree = child<QTreeView>("phaseTree");
        return tree->model()->index(boundary, 0, tree->model()->index(0, 0));
    }

    views::DashboardPlot* plot;
    QWidget* canvas;
};

}  // namespace

class TestOverrides : public QObject {
    Q_OBJECT
private slots:
    void dragUndoRedoReset();
    void surviveReopenAndNewCheckpoints();
    void keyboard();
    void readOnlyFileKeepsThemForTheSession();
    void unreadableOnesAreNotWrittenOver();
    void undoEndsWithTheRun();

private:
    CoreEngine m_engine{systemFileOps()};
    QTemporaryDir m_folder;
};

void TestOverrides::dragUndoRedoReset() {
    const QString file = m_folder.filePath(QStringLiteral("drag.h5"));
    writeRun(file, 100000);
    OpenRun run(m_engine, file);
    QVERIFY(QTest::qWaitForWindowExposed(&run.window));
    QTRY_VERIFY_WITH_TIMEOUT(run.isReady(), 20000);
    QTest::qWait(100);  // the queued replot gives the axes their place
    const double found = run.step(1);
    QAction* undo = run.window.actions().find(QStringLiteral("edit.undo"));
    QVERIFY(!undo->isEnabled());

    run.drag(found, 75000);
    QCOMPARE(run.step(1), 75000.0);
    QVERIFY(run.isManual(1));
    QVERIFY(!run.isManual(0));
    QCOMPARE(run.bands().boundaries[1].detected, found);
    QTRY_VERIFY(overridesIn(file).find("75000") != std::string::npos);

    QVERIFY(undo->isEnabled());
    undo->trigger();
    QCOMPARE(run.step(1), found);
    QVERIFY(!run.isManual(1));
    run.trigger("edit.redo");
    QCOMPARE(run.step(1), 75000.0);

    // Reset wants a picked boundary.
    QAction* reset = run.window.actions().find(QStringLiteral("phase.reset"));
    QVERIFY(!reset->isEnabled());
    auto* tree = run.child<QTreeView>("phaseTree");
    tree->setCurrentIndex(run.inTree(0));
    QVERIFY2(!reset->isEnabled(), "the first one is where it was found");
    tree->setCurrentIndex(run.inTree(1));
    QVERIFY(reset->isEnabled());
    reset->trigger();
    QCOMPARE(run.step(1), found);
    undo->trigger();
    QCOMPARE(run.step(1), 75000.0);
    run.trigger("phase.resetAll");
    QCOMPARE(run.step(1), found);
    QTRY_VERIFY(!run.controller.jobs().isBusy());
    QCOMPARE(overridesIn(file), std::string());
}

void TestOverrides::surviveReopenAndNewCheckpoints() {
    const QString file = m_folder.filePath(QStringLiteral("reopen.h5"));
    writeRun(file, 90000);
    {
        OpenRun run(m_engine, file);
        QTRY_VERIFY_WITH_TIMEOUT(run.isReady(), 20000);
        const views::RunId id = run.controller.session()->id;
        GRIDSCOPE_VERIFY_OK(
            run.controller.overrides().move(id, QStringLiteral("derivative"), 1, 80000));
        QTRY_VERIFY(!run.controller.jobs().isBusy());
    }
    OpenRun run(m_engine, file);
    QTRY_VERIFY_WITH_TIMEOUT(run.isReady() && run.isManual(1), 20000);
    QCOMPARE(run.step(1), 80000.0);

    // A probe that began before the move sends rows with the older text: the session stays.
    auto more = std::make_shared<Trajectory>(run.controller.session()->table->trajectory());
    more->rows = rowsTo(*more, 100000);
    more->overridesJson.clear();
    int detections = 0;
    connect(&run.controller.sessions(), &SessionList::sessionChanged, this,
            [&detections](views::RunId, SessionPart part) {
                detections += part == SessionPart::Phases ? 1 : 0;
            });
    run.controller.sessions().setTrajectory(run.controller.session()->id, more, pathOf(file));
    QTRY_VERIFY_WITH_TIMEOUT(detections > 0, 20000);
    QCOMPARE(run.bands().boundaries.size(), std::size_t{2});
    QTRY_VERIFY(!run.controller.jobs().isBusy());
    QVERIFY(run.isManual(1));
    QCOMPARE(run.step(1), 80000.0);
}

void TestOverrides::keyboard() {
    const QString file = m_folder.filePath(QStringLiteral("keys.h5"));
    writeRun(file, 100000);
    OpenRun run(m_engine, file);
    QVERIFY(QTest::qWaitForWindowActive(&run.window));
    QTRY_VERIFY_WITH_TIMEOUT(run.isReady(), 20000);
    const auto type = [](const QString& text, bool isAccepted) {
        return [text, isAccepted](QDialog* dialog) {
            auto* step = dialog->findChild<QComboBox*>(QStringLiteral("boundaryStep"));
            step->setEditText(text);
            auto* ok = dialog->findChild<QDialogButtonBox*>(QStringLiteral("boundaryButtons"))
                           ->button(QDialogButtonBox::Ok);
            QCOMPARE(ok->isEnabled(), isAccepted);
            isAccepted ? QTest::mouseClick(ok, Qt::LeftButton) : dialog->reject();
        };
    };
    // A free step; the second boundary is the nearest to the last checkpoint.
    WindowFixture::whenDialogOpens("boundaryDialog", type(QStringLiteral("77123"), true));
    QTest::keyClick(&run.window, Qt::Key_B, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(run.step(1), 77123.0);
    // F2 in the tree asks for the boundary there. No phase may be left empty.
    auto* tree = run.child<QTreeView>("phaseTree");
    run.window.activateWindow();  // the dialog took it away
    QVERIFY(QTest::qWaitForWindowActive(&run.window));
    tree->setFocus();
    QTRY_VERIFY(tree->hasFocus());
    tree->setCurrentIndex(run.inTree(0));
    for (const char* bad : {"100000", "0", "-5", "x", ""}) {
        WindowFixture::whenDialogOpens("boundaryDialog", type(QString::fromLatin1(bad), false));
        QTest::keyClick(tree, Qt::Key_F2);
    }
    WindowFixture::whenDialogOpens("boundaryDialog", type(QStringLiteral("20000"), true));
    QTest::keyClick(tree, Qt::Key_F2);
    QCOMPARE(run.step(0), 20000.0);
    QVERIFY(QModelIndex(run.inTree(0))
                .siblingAtColumn(3)
                .data()
                .toString()
                .startsWith(QStringLiteral("manual (detected")));
    QCOMPARE(tree->currentIndex().row(), 0);  // the picked one stays picked
    QTRY_VERIFY(!run.controller.jobs().isBusy());
}

void TestOverrides::readOnlyFileKeepsThemForTheSession() {
    const QString file = m_folder.filePath(QStringLiteral("readonly.h5"));
    writeRun(file, 100000);
    ScriptedEngine engine;
    engine.onRead = [&] { return readTrajectory(systemFileOps(), pathOf(file)); };
    std::atomic<int> asked = 0;
    engine.onSaveOverrides = [&](const auto&, const std::string&) -> Expected<void> {
        ++asked;
        return Error{ErrorCode::OutputNotWritable, "readonly.h5", "the folder is read-only", {}};
    };
    OpenRun run(engine, file);
    QTRY_VERIFY_WITH_TIMEOUT(run.isReady(), 20000);
    QStringList told;
    connect(&run.controller, &WorkbenchController::message, this,
            [&](views::LogLevel, const QString& text) { told << text; });
    const views::RunId id = run.controller.session()->id;
    GRIDSCOPE_VERIFY_OK(
        run.controller.overrides().move(id, QStringLiteral("derivative"), 1, 75000));
    QTRY_COMPARE(told.filter(QStringLiteral("until the window closes")).size(), 1);
    GRIDSCOPE_VERIFY_OK(
        run.controller.overrides().move(id, QStringLiteral("derivative"), 1, 80000));
    QTRY_VERIFY(!run.controller.jobs().isBusy());
    QCOMPARE(asked.load(), 1);
    QCOMPARE(run.step(1), 80000.0);
    // What leaves a phase empty is refused.
    QVERIFY(!run.controller.overrides().move(id, QStringLiteral("derivative"), 1, 100001));
    QVERIFY(!run.controller.overrides().move(id, QStringLiteral("derivative"), 7, 80000));
    QVERIFY(!run.controller.overrides().move(id, QStringLiteral("nobody"), 0, 80000));
    QCOMPARE(run.step(1), 80000.0);
}

void TestOverrides::unreadableOnesAreNotWrittenOver() {
    const QString file = m_folder.filePath(QStringLiteral("newer.h5"));
    writeRun(file, 100000);
    const std::string newer = R"({"version":99,"boundaries":[]})";
    GRIDSCOPE_VERIFY_OK(m_engine.saveOverrides(pathOf(file), newer));
    OpenRun run(m_engine, file);
    QTRY_VERIFY_WITH_TIMEOUT(run.isReady(), 20000);
    GRIDSCOPE_VERIFY_OK(run.controller.overrides().move(run.controller.session()->id,
                                                        QStringLiteral("derivative"), 1, 75000));
    QTRY_VERIFY(!run.controller.jobs().isBusy());
    QCOMPARE(run.step(1), 75000.0);
    QCOMPARE(overridesIn(file), newer);
}

void TestOverrides::undoEndsWithTheRun() {
    const QString file = m_folder.filePath(QStringLiteral("close.h5"));
    writeRun(file, 100000);
    OpenRun run(m_engine, file);
    QTRY_VERIFY_WITH_TIMEOUT(run.isReady(), 20000);
    const views::RunId id = run.controller.session()->id;
    for (int i = 0; i < 205; ++i)
        GRIDSCOPE_VERIFY_OK(run.controller.overrides().move(id, QStringLiteral("derivative"), 1,
                                                            i % 2 == 0 ? 75000 : 80000));
    QCOMPARE(run.controller.undoStack().count(), 200);
    run.controller.closeRun(id);
    QVERIFY(!run.controller.undoStack().canUndo());
    QTRY_VERIFY(!run.controller.jobs().isBusy());
}

QTEST_MAIN(TestOverrides)
#include "tst_overrides.moc"
