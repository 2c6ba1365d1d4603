// SPDX-License-Identifier: GPL-3.0-or-later

#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QtTest>

#include "app/gui/fork_results_wiring.h"
#include "tests/app/window_fixture.h"
#include "tests/views/made_fork_report.h"
#include "views/pages/fork_results_view.h"

using namespace gridscope;
using test::WindowFixture;

namespace {

QByteArray read(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

class TestForkResultsWiring : public QObject {
    Q_OBJECT
private slots:
    void init();
    void table();
    void figure();
    void save_data();
    void save();

private:
    QString path(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)); }

    QTemporaryDir m_folder;
    std::unique_ptr<views::ForkResultsView> m_view;
    app::ForkResultsWiring* m_wiring = nullptr;
};

void TestForkResultsWiring::init() {
    m_view = std::make_unique<views::ForkResultsView>();
    m_wiring = new app::ForkResultsWiring(*m_view);
    m_view->showReport(test::shared(test::smallForkReport()));
    m_view->show();
}

void TestForkResultsWiring::table() {
    int rows = 0;
    WindowFixture::whenDialogOpens("plotTableDialog", [&rows](QDialog* dialog) {
        rows = dialog->findChild<QTableView*>()->model()->rowCount();
        dialog->reject();
    });
    QTest::keyClick(m_view->findChild<QWidget*>(QStringLiteral("forkPlotCanvas")), Qt::Key_T);
    QCOMPARE(rows, 4);  // steps 100 to 400
}

void TestForkResultsWiring::figure() {
    QStringList names;
    QSignalSpy messages(m_wiring, &app::ForkResultsWiring::message);
    WindowFixture::whenDialogOpens("exportDialog", [&](QDialog* dialog) {
        auto* figures = dialog->findChild<QComboBox*>(QStringLiteral("exportFigure"));
        for (int i = 0; i < figures->count(); ++i) names << figures->itemText(i);
        names << figures->currentText();
        dialog->findChild<QLineEdit*>(QStringLiteral("exportPath"))->setText(path("f.svg"));
        auto* start = dialog->findChild<QPushButton*>(QStringLiteral("exportStart"));
        QTRY_VERIFY(start->isEnabled());
        start->click();
    });
    m_view->findChild<QPushButton*>(QStringLiteral("forkExport"))->click();
    QCOMPARE(names, (QStringList{QStringLiteral("fork"), QStringLiteral("fork-trade"),
                                 QStringLiteral("fork")}));
    QVERIFY(read(path("f.svg")).contains("INT4 gap [%]"));
    QCOMPARE(messages.size(), 1);
    QVERIFY(messages[0][0].toString().contains(path("f.svg")));
}

void TestForkResultsWiring::save_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("written");
    QTest::newRow("LaTeX") << QStringLiteral("t.tex") << QStringLiteral("t.tex");
    QTest::newRow("CSV") << QStringLiteral("t.csv") << QStringLiteral("t.csv");
    QTest::newRow("without a suffix") << QStringLiteral("u") << QStringLiteral("u.tex");
}

void TestForkResultsWiring::save() {
    QFETCH(QString, name);
    QFETCH(QString, written);
    WindowFixture::whenDialogOpens("forkSaveDialog", [&](QDialog* dialog) {
        dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"))
            ->setText(m_folder.filePath(name));
        QMetaObject::invokeMethod(dialog, "accept");
    });
    m_view->findChild<QPushButton*>(QStringLiteral("forkSave"))->click();
    const ForkReport report = test::smallForkReport();
    const std::string expected = written.endsWith(QStringLiteral("csv"))
                                     ? forkReportToCsv(report)
                                     : forkReportToLatex(report);
    QCOMPARE(read(m_folder.filePath(written)), QByteArray::fromStdString(expected));
}

QTEST_MAIN(TestForkResultsWiring)
#include "tst_fork_results_wiring.moc"
