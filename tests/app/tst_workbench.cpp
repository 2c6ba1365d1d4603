// SPDX-License-Identifier: GPL-3.0-or-later

// The real window on real checkpoints, driven by mouse and keyboard.

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTreeView>

#include <algorithm>
#include <cstdlib>

#include "app/control/core_engine.h"
#include "core/model/worker_thread.h"
#include "tests/app/latency_meter.h"
#include "tests/app/window_fixture.h"
#include "tests/support/test_data.h"
#include "tests/views/pdf_scanner.h"
#include "views/plot/dashboard_plot.h"

using namespace gridscope;
using namespace gridscope::app;
using test::LatencyMeter;
using test::WindowFixture;

class TestWorkbench : public QObject {
    Q_OBJECT
private slots:
    void fromFolderToFigure();
};

void TestWorkbench::fromFolderToFigure() {
    GRIDSCOPE_NEED_SHARED();
    GRIDSCOPE_VERIFY_OK(initEngine());
    CoreEngine engine(systemFileOps());
    WindowFixture fixture(engine);
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    WorkbenchController& controller = fixture.controller;

    const auto suite = test::sharedFolder() / "data" / "suite_a";
    controller.open(QString::fromStdString(suite.string()));
    QTRY_COMPARE_WITH_TIMEOUT(controller.models().checkpoints.rowCount(), 8, 20000);

    // F9, fill the dialog, Start.
    const QString output = fixture.folder.filePath(QStringLiteral("suite_a.h5"));
    WindowFixture::whenDialogOpens("probeDialog", [&output](QDialog* dialog) {
        auto* file = dialog->findChild<QLineEdit*>(QStringLiteral("probeOutput"));
        file->clear();
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("probeStart"));
        QVERIFY(!start->isEnabled());
        QTest::keyClicks(file, output);
        QTest::keyClicks(dialog->findChild<QLineEdit*>(QStringLiteral("probeWindows")),
                         QStringLiteral("all"));
        QTest::keyClicks(dialog->findChild<QLineEdit*>(QStringLiteral("probeLength")),
                         QStringLiteral("64"));
        QVERIFY2(start->isEnabled(), qPrintable(start->toolTip()));
        QTest::mouseClick(start, Qt::LeftButton);
    });
    QTest::keyClick(&fixture.window, Qt::Key_F9);
    QVERIFY(controller.probe().isRunning());

    // Rows appear while it runs; then cancel.
    auto meter = std::make_unique<LatencyMeter>();
    QTRY_VERIFY_WITH_TIMEOUT(
        controller.session()->table != nullptr || !controller.probe().isRunning(), 60000);
    fixture.window.activateWindow();  // the dialog had the keys
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    QElapsedTimer cancelled;
    cancelled.start();
    QTest::keyClick(&fixture.window, Qt::Key_F9, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(!controller.probe().isRunning(), 10000);
    qInfo("cancelled after %lld ms (budget 200)", cancelled.elapsed());
    const auto& jobs = controller.models().jobs;
    QCOMPARE(jobs.index(jobs.rowCount() - 1, views::JobModel::State).data().toString(),
             QStringLiteral("cancelled"));
    const auto cut = controller.session()->table;
    QVERIFY(cut != nullptr);
    const auto& cutRows = cut->trajectory().rows;
    QVERIFY(std::count_if(cutRows.begin(), cutRows.end(),
                          [](const auto& row) { return row->status == RowStatus::Complete; }) < 8);

    // Resume; all eight get measured.
    QTest::keyClick(&fixture.window, Qt::Key_F9, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_VERIFY_WITH_TIMEOUT(!controller.probe().isRunning(), 120000);
    const auto table = controller.session()->table;
    QCOMPARE(table->rowCount(), std::size_t{8});
    for (std::size_t i = 0; i < table->rowCount(); ++i)
        QCOMPARE(table->row(i).status, RowStatus::Complete);
    const qint64 worst = meter->worstMilliseconds();
    meter.reset();
    qInfo("longest event-loop turn while probing: %lld ms (budget 50)", worst);
    QVERIFY(worst < 5 * 50);  // workbench.md 11: tests assert five times the budget

    // A point.
    auto* plot = fixture.child<views::DashboardPlot>("plotDashboard");
    auto* canvas = fixture.child<QWidget>("plotDashboardCanvas");
    QVERIFY(plot != nullptr && canvas != nullptr);
    QTRY_VERIFY(canvas->isVisible());
    QTest::qWait(100);  // the queued replot gives the axes their place
    // Well inside a panel: the middle of the canvas lies between the second and the third.
    const QPoint inPanel(canvas->rect().center().x(), canvas->height() * 3 / 10);
    QTest::mouseClick(canvas, Qt::LeftButton, {}, inPanel);
    QTRY_VERIFY(controller.history().state().checkpoint.has_value());
    // The step whose point is nearest to the click in x.
    double nearest = table->steps().front();
    const auto distance = [&](double step) {
        return std::abs(plot->pixelOf(0, step).x() - inPanel.x());
    };
    for (const double step : table->steps())
        if (distance(step) < distance(nearest)) nearest = step;
    QCOMPARE(controller.history().state().checkpoint->step, nearest);

    // A phase, on the strip.
    QTRY_VERIFY(!controller.session()->bands.names.empty());
    QTest::mouseClick(canvas, Qt::LeftButton, {}, plot->stripPixelOf(0));
    QTRY_COMPARE(controller.history().state().phase, std::optional<int>(0));

    // A layer.
    if (qEnvironmentVariableIsSet("GRIDSCOPE_SCREENSHOTS"))
        fixture.window.grab().save(qEnvironmentVariable("GRIDSCOPE_SCREENSHOTS") +
                                   QStringLiteral("/before-layer.png"));
    auto* tree = fixture.child<QTreeView>("layerTree");
    const QModelIndex layer = controller.models().layers.indexOfLayer(1);
    tree->scrollTo(layer);
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, tree->visualRect(layer).center());
    QTRY_COMPARE(controller.history().state().layer, std::optional<int>(1));

    // Back, twice.
    QTest::keyClick(&fixture.window, Qt::Key_Left, Qt::AltModifier);
    QTRY_VERIFY(!controller.history().state().layer);
    QTest::keyClick(&fixture.window, Qt::Key_Left, Qt::AltModifier);
    QTRY_VERIFY(!controller.history().state().phase);

    // Export.
    const QString figure = fixture.folder.filePath(QStringLiteral("overview.pdf"));
    WindowFixture::whenDialogOpens("exportDialog", [&figure](QDialog* dialog) {
        QTest::keyClicks(dialog->findChild<QLineEdit*>(QStringLiteral("exportPath")), figure);
        dialog->findChild<QDoubleSpinBox*>(QStringLiteral("exportWidth"))->setValue(3.25);
        dialog->findChild<QDoubleSpinBox*>(QStringLiteral("exportHeight"))->setValue(2.0);
        auto* button = dialog->findChild<QPushButton*>(QStringLiteral("exportStart"));
        QTRY_VERIFY(button->isEnabled());
        QTest::mouseClick(button, Qt::LeftButton);
    });
    QTest::keyClick(&fixture.window, Qt::Key_E, Qt::ControlModifier);
    QFile pdf(figure);
    QVERIFY(pdf.open(QIODevice::ReadOnly));
    const test::PdfFacts facts = test::scanPdf(pdf.readAll());
    QCOMPARE(facts.mediaBox, QSizeF(234, 144));  // 3.25 x 2 in at 72 pt
    QCOMPARE(facts.pages, 1);
    if (qEnvironmentVariableIsSet("GRIDSCOPE_SCREENSHOTS")) {
        const QString folder = qEnvironmentVariable("GRIDSCOPE_SCREENSHOTS");
        for (const char* theme : {"Light", "Dark"}) {
            fixture.trigger(qPrintable(QStringLiteral("view.theme%1").arg(QLatin1String(theme))));
            for (int page = 0; page < 2; ++page) {
                fixture.window.showPage(page);
                QTest::qWait(300);
                fixture.window.grab().save(QStringLiteral("%1/window-%2-%3.png")
                                               .arg(folder)
                                               .arg(page)
                                               .arg(QLatin1String(theme)));
            }
        }
    }
}

QTEST_MAIN(TestWorkbench)
#include "tst_workbench.moc"
