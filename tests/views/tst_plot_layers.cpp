// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include <QSignalSpy>

#include "tests/views/synthetic_trajectory.h"
#include "views/plot/heat_map_plot.h"
#include "views/plot/histogram_plot.h"
#include "views/plot/occupancy_plot.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {

NavigationState stateAt(double step, std::optional<int> layer = std::nullopt) {
    NavigationState state;
    state.checkpoint = CheckpointKey{step, {}};
    state.layer = layer;
    return state;
}

/// What is on screen once queued replots are done.
QImage picture(QWidget& widget) {
    QCoreApplication::processEvents();
    return widget.grab().toImage();
}

template <class Plot>
bool showsEmpty(const Plot& plot) {
    return plot.template findChild<QWidget*>(plot.objectName() + QStringLiteral("Empty"))
        ->isVisibleTo(&plot);
}

}  // namespace

class PlotLayersTest : public QObject {
    Q_OBJECT

private slots:
    void histogramFollowsTheState();
    void histogramOverlays();
    void occupancyShowsEntropy();
    void notMeasured();
    void heatMapClick();
    void heatMapChoosesALayerMetric();
    void heatMapShowsMissingCells();
};

void PlotLayersTest::histogramFollowsTheState() {
    HistogramPlot plot;
    plot.resize(500, 350);
    QVERIFY(showsEmpty(plot));
    plot.setData(test::syntheticTable());
    plot.showState(stateAt(77000), NavigationField::All);
    QVERIFY(!showsEmpty(plot));
    QVERIFY2(plot.accessibleDescription().contains(QStringLiteral("all matrices")),
             qPrintable(plot.accessibleDescription()));
    const QImage pooled = picture(plot);
    plot.showState(stateAt(77000, 3), NavigationField::Layer);
    QVERIFY(plot.accessibleDescription().contains(QStringLiteral("block 0, mlp.down")));
    QVERIFY(picture(plot) != pooled);
    const QImage before = picture(plot);
    plot.showState(stateAt(77000, 3), NavigationField::Metric);  // none of its fields
    QCOMPARE(picture(plot), before);
}

void PlotLayersTest::histogramOverlays() {
    HistogramPlot plot;
    plot.resize(500, 350);
    plot.setData(test::syntheticTable());
    const QImage one = picture(plot);
    plot.setOverlay({0, 5, 10, 12, 14, 16, 18, 20, 21, 22});  // more than eight
    QVERIFY(picture(plot) != one);
    plot.setOverlay({});
    QCOMPARE(picture(plot), one);
}

void PlotLayersTest::occupancyShowsEntropy() {
    OccupancyPlot plot;
    plot.resize(500, 350);
    plot.setData(test::syntheticTable());
    QVERIFY2(plot.accessibleDescription().contains(QStringLiteral("entropy")),
             qPrintable(plot.accessibleDescription()));
    QVERIFY(plot.accessibleDescription().contains(QStringLiteral("exact groups 1 %")));
    NavigationState state;
    state.grid = QStringLiteral("s8channel:absmax");
    plot.showState(state, NavigationField::Grid);
    QVERIFY(plot.accessibleDescription().contains(QStringLiteral("INT8")));
}

void PlotLayersTest::notMeasured() {
    HistogramPlot plot;
    plot.setData(test::syntheticTable());
    NavigationState state;
    state.grid = QStringLiteral("a3g128:minmax");
    plot.showState(state, NavigationField::Grid);
    QVERIFY(showsEmpty(plot));
}

void PlotLayersTest::heatMapClick() {
    HeatMapPlot plot;
    plot.resize(700, 400);
    const auto table = test::syntheticTable();
    plot.setData(table);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    plot.grab();
    auto* canvas = plot.findChild<QWidget*>(QStringLiteral("heatMapPlotCanvas"));
    QSignalSpy rows(&plot, &HeatMapPlot::checkpointActivated);
    QSignalSpy layers(&plot, &HeatMapPlot::layerActivated);
    // Down the middle: every layer once, first on top, at one checkpoint.
    int lastLayer = -1;
    int lastRow = -1;
    for (int y = 0; y < 400; y += 4) {
        QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(350, y));
        if (layers.isEmpty()) continue;
        const int layer = layers.takeLast()[0].toInt();
        const int row = rows.takeLast()[0].toInt();
        QVERIFY(layer == lastLayer || layer == lastLayer + 1);
        QVERIFY(lastRow < 0 || row == lastRow);
        lastLayer = layer;
        lastRow = row;
    }
    QCOMPARE(lastLayer, 7);
    QVERIFY(lastRow > 0 && lastRow < 23);
    int previous = -1;
    for (int x = 0; x < 600; x += 3) {
        QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(x, 200));
        if (rows.isEmpty()) continue;
        const int row = rows.takeLast()[0].toInt();
        QVERIFY(row >= previous);
        previous = row;
    }
    QCOMPARE(previous, 23);
}

void PlotLayersTest::heatMapChoosesALayerMetric() {
    HeatMapPlot plot;
    plot.setData(test::syntheticTable());
    QCOMPARE(plot.shownMetric(), QStringLiteral("level_flip_rate"));
    NavigationState state;
    state.metric = QStringLiteral("edge_mass");
    plot.showState(state, NavigationField::Metric);
    QCOMPARE(plot.shownMetric(), QStringLiteral("edge_mass"));
    QVERIFY2(plot.accessibleDescription().contains(QStringLiteral("8 matrices over 24")),
             qPrintable(plot.accessibleDescription()));
}

void PlotLayersTest::heatMapShowsMissingCells() {
    HeatMapPlot plot;
    plot.resize(700, 400);
    plot.setData(test::syntheticTable({24, 12}));
    QVERIFY2(plot.accessibleDescription().contains(QStringLiteral("104 cell")),
             qPrintable(plot.accessibleDescription()));  // 8 layers x (12 planned + step 0)
    // Right of the probed half lies the hatched background, no colour.
    const QImage image = picture(plot);
    int colored = 0;
    for (int y = 60; y < 300; ++y) {
        const QColor color = image.pixelColor(540, y);
        if (color.saturation() > 60 && color.value() > 40) ++colored;
    }
    QVERIFY2(colored < 24, qPrintable(QString::number(colored)));
}

QTEST_MAIN(PlotLayersTest)
#include "tst_plot_layers.moc"
