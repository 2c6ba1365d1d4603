// SPDX-License-Identifier: GPL-3.0-or-later

#include <QSignalSpy>
#include <QTest>

#include "views/navigation/navigation_history.h"

using namespace gridscope::views;

namespace {

NavigationState withRange(NavigationState state, double low) {
    state.ranges[AxisGroup::Step] = {low, low + 10.0};
    return state;
}

NavigationState withLayer(NavigationState state, int layer) {
    state.layer = layer;
    return state;
}

NavigationState withRun(NavigationState state, int run) {
    state.run = RunId{run};
    return state;
}

}  // namespace

class TestNavigationHistory : public QObject {
    Q_OBJECT
private slots:
    void equalStateDoesNothing();
    void backAndForward();
    void newStateForgetsWhatLayAhead();
    void rangeChangesMerge_data();
    void rangeChangesMerge();
    void otherChangeEndsTheMerge();
    void keepsAHundredStates();
    void changedFieldsNameWhatChanged();
    void amendAddsNoEntry();
    void closingTheCurrentRunFallsBack();
    void closingAnotherRunKeepsTheState();
    void receiverMayMoveOn();
};

void TestNavigationHistory::equalStateDoesNothing() {
    NavigationHistory history;
    QSignalSpy spy(&history, &NavigationHistory::stateChanged);
    history.go(history.state());
    QCOMPARE(spy.size(), 0);
    QCOMPARE(history.size(), std::size_t{1});
    QVERIFY(!history.canGoBack());
}

void TestNavigationHistory::backAndForward() {
    NavigationHistory history;
    history.go(withLayer(history.state(), 1));
    history.go(withLayer(history.state(), 2));
    history.back();
    QCOMPARE(history.state().layer, std::optional<int>(1));
    QVERIFY(history.canGoForward());
    history.back();
    QVERIFY(!history.state().layer);
    history.back();  // nothing there
    QVERIFY(!history.canGoBack());
    history.forward();
    history.forward();
    history.forward();
    QCOMPARE(history.state().layer, std::optional<int>(2));
}

void TestNavigationHistory::newStateForgetsWhatLayAhead() {
    NavigationHistory history;
    history.go(withLayer(history.state(), 1));
    history.go(withLayer(history.state(), 2));
    history.back();
    history.go(withLayer(history.state(), 3));
    QVERIFY(!history.canGoForward());
    QCOMPARE(history.size(), std::size_t{3});
}

void TestNavigationHistory::rangeChangesMerge_data() {
    QTest::addColumn<qint64>("pause");
    QTest::addColumn<int>("states");
    QTest::newRow("399 ms") << qint64{399} << 2;
    QTest::newRow("400 ms") << qint64{400} << 4;
}

void TestNavigationHistory::rangeChangesMerge() {
    QFETCH(qint64, pause);
    QFETCH(int, states);
    qint64 now = 0;
    NavigationHistory history([&now] { return now; });
    for (int i = 0; i < 3; ++i) {
        history.go(withRange(history.state(), i));
        now += pause;
    }
    QCOMPARE(static_cast<int>(history.size()), states);
    QCOMPARE(history.state().ranges.at(AxisGroup::Step).low, 2.0);
}

void TestNavigationHistory::otherChangeEndsTheMerge() {
    NavigationHistory history([] { return qint64{0}; });
    history.go(withRange(history.state(), 1));
    history.go(withLayer(history.state(), 1));
    history.go(withRange(history.state(), 2));
    QCOMPARE(history.size(), std::size_t{4});
}

void TestNavigationHistory::keepsAHundredStates() {
    NavigationHistory history;
    for (int i = 0; i < 250; ++i) history.go(withLayer(history.state(), i));
    QCOMPARE(history.size(), std::size_t{100});
    int steps = 0;
    while (history.canGoBack()) {
        history.back();
        ++steps;
    }
    QCOMPARE(steps, 99);
    QCOMPARE(history.state().layer, std::optional<int>(150));
}

void TestNavigationHistory::changedFieldsNameWhatChanged() {
    NavigationState a;
    NavigationState b = a;
    QVERIFY(!changedFields(a, b));
    b.run = RunId{1};
    b.checkpoint = CheckpointKey{1.0, QStringLiteral("x")};
    b.phase = 1;
    QCOMPARE(changedFields(a, b),
             NavigationField::Run | NavigationField::Checkpoint | NavigationField::Phase);
    a = b;
    b.layer = 1;
    b.grid = QStringLiteral("s8channel:absmax");
    b.metric = QStringLiteral("fp32_ppl");
    b.stepScale = StepScale::Linear;
    b.ranges[AxisGroup::Step] = {0, 1};
    QCOMPARE(changedFields(a, b), NavigationField::Layer | NavigationField::Grid |
                                      NavigationField::Metric | NavigationField::StepScale |
                                      NavigationField::Ranges);
}

void TestNavigationHistory::amendAddsNoEntry() {
    NavigationHistory history;
    history.go(withLayer(history.state(), 1));
    QSignalSpy spy(&history, &NavigationHistory::stateChanged);
    history.amend(withLayer(history.state(), 7));
    QCOMPARE(history.size(), std::size_t{2});
    QCOMPARE(spy.size(), 1);
}

void TestNavigationHistory::closingTheCurrentRunFallsBack() {
    NavigationHistory history;
    history.go(withRun(history.state(), 1));
    history.go(withLayer(history.state(), 4));
    history.go(withRun(history.state(), 2));
    history.go(withLayer(history.state(), 5));
    history.closeRun(RunId{2}, RunId{1});
    QCOMPARE(history.state().run, RunId{1});
    while (history.canGoBack()) {
        history.back();
        QVERIFY(history.state().run != RunId{2});
    }
    while (history.canGoForward()) {
        history.forward();
        QVERIFY(history.state().run != RunId{2});
    }
}

void TestNavigationHistory::closingAnotherRunKeepsTheState() {
    NavigationHistory history;
    history.go(withRun(history.state(), 1));
    history.go(withRun(history.state(), 2));
    history.go(withRun(history.state(), 1));
    QSignalSpy spy(&history, &NavigationHistory::stateChanged);
    history.closeRun(RunId{2}, RunId{1});
    QCOMPARE(history.state().run, RunId{1});
    QCOMPARE(spy.size(), 0);
    QCOMPARE(history.size(), std::size_t{2});  // the two equal neighbours became one
}

void TestNavigationHistory::receiverMayMoveOn() {
    NavigationHistory history;
    connect(&history, &NavigationHistory::stateChanged, &history,
            [&history](const NavigationState& state, NavigationFields) {
                if (state.layer == 1) history.go(withLayer(state, 2));
            });
    history.go(withLayer(history.state(), 1));
    QCOMPARE(history.state().layer, std::optional<int>(2));
}

QTEST_GUILESS_MAIN(TestNavigationHistory)
#include "tst_navigation_history.moc"
