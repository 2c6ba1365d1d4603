// SPDX-License-Identifier: GPL-3.0-or-later

// Published values and other runs in the dashboard.

#include <QSignalSpy>
#include <QtTest>

#include <cmath>

#include "tests/views/synthetic_trajectory.h"
#include "views/plot/dashboard_plot.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {

ReferenceSeries paper() {
    ReferenceSeries series;
    series.id = "table1.gap";
    series.title = "Table 1: INT4 gap";
    series.metric = "gap_percent";
    series.grid = "a4g128:minmax";
    series.unit = "%";
    series.steps = {1000, 30000, 143000};
    series.values = {1.7, kNotMeasured, 900};
    series.notes = {"fork and audit differ"};
    return series;
}

CompanionRun companion(std::size_t ordinal = 0) {
    return {QStringLiteral("run2"), QStringLiteral("b"), test::syntheticTable({12, -1, 2, 1}),
            ordinal};
}

}  // namespace

class PlotForeignTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { m_plot.reset(); }

    void referencesGoToTheirPanel();
    void anotherUnitIsNotDrawn();
    void legendTogglesAReference();
    void referencesNeverTakeThePlaceOfTheRun();
    void notesShowAtPointAndLegend();
    void companionsShowEveryPanel();
    void companionsKeepTheirColour();
    void companionsLeaveTheReadOutAlone();

private:
    int seriesAt(int panel, const QString& part) const {
        const QStringList names = m_plot->seriesNames(panel);
        for (int i = 0; i < names.size(); ++i)
            if (names[i].contains(part)) return i;
        return -1;
    }

    std::unique_ptr<DashboardPlot> m_plot;
    QWidget* m_canvas = nullptr;
};

void PlotForeignTest::init() {
    m_plot = std::make_unique<DashboardPlot>();
    m_plot->resize(800, 900);
    m_plot->setData(test::syntheticTable());
    m_plot->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_plot.get()));
    m_canvas = m_plot->findChild<QWidget*>(QStringLiteral("plotDashboardCanvas"));
    QCoreApplication::processEvents();  // the queued replot lays out
}

void PlotForeignTest::referencesGoToTheirPanel() {
    const QImage before = m_plot->grab().toImage();
    m_plot->setReferences({paper()});
    QCoreApplication::processEvents();
    QVERIFY(seriesAt(0, QStringLiteral("(reference)")) >= 0);
    for (int panel = 1; panel < m_plot->panelCount(); ++panel)
        QCOMPARE(seriesAt(panel, QStringLiteral("(reference)")), -1);
    QVERIFY(m_plot->grab().toImage() != before);
    // 900 % is seen, though the run ends at 517 %.
    QVERIFY(m_plot->shownValues(0).high > std::asinh(900));
    m_plot->setReferences({});
    QCOMPARE(seriesAt(0, QStringLiteral("(reference)")), -1);
}

void PlotForeignTest::anotherUnitIsNotDrawn() {
    ReferenceSeries rate = paper();
    rate.unit = "% of maximum";
    m_plot->setReferences({rate});
    QCOMPARE(seriesAt(0, QStringLiteral("(reference)")), -1);
}

void PlotForeignTest::legendTogglesAReference() {
    m_plot->setReferences({paper()});
    QCoreApplication::processEvents();
    const int series = seriesAt(0, QStringLiteral("Table 1"));
    QVERIFY(m_plot->isSeriesShown(0, series));
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, m_plot->legendPixelOf(0, series));
    QVERIFY(!m_plot->isSeriesShown(0, series));
    QVERIFY(m_plot->shownValues(0).high < std::asinh(900));
    QVERIFY(m_plot->isSeriesShown(0, 0));
    QCoreApplication::processEvents();
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, m_plot->legendPixelOf(0, series));
    QVERIFY(m_plot->isSeriesShown(0, series));
}

void PlotForeignTest::referencesNeverTakeThePlaceOfTheRun() {
    // A run without data stays empty, whatever was published.
    m_plot->setReferences({paper()});
    m_plot->setData(test::syntheticTable({24, 0}));
    const auto* empty = m_plot->findChild<QWidget*>(QStringLiteral("plotDashboardEmpty"));
    QVERIFY(empty->isVisible());
}

void PlotForeignTest::notesShowAtPointAndLegend() {
    m_plot->setReferences({paper()});
    QCoreApplication::processEvents();
    const int series = seriesAt(0, QStringLiteral("Table 1"));
    QVERIFY(m_plot->noteAt(m_plot->legendPixelOf(0, series)).contains(QStringLiteral("audit")));
    QCOMPARE(m_plot->noteAt(m_plot->legendPixelOf(0, 0)), QString());
    // The point at step 1000, found by going down its column.
    const QPoint column = m_plot->pixelOf(0, 1000);
    QString note;
    for (int y = 0; y < column.y() * 2 && note.isEmpty(); ++y)
        note = m_plot->noteAt(QPointF(column.x(), y));
    QVERIFY2(note.contains(QStringLiteral("1.7")), qPrintable(note));
    QVERIFY(note.contains(QStringLiteral("fork and audit")));
    // Where nothing was given, there is nothing to tell.
    const QPoint missing = m_plot->pixelOf(0, 30000);
    for (int y = missing.y() - 40; y < missing.y() + 40; ++y)
        QCOMPARE(m_plot->noteAt(QPointF(missing.x(), y)), QString());
}

void PlotForeignTest::companionsShowEveryPanel() {
    m_plot->setCompanions({companion()});
    for (const int panel : {0, 1}) QVERIFY(seriesAt(panel, QStringLiteral(", b")) >= 0);
    // The companion was measured on one grid.
    QCOMPARE(m_plot->seriesNames(0), (QStringList{QStringLiteral("INT4"), QStringLiteral("INT8"),
                                                  QStringLiteral("INT4, b")}));
    QCoreApplication::processEvents();
    const int series = seriesAt(0, QStringLiteral("INT4, b"));
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, m_plot->legendPixelOf(0, series));
    QVERIFY(!m_plot->isSeriesShown(0, series));
    QVERIFY(m_plot->isSeriesShown(0, 0));
    m_plot->setCompanions({});
    QCOMPARE(m_plot->seriesNames(0).size(), 2);
}

void PlotForeignTest::companionsKeepTheirColour() {
    const PlotStyle& style = m_plot->plotStyle();
    const auto table = test::syntheticTable({24, -1, 8, 3});
    const Trajectory& active = table->trajectory();
    const QPen first = style.companionPen(companionColor(active, 0), 1);
    const QPen second = style.companionPen(companionColor(active, 1), 2);
    QVERIFY(first.color() != second.color());
    QVERIFY(first.style() != second.style());
    for (const std::size_t grid : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
        QVERIFY(first.color() != style.seriesPen(grid).color());
        QVERIFY(first.style() != style.seriesPen(grid).style());
    }
}

void PlotForeignTest::companionsLeaveTheReadOutAlone() {
    m_plot->setCursor(1024.0);
    QCoreApplication::processEvents();
    const auto row = m_plot->accessibleDescription();
    m_plot->setCompanions({companion()});
    QSignalSpy activated(m_plot.get(), &DashboardPlot::checkpointActivated);
    QCoreApplication::processEvents();
    QTest::mouseClick(m_canvas, Qt::LeftButton, {}, m_plot->pixelOf(0, 143000));
    QCOMPARE(activated.count(), 1);
    QCOMPARE(activated[0][0].toInt(), 23);  // of the active run, not of the shorter companion
    QVERIFY(m_plot->accessibleDescription().size() > row.size());
}

QTEST_MAIN(PlotForeignTest)
#include "tst_plot_foreign.moc"
