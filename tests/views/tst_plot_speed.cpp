// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include <algorithm>
#include <ctime>

#include "tests/views/synthetic_trajectory.h"
#include "views/figure/figure_writer.h"
#include "views/plot/dashboard_plot.h"
#include "views/plot/heat_map_plot.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {

/// Median milliseconds of processor time of nine runs: what else runs does not count.
template <class Work>
double medianMs(Work work) {
    std::vector<double> times;
    for (int i = 0; i < 9; ++i) {
        const std::clock_t start = std::clock();
        work();
        times.push_back(static_cast<double>(std::clock() - start) * 1e3 / CLOCKS_PER_SEC);
    }
    std::nth_element(times.begin(), times.begin() + 4, times.end());
    return times[4];
}

std::shared_ptr<const SeriesTable> table() { return test::syntheticTable({154, -1, 48, 12}); }

}  // namespace

/// Budgets of workbench.md section 11; only five times their value is asserted, since a busy
/// machine must not fail them.
class PlotSpeedTest : public QObject {
    Q_OBJECT

private slots:
    void dashboardRefresh();
    void cursorMove();
    void heatMapMetric();
    void figure();

private:
    static void report(const char* what, double milliseconds, double budget) {
        qInfo("%s: %.1f ms (budget %.0f ms)", what, milliseconds, budget);
        QVERIFY2(milliseconds < 5 * budget, what);
    }
    static std::vector<PanelSpec> sixPanels() {
        std::vector<PanelSpec> panels{gapPanel()};
        for (const char* metric : {"delta_ce", "kl", "ppl", "level_flip_rate", "sqnr_db"})
            panels.push_back(metricPanel(QString::fromLatin1(metric)));
        return panels;
    }
};

void PlotSpeedTest::dashboardRefresh() {
    DashboardPlot plot;
    plot.resize(600, 2400);  // 600 x 400 per panel
    plot.setPanels(sixPanels());
    plot.setPhases(test::syntheticPhases());
    const auto data = table();
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    report("dashboard, 6 panels x 12 series x 154 points, new data", medianMs([&] {
               plot.setData(data);
               QCoreApplication::processEvents();
           }),
           50);
    NavigationState state;
    double low = 1;
    report("dashboard, new range", medianMs([&] {
               state.ranges[AxisGroup::StepLog] = {low += 1, 1e5};
               plot.showState(state, NavigationField::Ranges);
               QCoreApplication::processEvents();
           }),
           50);
}

void PlotSpeedTest::cursorMove() {
    DashboardPlot plot;
    plot.resize(600, 2400);
    plot.setPanels(sixPanels());
    plot.setData(table());
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    QCoreApplication::processEvents();
    double step = 0;
    report("dashboard, cursor move", medianMs([&] {
               plot.setCursor(step += 1000);
               QCoreApplication::processEvents();
           }),
           16);
}

void PlotSpeedTest::heatMapMetric() {
    HeatMapPlot plot;
    plot.resize(900, 600);
    plot.setData(table());
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    NavigationState state;
    bool isOdd = false;
    report("heat map 154 x 48, new metric", medianMs([&] {
               isOdd = !isOdd;
               state.metric = isOdd ? QStringLiteral("edge_mass") : QStringLiteral("flip_rate");
               plot.showState(state, NavigationField::Metric);
               QCoreApplication::processEvents();
           }),
           50);
}

void PlotSpeedTest::figure() {
    const FigureInput input{table(), test::syntheticPhases(), {}};
    report("overview to PDF", medianMs([&] {
               const auto bytes = renderFigure(input, FigureFormat::Pdf);
               QVERIFY(static_cast<bool>(bytes));
           }),
           500);
}

QTEST_MAIN(PlotSpeedTest)
#include "tst_plot_speed.moc"
