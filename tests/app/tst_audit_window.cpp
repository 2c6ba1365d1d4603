// SPDX-License-Identifier: GPL-3.0-or-later

// The audit in the window: F7, progress, cancel, navigation, exclusion, report, rescan.

#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QPushButton>
#include <QTableView>

#include <filesystem>

#include "app/control/core_engine.h"
#include "app/gui/action_registry.h"
#include "tests/app/scripted_engine.h"
#include "tests/app/window_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::app;
using test::ScriptedEngine;
using test::WindowFixture;
namespace fs = std::filesystem;

namespace {

AuditReport reportOn(const CheckpointCatalog& catalog, AuditLevel level) {
    AuditReport report;
    report.level = level;
    for (const CheckpointEntry& entry : catalog.entries) {
        CheckpointFacts facts;
        facts.label = entry.label.text;
        report.checkpoints.push_back(facts);
    }
    report.findings = {{AuditSeverity::Problem,
                        AuditCheck::SameModel,
                        ErrorCode::AuditDuplicate,
                        {1, 3},
                        "step100 and step300 hold the same weights",
                        "Fetch them again"}};
    return report;
}

void script(ScriptedEngine& engine) {
    engine.onScan = [](ProgressSink&, std::stop_token) -> Expected<CheckpointCatalog> {
        return test::scriptedCatalog(5);
    };
    engine.onAudit = [](const CheckpointCatalog& catalog, AuditLevel level, ProgressSink&,
                        std::stop_token) -> Expected<AuditReport> {
        return reportOn(catalog, level);
    };
}

void openFive(WindowFixture& fixture) {
    fixture.controller.open(fixture.folder.path());
    QTRY_COMPARE(fixture.controller.models().checkpoints.rowCount(), 5);
}

QString sentence(WindowFixture& fixture) {
    return fixture.child<QWidget>("auditPanel")
        ->findChild<QLabel*>(QStringLiteral("stateSentence"))
        ->text();
}

/// Into the folder that GRIDSCOPE_SCREENSHOTS names, for looking at; nothing without it.
void takePicture(WindowFixture& fixture, const char* name) {
    if (!qEnvironmentVariableIsSet("GRIDSCOPE_SCREENSHOTS")) return;
    QTest::qWait(100);
    fixture.window.grab().save(
        QStringLiteral("%1/audit-%2.png")
            .arg(qEnvironmentVariable("GRIDSCOPE_SCREENSHOTS"), QLatin1String(name)));
}

}  // namespace

class TestAuditWindow : public QObject {
    Q_OBJECT
private slots:
    void needsAFolder();
    void fromF7ToTheFindings();
    void rowsNavigateAndExclude();
    void cancelShowsAtOnce();
    void failureIsShown();
    void rescanTakesTheReportAway();
    void auditOfARescannedFolderIsDropped();
    void savesOffTheGuiThread();
    void onRealCheckpoints();
};

void TestAuditWindow::needsAFolder() {
    ScriptedEngine engine;
    script(engine);
    WindowFixture fixture(engine);
    QVERIFY(fixture.child<QDockWidget>("dockAudit") != nullptr);
    QAction* action = fixture.window.actions().find(QStringLiteral("probe.audit"));
    QVERIFY(!action->isEnabled());
    QVERIFY(action->toolTip().contains(QStringLiteral("Open a folder")));
    QCOMPARE(action->shortcut(), QKeySequence(QStringLiteral("F7")));
    QVERIFY(sentence(fixture).contains(QStringLiteral("Open a folder")));
    openFive(fixture);
    QVERIFY(action->isEnabled());
    QVERIFY(sentence(fixture).contains(QStringLiteral("not been audited")));
}

void TestAuditWindow::fromF7ToTheFindings() {
    ScriptedEngine engine;
    script(engine);
    WindowFixture fixture(engine);
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    openFive(fixture);
    auto* level = fixture.child<QComboBox>("auditLevel");
    fixture.child<QDockWidget>("dockAudit")->raise();
    takePicture(fixture, "empty");
    emit level->activated(0);
    QTest::keyClick(&fixture.window, Qt::Key_F7);
    auto* table = fixture.child<QTableView>("auditTable");
    QTRY_COMPARE(table->model()->rowCount(), 1);
    QVERIFY(table->isVisible());  // F7 brings the dock to the front
    QCOMPARE(fixture.controller.models().audit.report()->level, AuditLevel::Quick);
    QVERIFY(!fixture.controller.audit().isRunning());
    // The job is listed, so that its progress can be watched.
    const auto& jobs = fixture.controller.models().jobs;
    QVERIFY(jobs.at(jobs.rowCount() - 1)->name.startsWith(QStringLiteral("Audit ")));
}

void TestAuditWindow::rowsNavigateAndExclude() {
    ScriptedEngine engine;
    script(engine);
    WindowFixture fixture(engine);
    openFive(fixture);
    fixture.trigger("probe.audit");
    auto* table = fixture.child<QTableView>("auditTable");
    QTRY_COMPARE(table->model()->rowCount(), 1);
    table->selectRow(0);
    auto* checkpoints = fixture.child<QTableView>("checkpointTable");
    QCOMPARE(checkpoints->currentIndex().siblingAtColumn(0).data().toString(),
             QStringLiteral("step100"));
    QTest::mouseClick(fixture.child<QPushButton>("auditExclude"), Qt::LeftButton);
    QCOMPARE(fixture.controller.models().checkpoints.tickedEntries(),
             (std::vector<std::size_t>{0, 2, 4}));
}

void TestAuditWindow::cancelShowsAtOnce() {
    ScriptedEngine engine;
    script(engine);
    engine.onAudit = [](const CheckpointCatalog&, AuditLevel, ProgressSink& sink,
                        std::stop_token stop) -> Expected<AuditReport> {
        while (!stop.stop_requested()) sink.report({"audit", "step100", 5, 100, 0.0});
        return cancelledError();
    };
    WindowFixture fixture(engine);
    openFive(fixture);
    fixture.trigger("probe.audit");
    auto* cancel = fixture.child<QPushButton>("auditCancel");
    QTRY_VERIFY(cancel->isEnabled());
    QTRY_VERIFY(sentence(fixture).contains(QStringLiteral("being read")));
    takePicture(fixture, "running");
    QVERIFY(!fixture.window.actions().find(QStringLiteral("probe.audit"))->isEnabled());
    QElapsedTimer timer;
    timer.start();
    QTest::mouseClick(cancel, Qt::LeftButton);
    QTRY_VERIFY(!fixture.controller.audit().isRunning());
    qInfo("cancelled after %lld ms (budget 200)", timer.elapsed());
    QVERIFY(timer.elapsed() < 1000);
    QVERIFY(sentence(fixture).contains(QStringLiteral("not been audited")));
    QVERIFY(fixture.window.actions().find(QStringLiteral("probe.audit"))->isEnabled());
}

void TestAuditWindow::failureIsShown() {
    ScriptedEngine engine;
    script(engine);
    engine.onAudit = [](const CheckpointCatalog&, AuditLevel, ProgressSink&,
                        std::stop_token) -> Expected<AuditReport> {
        return Error{ErrorCode::MemoryFailed, {}, "no memory is left", "Close other programs"};
    };
    WindowFixture fixture(engine);
    openFive(fixture);
    fixture.trigger("probe.audit");
    QTRY_VERIFY(sentence(fixture).contains(QStringLiteral("no memory is left")));
    takePicture(fixture, "failed");
    script(engine);
    auto* again = fixture.child<QWidget>("auditPanel")
                      ->findChild<QPushButton*>(QStringLiteral("stateButton"));
    emit again->clicked();
    QTRY_COMPARE(fixture.controller.models().audit.rowCount(), 1);
}

void TestAuditWindow::rescanTakesTheReportAway() {
    ScriptedEngine engine;
    script(engine);
    WindowFixture fixture(engine);
    openFive(fixture);
    fixture.trigger("probe.audit");
    QTRY_COMPARE(fixture.controller.models().audit.rowCount(), 1);
    fixture.trigger("view.reload");
    QTRY_COMPARE(fixture.controller.models().audit.rowCount(), 0);
    fixture.trigger("file.closeRun");
    QVERIFY(sentence(fixture).contains(QStringLiteral("Open a folder")));
}

void TestAuditWindow::auditOfARescannedFolderIsDropped() {
    ScriptedEngine engine;
    script(engine);
    std::atomic<bool> go = false;
    engine.onAudit = [&go](const CheckpointCatalog& catalog, AuditLevel level, ProgressSink&,
                           std::stop_token stop) -> Expected<AuditReport> {
        while (!go && !stop.stop_requested()) std::this_thread::yield();
        return reportOn(catalog, level);
    };
    WindowFixture fixture(engine);
    openFive(fixture);
    fixture.trigger("probe.audit");
    const views::RunId run = fixture.controller.session()->id;
    fixture.controller.sessions().setCatalog(
        run, std::make_shared<const CheckpointCatalog>(test::scriptedCatalog(2)));
    go = true;
    QTRY_VERIFY(!fixture.controller.audit().isRunning());
    QVERIFY(fixture.controller.session()->audit == nullptr);
}

void TestAuditWindow::savesOffTheGuiThread() {
    ScriptedEngine engine;
    script(engine);
    std::atomic<bool> onGuiThread = true;
    std::atomic<int> saved = 0;
    engine.onSaveAudit = [&](const AuditReport& report, const fs::path& file) -> Expected<void> {
        onGuiThread = QThread::currentThread() == qApp->thread();
        saved = static_cast<int>(report.findings.size());
        return file.extension() == ".csv"
                   ? Expected<void>()
                   : Error{ErrorCode::OutputNotWritable, file.string(), "read-only", {}};
    };
    WindowFixture fixture(engine);
    openFive(fixture);
    fixture.trigger("probe.audit");
    QTRY_COMPARE(fixture.controller.models().audit.rowCount(), 1);
    QStringList messages;
    connect(&fixture.controller, &WorkbenchController::message, this,
            [&](views::LogLevel, const QString& text) { messages.append(text); });
    fixture.controller.saveAudit(QStringLiteral("/x/a.csv"));
    QTRY_COMPARE(messages.size(), 1);
    QVERIFY(messages[0].contains(QStringLiteral("/x/a.csv")));
    QCOMPARE(saved.load(), 1);
    QVERIFY(!onGuiThread);
    fixture.controller.saveAudit(QStringLiteral("/x/a.md"));
    QTRY_COMPARE(messages.size(), 2);
    QVERIFY(messages[1].contains(QStringLiteral("read-only")));
}

// The whole way over core: a suite with two equal steps and a broken one.
void TestAuditWindow::onRealCheckpoints() {
    GRIDSCOPE_NEED_SHARED();
    QTemporaryDir folder;
    const fs::path suite = fs::path(folder.path().toStdString()) / "suite";
    const fs::path from = test::sharedFolder() / "data" / "suite_a";
    fs::create_directories(suite);
    for (const char* step : {"step0", "step40", "step150", "step400", "step1000"})
        fs::copy(from / step, suite / step, fs::copy_options::recursive);
    fs::copy(from / "step1000", suite / "step1800", fs::copy_options::recursive);
    fs::create_directories(suite / "step2800");
    fs::copy(from / "step2800" / "model.safetensors", suite / "step2800" / "model.safetensors");
    CoreEngine engine(systemFileOps());
    WindowFixture fixture(engine);
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    fixture.controller.open(QString::fromStdString(suite.string()));
    QTRY_COMPARE_WITH_TIMEOUT(fixture.controller.models().checkpoints.rowCount(), 7, 20000);
    QTest::keyClick(&fixture.window, Qt::Key_F7);
    QTRY_COMPARE_WITH_TIMEOUT(fixture.controller.models().audit.rowCount(), 3, 20000);
    auto* table = fixture.child<QTableView>("auditTable");
    QVERIFY(table->model()->index(1, 1).data().toString().startsWith(QStringLiteral("A1")));
    table->selectRow(1);
    QTRY_COMPARE(fixture.child<QTableView>("checkpointTable")
                     ->currentIndex()
                     .siblingAtColumn(0)
                     .data()
                     .toString(),
                 QStringLiteral("step1000"));
    fixture.trigger("view.themeLight");
    takePicture(fixture, "findings-light");
    fixture.trigger("view.themeDark");
    takePicture(fixture, "findings-dark");
    fixture.trigger("view.themeSystem");
}

QTEST_MAIN(TestAuditWindow)
#include "tst_audit_window.moc"
