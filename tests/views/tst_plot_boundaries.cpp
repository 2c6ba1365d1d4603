// SPDX-License-Identifier: GPL-3.0-or-later

// Phase boundaries dragged in the dashboard.

#include <QMouseEvent>
#include <QSignalSpy>
#include <QtTest>

#include "tests/views/synthetic_trajectory.h"
#include "views/plot/boundary_drag.h"
#include "views/plot/dashboard_plot.h"

using namespace gridscope;
using namespace gridscope::views;

class PlotBoundariesTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { m_plot.reset(); }

    void releaseSnapsToACheckpoint();
    void shiftKeepsTheStep();
    void neighboursKeepACheckpoint();
    void aClickOnTheLineIsAClick();
    void escapeCancels();
    void newPhasesCancel();
    void theLineIsSeenWhileItMoves();
    void besideTheLineTheViewMoves();
    void nowhereToGo();
    void zeroOnALogarithmicAxis();

private:
    QPoint at(double step) const { return m_plot->pixelOf(1, step); }
    void press(QPoint from, QPoint to, Qt::KeyboardModifiers modifiers = {});
    void release(QPoint to, Qt::KeyboardModifiers modifiers = {}) {
        QTest::mouseRelease(m_canvas, Qt::LeftButton, modifiers, to);
    }

    std::shared_ptr<const SeriesTable> m_table = test::syntheticTable();
    std::unique_ptr<DashboardPlot> m_plot;
    QWidget* m_canvas = nullptr;
};

void PlotBoundariesTest::init() {
    m_plot = std::make_unique<DashboardPlot>();
    m_plot->resize(800, 900);
    NavigationState state;
    state.stepScale = StepScale::Linear;
    m_plot->showState(state, NavigationField::All);
    m_plot->setData(m_table);
    m_plot->setPhases(test::syntheticPhases());  // 10,000 and 77,000
    m_plot->show();
    m_plot->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(m_plot.get()));
    m_canvas = m_plot->findChild<QWidget*>(QStringLiteral("plotDashboardCanvas"));
    QVERIFY(m_canvas != nullptr);
    m_canvas->setFocus();               // its frame is part of the pictures that are compared
    QCoreApplication::processEvents();  // the queued replot lays out
}

void PlotBoundariesTest::press(QPoint from, QPoint to, Qt::KeyboardModifiers modifiers) {
    QTest::mousePress(m_canvas, Qt::LeftButton, modifiers, from);
    QMouseEvent move(QEvent::MouseMove, to, m_canvas->mapToGlobal(to), Qt::NoButton, Qt::LeftButton,
                     modifiers);
    QCoreApplication::sendEvent(m_canvas, &move);
}

void PlotBoundariesTest::releaseSnapsToACheckpoint() {
    QSignalSpy moved(m_plot.get(), &DashboardPlot::boundaryMoved);
    QSignalSpy ranged(m_plot.get(), &DashboardPlot::rangeRequested);
    const double target = m_table->steps()[20];
    press(at(77000), at(target) + QPoint(3, 0));
    release(at(target) + QPoint(3, 0));
    QCOMPARE(moved.count(), 1);
    QCOMPARE(moved[0][0].toInt(), 1);
    QCOMPARE(moved[0][1].toDouble(), target);
    QCOMPARE(ranged.count(), 0);
}

void PlotBoundariesTest::shiftKeepsTheStep() {
    QSignalSpy moved(m_plot.get(), &DashboardPlot::boundaryMoved);
    const double between = (m_table->steps()[20] + m_table->steps()[21]) / 2;
    press(at(77000), at(between));
    release(at(between), Qt::ShiftModifier);
    QCOMPARE(moved.count(), 1);
    // One pixel of 143,000 steps over some 650 pixels.
    QVERIFY(std::abs(moved[0][1].toDouble() - between) < 300);
    QCOMPARE(moved[0][1].toDouble(), std::round(moved[0][1].toDouble()));
}

void PlotBoundariesTest::neighboursKeepACheckpoint() {
    QSignalSpy moved(m_plot.get(), &DashboardPlot::boundaryMoved);
    // The second line, dragged over the first: the phase between keeps its first checkpoint.
    press(at(77000), at(1));
    release(at(1));
    QCOMPARE(moved.count(), 1);
    double firstOfPhase = 0;
    double next = 0;
    for (const double step : m_table->steps()) {
        if (step >= 10000 && firstOfPhase == 0)
            firstOfPhase = step;
        else if (firstOfPhase > 0 && next == 0)
            next = step;
    }
    QCOMPARE(moved[0][1].toDouble(), next);
    // And to the far right, where the last phase keeps the last checkpoint.
    press(at(77000), at(143000) + QPoint(30, 0));
    release(at(143000) + QPoint(30, 0));
    QCOMPARE(moved[1][1].toDouble(), m_table->steps().back());
}

void PlotBoundariesTest::aClickOnTheLineIsAClick() {
    QSignalSpy moved(m_plot.get(), &DashboardPlot::boundaryMoved);
    QSignalSpy activated(m_plot.get(), &DashboardPlot::checkpointActivated);
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, at(77000));
    QCOMPARE(moved.count(), 0);
    QCOMPARE(activated.count(), 1);
}

void PlotBoundariesTest::escapeCancels() {
    QSignalSpy moved(m_plot.get(), &DashboardPlot::boundaryMoved);
    const QImage before = m_plot->grab().toImage();
    press(at(77000), at(100000));
    QTest::keyClick(m_canvas, Qt::Key_Escape);
    QCOMPARE(m_plot->grab().toImage(), before);
    release(at(100000));
    QCOMPARE(moved.count(), 0);
}

void PlotBoundariesTest::newPhasesCancel() {
    QSignalSpy moved(m_plot.get(), &DashboardPlot::boundaryMoved);
    press(at(77000), at(100000));
    m_plot->setPhases({});
    release(at(100000));
    QCOMPARE(moved.count(), 0);
}

void PlotBoundariesTest::theLineIsSeenWhileItMoves() {
    const QImage before = m_plot->grab().toImage();
    press(at(77000), at(100000));
    const QImage during = m_plot->grab().toImage();
    QVERIFY(during != before);
    const QPoint line = m_canvas->mapTo(m_plot.get(), at(100000));
    int changed = 0;
    for (int y = 0; y < during.height(); ++y)
        changed += during.pixel(line.x(), y) != before.pixel(line.x(), y) ? 1 : 0;
    QVERIFY2(changed > during.height() / 4, qPrintable(QString::number(changed)));
    release(at(77000));
}

void PlotBoundariesTest::besideTheLineTheViewMoves() {
    QSignalSpy moved(m_plot.get(), &DashboardPlot::boundaryMoved);
    QSignalSpy ranged(m_plot.get(), &DashboardPlot::rangeRequested);
    press(at(77000) + QPoint(9, 0), at(100000));
    release(at(100000));
    QCOMPARE(moved.count(), 0);
    QVERIFY(ranged.count() > 0);
}

void PlotBoundariesTest::nowhereToGo() {
    PhaseBands phases;
    phases.boundaries = {{10, 10, 10, QStringLiteral("x"), false}};
    BoundaryDrag drag(phases, 0, {10}, StepScale::Linear);
    drag.moveTo(500);
    QCOMPARE(drag.step(), 10.0);
    QCOMPARE(drag.target(Snap::Checkpoint), 10.0);
    QCOMPARE(drag.target(Snap::Free), 10.0);
}

void PlotBoundariesTest::zeroOnALogarithmicAxis() {
    PhaseBands phases;
    phases.boundaries = {{100, 100, 100, QStringLiteral("x"), false}};
    BoundaryDrag drag(phases, 0, {0, 1, 10, 100, 1000}, StepScale::Logarithmic);
    drag.moveTo(0.5);  // step 0 belongs to the first phase
    QCOMPARE(drag.target(Snap::Checkpoint), 1.0);
    drag.moveTo(40);  // 40 lies nearer to 100 on a logarithmic axis, not in steps
    QCOMPARE(drag.target(Snap::Checkpoint), 100.0);
    drag.moveTo(40.4);
    QCOMPARE(drag.target(Snap::Free), 40.0);
}

QTEST_MAIN(PlotBoundariesTest)
#include "tst_plot_boundaries.moc"
