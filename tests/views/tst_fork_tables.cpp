// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QtTest>

#include "tests/views/made_fork_report.h"
#include "views/models/fork_tables.h"
#include "views/panels/cell_table_view.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {

const QString kMissing = QStringLiteral("–");

QStringList rowOf(const CellTable& table, std::size_t row) {
    QStringList texts;
    for (const TableCell& cell : table.rows[row].cells) texts << cell.text;
    return texts;
}

QStringList texts(std::initializer_list<const char*> cells) {
    QStringList list;
    for (const char* cell : cells) list << QString::fromUtf8(cell);
    return list;
}

}  // namespace

/// Numbers worked out by hand from the gaps that made_fork_report.h lists.
class ForkTablesTest : public QObject {
    Q_OBJECT

private slots:
    void results();
    void missingValues();
    void paper();
    void wins();
    void tests();
    void sentences();
    void model();
    void sortsMissingLast();
    void copies();
};

void ForkTablesTest::results() {
    const CellTable table = forkResultsTable(test::smallForkReport());
    QCOMPARE(table.headings.size(), 8);
    QCOMPARE(table.rows.size(), std::size_t(4));
    QCOMPARE(rowOf(table, 0), texts({"cosine (control)", "all", "3", "9.00 ± 1.00", "8.00 ± 1.00",
                                     "8.00 ± 1.00", "41.00 ± 1.00", "–"}));
    QCOMPARE(rowOf(table, 1), texts({"oli", "all", "3", "5.00 ± 2.65", "11.00 ± 2.40",
                                     "8.00 ± 1.00", "43.00 ± 1.00", "0/9"}));
    QCOMPARE(rowOf(table, 2), texts({"oli", "bump", "3", "22.00 ± 2.00", "22.00 ± 2.00",
                                     "8.00 ± 1.00", "43.00 ± 1.00", "0/9"}));
    QCOMPARE(rowOf(table, 3), texts({"oli", "cool", "3", "5.00 ± 2.65", "5.50 ± 2.65",
                                     "8.00 ± 1.00", "43.00 ± 1.00", "7/9"}));
    QCOMPARE(table.rows[0].series, std::optional<std::size_t>(0));
    QCOMPARE(table.rows[3].series, std::optional<std::size_t>(1));
    for (const TableRow& row : table.rows)
        QCOMPARE(static_cast<qsizetype>(row.cells.size()), table.headings.size());
}

void ForkTablesTest::missingValues() {
    const CellTable partial = forkResultsTable(test::partialForkReport());
    // Last measured: 3 at step 400 and 22 at step 300 (in the bump); means 9 and 13.5.
    QCOMPARE(rowOf(partial, 1).mid(2, 3), texts({"2 of 3", "12.50 ± 13.44", "11.25 ± 3.18"}));
    const CellTable none = forkResultsTable(test::plannedForkReport());
    QCOMPARE(none.rows.size(), std::size_t(2));
    QCOMPARE(rowOf(none, 0), texts({"cosine (control)", "all", "0 of 3", "–", "–", "–", "–", "–"}));
    for (std::size_t column = 3; column < 8; ++column)
        QVERIFY(!none.rows[0].cells[column].order.isValid());
    QCOMPARE(rowOf(forkTestsTable(test::plannedForkReport()), 0).mid(2), QStringList(8, kMissing));
}

void ForkTablesTest::paper() {
    const CellTable table = paperForkTable(test::smallForkReport());
    QCOMPARE(table.rows.size(), std::size_t(4));
    QCOMPARE(rowOf(table, 0), texts({"A cosine (reference)", "all", "3", "12.3 ± 0.8", "–", "–",
                                     "44.0", "–", "–", "–"}));
    QCOMPARE(rowOf(table, 1), texts({"B sgdr (reference)", "all", "3", "16.7 ± 2.7", "–", "–",
                                     "44.1", "0/9", "–", "–"}));
    // Of the cool probes the paper gives the mean.
    QCOMPARE(rowOf(table, 2), texts({"C oli (reference)", "cool", "3", "–", "5.3 ± 2.2", "7.7", "–",
                                     "6/9", "-5.46", "< 0.0001"}));
    QVERIFY(!table.rows[0].series);
    QVERIFY(paperForkTable(test::plannedForkReport()).rows.empty());
}

void ForkTablesTest::wins() {
    const CellTable table = forkWinsTable(test::smallForkReport());
    QCOMPARE(table.headings, texts({"Wins over", "cosine (control)", "oli"}));
    // Means 7, 8, 9 against 9, 10.33, 13.67: one tie.
    QCOMPARE(rowOf(table, 0), texts({"cosine (control)", "–", "8/9"}));
    QCOMPARE(rowOf(table, 1), texts({"oli", "0/9", "–"}));
    QVERIFY2(table.rows[1].cells[1].tip.contains(QStringLiteral("1 ties")),
             qPrintable(table.rows[1].cells[1].tip));
}

void ForkTablesTest::tests() {
    const CellTable table = forkTestsTable(test::smallForkReport());
    QCOMPARE(table.rows.size(), std::size_t(3));
    const QStringList cool = rowOf(table, 2);
    QCOMPARE(cool.mid(0, 5), texts({"oli", "cool", "6 + 6", "-2.18", "8.0"}));
    // 3 and 6 of 20 deals, of which 1 and 2 are the least.
    QCOMPARE(cool.mid(6), texts({"0.1500", "0.0500", "0.3000", "0.1000"}));
    const double p = table.rows[2].cells[5].order.toDouble();
    QVERIFY(p > 0.05 && p < 0.07);  // t(8) = 2.18 lies between 1.860 (0.10) and 2.306 (0.05)
}

void ForkTablesTest::sentences() {
    ForkReport report = test::smallForkReport();
    QVERIFY(auditSentence(report).isEmpty());
    report.audit = AuditDistance{"audit.h5", "step400", 400, 30.0, 400, 9.0, 3};
    const QString audit = auditSentence(report);
    QVERIFY2(audit.contains(QStringLiteral("9.00 % at step 400 (mean, seeds: 3)")) &&
                 audit.contains(QStringLiteral("audit.h5 has 30.00 %")) &&
                 audit.contains(QStringLiteral("-21.00 points")),
             qPrintable(audit));
    const QString paper = paperSentence(report);
    QVERIFY2(paper.contains(QStringLiteral("12.3 %")) && paper.contains(QStringLiteral("47.0 %")) &&
                 paper.contains(QStringLiteral("-34.7 points")),
             qPrintable(paper));
    QVERIFY(forkSummary(report).contains(QStringLiteral("6 of 6 runs complete")));
    QVERIFY(forkNotes(report).join(u'\n').contains(QStringLiteral("autocorrelation")));
    QVERIFY(paperNotes(report).join(u'\n').contains(QStringLiteral("arXiv 2604.15167")));
    QVERIFY(paperNotes(test::plannedForkReport()).isEmpty());
}

void ForkTablesTest::model() {
    CellTableModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 0);
    model.setTable(forkResultsTable(test::smallForkReport()));
    QCOMPARE(model.rowCount(), 4);
    QCOMPARE(model.columnCount(), 8);
    QCOMPARE(model.index(3, 7).data().toString(), QStringLiteral("7/9"));
    QVERIFY(model.index(0, 0).data(Qt::DecorationRole).isNull());
    model.setColors({Qt::red, Qt::green});
    QCOMPARE(model.index(3, 0).data(Qt::DecorationRole).value<QColor>(), QColor(Qt::green));
    QVERIFY(model.index(3, 1).data(Qt::DecorationRole).isNull());
    model.setTable(forkTestsTable(test::plannedForkReport()));
    QCOMPARE(model.rowCount(), 1);
    model.setTable({});
    QCOMPARE(model.columnCount(), 0);
}

void ForkTablesTest::sortsMissingLast() {
    CellTableView view(QStringLiteral("t"), QStringLiteral("T"), TableSorting::ByHeading);
    view.showTable(forkResultsTable(test::smallForkReport()));
    const auto column = [&](int index) {
        QStringList shown;
        for (int row = 0; row < view.model()->rowCount(); ++row)
            shown << view.model()->index(row, index).data().toString();
        return shown;
    };
    QCOMPARE(column(7), texts({"–", "0/9", "0/9", "7/9"}));
    view.sortByColumn(7, Qt::AscendingOrder);
    QCOMPARE(column(7), texts({"0/9", "0/9", "7/9", "–"}));
    // By number: as texts "11.00" would come before "5.50".
    view.sortByColumn(4, Qt::AscendingOrder);
    QCOMPARE(column(4), texts({"5.50 ± 2.65", "8.00 ± 1.00", "11.00 ± 2.40", "22.00 ± 2.00"}));
}

void ForkTablesTest::copies() {
    CellTableView view(QStringLiteral("t"), QStringLiteral("T"), TableSorting::Off);
    view.showTable(forkWinsTable(test::smallForkReport()));
    view.show();
    view.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&view));
    view.setFocus();
    QTest::keySequence(&view, QKeySequence::Copy);
    QCOMPARE(QGuiApplication::clipboard()->text(),
             QStringLiteral("Wins over\tcosine (control)\toli\ncosine (control)\t–\t8/9\n"
                            "oli\t0/9\t–\n"));
    view.selectRow(1);
    QTest::keySequence(&view, QKeySequence::Copy);
    QCOMPARE(QGuiApplication::clipboard()->text(),
             QStringLiteral("Wins over\tcosine (control)\toli\noli\t0/9\t–\n"));
}

QTEST_MAIN(ForkTablesTest)
#include "tst_fork_tables.moc"
