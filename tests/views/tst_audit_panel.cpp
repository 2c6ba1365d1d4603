// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QtTest>

#include "views/models/audit_model.h"
#include "views/panels/audit_panel.h"

using namespace gridscope;
using namespace gridscope::views;

Q_DECLARE_METATYPE(gridscope::AuditLevel)

namespace {

/// Checkpoints step0 to step300; a problem of 1 and 2, a note without any, a warning of 3.
std::shared_ptr<const AuditReport> sample() {
    auto report = std::make_shared<AuditReport>();
    for (int i = 0; i < 4; ++i) {
        CheckpointFacts facts;
        facts.step = 100 * i;
        facts.label = "step" + std::to_string(100 * i);
        report->checkpoints.push_back(facts);
    }
    report->findings = {
        {AuditSeverity::Note, AuditCheck::MissingSteps, ErrorCode::AuditMissingSteps, {}, "b", "x"},
        {AuditSeverity::Warning, AuditCheck::Precision, ErrorCode::AuditPrecision, {3}, "c", "y"},
        {AuditSeverity::Problem,
         AuditCheck::SameModel,
         ErrorCode::AuditDuplicate,
         {1, 2},
         "step100 and step200 hold the same weights",
         "z"}};
    return report;
}

struct Fixture {
    AuditModel model;
    AuditPanel panel{&model};

    Fixture() {
        panel.resize(1200, 220);
        panel.show();
    }
    template <class Widget>
    Widget* child(const char* name) {
        return panel.findChild<Widget*>(QString::fromLatin1(name));
    }
    QPushButton* button(const char* name) { return child<QPushButton>(name); }
    QTableView* table() { return child<QTableView>("auditTable"); }
    QString sentence() { return child<QLabel>("stateSentence")->text(); }
    bool overlayVisible() { return child<QWidget>("stateOverlay")->isVisible(); }
    QString shown(int row, int column) {
        return table()->model()->index(row, column).data().toString();
    }
};

}  // namespace

class TestAuditPanel : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { qRegisterMetaType<AuditLevel>(); }
    void model();
    void states();
    void sorting();
    void rowsNavigate();
    void exclude();
    void intents();
    void escapeCancels();
};

void TestAuditPanel::model() {
    AuditModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.summary(), QString());
    model.setReport(sample());
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.index(2, AuditModel::Severity).data().toString(), QStringLiteral("problem"));
    QVERIFY(model.index(2, AuditModel::Check).data().toString().startsWith(QStringLiteral("A1 ")));
    QCOMPARE(model.index(2, AuditModel::Checkpoints).data().toString(),
             QStringLiteral("step100 and step200"));
    QCOMPARE(model.index(2, AuditModel::Hint).data().toString(), QStringLiteral("z"));
    QVERIFY(!model.index(2, AuditModel::Severity).data(Qt::DecorationRole).isNull());
    QCOMPARE(model.entriesOf(2), (std::vector<std::size_t>{1, 2}));
    QVERIFY(model.entriesOf(0).empty() && model.entriesOf(-1).empty() &&
            model.entriesOf(9).empty());
    QCOMPARE(model.summary(), QStringLiteral("Problems: 1, warnings: 1, notes: 1; checkpoints: 4, "
                                             "level: deep"));
    model.setReport(nullptr);
    QCOMPARE(model.rowCount(), 0);
}

void TestAuditPanel::states() {
    Fixture fixture;
    AuditPanelState state;
    state.obstacle = QStringLiteral("Open a folder first.");
    fixture.panel.showState(state);
    QVERIFY(fixture.overlayVisible());
    QCOMPARE(fixture.sentence(), state.obstacle);
    QVERIFY(!fixture.button("stateButton")->isVisible());
    QVERIFY(!fixture.button("auditRun")->isEnabled());
    QCOMPARE(fixture.button("auditRun")->toolTip(), state.obstacle);

    fixture.panel.showState({});
    QVERIFY(fixture.sentence().contains(QStringLiteral("not been audited")));
    QCOMPARE(fixture.button("stateButton")->text(), QStringLiteral("Run Audit"));
    QVERIFY(fixture.button("auditRun")->isEnabled());
    QVERIFY(!fixture.button("auditSave")->isEnabled());

    state = {};
    state.running = true;
    state.obstacle = QStringLiteral("busy");
    fixture.panel.showState(state);
    QVERIFY(fixture.button("auditCancel")->isEnabled());
    QVERIFY(!fixture.child<QComboBox>("auditLevel")->isEnabled());
    QTRY_VERIFY(fixture.sentence().contains(QStringLiteral("being read")));

    state = {};
    state.failure = Error{ErrorCode::MemoryFailed, "x", "no memory", "Close other programs"};
    fixture.panel.showState(state);
    QVERIFY(fixture.sentence().contains(QStringLiteral("no memory")));
    QCOMPARE(fixture.button("stateButton")->text(), QStringLiteral("Run Audit"));
    QVERIFY(!fixture.button("auditCancel")->isEnabled());

    fixture.panel.showState({});
    fixture.model.setReport(sample());
    QVERIFY(!fixture.overlayVisible());
    QVERIFY(fixture.button("auditSave")->isEnabled());
    QVERIFY(fixture.child<QLabel>("auditSummary")->isVisible());

    auto clean = std::make_shared<AuditReport>(*sample());
    clean->findings.clear();
    fixture.model.setReport(clean);
    QVERIFY(fixture.overlayVisible());
    QVERIFY(fixture.sentence().contains(QStringLiteral("nothing")));
}

void TestAuditPanel::sorting() {
    Fixture fixture;
    fixture.model.setReport(sample());
    const auto firstColumn = [&] {
        return QStringList{fixture.shown(0, 0), fixture.shown(1, 0), fixture.shown(2, 0)};
    };
    const QStringList worstFirst{QStringLiteral("problem"), QStringLiteral("warning"),
                                 QStringLiteral("note")};
    QCOMPARE(firstColumn(), worstFirst);
    fixture.table()->sortByColumn(AuditModel::Check, Qt::AscendingOrder);  // A1, A5, A7
    QCOMPARE(fixture.shown(1, 0), QStringLiteral("note"));
    fixture.table()->sortByColumn(AuditModel::Finding, Qt::AscendingOrder);
    QCOMPARE(fixture.shown(0, AuditModel::Finding), QStringLiteral("b"));
}

void TestAuditPanel::rowsNavigate() {
    Fixture fixture;
    fixture.model.setReport(sample());
    QSignalSpy activated(&fixture.panel, &AuditPanel::checkpointActivated);
    const auto last = [&] { return activated.isEmpty() ? -1 : activated.last()[0].toInt(); };
    fixture.table()->setCurrentIndex(fixture.table()->model()->index(0, 0));
    QCOMPARE(last(), 1);
    // Enter goes on through the checkpoints of the finding and round again.
    QTest::keyClick(fixture.table(), Qt::Key_Return);
    QCOMPARE(last(), 2);
    QTest::keyClick(fixture.table(), Qt::Key_Return);
    QCOMPARE(last(), 1);
    QTest::keyClick(fixture.table(), Qt::Key_Down);
    QCOMPARE(last(), 3);
    const auto before = activated.size();
    QTest::keyClick(fixture.table(), Qt::Key_Down);  // the note names no checkpoint
    QCOMPARE(activated.size(), before);
}

void TestAuditPanel::exclude() {
    Fixture fixture;
    fixture.model.setReport(sample());
    std::vector<std::size_t> excluded;
    connect(&fixture.panel, &AuditPanel::excludeRequested, this,
            [&](const std::vector<std::size_t>& entries) { excluded = entries; });
    QVERIFY(!fixture.button("auditExclude")->isEnabled());
    fixture.table()->selectAll();
    QVERIFY(fixture.button("auditExclude")->isEnabled());
    QTest::mouseClick(fixture.button("auditExclude"), Qt::LeftButton);
    QCOMPARE(excluded, (std::vector<std::size_t>{1, 2, 3}));
    fixture.table()->selectRow(2);  // the note alone
    QVERIFY(!fixture.button("auditExclude")->isEnabled());
}

void TestAuditPanel::intents() {
    Fixture fixture;
    QSignalSpy run(&fixture.panel, &AuditPanel::runRequested);
    QTest::mouseClick(fixture.button("auditRun"), Qt::LeftButton);
    QTest::mouseClick(fixture.button("stateButton"), Qt::LeftButton);
    QCOMPARE(run.size(), 2);
    QSignalSpy level(&fixture.panel, &AuditPanel::levelChosen);
    auto* box = fixture.child<QComboBox>("auditLevel");
    QCOMPARE(box->currentIndex(), 2);  // deep
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Up);
    QCOMPARE(level.size(), 1);
    QCOMPARE(level[0][0].value<AuditLevel>(), AuditLevel::Hash);
    QVERIFY(!fixture.table()->accessibleName().isEmpty() && !box->accessibleName().isEmpty());
}

void TestAuditPanel::escapeCancels() {
    Fixture fixture;
    QSignalSpy cancel(&fixture.panel, &AuditPanel::cancelRequested);
    QTest::keyClick(&fixture.panel, Qt::Key_Escape);
    QCOMPARE(cancel.size(), 0);
    AuditPanelState state;
    state.running = true;
    fixture.panel.showState(state);
    QTest::keyClick(fixture.table(), Qt::Key_Escape);
    QCOMPARE(cancel.size(), 1);
}

QTEST_MAIN(TestAuditPanel)
#include "tst_audit_panel.moc"
