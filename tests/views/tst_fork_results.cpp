// SPDX-License-Identifier: GPL-3.0-or-later

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QtTest>

#include <cmath>

#include "tests/views/made_fork_report.h"
#include "views/pages/fork_results_view.h"
#include "views/panels/cell_table_view.h"
#include "views/plot/fork_plot.h"
#include "views/plot/trade_picture.h"
#include "views/plot/trade_plot.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {

template <class Widget>
Widget* child(const QWidget& view, const char* name) {
    return view.findChild<Widget*>(QString::fromLatin1(name));
}

std::vector<const PanelSeries*> seriesOf(const PanelData& panel, SeriesOrigin origin) {
    std::vector<const PanelSeries*> found;
    for (const PanelSeries& series : panel.series)
        if (series.origin == origin) found.push_back(&series);
    return found;
}

bool showsEmpty(const QWidget& plot) {
    return child<QWidget>(plot, qPrintable(plot.objectName() + QStringLiteral("Empty")))
        ->isVisibleTo(&plot);
}

void pick(QComboBox* box, int key) {
    box->setFocus();
    QTest::keyClick(box, static_cast<Qt::Key>(key));
}

}  // namespace

class ForkResultsTest : public QObject {
    Q_OBJECT

private slots:
    void seriesOfThePlot();
    void meanNeedsEverySeed();
    void paperOverlay();
    void legendHidesACondition();
    void cursorReadsOut();
    void zoomOutlivesMoreProbes();
    void emptyPlots();
    void calibration();
    void columns();
    void viewWithoutAReport();
    void viewShowsTheReport();
    void intents();
    void everyWidgetHasAName();
};

void ForkResultsTest::seriesOfThePlot() {
    ForkPlot plot;
    plot.showReport(test::shared(test::smallForkReport()));
    QVERIFY(!showsEmpty(plot));
    const PanelData& gap = plot.panel(0);
    QCOMPARE(gap.axisLabel, QStringLiteral("INT4 gap [%]"));
    QCOMPARE(gap.spec.scale, ValueScale::Asinh);
    QCOMPARE(seriesOf(gap, SeriesOrigin::Seed).size(), std::size_t(6));
    const auto means = seriesOf(gap, SeriesOrigin::Mean);
    QCOMPARE(means.size(), std::size_t(2));
    QCOMPARE(means[0]->name, QStringLiteral("cosine (control)"));
    QCOMPARE(means[1]->styleIndex, std::size_t(1));  // colour and marker of condition 1
    QCOMPARE(means[0]->points.x, (std::vector<double>{100, 200, 300, 400}));
    QCOMPARE(means[0]->points.values, (std::vector<double>{5, 7, 8, 9}));
    QCOMPARE(means[1]->points.values, (std::vector<double>{5, 6, 22, 5}));
    // The band spans the seeds: 4 to 9 at step 200.
    QCOMPARE(means[1]->points.low[1], std::asinh(4.0));
    QCOMPARE(means[1]->points.high[1], std::asinh(9.0));
    const auto bumps = seriesOf(gap, SeriesOrigin::Bump);
    QCOMPARE(bumps.size(), std::size_t(1));
    QCOMPARE(bumps[0]->points.x, (std::vector<double>{300}));
    QCOMPARE(bumps[0]->points.values, (std::vector<double>{22}));
    QCOMPARE(bumps[0]->key, means[1]->key);
    const auto perplexities = seriesOf(plot.panel(1), SeriesOrigin::Mean);
    QCOMPARE(perplexities[1]->points.values, (std::vector<double>{38, 43, 43, 43}));
    QVERIFY2(plot.accessibleDescription().contains(
                 QStringLiteral("INT4 gap [%], oli, mean over seeds, 4 point(s), 5 to 22.")),
             qPrintable(plot.accessibleDescription()));
}

void ForkResultsTest::meanNeedsEverySeed() {
    ForkPlot plot;
    plot.showReport(test::shared(test::partialForkReport()));
    // Seed 3 has not begun and does not count; seed 2 lacks step 400.
    const auto means = seriesOf(plot.panel(0), SeriesOrigin::Mean);
    QCOMPARE(means[1]->points.x, (std::vector<double>{100, 200, 300}));
    QCOMPARE(means[1]->points.values, (std::vector<double>{5, 4.5, 21}));
    QCOMPARE(means[0]->points.values, (std::vector<double>{5, 7, 8, 9}));
}

void ForkResultsTest::paperOverlay() {
    ForkPlot plot;
    plot.resize(600, 500);
    plot.showReport(test::shared(test::smallForkReport()));
    QVERIFY(seriesOf(plot.panel(0), SeriesOrigin::Reference).empty());
    plot.setPaperOverlay(PaperOverlay::Shown);
    plot.grab();
    const auto references = seriesOf(plot.panel(0), SeriesOrigin::Reference);
    QStringList names;
    std::vector<double> values;
    for (const PanelSeries* one : references) {
        names << one->name;
        values.insert(values.end(), one->points.values.begin(), one->points.values.end());
        QCOMPARE(one->points.x, (std::vector<double>{400}));  // the end of this fork
    }
    QCOMPARE(
        names,
        (QStringList{QStringLiteral("A cosine (reference)"), QStringLiteral("B sgdr (reference)"),
                     QStringLiteral("C oli cool (reference)"), QStringLiteral("C oli (reference)"),
                     QStringLiteral("audit (reference)")}));
    QCOMPARE(values, (std::vector<double>{12.3, 16.7, 5.3, 11.5, 47.0}));
    QCOMPARE(references[0]->styleIndex, std::size_t(0));
    QCOMPARE(references[1]->styleIndex, std::size_t(2));  // there is no sgdr here
    QCOMPARE(references[3]->styleIndex, std::size_t(1));
    const QString note = plot.noteAt(plot.pixelOf(0, 400, 47.0));
    QVERIFY2(note.contains(QStringLiteral("not measured here: step 100,000")) &&
                 note.contains(QStringLiteral("does not reproduce the audit")),
             qPrintable(note));
    // Of the bumpless perplexities of the paper two are the same but for 0.1; oli cool has none.
    QCOMPARE(seriesOf(plot.panel(1), SeriesOrigin::Reference)[2]->points.x.size(), std::size_t(0));
    plot.setPaperOverlay(PaperOverlay::Hidden);
    QVERIFY(seriesOf(plot.panel(0), SeriesOrigin::Reference).empty());
    QVERIFY(plot.noteAt(plot.pixelOf(0, 400, 9.0)).isEmpty());
}

void ForkResultsTest::legendHidesACondition() {
    ForkPlot plot;
    plot.resize(700, 500);
    plot.showReport(test::shared(test::smallForkReport()));
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    const QImage before = plot.grab().toImage();
    auto* canvas = child<QWidget>(plot, "forkPlotCanvas");
    const QPoint entry = plot.legendPixelOf(QStringLiteral("oli"));
    QVERIFY(!entry.isNull());
    QVERIFY(plot.legendPixelOf(QStringLiteral("oli, 1")).isNull());  // a seed has none
    QTest::mouseClick(canvas, Qt::LeftButton, {}, entry);
    QVERIFY(!plot.isShown(QStringLiteral("condition|1")));
    QVERIFY(plot.isShown(QStringLiteral("condition|0")));
    QTRY_VERIFY(plot.grab().toImage() != before);
    QTest::mouseClick(canvas, Qt::LeftButton, {}, plot.legendPixelOf(QStringLiteral("oli")));
    QVERIFY(plot.isShown(QStringLiteral("condition|1")));
}

void ForkResultsTest::cursorReadsOut() {
    ForkPlot plot;
    plot.resize(700, 500);
    plot.showReport(test::shared(test::smallForkReport()));
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    plot.grab();
    auto* canvas = child<QWidget>(plot, "forkPlotCanvas");
    QVERIFY(!plot.cursorStep());
    QVERIFY(plot.readOut(0).isEmpty());
    QTest::mouseMove(canvas, plot.pixelOf(0, 310, 9.0));
    QTRY_COMPARE(plot.cursorStep(), std::optional<double>(300));
    QCOMPARE(plot.readOut(0),
             QStringLiteral("step 300\ncosine (control): 8 %\noli: 22 %, in a bump"));
    QCOMPARE(plot.readOut(1), QStringLiteral("cosine (control): 41\noli: 43, in a bump"));
    plot.setFocus();
    QTest::keyClick(canvas, Qt::Key_Right);
    QCOMPARE(plot.cursorStep(), std::optional<double>(400));
    QTest::keyClick(canvas, Qt::Key_Right);
    QCOMPARE(plot.cursorStep(), std::optional<double>(400));
    QTest::keyClick(canvas, Qt::Key_Escape);
    QVERIFY(!plot.cursorStep());
    QTest::keyClick(canvas, Qt::Key_Y);
    QCOMPARE(plot.panel(0).spec.scale, ValueScale::Linear);
}

void ForkResultsTest::zoomOutlivesMoreProbes() {
    ForkPlot plot;
    plot.resize(700, 500);
    plot.showReport(test::shared(test::partialForkReport()));
    const AxisRange fitted = plot.shownSteps();
    QVERIFY(fitted.low < 100 && fitted.high > 400);
    auto* canvas = child<QWidget>(plot, "forkPlotCanvas");
    QTest::keyClick(canvas, Qt::Key_Plus);
    const AxisRange zoomed = plot.shownSteps();
    QVERIFY(zoomed.high - zoomed.low < fitted.high - fitted.low);
    plot.showReport(test::shared(test::smallForkReport()));  // the same experiment, further on
    QCOMPARE(plot.shownSteps(), zoomed);
    QTest::keyClick(canvas, Qt::Key_F);
    QCOMPARE(plot.shownSteps(), fitted);
    QTest::keyClick(canvas, Qt::Key_Plus);
    plot.showReport(test::shared(test::largeForkReport()));
    QVERIFY(plot.shownSteps().low < 70'000 && plot.shownSteps().high > 92'000);
}

void ForkResultsTest::emptyPlots() {
    ForkPlot plot;
    TradePlot trade;
    QVERIFY(showsEmpty(plot) && showsEmpty(trade));
    for (const ForkReport& report : {test::plannedForkReport()}) {
        plot.showReport(test::shared(report));
        trade.showReport(test::shared(report));
        QVERIFY(showsEmpty(plot) && showsEmpty(trade));
        QVERIFY(plot.columns().empty() && trade.columns().empty());
    }
    // The paper's numbers alone are no picture either.
    plot.setPaperOverlay(PaperOverlay::Shown);
    QVERIFY(showsEmpty(plot));
    plot.showReport(test::shared(test::smallForkReport()));
    trade.showReport(test::shared(test::smallForkReport()));
    QVERIFY(!showsEmpty(plot) && !showsEmpty(trade));
    plot.showReport(nullptr);
    trade.showReport(nullptr);
    QVERIFY(showsEmpty(plot) && showsEmpty(trade));
}

void ForkResultsTest::calibration() {
    TradePlot plot;
    plot.resize(500, 400);
    const auto report = test::shared(test::smallForkReport());
    plot.showReport(report);
    plot.grab();
    const TradePicture& picture = plot.picture();
    QCOMPARE(report->trade.size(), std::size_t(2));
    QCOMPARE(picture.labelOf(0), QStringLiteral("cosine (control)"));
    QCOMPARE(picture.labelOf(1), QStringLiteral("oli, cool"));
    QCOMPARE(picture.front(), (std::vector<std::size_t>{0, 1}));  // by perplexity
    // Costs more perplexity and has the lower gap: right of the control and below it.
    QVERIFY(picture.pixelOf(1).x() > picture.pixelOf(0).x());
    QVERIFY(picture.pixelOf(1).y() > picture.pixelOf(0).y());
    QCOMPARE(picture.pointAt(picture.pixelOf(1)), 1);
    QCOMPARE(picture.pointAt(QPointF(0, 0)), -1);
    QVERIFY2(plot.accessibleDescription().contains(
                 QStringLiteral("oli, cool: gap 5.00 %, FP32 perplexity +4.88 % against the "
                                "control, Pareto-optimal.")),
             qPrintable(plot.accessibleDescription()));
    const auto columns = plot.columns();
    QCOMPARE(columns[0].header, std::string("condition (1 = cosine; 2 = oli)"));
    QCOMPARE(columns[0].values, (std::vector<double>{1, 2}));
    QCOMPARE(columns[2].values, (std::vector<double>{9, 5}));
}

void ForkResultsTest::columns() {
    ForkPlot plot;
    plot.showReport(test::shared(test::partialForkReport()));
    const auto columns = plot.columns();
    QCOMPARE(columns.size(), std::size_t(13));  // the step; gap and perplexity of six runs
    QCOMPARE(columns[0].values, (std::vector<double>{100, 200, 300, 400}));
    QCOMPARE(columns[3].header, std::string("gap_percent a4g128:minmax oli-seed1 [%]"));
    QCOMPARE(columns[3].values, (std::vector<double>{5, 4, 20, 3}));
    QCOMPARE(columns[7].header, std::string("gap_percent a4g128:minmax oli-seed2 [%]"));
    QVERIFY(std::isnan(columns[7].values[3]));
    for (const double value : columns[11].values) QVERIFY(std::isnan(value));
}

void ForkResultsTest::viewWithoutAReport() {
    ForkResultsView view;
    view.resize(700, 800);
    view.show();
    auto* overlay = child<QWidget>(view, "stateOverlay");
    QVERIFY(overlay->isVisible());
    QVERIFY(!child<QPushButton>(view, "forkExport")->isEnabled());
    view.showReport(test::shared(test::plannedForkReport()));
    QVERIFY(!overlay->isVisible());
    QVERIFY(!child<QCheckBox>(view, "forkPaper")->isEnabled());
    QVERIFY(!child<QWidget>(view, "forkPaperRows")->isVisible());
    view.showReport(nullptr);
    QVERIFY(overlay->isVisible());
    QCOMPARE(child<CellTableView>(view, "forkResults")->model()->rowCount(), 0);
}

void ForkResultsTest::viewShowsTheReport() {
    ForkResultsView view;
    view.resize(700, 800);
    view.show();
    view.showReport(test::shared(test::largeForkReport()));
    const auto rows = [&](const char* name) {
        return child<CellTableView>(view, name)->model()->rowCount();
    };
    QCOMPARE(rows("forkResults"), 5);  // cosine, sgdr, oli all, bump, cool
    QCOMPARE(rows("forkPaperRows"), 4);
    QCOMPARE(rows("winsMatrix"), 3);
    QCOMPARE(rows("testsTable"), 4);
    QVERIFY(child<QLabel>(view, "forkAudit")->text().contains(QStringLiteral("pythia-160m.h5")));
    QVERIFY(child<QLabel>(view, "forkSummary")->text().contains(QStringLiteral("70,000")));
    const QString notes = child<QPlainTextEdit>(view, "forkResultNotes")->toPlainText();
    QVERIFY(notes.contains(QStringLiteral("autocorrelation")));
    QVERIFY(notes.contains(QStringLiteral("does not reproduce the audit")));
    auto* paper = child<QCheckBox>(view, "forkPaper");
    QVERIFY(paper->isEnabled() && !view.showsPaper());
    auto* plot = child<ForkPlot>(view, "forkPlot");
    QVERIFY(seriesOf(plot->panel(0), SeriesOrigin::Reference).empty());
    QTest::keyClick(paper, Qt::Key_Space);
    QVERIFY(view.showsPaper());
    QCOMPARE(seriesOf(plot->panel(0), SeriesOrigin::Reference).size(), std::size_t(5));
    const QColor light = child<CellTableView>(view, "forkResults")
                             ->model()
                             ->index(0, 0)
                             .data(Qt::DecorationRole)
                             .value<QColor>();
    QCOMPARE(light, plot->plotStyle().seriesColor(0));
    view.setTheme(Theme::Dark);
    QVERIFY(plot->plotStyle().seriesColor(0) != light);
    QCOMPARE(child<CellTableView>(view, "winsMatrix")
                 ->model()
                 ->index(0, 0)
                 .data(Qt::DecorationRole)
                 .value<QColor>(),
             plot->plotStyle().seriesColor(0));
}

void ForkResultsTest::intents() {
    ForkResultsView view;
    view.resize(700, 800);
    view.show();
    const auto report = test::shared(test::smallForkReport());
    QSignalSpy grids(&view, &ForkResultsView::gridChosen);
    view.showReport(report);
    auto* box = child<QComboBox>(view, "forkGrid");
    QCOMPARE(box->count(), 2);
    QVERIFY(grids.isEmpty());
    pick(box, Qt::Key_Down);
    QCOMPARE(grids.size(), 1);
    QCOMPARE(grids[0][0].toString(), QStringLiteral("s8channel:absmax"));
    QSignalSpy exports(&view, &ForkResultsView::exportRequested);
    child<QPushButton>(view, "forkExport")->click();
    child<QTabWidget>(view, "forkPlots")->setCurrentIndex(1);
    child<QPushButton>(view, "forkExport")->click();
    QCOMPARE(exports[0][0].toString(), QStringLiteral("fork"));
    QCOMPARE(exports[1][0].toString(), QStringLiteral("fork-trade"));
    QSignalSpy saves(&view, &ForkResultsView::saveRequested);
    child<QPushButton>(view, "forkSave")->click();
    QCOMPARE(saves.size(), 1);
    child<QPushButton>(view, "forkCopyLatex")->click();
    QCOMPARE(QGuiApplication::clipboard()->text(),
             QString::fromStdString(forkReportToLatex(*report)));
    QString title;
    std::size_t columns = 0;
    connect(&view, &ForkResultsView::tableRequested, this,
            [&](const QString& name, const std::vector<PlotColumn>& shown) {
                title = name;
                columns = shown.size();
            });
    child<QTabWidget>(view, "forkPlots")->setCurrentIndex(0);
    QTest::keyClick(child<QWidget>(view, "forkPlotCanvas"), Qt::Key_T);
    QCOMPARE(columns, std::size_t(13));
    QVERIFY(!title.isEmpty());
}

void ForkResultsTest::everyWidgetHasAName() {
    ForkResultsView view;
    view.resize(1100, 800);
    view.showReport(test::shared(test::largeForkReport()));
    view.show();
    for (const QWidget* widget : view.findChildren<QWidget*>()) {
        // The list of a combo box is a window of its own, which Qt names.
        if (widget->focusPolicy() == Qt::NoFocus || widget->window() != &view) continue;
        if (widget->isHidden()) continue;  // the overlay, which has nothing to say now
        const QAccessibleInterface* seen =
            QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget));
        QVERIFY2(seen != nullptr && !seen->text(QAccessible::Name).isEmpty(),
                 qPrintable(widget->objectName() + u' ' +
                            QLatin1String(widget->metaObject()->className())));
    }
}

QTEST_MAIN(ForkResultsTest)
#include "tst_fork_results.moc"
