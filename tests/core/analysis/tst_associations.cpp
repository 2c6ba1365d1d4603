// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>

#include "core/analysis/associations.h"
#include "core/analysis/gap_band.h"
#include "core/base/random.h"

using namespace gridscope;

namespace {

PhaseInput tableOne() {
    PhaseInput input{{1000, 7000, 10000, 30000, 70000, 77000, 83000, 100000, 120000, 143000},
                     {110.1, 42.8, 40.1, 35.7, 33.7, 33.4, 34.4, 34.0, 34.9, 35.3},
                     {1.7, 5.9, 6.8, 9.1, 11.4, 12.7, 19.1, 47.0, 158.4, 517.1},
                     {}};
    input.learningRate = {69.9, 99.9, 99.2, 91.3, 57.2, 50.2, 44.3, 29.0, 15.7, 10.0};
    return input;
}

/// Perplexity bottoms at step 50,000 of 100,000; the gap turns at `onset`.
PhaseInput simulated(double onset, double noise, std::uint64_t seed) {
    PhaseInput input;
    Random random(seed);
    for (int i = 1; i <= 100; ++i) {
        const double step = 1000.0 * i;
        const double bend = std::log(step / 50000);
        input.steps.push_back(step);
        input.ppl.push_back(30 * std::exp(0.3 * bend * bend + noise * random.normal()));
        const double gap = 0.1 + 3.0 * std::max(0.0, std::log(step / onset));
        input.gapPercent.push_back(100 * std::expm1(gap + noise * random.normal()));
        input.learningRate.push_back(1.0 - 0.9 * i / 100.0);
        input.kurtosis.push_back(2 * gap + 0.05 * random.normal());
    }
    return input;
}

}  // namespace

class TestAssociations : public QObject {
    Q_OBJECT

private slots:
    void pearsonMatchesHandCalculation();
    void tableOne_();
    void lagsOfSimulatedRuns();
    void kurtosisGoesWithTheGapPerPhase();
    void whatCannotBeToldIsSaid();
    void gapClimbOfTableOne();
    void steadyGapsRaiseNoAlert();
    void gapClimbNeverMoves();
};

// x = 1..5, y = 2, 4, 5, 4, 5: r = 6 / sqrt(10 * 6) = 0.774597. Fisher: atanh r = 1.031719,
// half width 1.959964 / sqrt 2 = 1.385904: tanh(-0.354185) = -0.340082, tanh(2.417623) = 0.984236.
void TestAssociations::pearsonMatchesHandCalculation() {
    const auto found = pearson({1, 2, 3, 4, 5}, {2, 4, 5, 4, 5}, 0.95);
    QVERIFY(found.has_value());
    QVERIFY(std::abs(found->r - 0.774597) < 1e-6);
    QCOMPARE(found->n, 5);
    QVERIFY(std::abs(*found->low + 0.340082) < 1e-5);
    QVERIFY(std::abs(*found->high - 0.984236) < 1e-5);
    QVERIFY(!pearson({1}, {2}, 0.95));
    QVERIFY(!pearson({1, 1, 1}, {1, 2, 3}, 0.95));
    QVERIFY(!pearson({1, 2, 4}, {1, 2, 3}, 0.95)->low);
}

// Convergence at 77,000; the learning rate is at half of 99.9 % (49.95) between 77,000 (50.2) and
// 83,000 (44.3): 77,254.
void TestAssociations::tableOne_() {
    const auto found = associations(tableOne(), {});
    QCOMPARE(found.size(), std::size_t(2));
    QCOMPARE(found[0].name, std::string("onset-after-convergence"));
    QVERIFY(found[0].value && found[1].value);
    QVERIFY(*found[0].value >= 0 && *found[0].value <= 23000);
    QVERIFY(std::abs(*found[0].value + 77000 - (*found[1].value + 77254.2)) < 1.0);
    for (const Association& lag : found) QVERIFY(*lag.low <= *lag.value && *lag.value <= *lag.high);
    qInfo("%g (%g to %g), %g (%g to %g)", *found[0].value, *found[0].low, *found[0].high,
          *found[1].value, *found[1].low, *found[1].high);
}

void TestAssociations::lagsOfSimulatedRuns() {
    PhaseSettings settings;
    settings.resamples = 200;
    for (const double onset : {30000.0, 50000.0, 70000.0}) {
        const auto found = associations(simulated(onset, 0.01, 7), settings);
        QVERIFY(found[0].value && found[1].value);
        QVERIFY(std::abs(*found[0].value - (onset - 50000)) <= 8000);
        // 1 - 0.9 x falls to half of its first value, 0.4955, at x = 0.5606.
        QVERIFY(std::abs(*found[1].value - (onset - 56055.6)) <= 4000);
        QVERIFY(*found[0].high - *found[0].low < 40000);
        QVERIFY(found[1].n == 200);
    }
}

void TestAssociations::kurtosisGoesWithTheGapPerPhase() {
    PhaseSettings settings;
    settings.resamples = 20;
    const auto found = associations(simulated(60000, 0.005, 3), settings);
    QVERIFY(found.size() >= 4);
    QCOMPARE(found[2].name, std::string("kurtosis-gap"));
    QCOMPARE(found[2].n, 100);
    QVERIFY(*found[2].value > 0.98);
    QVERIFY(*found[2].low < *found[2].value && *found[2].value < *found[2].high);
    int rows = 0;
    for (std::size_t i = 3; i < found.size(); ++i) rows += found[i].n;
    QCOMPARE(rows, 100);
}

void TestAssociations::whatCannotBeToldIsSaid() {
    for (PhaseInput input : {PhaseInput{}, PhaseInput{{1, 2, 3}, {3, 2, 1}, {1, 2, 3}, {}}}) {
        for (const Association& association : associations(input, {})) {
            QVERIFY(!association.value && !association.low);
            QVERIFY(!association.note.empty());
        }
    }
    PhaseInput noRate = tableOne();
    noRate.learningRate.clear();
    QVERIFY(!associations(noRate, {})[1].value);
    QVERIFY(associations(noRate, {})[0].value);
}

void TestAssociations::gapClimbOfTableOne() {
    const PhaseInput table = tableOne();
    const auto climb = gapClimb(table.steps, table.gapPercent);
    QVERIFY(climb.has_value());
    qInfo("climb at %g: %g %% above %g %%", climb->step, climb->gapPercent, climb->bandPercent);
    QVERIFY(climb->step == 83000 || climb->step == 100000);
    QVERIFY(climb->gapPercent > climb->bandPercent);
}

void TestAssociations::steadyGapsRaiseNoAlert() {
    int alerts = 0;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        Random random(seed);
        std::vector<double> steps, gaps;
        for (int i = 1; i <= 60; ++i) {
            steps.push_back(1000.0 * i);
            gaps.push_back(5.0 + std::log(i) + 0.4 * random.normal());
        }
        alerts += gapClimb(steps, gaps) ? 1 : 0;
    }
    qInfo("%d of 500", alerts);
    QVERIFY(alerts < 25);
    QVERIFY(!gapClimb({}, {}));
    QVERIFY(!gapClimb(std::vector<double>{1, 2, 3, 4}, std::vector<double>{1, 1, 1, 900}));
}

void TestAssociations::gapClimbNeverMoves() {
    const PhaseInput run = simulated(60000, 0.003, 11);
    std::optional<double> before;
    for (std::size_t n = 0; n <= run.steps.size(); ++n) {
        const auto climb =
            gapClimb(std::span(run.steps).first(n), std::span(run.gapPercent).first(n));
        if (before) QVERIFY(climb && climb->step == *before);
        if (climb) before = climb->step;
    }
    QVERIFY(before && *before > 55000 && *before < 75000);
}

QTEST_GUILESS_MAIN(TestAssociations)
#include "tst_associations.moc"
