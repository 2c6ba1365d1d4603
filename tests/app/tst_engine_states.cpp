// SPDX-License-Identifier: GPL-3.0-or-later

// Bad inputs through the real engine: the window says in one designed state what is wrong.

#include <QDir>
#include <QFileInfo>
#include <QLabel>
#include <QSignalSpy>

#include <filesystem>

#include "app/control/core_engine.h"
#include "core/model/worker_thread.h"
#include "tests/app/window_fixture.h"
#include "tests/core/trajectory/synthetic_trajectory.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::app;
using test::WindowFixture;

namespace {

QString stateText(WindowFixture& fixture, const char* name) {
    return fixture.child<QWidget>("pageDashboard")
        ->findChild<QLabel*>(QString::fromLatin1(name))
        ->text();
}

void writeFile(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

/// Opens `path` and waits for the sentence that says why it cannot be opened.
void refuse(WindowFixture& fixture, const QString& path) {
    fixture.controller.open(path);
    QTRY_VERIFY(fixture.controller.viewState().kind == ViewState::Kind::Failed);
    QVERIFY(stateText(fixture, "stateSentence").contains(QFileInfo(path).fileName()));
    QVERIFY(!stateText(fixture, "stateHint").isEmpty());
    QVERIFY(QApplication::activeModalWidget() == nullptr);
    QVERIFY(fixture.controller.sessions().all().empty());
}

}  // namespace

class TestEngineStates : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { GRIDSCOPE_VERIFY_OK(initEngine()); }
    void emptyFolder();
    void textNamedTrajectory();
    void cutTrajectory();
    void suiteMovedAwayDuringTheProbe();
    void anEarlierProbeGoesOn();

private:
    CoreEngine m_engine{systemFileOps()};
};

void TestEngineStates::emptyFolder() {
    WindowFixture fixture(m_engine);
    const QString path = fixture.folder.filePath(QStringLiteral("empty"));
    QVERIFY(QDir().mkpath(path));
    refuse(fixture, path);
    QVERIFY(fixture.controller.viewState().details.contains(QStringLiteral("scan.empty")));
}

void TestEngineStates::textNamedTrajectory() {
    WindowFixture fixture(m_engine);
    const QString path = fixture.folder.filePath(QStringLiteral("notes.h5"));
    writeFile(path, "This is no HDF5 file.\n");
    refuse(fixture, path);
    QVERIFY2(fixture.controller.viewState().details.contains(QStringLiteral("trajectory.")),
             qPrintable(fixture.controller.viewState().details));
}

void TestEngineStates::cutTrajectory() {
    WindowFixture fixture(m_engine);
    const QString path = fixture.folder.filePath(QStringLiteral("cut.h5"));
    {
        const Trajectory plan = test::syntheticPlan();
        auto store = TrajectoryStore::open(systemFileOps(), path.toStdString(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_VERIFY_OK((*store)->commit({test::syntheticRow(plan, 1)}));
    }
    const auto size = std::filesystem::file_size(path.toStdString());
    std::filesystem::resize_file(path.toStdString(), size / 2);
    refuse(fixture, path);
    QVERIFY2(fixture.controller.viewState().details.contains(QStringLiteral("trajectory.")),
             qPrintable(fixture.controller.viewState().details));
}

void TestEngineStates::suiteMovedAwayDuringTheProbe() {
    GRIDSCOPE_NEED_SHARED();
    WindowFixture fixture(m_engine);
    const std::filesystem::path suite = fixture.folder.filePath(QStringLiteral("s")).toStdString();
    std::filesystem::copy(test::sharedFolder() / "data" / "suite_a", suite,
                          std::filesystem::copy_options::recursive);
    WorkbenchController& controller = fixture.controller;
    controller.open(QString::fromStdString(suite.string()));
    QTRY_COMPARE_WITH_TIMEOUT(controller.models().checkpoints.rowCount(), 8, 20000);
    views::ProbeChoice choice = controller.suggestedChoice();
    choice.output = fixture.folder.filePath(QStringLiteral("s.h5"));
    choice.grids = {QStringLiteral("a4g128:minmax")};
    choice.windows = QStringLiteral("4");
    choice.length = 64;
    // The tokens are read at the start; the weights of later checkpoints are not.
    QObject::connect(&controller, &WorkbenchController::dataChanged, &fixture.window, [&] {
        std::error_code ignored;
        if (controller.session() != nullptr && controller.session()->table)
            std::filesystem::rename(suite, suite.string() + "2", ignored);
    });
    controller.startProbe(choice);
    QTRY_VERIFY_WITH_TIMEOUT(!controller.probe().isRunning(), 60000);
    QVERIFY(!std::filesystem::exists(suite));
    const views::FailureModel& failures = controller.models().failures;
    QVERIFY2(failures.failureCount() > 0, "the folder went after everything was measured");
    QVERIFY2(failures.toText().contains(QStringLiteral("file.")), qPrintable(failures.toText()));
    QVERIFY(QApplication::activeModalWidget() == nullptr);
}

void TestEngineStates::anEarlierProbeGoesOn() {
    GRIDSCOPE_NEED_SHARED();
    const QTemporaryDir folder;
    const std::filesystem::path suite = folder.filePath(QStringLiteral("s")).toStdString();
    std::filesystem::copy(test::sharedFolder() / "data" / "suite_a", suite,
                          std::filesystem::copy_options::recursive);
    const auto openSuite = [&suite](WindowFixture& fixture) {
        fixture.controller.open(QString::fromStdString(suite.string()));
        QTRY_COMPARE_WITH_TIMEOUT(fixture.controller.models().checkpoints.rowCount(), 8, 20000);
    };
    {
        WindowFixture fixture(m_engine);
        openSuite(fixture);
        views::ProbeChoice choice = fixture.controller.suggestedChoice();
        choice.grids = {QStringLiteral("a3g64:minmax")};
        choice.windows = QStringLiteral("2");
        choice.length = 48;
        fixture.controller.startProbe(choice);
        QTRY_VERIFY_WITH_TIMEOUT(!fixture.controller.probe().isRunning(), 120000);
    }
    WindowFixture fixture(m_engine);
    openSuite(fixture);
    QTRY_VERIFY(fixture.controller.session()->table != nullptr);
    const views::ProbeChoice& choice = fixture.controller.session()->lastChoice;
    QCOMPARE(choice.grids, QStringList{QStringLiteral("a3g64:minmax")});
    QCOMPARE(choice.windows, QStringLiteral("2"));
    QCOMPARE(choice.length, std::optional<std::uint64_t>(48));
    QVERIFY(fixture.window.actions().find(QStringLiteral("probe.retry"))->isEnabled());
    // Nothing is left to measure, and the plan is the one of the file.
    QSignalSpy told(&fixture.controller, &WorkbenchController::message);
    fixture.controller.resumeProbe();
    QTRY_VERIFY_WITH_TIMEOUT(!fixture.controller.probe().isRunning(), 60000);
    QCOMPARE(told.last()[1].toString(),
             QStringLiteral("Probe finished: 8 complete, 0 failed, 8 were there before."));
}

QTEST_MAIN(TestEngineStates)
#include "tst_engine_states.moc"
