// SPDX-License-Identifier: GPL-3.0-or-later

// The real window on real checkpoints, driven by mouse and keyboard.

#include <QComboBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTreeView>

#include <algorithm>

#include "app/control/core_engine.h"
#include "core/model/worker_thread.h"
#include "tests/app/window_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::app;
using test::WindowFixture;

namespace {

/// Longest time between two turns of the event loop.
class LatencyMeter : public QObject {
public:
    LatencyMeter() {
        m_clock.start();
        connect(&m_timer, &QTimer::timeout, this,
                [this] { m_worst = std::max(m_worst, m_clock.restart()); });
        m_timer.start(0);
    }
    qint64 worstMilliseconds() const { return m_worst; }

private:
    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_worst = 0;
};

}  // namespace

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
    const LatencyMeter meter;
    QTRY_VERIFY_WITH_TIMEOUT(
        controller.session()->table != nullptr || !controller.probe().isRunning(), 60000);
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));  // the dialog had the keys
    QElapsedTimer cancelled;
    cancelled.start();
    QTest::keyClick(&fixture.window, Qt::Key_F9, Qt::ControlModifier);
