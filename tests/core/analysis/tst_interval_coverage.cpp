// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <limits>

#include "core/analysis/change_points.h"
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

/// Simulated runs with one known boundary: the 95 % intervals hold it in 90 to 99 % of 500 runs.
class TestIntervalCoverage : public QObject {
    Q_OBJECT

private slots:
    void changePointsOfBends_data();
    void changePointsOfBends();
    void statesOfJumps();
};

void TestIntervalCoverage::changePointsOfBends_data() {
    QTest::addColumn<double>("noise");
    for (const double noise : {0.03, 0.06, 0.1}) QTest::addRow("noise %g", noise) << noise;
}

// With little noise the interval is the distance of two probed steps, and covers more than it
// promises: no upper limit there.
// The slope over ln(1 + step) changes from -1 to 0.2 between two of 60 points.
void TestIntervalCoverage::changePointsOfBends() {
    QFETCH(double, noise);
    Coverage coverage;
    PhaseSettings settings;
    settings.resamples = 200;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        Curve curve;
        Random random(seed);
        for (int i = 0; i < 60; ++i) {
            const double x = 2.0 + 0.1 * i;
            const double bent = x - 5.05;  // between the points 30 and 31
            curve.steps.push_back(std::expm1(x));
            curve.values.push_back(4.0 + (bent < 0 ? -1.0 : 0.2) * bent + noise * random.normal());
            curve.weights.push_back(1.0);
        }
        settings.seed = seed;
        count(coverage, changePoints(curve, BoundaryKind::PplChange, settings),
              BoundaryKind::PplChange, std::expm1(5.05));
    }
    qInfo("%d of %d found, %.1f %% covered", coverage.found, kSeeds, coverage.share());
    QVERIFY(coverage.found > kSeeds / 2);
    QVERIFY(coverage.share() >= 90.0);
    // Little noise leaves no doubt about the place but the width of a point, and an interval of
    // whole points then covers more than it says.
    if (noise > 0.03) QVERIFY(coverage.share() <= 99.0);
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

QTEST_GUILESS_MAIN(TestIntervalCoverage)
#include "tst_interval_coverage.moc"
