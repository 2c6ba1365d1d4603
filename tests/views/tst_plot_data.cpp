// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include <cmath>
#include <limits>

#include "tests/views/synthetic_trajectory.h"
#include "views/plot/finite_series.h"
#include "views/plot/heat_map_data.h"
#include "views/plot/layer_histogram.h"
#include "views/plot/panel_data.h"
#include "views/plot/tick_values.h"
#include "views/style/plot_style.h"
#include "views/style/viridis.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
}  // namespace

class PlotDataTest : public QObject {
    Q_OBJECT

private slots:
    void seriesCountsWhatItCannotDraw();
    void seriesSortsStages();
    void scalesInvert();
    void stepZeroOnLogAxis();
    void ranges_data();
    void ranges();
    void zoomAndPan();
    void panelsOfTheRun();
    void layerChoiceChangesPanels();
    void badge();
    void ticks_data();
    void ticks();
    void tickTexts_data();
    void tickTexts();
    void residualsArePooled();
    void codesOfSymmetricGrids();
    void heatMap();
    void styles();
};

void PlotDataTest::seriesCountsWhatItCannotDraw() {
    const std::vector<double> steps{0, 1, 2, 3, 4, 5, kNan};
    const Series series{{1, kNan, kInf, -kInf, -2, 1e308, 3}, {}, {}};
    const FiniteSeries log =
        finiteSeries(steps, series, ValueScale::Logarithmic, StepScale::Linear);
    QCOMPARE(log.missing, 2);   // NaN, unknown step
    QCOMPARE(log.infinite, 3);  // +-Inf, 1e308
    QCOMPARE(log.notPositive, 1);
    QCOMPARE(log.rows, std::vector<int>{0});
    const FiniteSeries asinh = finiteSeries(steps, series, ValueScale::Asinh, StepScale::Linear);
    QCOMPARE(asinh.rows, (std::vector<int>{0, 4, 5}));
    QCOMPARE(asinh.y.back(), std::asinh(1e308));
    QCOMPARE(asinh.values.back(), 1e308);
}

void PlotDataTest::seriesSortsStages() {
    const FiniteSeries points = finiteSeries({0, 100, 50}, {{1, 2, 3}, {0, kNan, 2}, {2, 3, 4}},
                                             ValueScale::Linear, StepScale::Linear);
    QCOMPARE(points.rows, (std::vector<int>{0, 2, 1}));
    QCOMPARE(points.x, (std::vector<double>{0, 50, 100}));
    QCOMPARE(points.low, (std::vector<double>{0, 2, 2}));  // an unknown end falls onto the point
    QCOMPARE(points.indexOfRow(2), 1);
    QCOMPARE(points.indexOfRow(7), -1);
}

void PlotDataTest::scalesInvert() {
    for (const double value : {-517.1, -0.5, 0.0, 1.0, 517.1})
        QVERIFY(std::fabs(fromAxis(toAxis(value, ValueScale::Asinh), ValueScale::Asinh) - value) <
                1e-10);
    QCOMPARE(toAxis(10, ValueScale::Asinh), std::log(10 + std::sqrt(101.0)));
}

void PlotDataTest::stepZeroOnLogAxis() {
    QCOMPARE(stepPosition(0, StepScale::Logarithmic), 0.5);
    QCOMPARE(stepPosition(0, StepScale::Linear), 0.0);
    QCOMPARE(stepPosition(7000, StepScale::Logarithmic), 7000.0);
}

void PlotDataTest::ranges_data() {
    QTest::addColumn<std::vector<double>>("values");
    QTest::addColumn<bool>("isLog");
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    using Values = std::vector<double>;
    QTest::newRow("none") << Values{} << false << 0.0 << 1.0;
    QTest::newRow("none log") << Values{-1, 0, kNan} << true << 1.0 << 10.0;
    QTest::newRow("pads 5 %") << Values{0, 100} << false << -5.0 << 105.0;
    QTest::newRow("pads 5 % of the logarithm")
        << Values{1, 100} << true << std::pow(100, -0.05) << std::pow(100, 1.05);
    QTest::newRow("skips Inf") << Values{0, kInf, 10} << false << -0.5 << 10.5;
    QTest::newRow("one") << Values{10} << false << 9.0 << 11.0;
    QTest::newRow("one zero") << Values{0} << false << -1e-3 << 1e-3;
}

void PlotDataTest::ranges() {
    QFETCH(std::vector<double>, values);
    QFETCH(bool, isLog);
    QFETCH(double, low);
    QFETCH(double, high);
    const AxisRange range = paddedRange(values, isLog);
    QCOMPARE(range.low, low);
    QCOMPARE(range.high, high);
    QVERIFY(isUsableRange(range, isLog));
}

void PlotDataTest::zoomAndPan() {
    const AxisRange linear = zoomed({0, 100}, 0.5, 20, false);
    QCOMPARE(linear.low, 10.0);
    QCOMPARE(linear.high, 60.0);
    const AxisRange log = panned({1, 100}, 0.5, true);
    QCOMPARE(log.low, 10.0);
    QCOMPARE(log.high, 1000.0);
    QVERIFY(!isUsableRange({-3, 10}, true));
    QVERIFY(!isUsableRange({0, 1e300}, false));
    QVERIFY(!isUsableRange({5, 5}, false));
    QVERIFY(!isUsableRange({0, kInf}, false));
}

void PlotDataTest::panelsOfTheRun() {
    const auto table = test::syntheticTable();
    const PanelChoice choice{QStringLiteral("a4g128:minmax"), -1, StepScale::Logarithmic};
    const PanelData gap = makePanelData(*table, gapPanel(), choice);
    QCOMPARE(gap.axisLabel, QStringLiteral("Gap [%]"));
    QCOMPARE(gap.series.size(), std::size_t{2});
    QCOMPARE(gap.series[0].name, QStringLiteral("INT4"));
    QCOMPARE(gap.series[1].name, QStringLiteral("INT8"));
    QCOMPARE(gap.series[0].points.x.size(), std::size_t{24});
    QCOMPARE(gap.series[0].points.values.back(), 517.1);
    QCOMPARE(gap.series[0].points.high.size(), std::size_t{24});
    const PanelData ppl = makePanelData(*table, perplexityPanel(), choice);
    QCOMPARE(ppl.series.size(), std::size_t{1});
    QCOMPARE(minimumRow(ppl) >= 0, true);
    QCOMPARE(table->steps()[static_cast<std::size_t>(minimumRow(ppl))], 77000.0);
    const PanelData misalignment = makePanelData(*table, misalignmentPanel(), choice);
    QCOMPARE(misalignment.series.size(), std::size_t{1});               // the current grid alone
    QCOMPARE(misalignment.series[0].points.x.size(), std::size_t{23});  // step 0 has no predecessor
}

void PlotDataTest::layerChoiceChangesPanels() {
    const auto table = test::syntheticTable();
    const PanelData panel = makePanelData(
        *table, kurtosisPanel(), {QStringLiteral("a4g128:minmax"), 5, StepScale::Logarithmic});
    QCOMPARE(panel.series[0].metric, std::string("kurtosis"));
    QCOMPARE(panel.series[0].points.values[3], table->series("kurtosis", {}, 5).values[3]);
    QVERIFY(panel.series[0].name.contains(QStringLiteral("block 1, attn.out")));
}

void PlotDataTest::badge() {
    PanelData panel;
    panel.series.push_back({});
    panel.series[0].points.y = {1, 5, 9};
    panel.series[0].points.infinite = 3;
    QCOMPARE(badgeText(panel, {2, 10}), QStringLiteral("3 Inf, 1 outside"));
    panel.series[0].points.infinite = 0;
    QCOMPARE(badgeText(panel, {0, 10}), QString());
}

void PlotDataTest::ticks_data() {
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    QTest::addColumn<std::vector<double>>("expected");
    using Values = std::vector<double>;
    QTest::newRow("decades") << 1.0 << 1000.0 << Values{1, 10, 100, 1000};
    QTest::newRow("1-2-5") << 10.0 << 100.0 << Values{10, 20, 50, 100};
    QTest::newRow("within a decade") << 33.0 << 44.0 << Values{34, 36, 38, 40, 42, 44};
}

void PlotDataTest::ticks() {
    QFETCH(double, low);
    QFETCH(double, high);
    QFETCH(std::vector<double>, expected);
    QCOMPARE(logTicks(low, high, 6), expected);
}

void PlotDataTest::tickTexts_data() {
    QTest::addColumn<double>("value");
    QTest::addColumn<QString>("text");
    QTest::newRow("zero") << 0.0 << QStringLiteral("0");
    QTest::newRow("plain") << -30.0 << QStringLiteral("-30");
    QTest::newRow("thousands") << 143000.0 << QStringLiteral("143k");
    QTest::newRow("millions") << 2.5e6 << QStringLiteral("2.5M");
    QTest::newRow("exponent") << 1e12 << QStringLiteral("1e+12");
}

void PlotDataTest::tickTexts() {
    QFETCH(double, value);
    QFETCH(QString, text);
    QCOMPARE(tickText(value, QLocale::c()), text);
}

void PlotDataTest::residualsArePooled() {
    const auto table = test::syntheticTable();
    const auto one = residualDensity(*table, 20, {"a4g128:minmax", 3});
    const auto all = residualDensity(*table, 20, {"a4g128:minmax", -1});
    QVERIFY(one && all);
    double sum = 0;
    for (const double density : all->density) sum += density;
    QVERIFY(std::fabs(sum / kResidualBins - 1) < 1e-12);  // mean density of any histogram
    const auto& layers = table->row(20).grids.at("a4g128:minmax").layers;
    double counted = 0;
    double inBin = 0;
    for (const auto& layer : layers) {
        inBin += layer.residualHistogram[10];
        for (const auto bin : layer.residualHistogram) counted += bin;
    }
    QCOMPARE(all->count, counted);
    QCOMPARE(all->density[10], inBin * 64 / counted);
    QCOMPARE(one->noise(), 3 * std::sqrt(63 / one->count));
    QVERIFY(!residualDensity(*table, 20, {"a3g128:minmax", -1}));
    QVERIFY(!residualDensity(*table, 20, {"a4g128:minmax", 99}));
    QVERIFY(!residualDensity(*table, -1, {"a4g128:minmax", -1}));
}

void PlotDataTest::codesOfSymmetricGrids() {
    const auto table = test::syntheticTable();
    const auto int8 = codeShares(*table, 5, {"s8channel:absmax", 0});
    QVERIFY(int8);
    QCOMPARE(int8->firstCode, -128);
    QCOMPARE(int8->shares.size(), std::size_t{256});
    const auto int4 = codeShares(*table, 5, {"a4g128:minmax", 0});
    QVERIFY(int4);
    QCOMPARE(int4->firstCode, 0);
    double entropy = 0;
    for (const double share : int4->shares) entropy -= share * std::log(share) / std::log(2.0);
    QVERIFY(std::fabs(entropy - int4->entropyBits) < 1e-12);
    QCOMPARE(int4->exactGroups, 0.01);
}

void PlotDataTest::heatMap() {
    const auto table = test::syntheticTable({24, 20, 8, 2});
    const HeatMapData data =
        heatMapData(*table, "level_flip_rate", "a4g128:minmax", StepScale::Logarithmic);
    QCOMPARE(data.values.size(), std::size_t{8});
    QCOMPARE(data.rows.size(), std::size_t{24});
    QCOMPARE(data.missing, 8 * 5);  // step 0 and four planned checkpoints
    QCOMPARE(data.values[2][7], table->series("level_flip_rate", "a4g128:minmax", 2).values[7]);
    QCOMPARE(data.nearestColumn(0.1, StepScale::Logarithmic), 0);
    QCOMPARE(data.nearestColumn(11.0, StepScale::Logarithmic), 4);  // 8 x 16 = 128 = 11.3^2
    QCOMPARE(data.nearestColumn(11.5, StepScale::Logarithmic), 5);
    QCOMPARE(data.nearestColumn(1e9, StepScale::Logarithmic), 23);
    QVERIFY(heatMapData(*table, "gap_percent", "a4g128:minmax", StepScale::Linear).isEmpty());
}

void PlotDataTest::styles() {
    QCOMPARE(viridis(0).name(), QStringLiteral("#440154"));
    QCOMPARE(viridis(1).name(), QStringLiteral("#fde725"));
    QCOMPARE(viridis(2.0).name(), QStringLiteral("#fde725"));
    const PlotStyle figure = PlotStyle::figure(QStringLiteral("DejaVu Sans"), 9);
    QCOMPARE(figure.baseFont.pixelSize(), 9);
    QCOMPARE(figure.tickFont.pixelSize(), 7);
    QVERIFY(std::find(figure.palette.begin(), figure.palette.end(), QColor(0xF5, 0xC7, 0x10)) !=
            figure.palette.end());
    QCOMPARE(figure.palette.back(), QColor(0, 0, 0));
    QCOMPARE(figure.seriesPen(0).style(), Qt::SolidLine);
    QVERIFY(figure.seriesPen(8).style() != figure.seriesPen(0).style());
    QVERIFY(std::fabs(figure.phaseFill(0).alphaF() - 0.08F) < 0.01F);
    // WCAG 2 contrast of text against the background, both themes.
    const auto luminance = [](const QColor& color) {
        const auto part = [](double c) {
            return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * part(color.redF()) + 0.7152 * part(color.greenF()) +
               0.0722 * part(color.blueF());
    };
    for (const Theme theme : {Theme::Light, Theme::Dark}) {
        const PlotStyle style = PlotStyle::screen(theme, QFont());
        for (const QColor& text : {style.foreground, style.muted}) {
            const double a = luminance(text) + 0.05;
            const double b = luminance(style.background) + 0.05;
            QVERIFY(std::max(a, b) / std::min(a, b) >= 4.5);
        }
    }
}

QTEST_MAIN(PlotDataTest)
#include "tst_plot_data.moc"
