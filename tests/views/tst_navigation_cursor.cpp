// SPDX-License-Identifier: GPL-3.0-or-later

#include <QSignalSpy>
#include <QTest>

#include <limits>

#include "views/navigation/cursor_model.h"

using gridscope::views::CursorModel;

class TestNavigationCursor : public QObject {
    Q_OBJECT
private slots:
    void snapsToProbedSteps_data();
    void snapsToProbedSteps();
    void withoutStepsThereIsNoCursor();
    void pinAndClear();
    void stepsThatGoTakeTheCursorAlong();
    void samePlaceIsSilent();
};

void TestNavigationCursor::snapsToProbedSteps_data() {
    QTest::addColumn<double>("at");
    QTest::addColumn<double>("step");
    QTest::newRow("below all") << -5.0 << 0.0;
    QTest::newRow("above all") << 1e9 << 4000.0;
    QTest::newRow("nearer left") << 300.0 << 100.0;
    QTest::newRow("nearer right") << 900.0 << 1000.0;
    QTest::newRow("tie goes left") << 550.0 << 100.0;
    QTest::newRow("exact") << 1000.0 << 1000.0;
}

void TestNavigationCursor::snapsToProbedSteps() {
    QFETCH(double, at);
    QFETCH(double, step);
    CursorModel cursor;
    cursor.setSteps({4000.0, 0.0, 1000.0, 100.0, std::numeric_limits<double>::quiet_NaN()});
    cursor.moveTo(at);
    QCOMPARE(cursor.step(), std::optional<double>(step));
}

void TestNavigationCursor::withoutStepsThereIsNoCursor() {
    CursorModel cursor;
    cursor.moveTo(3.0);
    QVERIFY(!cursor.step());
}

void TestNavigationCursor::pinAndClear() {
    CursorModel cursor;
    cursor.setSteps({0.0, 10.0});
    cursor.moveTo(9.0);
    cursor.togglePin();
    QCOMPARE(cursor.pinnedStep(), std::optional<double>(10.0));
    cursor.moveTo(1.0);
    QCOMPARE(cursor.step(), std::optional<double>(0.0));
    QCOMPARE(cursor.pinnedStep(), std::optional<double>(10.0));
    cursor.clear();
    QVERIFY(!cursor.step());
    QVERIFY(cursor.pinnedStep());
    cursor.clearPin();
    QVERIFY(!cursor.pinnedStep());
}

void TestNavigationCursor::stepsThatGoTakeTheCursorAlong() {
    CursorModel cursor;
    cursor.setSteps({0.0, 10.0});
    cursor.moveTo(10.0);
    cursor.setSteps({});
    QVERIFY(!cursor.step());
}

void TestNavigationCursor::samePlaceIsSilent() {
    CursorModel cursor;
    cursor.setSteps({0.0, 10.0});
    QSignalSpy spy(&cursor, &CursorModel::cursorChanged);
    cursor.moveTo(10.0);
    cursor.moveTo(9.0);
    QCOMPARE(spy.size(), 1);
}

QTEST_GUILESS_MAIN(TestNavigationCursor)
#include "tst_navigation_cursor.moc"
