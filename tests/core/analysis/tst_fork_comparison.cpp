// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include <cmath>
#include <limits>

#include "core/analysis/fork_comparison.h"
#include "core/analysis/paper_fork.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::vector<double>;

bool near(double found, double expected, double relative = 1e-10) {
    return std::fabs(found - expected) <= relative * std::fabs(expected);
}

#define VERIFY_NEAR(found, expected) \
    QVERIFY2(near(found, expected), qPrintable(QString::number(found, 'g', 17)))

/// Three conditions as in the paper: probes every 1,000 steps, every third of the last in a bump.
double paperLikeGap(int condition, int seed, int k) {
    const double base = 7.0 + 0.15 * k;
    if (condition == 0) return base + 0.5 * seed + ((k * 7 + seed * 3) % 5) * 0.1;
    if (condition == 1) return base + 3.0 + 0.4 * seed + ((k * 3 + seed) % 7) * 0.2;
    if (k % 3 == 0) return base + 4.0 + 1.0 * seed + ((k + seed) % 4) * 0.5;
    return base - 2.0 - 0.3 * seed + ((k * 5 + seed * 2) % 6) * 0.25;
}

double paperLikePpl(int condition, int seed, int k) {
    const double base = condition == 0 ? 44.0 : condition == 1 ? 44.5 : 60.0;
    return base + 0.1 * seed + 0.01 * k + (condition == 2 && k % 3 == 0 ? 20.0 : 0.0);
}

ComparedRun paperLikeRun(int condition, int seed, int probes = 30) {
    ComparedRun run{static_cast<std::size_t>(condition), static_cast<std::uint64_t>(seed), {}};
    for (int k = 1; k <= probes; ++k)
        run.probes.push_back({70'000.0 + 1000.0 * k, paperLikeGap(condition, seed, k),
                              paperLikePpl(condition, seed, k), condition == 2 && k % 3 == 0});
    return run;
}

std::vector<ComparedRun> paperLikeRuns() {
    std::vector<ComparedRun> runs;
    for (int seed = 1; seed <= 3; ++seed) {
        for (int condition = 0; condition < 3; ++condition)
            runs.push_back(paperLikeRun(condition, seed));
    }
    return runs;
}

/// A run with these gaps at steps 1, 2, ...
ComparedRun runOf(std::size_t condition, std::uint64_t seed, const Numbers& gaps) {
    ComparedRun run{condition, seed, {}};
    for (std::size_t i = 0; i < gaps.size(); ++i)
        run.probes.push_back({static_cast<double>(i + 1), gaps[i], 10.0, false});
    return run;
}

bool anyContains(const std::vector<std::string>& texts, const char* part) {
    return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
        return text.find(part) != std::string::npos;
    });
}

}  // namespace

Q_DECLARE_METATYPE(Numbers)

class TestForkComparison : public QObject {
    Q_OBJECT

private slots:
    void welch_data();
    void welch();
    void welchWithoutAnAnswer();
    void permutation_data();
    void permutation();
    void permutationLimits();
    void paperLikeTable_data();
    void paperLikeTable();
    void paperLikeWins();
    void missingGapsAreLeftOut();
    void shorterRunsAreComparedWhereBothAre();
    void endedEarlyIsSaid();
    void tiesWinNothing();
    void emptyConditions();
    void tradePointsAndFront();
    void paperTable();
};

// scipy 1.17.1: stats.ttest_ind(a, b, equal_var=False).
void TestForkComparison::welch_data() {
    QTest::addColumn<Numbers>("a");
    QTest::addColumn<Numbers>("b");
    QTest::addColumn<double>("t");
    QTest::addColumn<double>("p");
    QTest::addColumn<double>("degrees");
    QTest::newRow("gaps") << Numbers{5.3, 4.1, 6.6, 5.0, 7.2, 2.9}
                          << Numbers{7.7, 8.1, 6.9, 9.4, 7.0, 8.8, 7.3} << -3.6661576023881666
                          << 0.006502615869772686 << 7.8869449288224915;
    QTest::newRow("higher") << Numbers{1, 2, 3, 4} << Numbers{1.5, 2.5} << 0.6123724356957945
                            << 0.5759813143995588 << 3.6923076923076925;
    QTest::newRow("two against two") << Numbers{1, 2} << Numbers{1, 3} << -0.4472135954999579
                                     << 0.7117227912336697 << 1.4705882352941178;
    QTest::newRow("missing left out")
        << Numbers{1, kNaN, 2} << Numbers{1, 3, kNaN} << -0.4472135954999579 << 0.7117227912336697
        << 1.4705882352941178;
    Numbers low, high;
    for (int i = 0; i < 5; ++i) {
        low.insert(low.end(), {0.0, 0.1, 0.2, 0.1});
        high.insert(high.end(), {10.0, 10.2, 10.1, 9.9});
    }
    QTest::newRow("far tail") << low << high << -327.85427947707063 << 3.664239082867163e-58
                              << 32.10344827586214;
}

void TestForkComparison::welch() {
    QFETCH(Numbers, a);
    QFETCH(Numbers, b);
    QFETCH(double, t);
    QFETCH(double, p);
    QFETCH(double, degrees);
    const WelchTest test = welchTest(a, b), turned = welchTest(b, a);
    VERIFY_NEAR(test.t, t);
    VERIFY_NEAR(test.degrees, degrees);
    QVERIFY2(near(test.p, p, 1e-9), qPrintable(QString::number(test.p, 'g', 17)));
    VERIFY_NEAR(turned.t, -t);
    QCOMPARE(turned.p, test.p);
}

void TestForkComparison::welchWithoutAnAnswer() {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const auto& [a, b] : std::vector<std::pair<Numbers, Numbers>>{
             {{}, {}},
             {{1}, {1, 2}},
             {{1, 2}, {kNaN, 2}},
             {{0.1, 0.1, 0.1}, {0.3, 0.3, 0.3}},  // no variance, whatever the rounding of the mean
             {{1, infinity}, {1, 2}}}) {
        const WelchTest test = welchTest(a, b);
        QVERIFY(std::isnan(test.t) && std::isnan(test.p) && std::isnan(test.degrees));
    }
    QCOMPARE(welchTest(Numbers{1, 2}, Numbers{kNaN, 2}).countB, std::size_t(1));
    QCOMPARE(welchTest(Numbers{1, 2, 3}, Numbers{3, 2, 1}).p, 1.0);
}

// scipy 1.17.1: stats.permutation_test over all deals, alternative "less" of the difference of
// means and "greater" of its absolute value.
void TestForkComparison::permutation_data() {
    QTest::addColumn<Numbers>("a");
    QTest::addColumn<Numbers>("b");
    QTest::addColumn<double>("lower");
    QTest::addColumn<double>("twoSided");
    QTest::addColumn<int>("deals");
    QTest::newRow("separated") << Numbers{1, 2, 3} << Numbers{4, 5, 6} << 0.05 << 0.1 << 20;
    QTest::newRow("separated, higher") << Numbers{4, 5, 6} << Numbers{1, 2, 3} << 1.0 << 0.1 << 20;
    QTest::newRow("one crosses") << Numbers{4.9, 7.5, 3.5} << Numbers{12.3, 7.1, 8.4} << 0.1 << 0.2
                                 << 20;
    QTest::newRow("ties") << Numbers{1, 1, 2} << Numbers{1, 2, 2} << 0.5 << 1.0 << 20;
    // In binary 0.1 + 0.2 + 0.3 depends on the order: ties all the same, as of 1, 2, 3 against
    // 3, 1, 2 (8 of the 20 deals are even, the rest is symmetric).
    QTest::newRow("rounding") << Numbers{0.1, 0.2, 0.3} << Numbers{0.3, 0.1, 0.2} << 0.7 << 1.0
                              << 20;
    QTest::newRow("unequal") << Numbers{5, 6} << Numbers{1, 2, 3, 9} << 0.8 << 0.6 << 15;
    QTest::newRow("six and five") << Numbers{3.1, 4.2, 5.9, 6.3, 2.2, 8.8}
                                  << Numbers{4.0, 9.1, 7.7, 6.6, 10.2} << 0.06493506493506493
                                  << 0.12987012987012986 << 462;
    QTest::newRow("one each") << Numbers{1} << Numbers{2} << 0.5 << 1.0 << 2;
}

void TestForkComparison::permutation() {
    QFETCH(Numbers, a);
    QFETCH(Numbers, b);
    QFETCH(double, lower);
    QFETCH(double, twoSided);
    QFETCH(int, deals);
    const auto test = permutationTest(a, b);
    QVERIFY(test.has_value());
    QCOMPARE(test->pLower, lower);
    QCOMPARE(test->pTwoSided, twoSided);
    QCOMPARE(static_cast<int>(test->deals), deals);
    QCOMPARE(test->smallestLower, 1.0 / deals);
    QCOMPARE(test->smallestTwoSided, (a.size() == b.size() ? 2.0 : 1.0) / deals);
}

void TestForkComparison::permutationLimits() {
    Numbers ten(10);
    for (std::size_t i = 0; i < 10; ++i) ten[i] = static_cast<double>(i);
    Numbers shifted = ten;
    for (double& value : shifted) value += 100.0;
    const auto large = permutationTest(ten, shifted);
    QVERIFY(large.has_value());
    QCOMPARE(large->deals, std::uint64_t(184'756));
    QCOMPARE(large->pLower, 1.0 / 184'756.0);
    shifted.push_back(1.0);
    QVERIFY(!permutationTest(ten, shifted).has_value());
    const auto empty = permutationTest({}, ten);
    QVERIFY(empty.has_value() && std::isnan(empty->pLower) && std::isnan(empty->smallestLower));
    const auto infinite =
        permutationTest(Numbers{1, 2}, Numbers{3, std::numeric_limits<double>::infinity()});
    QVERIFY(infinite.has_value() && std::isnan(infinite->pLower));
    QCOMPARE(infinite->smallestTwoSided, 2.0 / 6.0);
}

// numpy and scipy over the same formulas.
void TestForkComparison::paperLikeTable_data() {
    QTest::addColumn<int>("row");
    QTest::addColumn<QString>("probes");
    // final gap, its sd, final PPL, mean gap, its sd, control's mean gap, its sd
    QTest::addColumn<Numbers>("columns");
    QTest::addColumn<Numbers>("welch");  // t, p, degrees
    QTest::addColumn<int>("wins");
    QTest::addColumn<Numbers>("exact");  // one-sided, two-sided
    QTest::newRow("A")
        << 0 << "all"
        << Numbers{12.766666666666666, 0.5686240703077327, 44.5, 10.525, 0.5, 10.525, 0.5}
        << Numbers{} << 0 << Numbers{};
    QTest::newRow("B") << 1 << "all"
                       << Numbers{15.5, 0.6, 45.0, 13.725, 0.4133333333333322, 10.525, 0.5}
                       << Numbers{15.461820392656769, 9.654545757190784e-35, 177.99070010117168}
                       << 0 << Numbers{1.0, 0.1};
    QTest::newRow("C all") << 2 << "all" << Numbers{18.166666666666668,
                                                    0.7637626158259733,
                                                    80.5,
                                                    10.247222222222222,
                                                    0.21751968833835522,
                                                    10.525,
                                                    0.5}
                           << Numbers{-0.5625313494538796, 0.5749434978733087, 105.84977032755059}
                           << 6 << Numbers{0.25, 0.5};
    QTest::newRow("C bump") << 3 << "bump" << Numbers{18.166666666666668,
                                                      0.7637626158259733,
                                                      80.5,
                                                      16.191666666666666,
                                                      1.001665280087782,
                                                      10.675,
                                                      0.5}
                            << Numbers{13.891614391727636, 7.782980960933479e-20, 56.28266383863688}
                            << 0 << Numbers{1.0, 0.1};
    QTest::newRow("C cool") << 4 << "cool" << Numbers{9.5, 0.7, 60.49, 7.275, 0.175, 10.45, 0.5}
                            << Numbers{-12.599673232126248, 1.3831357156591527e-23,
                                       117.99926110959525}
                            << 9 << Numbers{0.05, 0.1};
}

void TestForkComparison::paperLikeTable() {
    QFETCH(int, row);
    QFETCH(QString, probes);
    QFETCH(Numbers, columns);
    QFETCH(Numbers, welch);
    QFETCH(int, wins);
    QFETCH(Numbers, exact);
    const ForkComparison comparison = compareForks(3, paperLikeRuns());
    QCOMPARE(comparison.rows.size(), std::size_t(5));
    const ForkRow& found = comparison.rows[static_cast<std::size_t>(row)];
    QCOMPARE(QString::fromStdString(std::string(probeClassName(found.probes))), probes);
    VERIFY_NEAR(found.finalGap.mean, columns[0]);
    VERIFY_NEAR(found.finalGap.sd, columns[1]);
    VERIFY_NEAR(found.finalPpl.mean, columns[2]);
    VERIFY_NEAR(found.meanGap.mean, columns[3]);
    VERIFY_NEAR(found.meanGap.sd, columns[4]);
    VERIFY_NEAR(found.controlGap.mean, columns[5]);
    VERIFY_NEAR(found.controlGap.sd, columns[6]);
    QCOMPARE(found.meanGap.count, std::size_t(3));
    QCOMPARE(static_cast<int>(found.wins), wins);
    if (welch.empty()) {  // the control
        QVERIFY(std::isnan(found.overProbes.p));
        QVERIFY(!found.overSeeds.has_value());
        QCOMPARE(found.pairs, std::size_t(0));
        return;
    }
    QCOMPARE(found.pairs, std::size_t(9));
    VERIFY_NEAR(found.overProbes.t, welch[0]);
    QVERIFY(near(found.overProbes.p, welch[1], 1e-8));
    VERIFY_NEAR(found.overProbes.degrees, welch[2]);
    QVERIFY(found.overSeeds.has_value());
    QCOMPARE(found.overSeeds->pLower, exact[0]);
    QCOMPARE(found.overSeeds->pTwoSided, exact[1]);
}

void TestForkComparison::paperLikeWins() {
    const ForkComparison comparison = compareForks(3, paperLikeRuns());
    QCOMPARE(comparison.wins[0][1].wins, std::size_t(9));
    QCOMPARE(comparison.wins[1][0].losses, std::size_t(9));
    QCOMPARE(comparison.wins[2][0].wins, std::size_t(6));
    QCOMPARE(comparison.wins[2][0].losses, std::size_t(3));
    QCOMPARE(comparison.wins[1][1].pairs, std::size_t(0));
    QVERIFY(anyContains(comparison.remarks, "autocorrelation"));
    QVERIFY(anyContains(comparison.remarks, "below 0.05 one-sided and 0.1 two-sided"));
    QCOMPARE(comparison.remarks.size(), std::size_t(3));  // and that pairs share runs
    // 10 against 10: one of 184,756 deals.
    std::vector<ComparedRun> many;
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        many.push_back(runOf(seed % 2, seed, {static_cast<double>(seed)}));
    QVERIFY(anyContains(compareForks(2, many).remarks, "no p below 5.41"));
}

void TestForkComparison::missingGapsAreLeftOut() {
    const std::vector<ComparedRun> runs{runOf(0, 1, {4, 6, 8}), runOf(1, 1, {2, kNaN, 4, kNaN})};
    const ForkComparison comparison = compareForks(2, runs);
    const ForkRow& row = comparison.rows[1];
    QCOMPARE(row.meanGap.mean, 3.0);
    QVERIFY(std::isnan(row.meanGap.sd));
    QCOMPARE(row.finalGap.mean, 4.0);
    QCOMPARE(row.controlGap.mean, 6.0);  // of 4 and 8: the control's 6 has no partner
    QCOMPARE(row.overProbes.countA, std::size_t(2));
    QCOMPARE(row.wins, std::size_t(1));
    QVERIFY(anyContains(comparison.remarks, "condition 2, seed 1: 2 of 4 probes have no gap"));
}

void TestForkComparison::shorterRunsAreComparedWhereBothAre() {
    // Over all it has, the second is lower; over the common steps it is higher.
    const std::vector<ComparedRun> runs{runOf(0, 1, {1, 1, 9, 9}), runOf(1, 1, {2, 2})};
    const ForkComparison comparison = compareForks(2, runs);
    QCOMPARE(comparison.rows[1].wins, std::size_t(0));
    QCOMPARE(comparison.wins[0][1].wins, std::size_t(1));
    QCOMPARE(comparison.rows[1].controlGap.mean, 1.0);
    QCOMPARE(comparison.rows[0].meanGap.mean, 5.0);
    QVERIFY(anyContains(comparison.remarks, "condition 2, seed 1 was measured up to step 2 only"));
}

void TestForkComparison::endedEarlyIsSaid() {
    std::vector<ComparedRun> runs = paperLikeRuns();
    runs[8] = paperLikeRun(2, 3, 10);
    runs[8].name = "oli-seed3";
    runs[7].probes.clear();
    runs[7].name = "sgdr-seed3";
    const ForkComparison comparison = compareForks(3, runs);
    QVERIFY(anyContains(comparison.remarks, "oli-seed3 was measured up to step 80000 only"));
    QVERIFY(anyContains(comparison.remarks, "not compared: sgdr-seed3."));
    QCOMPARE(comparison.rows[1].meanGap.count, std::size_t(2));
    QCOMPARE(comparison.rows[1].pairs, std::size_t(6));
    QCOMPARE(comparison.rows[1].overSeeds->deals, std::uint64_t(10));
    QCOMPARE(comparison.rows[4].overProbes.countA, std::size_t(21));  // 7 cool steps of 3 runs
}

void TestForkComparison::tiesWinNothing() {
    const std::vector<ComparedRun> runs{runOf(0, 1, {3, 5}), runOf(1, 1, {5, 3})};
    const ForkComparison comparison = compareForks(2, runs);
    QCOMPARE(comparison.rows[1].pairs, std::size_t(1));
    QCOMPARE(comparison.rows[1].wins, std::size_t(0));
    QCOMPARE(comparison.wins[1][0].losses, std::size_t(0));
}

void TestForkComparison::emptyConditions() {
    const ForkComparison comparison = compareForks(2, {});
    QCOMPARE(comparison.rows.size(), std::size_t(2));
    QCOMPARE(comparison.rows[1].meanGap.count, std::size_t(0));
    QVERIFY(std::isnan(comparison.rows[1].finalGap.mean));
    QVERIFY(!comparison.rows[1].overSeeds.has_value());
    QVERIFY(anyContains(comparison.remarks, "Condition 2 has no run"));
    QVERIFY(tradePoints(comparison).empty());
    QVERIFY(compareForks(0, {}).rows.empty());
}

void TestForkComparison::tradePointsAndFront() {
    const std::vector<TradePoint> points = tradePoints(compareForks(3, paperLikeRuns()));
    QCOMPARE(points.size(), std::size_t(3));
    QCOMPARE(points[0].pplPercent, 0.0);
    QVERIFY(points[0].onFront);  // the cheapest
    VERIFY_NEAR(points[1].pplPercent, 100.0 * 0.5 / 44.5);
    QVERIFY(!points[1].onFront);  // worse than the control in both
    QCOMPARE(points[2].probes, ProbeClass::Cool);
    VERIFY_NEAR(points[2].gapPercent, 9.5);
    VERIFY_NEAR(points[2].pplPercent, 100.0 * (60.49 / 44.5 - 1.0));
    QVERIFY(points[2].onFront);
}

void TestForkComparison::paperTable() {
    const auto paper = readPaperFork(
        systemFileOps(), test::dataFolder().parent_path().parent_path() / "resources/reference");
    GRIDSCOPE_VERIFY_OK(paper);
    QCOMPARE(paper->rows.size(), std::size_t(4));
    QCOMPARE(paper->auditGap, 47.0);
    QCOMPARE(paper->rows[0].gapPercent, 12.3);
    QVERIFY(std::isnan(paper->rows[0].wins));
    QCOMPARE(paper->rows[2].probes, std::string("cool"));
    QCOMPARE(paper->rows[2].t, -5.46);
    QCOMPARE(paper->rows[2].controlGap, 7.7);
    QVERIFY(!paper->notes.empty() && !paper->sources.empty());
}

QTEST_GUILESS_MAIN(TestForkComparison)
#include "tst_fork_comparison.moc"
