// SPDX-License-Identifier: GPL-3.0-or-later

// Keys and commands of plots in the real window: what they do, not only that they are sent.

#include <QClipboard>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>
#include <QTreeView>
#include <QTreeWidget>
#include <QWheelEvent>

#include <algorithm>

#include "tests/app/scripted_engine.h"
#include "tests/app/window_fixture.h"
#include "views/dialogs/export_dialog.h"
#include "views/panels/inspector_panel.h"
#include "views/plot/dashboard_plot.h"
#include "views/plot/heat_map_plot.h"

using namespace gridscope;
using namespace gridscope::app;
using test::ScriptedEngine;
using test::WindowFixture;

namespace {

/// Six measured checkpoints with values of two layers.
std::shared_ptr<const Trajectory> measured() {
    auto trajectory =
        std::make_shared<Trajectory>(*test::scriptedTrajectory(6, RowStatus::Complete));
    for (std::size_t i = 0; i < trajectory->rows.size(); ++i) {
        auto row = std::make_shared<ProbeRecord>(*trajectory->rows[i]);
        GridScores& scores = row->grids.at("a4g128:minmax");
        for (std::size_t layer = 0; layer < 2; ++layer) {
            const double value = 0.01 * static_cast<double>(i + 1 + layer);
            scores.layers[layer].edgeMass = 0.2 + value;
            scores.layers[layer].levelFlipRate = value;
        }
        scores.levelFlipRate = 0.01 * static_cast<double>(i + 1);
        trajectory->rows[i] = row;
    }
    return trajectory;
}

/// The window on six measured checkpoints.
struct MeasuredWindow {
    MeasuredWindow() : fixture(prepared(engine)) {
        QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
        const QString file = fixture.folder.filePath(QStringLiteral("run.h5"));
        QVERIFY(QFile(file).open(QIODevice::WriteOnly));
        fixture.controller.open(file);
        QTRY_VERIFY(controller().session() != nullptr && controller().session()->table != nullptr);
        plot = fixture.child<views::DashboardPlot>("plotDashboard");
        canvas = fixture.child<QWidget>("plotDashboardCanvas");
        QTRY_VERIFY(canvas->isVisible());
        canvas->setFocus();
        QCoreApplication::processEvents();
    }
    static ScriptedEngine& prepared(ScriptedEngine& engine) {
        engine.onRead = []() -> Expected<LoadedTrajectory> {
            LoadedTrajectory loaded;
            loaded.trajectory = measured();
            return loaded;
        };
        return engine;
    }
    WorkbenchController& controller() { return fixture.controller; }
    const views::NavigationState& state() { return controller().history().state(); }

    ScriptedEngine engine;
    WindowFixture fixture;
    views::DashboardPlot* plot = nullptr;
    QWidget* canvas = nullptr;
};

void zoomValues(QWidget* canvas, QPoint at) {
    QWheelEvent event(QPointF(at), canvas->mapToGlobal(QPointF(at)), {}, {0, 480}, Qt::NoButton,
                      Qt::ControlModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(canvas, &event);
}

}  // namespace

class TestPlotCommands : public QObject {
    Q_OBJECT
private slots:
    void spacePinsTheCursor();
    void escapeLetsGo();
    void enterFocusesTheInspector();
    void tableShowsTheNumbers();
    void fitCommandFitsValuesToo_data();
    void fitCommandFitsValuesToo();
    void edgeMassEverywhere();
    void allMatricesByMouse();
    void exportIsWhatIsShown();
    void exportAsksBeforeReplacing();
};

void TestPlotCommands::spacePinsTheCursor() {
    MeasuredWindow window;
    views::CursorModel& cursor = window.controller().cursor();
    // Without a mouse the last probed checkpoint is pinned.
    QTest::keyClick(window.canvas, Qt::Key_Space);
    QCOMPARE(cursor.pinnedStep(), std::optional<double>(500));
    const QImage before = window.plot->grab().toImage();
    cursor.moveTo(100);
    QCoreApplication::processEvents();
    QVERIFY(window.plot->grab().toImage() != before);
    // The inspector tells what changed since the pin: 3 % - 7 %.
    auto* tree = window.fixture.child<QTreeWidget>("inspectorTree");
    QVERIFY(!tree->isColumnHidden(3));
    const auto items = tree->findItems(QStringLiteral("Quantization gap [%]"),
                                       Qt::MatchExactly | Qt::MatchRecursive);
    QCOMPARE(items.size(), 1);
    QCOMPARE(items.first()->text(3).toDouble(), -4.0);
    // On the pin again, Space takes it away.
    cursor.moveTo(500);
    QTest::keyClick(window.canvas, Qt::Key_Space);
    QVERIFY(!cursor.pinnedStep());
    QVERIFY(tree->isColumnHidden(3));
}

void TestPlotCommands::escapeLetsGo() {
    MeasuredWindow window;
    window.controller().navigation().activateCheckpoint(1);
    window.controller().navigation().activateLayer(1);
    QTest::keyClick(window.canvas, Qt::Key_Space);
    QVERIFY(window.controller().cursor().pinnedStep());
    QTest::keyClick(window.canvas, Qt::Key_Escape);
    QVERIFY(!window.controller().cursor().pinnedStep());
    QVERIFY(window.state().layer);
    QTest::keyClick(window.canvas, Qt::Key_Escape);
    QVERIFY(!window.state().layer);
    QVERIFY(window.state().checkpoint);
    QTest::keyClick(window.canvas, Qt::Key_Escape);
    QVERIFY(!window.state().checkpoint);
}

void TestPlotCommands::enterFocusesTheInspector() {
    MeasuredWindow window;
    QTest::keyClick(window.canvas, Qt::Key_Return);
    QCOMPARE(QApplication::focusWidget(), window.fixture.child<QWidget>("inspectorTree"));
}

void TestPlotCommands::tableShowsTheNumbers() {
    MeasuredWindow window;
    window.controller().navigation().activateCheckpoint(2);
    QString heading, text, copied;
    int selected = -1;
    WindowFixture::whenDialogOpens("plotTableDialog", [&](QDialog* dialog) {
        auto* table = dialog->findChild<QTableView*>(QStringLiteral("plotTable"));
        heading = table->model()->headerData(1, Qt::Horizontal).toString();
        text = table->model()->index(2, 1).data().toString();
        selected = table->currentIndex().row();
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("plotTableCopy")),
                          Qt::LeftButton);
        copied = QApplication::clipboard()->text();
        dialog->reject();
    });
    QTest::keyClick(window.canvas, Qt::Key_T);
    QCOMPARE(heading, QStringLiteral("gap_percent a4g128:minmax [%]"));
    QCOMPARE(text, QStringLiteral("4"));
    QCOMPARE(selected, 2);
    const QStringList lines = copied.split(u'\n');
    QCOMPARE(lines.size(), 8);  // a heading, six checkpoints, the end of the last line
    QVERIFY(lines[0].startsWith(QStringLiteral("step\tgap_percent a4g128:minmax [%]\t")));
    QVERIFY(lines[3].startsWith(QStringLiteral("200\t4\t3.5\t4.5\t")));
    // The command shows the first plot of the page.
    bool shown = false;
    WindowFixture::whenDialogOpens("plotTableDialog", [&shown](QDialog* dialog) {
        shown = true;
        dialog->reject();
    });
    window.fixture.trigger("view.asTable");
    QVERIFY(shown);
}

void TestPlotCommands::fitCommandFitsValuesToo_data() {
    QTest::addColumn<QString>("by");
    QTest::newRow("F") << QStringLiteral("key");
    QTest::newRow("toolbar") << QStringLiteral("action");
    QTest::newRow("Ctrl+0") << QStringLiteral("shortcut");
}

void TestPlotCommands::fitCommandFitsValuesToo() {
    QFETCH(const QString, by);
    MeasuredWindow window;
    QTest::qWait(50);  // the queued replot gives the axes their place
    const views::AxisRange fitted = window.plot->shownValues(0);
    zoomValues(window.canvas, window.plot->pixelOf(0, 100));
    window.controller().navigation().setRange(views::AxisGroup::StepLog, {100, 300});
    QVERIFY(window.plot->shownValues(0) != fitted);
    if (by == QStringLiteral("key"))
        QTest::keyClick(window.canvas, Qt::Key_F);
    else if (by == QStringLiteral("action"))
        window.fixture.trigger("view.fit");
    else
        QTest::keyClick(&window.fixture.window, Qt::Key_0, Qt::ControlModifier);
    QVERIFY(window.state().ranges.empty());
    QCOMPARE(window.plot->shownValues(0), fitted);
}

void TestPlotCommands::edgeMassEverywhere() {
    MeasuredWindow window;
    const auto& layers = window.controller().models().layers;
    const auto heading = [&] {
        return layers.headerData(views::LayerModel::Value, Qt::Horizontal, Qt::DisplayRole)
            .toString();
    };
    auto* heatMap = window.fixture.child<views::HeatMapPlot>("heatMapPlot");
    const auto panelShows = [&](const char* metric) {
        const auto columns = window.plot->columns();
        return std::any_of(columns.begin(), columns.end(), [metric](const auto& column) {
            return column.header.rfind(std::string(metric) + ' ', 0) == 0;
        });
    };
    // A gap belongs to the whole model: all three fall back to the same metric.
    QCOMPARE(heatMap->shownMetric(), QStringLiteral("level_flip_rate"));
    QCOMPARE(heading(), QString::fromUtf8(findMetric("level_flip_rate")->title.data()));
    QVERIFY(panelShows("level_flip_rate"));
    QVERIFY(!panelShows("edge_mass"));
    window.controller().navigation().setMetric(QStringLiteral("edge_mass"));
    QCOMPARE(heatMap->shownMetric(), QStringLiteral("edge_mass"));
    QCOMPARE(heading(), QString::fromUtf8(findMetric("edge_mass")->title.data()));
    QVERIFY(panelShows("edge_mass"));
    QVERIFY(!panelShows("level_flip_rate"));
    // The last checkpoint: layers 0.26 and 0.27, their mean in the first line.
    QCOMPARE(layers.index(0, views::LayerModel::Value).data().toString(), QStringLiteral("0.265"));
}

void TestPlotCommands::allMatricesByMouse() {
    MeasuredWindow window;
    auto* tree = window.fixture.child<QTreeView>("layerTree");
    const auto click = [tree](const QModelIndex& index) {
        tree->scrollTo(index);
        QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, tree->visualRect(index).center());
    };
    const auto& layers = window.controller().models().layers;
    click(layers.indexOfLayer(1));
    QCOMPARE(window.state().layer, std::optional<int>(1));
    QCOMPARE(layers.index(0, 0).data().toString(), QStringLiteral("All matrices"));
    click(layers.index(0, 0));
    QVERIFY(!window.state().layer);
}

void TestPlotCommands::exportIsWhatIsShown() {
    MeasuredWindow window;
    NavigationControl& navigation = window.controller().navigation();
    navigation.activateCheckpoint(4);
    navigation.toggleOverlay(1);
    navigation.toggleOverlay(4);  // the chosen one is not drawn twice
    navigation.toggleOverlay(2);
    navigation.setRange(views::AxisGroup::StepLog, {100, 300});
    navigation.setMetric(QStringLiteral("edge_mass"));
    views::FigureSpec spec;
    WindowFixture::whenDialogOpens("exportDialog", [&spec](QDialog* dialog) {
        spec = qobject_cast<views::ExportDialog*>(dialog)->spec();
        dialog->reject();
    });
    window.fixture.trigger("file.exportFigure");
    QCOMPARE(spec.steps, (std::vector<double>{400, 100, 200}));
    QCOMPARE(spec.stepRange, (std::optional<views::AxisRange>({100, 300})));
    QCOMPARE(spec.layerMetric, QStringLiteral("edge_mass"));
}

void TestPlotCommands::exportAsksBeforeReplacing() {
    MeasuredWindow window;
    const QString path = window.fixture.folder.filePath(QStringLiteral("f.csv"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("mine");
    file.close();
    const auto content = [&file] {
        if (!file.open(QIODevice::ReadOnly)) return QByteArray("unreadable");
        const QByteArray bytes = file.readAll();
        file.close();
        return bytes;
    };
    QByteArray afterCancel;
    WindowFixture::whenDialogOpens("exportDialog", [&](QDialog* dialog) {
        QTest::keyClicks(dialog->findChild<QLineEdit*>(QStringLiteral("exportPath")), path);
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("exportStart"));
        QTRY_VERIFY(start->isEnabled());
        WindowFixture::whenDialogOpens("replaceQuestion",
                                       [](QDialog* question) { question->reject(); });
        QTest::mouseClick(start, Qt::LeftButton);
        afterCancel = content();
        QVERIFY(dialog->isVisible());
        WindowFixture::whenDialogOpens("replaceQuestion", [](QDialog* question) {
            QTest::mouseClick(question->findChild<QPushButton*>(QStringLiteral("replaceFile")),
                              Qt::LeftButton);
        });
        QTest::mouseClick(start, Qt::LeftButton);
    });
    window.fixture.trigger("file.exportFigure");
    QCOMPARE(afterCancel, QByteArray("mine"));
    QVERIFY(content().startsWith("# "));
}

QTEST_MAIN(TestPlotCommands)
#include "tst_plot_commands.moc"
