// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <limits>

#include "core/analysis/change_points.h"
#include "core/analysis/derivative_rule.h"
#include "core/analysis/hmm_detector.h"
#include "core/base/random.h"

using namespace gridscope;

namespace {

constexpr int kSeeds = 500;

struct Coverage {
    int found = 0, covered = 0;
    double share() const { return found == 0 ? 0.0 : 100.0 * covered / found; }
};

/// Counts whether the interval of the one boundary of a kind holds the true step.
void count(Coverage& coverage, const std::vector<Boundary>& boundaries, BoundaryKind kind,
           double truth) {
    const Boundary* only = nullptr;
    for (const Boundary& boundary : boundaries) {
        if (boundary.kind != kind) continue;
        if (only != nullptr) return;  // another number of boundaries: no interval of this one
        only = &boundary;
    }
    if (only == nullptr) return;
    ++coverage.found;
    coverage.covered += only->low <= truth && truth <= only->high ? 1 : 0;
}

}  // namespace

/// Simulated runs with one known boundary: the 95 % intervals hold it in 90 to 99 % of 500 runs,
/// except where whole points leave no narrower one.
class TestIntervalCoverage : public QObject {
    Q_OBJECT

private slots:
    void changePointsOfBends_data();
    void changePointsOfBends();
    void statesOfJumps();
    void minimaOfTurns_data();
    void minimaOfTurns();
    void learningEnds_data();
    void learningEnds();
};

void TestIntervalCoverage::changePointsOfBends_data() {
    QTest::addColumn<int>("points");
    QTest::addColumn<double>("noise");
    for (const double noise : {0.01, 0.03, 0.06, 0.1})
        QTest::addRow("60 points, noise %g", noise) << 60 << noise;
    QTest::addRow("120 points, noise 0.03") << 120 << 0.03;
}

// The slope over ln(1 + step) changes from -1 to 0.2 between two points.
void TestIntervalCoverage::changePointsOfBends() {
    QFETCH(int, points);
    QFETCH(double, noise);
    Coverage coverage;
    PhaseSettings settings;
    settings.resamples = 200;
    const double spacing = 6.0 / points;
    const double bend = 2.0 + spacing * (points / 2 + 0.5);
    double width = 0.0;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        Curve curve;
        Random random(seed);
        for (int i = 0; i < points; ++i) {
            const double x = 2.0 + spacing * i;
            const double bent = x - bend;
            curve.steps.push_back(std::expm1(x));
            curve.values.push_back(4.0 + (bent < 0 ? -1.0 : 0.2) * bent + noise * random.normal());
            curve.weights.push_back(1.0);
        }
        settings.seed = seed;
        const auto found = changePoints(curve, BoundaryKind::PplChange, settings);
        count(coverage, found, BoundaryKind::PplChange, std::expm1(bend));
        if (found.size() == 1)
            width += (std::log1p(found[0].high) - std::log1p(found[0].low)) / spacing;
    }
    width /= coverage.found;
    qInfo("%d of %d found, %.1f %% covered, %.1f points wide", coverage.found, kSeeds,
          coverage.share(), width);
    QVERIFY(coverage.found > kSeeds / 2);
    QVERIFY(coverage.share() >= 90.0);
    // Little noise leaves no doubt about the place but the distance of two probed steps: an
    // interval that cannot be narrower covers more than it says. Closer points show it.
    QVERIFY(coverage.share() <= 99.0 || width < 3.0);
}

// A metric jumps by two noises between two of 40 points: the place itself is uncertain.
void TestIntervalCoverage::statesOfJumps() {
    Coverage coverage;
    PhaseSettings settings;
    settings.resamples = 100;
    settings.hmm.maxStates = 3;
    settings.hmm.starts = 2;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        PhaseInput input;
        Random random(seed);
        input.metric = "kurtosis_mean";
        for (int i = 1; i <= 40; ++i) {
            input.steps.push_back(1000.0 * i);
            input.ppl.push_back(std::numeric_limits<double>::quiet_NaN());
            input.values.push_back((i > 20 ? 2.0 : 0.0) + random.normal());
        }
        settings.seed = seed;
        count(coverage, detectByHmm(input, settings).boundaries, BoundaryKind::StateChange, 20500);
    }
    qInfo("%d of %d found, %.1f %% covered", coverage.found, kSeeds, coverage.share());
    QVERIFY(coverage.found > kSeeds / 2);
    QVERIFY(coverage.share() >= 90.0 && coverage.share() <= 99.0);
}

void TestIntervalCoverage::minimaOfTurns_data() {
    QTest::addColumn<int>("points");
    QTest::addColumn<double>("noise");
    for (const int points : {60, 154}) {
        for (const double noise : {0.01, 0.03})
            QTest::addRow("%d points, noise %g", points, noise) << points << noise;
    }
}

// ln PPL falls by 8 % a factor e of steps to the middle of the run and rises by 0.3 afterwards.
void TestIntervalCoverage::minimaOfTurns() {
    QFETCH(int, points);
    QFETCH(double, noise);
    Coverage coverage;
    PhaseSettings settings;
    settings.resamples = 200;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        PhaseInput input;
        Random random(seed);
        for (int i = 1; i <= points; ++i) {
            const double place = double(i) / points;
            input.steps.push_back(1000.0 * i);
            input.ppl.push_back(std::exp(3.0 - 0.08 * std::log(std::min(place, 0.5)) +
                                         0.6 * std::max(place - 0.5, 0.0) +
                                         noise * random.normal()));
        }
        settings.seed = seed;
        count(coverage, detectByDerivative(input, settings).boundaries, BoundaryKind::Convergence,
              500.0 * points);
    }
    qInfo("%d of %d found, %.1f %% covered", coverage.found, kSeeds, coverage.share());
    QVERIFY(coverage.found > kSeeds / 2);
    QVERIFY(coverage.share() >= 90.0 && coverage.share() <= 99.0);
}

void TestIntervalCoverage::learningEnds_data() {
    QTest::addColumn<bool>("logSpaced");
    QTest::addColumn<double>("noise");
    QTest::addColumn<double>("truth");
    // The truth is what the rule finds without noise: the first five points that lie behind the
    // bend for the most part.
    QTest::addRow("60 log-spaced steps, noise 0.01") << true << 0.01 << std::exp(4 + 0.12 * 41);
    QTest::addRow("60 log-spaced steps, noise 0.03") << true << 0.03 << std::exp(4 + 0.12 * 41);
    QTest::addRow("40 even steps, noise 0.03") << false << 0.03 << 7000.0;
    QTest::addRow("40 even steps, noise 0.06") << false << 0.06 << 7000.0;
}

// The slope over ln step changes from -0.5 to -0.03 at step 7,350. Late even steps lie so close on
// the logarithmic scale that noise alone is steeper than the descent: such a place is no end.
void TestIntervalCoverage::learningEnds() {
    QFETCH(bool, logSpaced);
    QFETCH(double, noise);
    QFETCH(double, truth);
    Coverage coverage;
    PhaseSettings settings;
    settings.resamples = 200;
    for (std::uint64_t seed = 0; seed <= kSeeds; ++seed) {
        PhaseInput input;
        Random random(seed);
        for (int i = 0; i < (logSpaced ? 60 : 40); ++i) {
            const double step = logSpaced ? std::exp(4 + 0.12 * i) : 1000.0 * (i + 1);
            const double bent = std::log(step / 7350.0);
            input.steps.push_back(step);
            input.ppl.push_back(std::exp(3.0 - (bent < 0 ? 0.5 : 0.03) * bent +
                                         (seed == 0 ? 0.0 : noise * random.normal())));
        }
        settings.seed = seed;
        const auto boundaries = detectByDerivative(input, settings).boundaries;
        if (seed == 0)
            QVERIFY(!boundaries.empty() && std::abs(boundaries[0].step - truth) < 1e-6 * truth);
        else
            count(coverage, boundaries, BoundaryKind::LearningEnd, truth);
    }
    qInfo("%d of %d found, %.1f %% covered", coverage.found, kSeeds, coverage.share());
    QVERIFY(coverage.found > kSeeds * 9 / 10);
    // Whole points, as above: no upper limit.
    QVERIFY(coverage.share() >= 90.0);
}

QTEST_GUILESS_MAIN(TestIntervalCoverage)
#include "tst_interval_coverage.moc"
