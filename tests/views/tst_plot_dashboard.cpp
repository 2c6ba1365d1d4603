// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include <QSignalSpy>

#include <cmath>
#include <limits>

#include "tests/views/synthetic_trajectory.h"
#include "views/plot/dashboard_plot.h"
#include "views/plot/plot_scale.h"

using namespace gridscope;
using namespace gridscope::views;

Q_DECLARE_METATYPE(gridscope::views::AxisGroup)
Q_DECLARE_METATYPE(gridscope::views::AxisRange)

namespace {

AxisRange rangeOf(const QList<QVariant>& arguments) { return arguments[1].value<AxisRange>(); }

}  // namespace

class PlotDashboardTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();

    void showsThePanels();
    void clickPicksTheNearestCheckpoint();
    void clickInEmptyPlotDoesNothing();
    void shiftClickTogglesOverlay();
    void stripSelectsAndZooms();
    void wheelZoomsSteps();
    void controlWheelZoomsValues();
    void dragPans();
    void shiftDragZoomsRectangle();
    void doubleClickFits();
    void stateSetsTheRange();
    void keys_data();
    void keys();
    void keysOfTheWindowPassOn();
    void legendHidesAndListsSeries();
    void cursorLeavesTheRestAlone();
    void emptyStates();
    void oddData_data();
    void oddData();
    void description();
    void themes();

private:
    QPoint at(int panel, double step) const { return m_plot->pixelOf(panel, step); }
    void sendWheel(QPoint position, int notches, Qt::KeyboardModifiers modifiers);
    void drag(QPoint from, QPoint to, Qt::KeyboardModifiers modifiers);

    std::unique_ptr<DashboardPlot> m_plot;
    QWidget* m_canvas = nullptr;
    std::shared_ptr<const SeriesTable> m_table;
};

void PlotDashboardTest::initTestCase() { m_table = test::syntheticTable(); }

void PlotDashboardTest::init() {
    m_plot = std::make_unique<DashboardPlot>();
    m_plot->resize(800, 900);
    m_plot->setData(m_table);
    m_plot->setPhases(test::syntheticPhases());
    m_plot->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_plot.get()));
    m_canvas = m_plot->findChild<QWidget*>(QStringLiteral("plotDashboardCanvas"));
    QVERIFY(m_canvas != nullptr);
    QCoreApplication::processEvents();  // the queued replot lays out
}

void PlotDashboardTest::cleanup() { m_plot.reset(); }

void PlotDashboardTest::sendWheel(QPoint position, int notches, Qt::KeyboardModifiers modifiers) {
    QWheelEvent event(position, m_canvas->mapToGlobal(position), QPoint(), QPoint(0, 120 * notches),
                      Qt::NoButton, modifiers, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(m_canvas, &event);
}

void PlotDashboardTest::drag(QPoint from, QPoint to, Qt::KeyboardModifiers modifiers) {
    QTest::mousePress(m_canvas, Qt::LeftButton, modifiers, from);
    QMouseEvent move(QEvent::MouseMove, to, m_canvas->mapToGlobal(to), Qt::NoButton, Qt::LeftButton,
                     modifiers);
    QCoreApplication::sendEvent(m_canvas, &move);
    QTest::mouseRelease(m_canvas, Qt::LeftButton, modifiers, to);
}

void PlotDashboardTest::showsThePanels() {
    QCOMPARE(m_plot->panelCount(), 4);
    QCOMPARE(m_plot->seriesNames(0), (QStringList{QStringLiteral("INT4"), QStringLiteral("INT8")}));
    // 5 % of the logarithm of 0.5 .. 143,000 on each side.
    const double padding = std::pow(143000 / 0.5, 0.05);
    QVERIFY(std::fabs(m_plot->shownSteps().low - 0.5 / padding) < 1e-9);
    QVERIFY(std::fabs(m_plot->shownSteps().high / (143000 * padding) - 1) < 1e-9);
    QVERIFY(m_plot->shownValues(0).high > std::asinh(517.1));
    QVERIFY(m_plot->shownValues(1).low < 33.4);
}

void PlotDashboardTest::clickPicksTheNearestCheckpoint() {
    QSignalSpy spy(m_plot.get(), &DashboardPlot::checkpointActivated);
    for (const int row : {0, 5, 14, 23}) {
        for (int panel = 0; panel < 4; ++panel) {
            const double step = m_table->steps()[static_cast<std::size_t>(row)];
            QTest::mouseClick(m_canvas, Qt::LeftButton, {}, at(panel, step));
            QCOMPARE(spy.takeLast()[0].toInt(), row);
        }
    }
    // Between two checkpoints the nearer pixel counts, not the nearer step: 8.9 lies nearer to 8
    // than to 16 on both, 11.9 nearer to 16 in the logarithm alone.
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, at(0, 11.9));
    QCOMPARE(spy.takeLast()[0].toInt(), m_table->nearestRow(16));
}

void PlotDashboardTest::clickInEmptyPlotDoesNothing() {
    m_plot->setData(nullptr);
    QSignalSpy spy(m_plot.get(), &DashboardPlot::checkpointActivated);
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, QPoint(300, 300));
    QCOMPARE(spy.count(), 0);
}

void PlotDashboardTest::shiftClickTogglesOverlay() {
    QSignalSpy overlay(m_plot.get(), &DashboardPlot::overlayToggled);
    QSignalSpy activated(m_plot.get(), &DashboardPlot::checkpointActivated);
    QTest::mouseClick(m_canvas, Qt::LeftButton, Qt::ShiftModifier, at(1, 64));
    QCOMPARE(overlay.count(), 1);
    QCOMPARE(overlay[0][0].toInt(), m_table->nearestRow(64));
    QCOMPARE(activated.count(), 0);
}

void PlotDashboardTest::stripSelectsAndZooms() {
    QSignalSpy selected(m_plot.get(), &DashboardPlot::phaseActivated);
    QSignalSpy zoomed(m_plot.get(), &DashboardPlot::phaseZoomRequested);
    for (int phase = 0; phase < 3; ++phase) {
        QVERIFY(!m_plot->stripPixelOf(phase).isNull());
        QTest::mouseClick(m_canvas, Qt::LeftButton, {}, m_plot->stripPixelOf(phase));
        QCOMPARE(selected.takeLast()[0].toInt(), phase);
    }
    QVERIFY(m_plot->stripPixelOf(3).isNull());
    QTest::mouseDClick(m_canvas, Qt::LeftButton, {}, m_plot->stripPixelOf(1));
    QCOMPARE(zoomed.count(), 1);
    QCOMPARE(zoomed[0][0].toInt(), 1);
}

void PlotDashboardTest::wheelZoomsSteps() {
    QSignalSpy spy(m_plot.get(), &DashboardPlot::rangeRequested);
    const AxisRange before = m_plot->shownSteps();
    sendWheel(at(0, 1000), 1, {});
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0][0].value<AxisGroup>(), AxisGroup::StepLog);
    const AxisRange asked = rangeOf(spy[0]);
    QVERIFY(std::fabs(std::log(asked.high / asked.low) / std::log(before.high / before.low) -
                      0.85) < 1e-9);
    QCOMPARE(m_plot->shownSteps(), before);  // only the navigation state moves it
}

void PlotDashboardTest::controlWheelZoomsValues() {
    QSignalSpy spy(m_plot.get(), &DashboardPlot::rangeRequested);
    const AxisRange before = m_plot->shownValues(3);
    sendWheel(at(3, 1000), 1, Qt::ControlModifier);
    QCOMPARE(spy.count(), 0);
    const AxisRange after = m_plot->shownValues(3);
    QVERIFY(std::fabs((after.high - after.low) / (before.high - before.low) - 0.85) < 1e-9);
    m_plot->fitValues();
    QCOMPARE(m_plot->shownValues(3), before);
}

void PlotDashboardTest::dragPans() {
    QSignalSpy spy(m_plot.get(), &DashboardPlot::rangeRequested);
    QSignalSpy clicked(m_plot.get(), &DashboardPlot::checkpointActivated);
    const QPoint from = at(0, 1000);
    drag(from, from + QPoint(50, 0), {});
    QCOMPARE(clicked.count(), 0);
    QVERIFY(spy.count() >= 1);
    const AxisRange before = m_plot->shownSteps();
    const AxisRange asked = rangeOf(spy.last());
    QVERIFY(asked.low < before.low);
    QVERIFY(std::fabs(asked.high / asked.low / (before.high / before.low) - 1) < 1e-9);
    drag(from, from + QPoint(2, 1), {});  // under 4 px it is a click
    QCOMPARE(clicked.count(), 1);
}

void PlotDashboardTest::shiftDragZoomsRectangle() {
    QSignalSpy spy(m_plot.get(), &DashboardPlot::rangeRequested);
    const QPoint from = at(3, 100);
    const QPoint to = at(3, 10000) + QPoint(0, 30);
    const AxisRange before = m_plot->shownValues(3);
    drag(from, to, Qt::ShiftModifier);
    QCOMPARE(spy.count(), 1);
    const AxisRange asked = rangeOf(spy[0]);
    QVERIFY(std::fabs(std::log(asked.low / 100)) < 0.05);
    QVERIFY(std::fabs(std::log(asked.high / 10000)) < 0.05);
    const AxisRange after = m_plot->shownValues(3);
    QVERIFY(after.high - after.low < 0.5 * (before.high - before.low));
}

void PlotDashboardTest::doubleClickFits() {
    QSignalSpy spy(m_plot.get(), &DashboardPlot::fitRequested);
    sendWheel(at(3, 1000), 3, Qt::ControlModifier);
    const AxisRange zoomedIn = m_plot->shownValues(3);
    QTest::mouseDClick(m_canvas, Qt::LeftButton, {}, at(2, 1000));
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0][0].value<AxisGroup>(), AxisGroup::StepLog);
    QVERIFY(m_plot->shownValues(3) != zoomedIn);
}

void PlotDashboardTest::stateSetsTheRange() {
    NavigationState state;
    state.ranges[AxisGroup::StepLog] = {1000, 10000};
    m_plot->showState(state, NavigationField::Ranges);
    QCOMPARE(m_plot->shownSteps(), (AxisRange{1000, 10000}));
    // Values follow the visible steps: the gap at 10,000 is 6.8 %.
    QVERIFY(std::sinh(m_plot->shownValues(0).high) < 10);
    state.ranges[AxisGroup::StepLog] = {-3, 10};  // impossible on a logarithmic axis
    m_plot->showState(state, NavigationField::Ranges);
    QCOMPARE(m_plot->shownSteps(), (AxisRange{1000, 10000}));
    state.stepScale = StepScale::Linear;
    state.ranges.clear();
    m_plot->showState(state, NavigationField::StepScale);
    QVERIFY(m_plot->shownSteps().low < 0);  // linear: 0 padded by 5 %
}

void PlotDashboardTest::keys_data() {
    QTest::addColumn<int>("key");
    QTest::addColumn<Qt::KeyboardModifiers>("modifiers");
    QTest::addColumn<QByteArray>("signal");
    QTest::addColumn<QVariant>("argument");
    const Qt::KeyboardModifiers none;
    const auto row = [&](const char* name, int key, Qt::KeyboardModifiers modifiers,
                         const char* signal, const QVariant& argument) {
        QTest::newRow(name) << key << modifiers << QByteArray(signal) << argument;
    };
    row("Left", Qt::Key_Left, none, SIGNAL(checkpointStepRequested(int)), -1);
    row("Right", Qt::Key_Right, none, SIGNAL(checkpointStepRequested(int)), 1);
    row("Ctrl+Right", Qt::Key_Right, Qt::ControlModifier, SIGNAL(checkpointStepRequested(int)), 10);
    row("Home", Qt::Key_Home, none, SIGNAL(checkpointActivated(int)), 0);
    row("End", Qt::Key_End, none, SIGNAL(checkpointActivated(int)), 23);
    row("Up", Qt::Key_Up, none, SIGNAL(layerStepRequested(int)), -1);
    row("Down", Qt::Key_Down, none, SIGNAL(layerStepRequested(int)), 1);
    row("PgDn", Qt::Key_PageDown, none, SIGNAL(phaseStepRequested(int)), 1);
    row("Alt+2", Qt::Key_2, Qt::AltModifier, SIGNAL(phaseActivated(int)), 1);
    row("M", Qt::Key_M, none, SIGNAL(metricStepRequested(int)), 1);
    row("G", Qt::Key_G, none, SIGNAL(gridStepRequested(int)), 1);
    row("X", Qt::Key_X, none, SIGNAL(stepScaleToggled()), {});
    row("T", Qt::Key_T, none, SIGNAL(asTableRequested()), {});
    row("Space", Qt::Key_Space, none, SIGNAL(pinToggled()), {});
    row("Esc", Qt::Key_Escape, none, SIGNAL(releaseRequested()), {});
    row("Enter", Qt::Key_Return, none, SIGNAL(inspectorRequested()), {});
    row("F", Qt::Key_F, none, SIGNAL(fitRequested(AxisGroup)), {});
    row("+", Qt::Key_Plus, none, SIGNAL(rangeRequested(AxisGroup, AxisRange)), {});
    row("Shift+Left", Qt::Key_Left, Qt::ShiftModifier, SIGNAL(rangeRequested(AxisGroup, AxisRange)),
        {});
}

void PlotDashboardTest::keys() {
    QFETCH(int, key);
    QFETCH(Qt::KeyboardModifiers, modifiers);
    QFETCH(QByteArray, signal);
    QFETCH(QVariant, argument);
    QSignalSpy spy(m_plot.get(), signal.constData());
    QVERIFY(spy.isValid());
    QTest::keyClick(m_canvas, static_cast<Qt::Key>(key), modifiers);
    QCOMPARE(spy.count(), 1);
    if (argument.isValid()) QCOMPARE(spy[0][0], argument);
}

void PlotDashboardTest::keysOfTheWindowPassOn() {
    for (const Qt::Key key : {Qt::Key_Q, Qt::Key_F9, Qt::Key_Backspace}) {
        QKeyEvent event(QEvent::KeyPress, key, Qt::NoModifier);
        QCoreApplication::sendEvent(m_plot.get(), &event);
        QVERIFY(!event.isAccepted());
    }
}

void PlotDashboardTest::legendHidesAndListsSeries() {
    const double before = m_plot->shownValues(0).high;
    QSignalSpy activated(m_plot.get(), &DashboardPlot::checkpointActivated);
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, m_plot->legendPixelOf(0, 0));
    QVERIFY(!m_plot->isSeriesShown(0, 0));
    QVERIFY(m_plot->isSeriesShown(0, 1));
    QCOMPARE(m_plot->seriesNames(0).size(), 2);
    QVERIFY(m_plot->shownValues(0).high < before);  // INT8 alone stays below 1 %
    QCOMPARE(activated.count(), 0);
    m_plot->setData(test::syntheticTable({30}));  // stays hidden when rows arrive
    QVERIFY(!m_plot->isSeriesShown(0, 0));
    QCoreApplication::processEvents();  // the queued replot lays the legend out
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, m_plot->legendPixelOf(0, 0));
    QVERIFY(m_plot->isSeriesShown(0, 0));
}

void PlotDashboardTest::cursorLeavesTheRestAlone() {
    const QImage without = m_plot->grab().toImage();
    m_plot->setCursor(1024.0);
    const QImage with = m_plot->grab().toImage();
    QVERIFY(with != without);
    m_plot->setCursor(std::nullopt);
    QCOMPARE(m_plot->grab().toImage(), without);
    QSignalSpy spy(m_plot.get(), &DashboardPlot::cursorMoved);
    QTest::mouseMove(m_canvas, at(1, 64) + QPoint(1, 0));
    QTRY_VERIFY(spy.count() > 0);
    QCOMPARE(spy.last()[0].toDouble(), 64.0);  // snaps
}

void PlotDashboardTest::emptyStates() {
    const auto* label = m_plot->findChild<QWidget*>(QStringLiteral("plotDashboardEmpty"));
    QVERIFY(!label->isVisible());
    m_plot->setData(nullptr);
    QVERIFY(label->isVisible());
    m_plot->setData(test::syntheticTable({24, 0}));
    QVERIFY(label->isVisible());
    m_plot->setData(test::syntheticTable({24, 7}));
    QVERIFY(!label->isVisible());
    // Unprobed checkpoints cannot be picked.
    QCoreApplication::processEvents();
    QSignalSpy spy(m_plot.get(), &DashboardPlot::checkpointActivated);
    const AxisRange steps = m_plot->shownSteps();
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, at(0, steps.high * 0.99));
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0][0].toInt(), 6);
}

void PlotDashboardTest::oddData_data() {
    QTest::addColumn<QVector<double>>("gaps");
    QTest::addColumn<QVector<double>>("perplexities");
    const double inf = std::numeric_limits<double>::infinity();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    QTest::newRow("one point") << QVector<double>{3} << QVector<double>{30};
    QTest::newRow("all NaN") << QVector<double>{nan, nan} << QVector<double>{nan, nan};
    QTest::newRow("1e308") << QVector<double>{1e308, -1e308} << QVector<double>{1e308, 30};
    QTest::newRow("Inf") << QVector<double>{inf, 1} << QVector<double>{inf, inf};
    QTest::newRow("negative on log") << QVector<double>{-5, 5} << QVector<double>{-30, 30};
    QTest::newRow("equal") << QVector<double>{2, 2, 2} << QVector<double>{7, 7, 7};
}

void PlotDashboardTest::oddData() {
    QFETCH(QVector<double>, gaps);
    QFETCH(QVector<double>, perplexities);
    auto run = test::syntheticTrajectory({static_cast<int>(gaps.size())});
    for (int i = 0; i < gaps.size(); ++i) {
        auto row = std::make_shared<ProbeRecord>(*run->rows[static_cast<std::size_t>(i)]);
        row->fp32.ppl = perplexities[i];
        row->grids["a4g128:minmax"].gapPercent = {gaps[i], gaps[i], gaps[i]};
        run->rows[static_cast<std::size_t>(i)] = row;
    }
    for (const StepScale scale : {StepScale::Logarithmic, StepScale::Linear}) {
        NavigationState state;
        state.stepScale = scale;
        m_plot->showState(state, NavigationField::All);
        m_plot->setData(std::make_shared<SeriesTable>(run));
        for (int panel = 0; panel < m_plot->panelCount(); ++panel) {
            const AxisRange values = m_plot->shownValues(panel);
            QVERIFY(std::isfinite(values.low) && std::isfinite(values.high));
            QVERIFY(values.high > values.low);
        }
        QVERIFY(m_plot->shownSteps().high > m_plot->shownSteps().low);
        QCoreApplication::processEvents();
        QVERIFY(!m_plot->grab().isNull());
    }
}

void PlotDashboardTest::description() {
    QVERIFY(!m_plot->accessibleName().isEmpty());
    const QString text = m_plot->accessibleDescription();
    QVERIFY2(text.contains(QStringLiteral("INT4")), qPrintable(text));
    QVERIFY2(text.contains(QStringLiteral("517.1")), qPrintable(text));
    QVERIFY2(text.contains(QStringLiteral("24 point")), qPrintable(text));
}

void PlotDashboardTest::themes() {
    m_plot->setTheme(Theme::Dark);
    QVERIFY(m_plot->plotStyle().background.lightness() < 128);
    const QImage dark = m_plot->grab().toImage();
    m_plot->setTheme(Theme::Light);
    QVERIFY(m_plot->plotStyle().background.lightness() > 128);
    QVERIFY(m_plot->grab().toImage() != dark);
}

QTEST_MAIN(PlotDashboardTest)
#include "tst_plot_dashboard.moc"
