// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <limits>

#include "core/analysis/change_points.h"
#include "core/base/random.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

/// Sum of squared residuals of the least-squares line, worked out in the plain way.
double lineSquares(const std::vector<double>& x, const std::vector<double>& y, std::size_t first,
                   std::size_t end) {
    const auto n = static_cast<double>(end - first);
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (std::size_t i = first; i < end; ++i) {
        sx += x[i];
        sy += y[i];
        sxx += x[i] * x[i];
        sxy += x[i] * y[i];
    }
    const double slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
    const double offset = (sy - slope * sx) / n;
    double squares = 0;
    for (std::size_t i = first; i < end; ++i) squares += std::pow(y[i] - offset - slope * x[i], 2);
    return squares;
}

/// Points on lines that change slope at the given points, with noise.
Curve bentCurve(std::size_t points, const std::vector<std::pair<std::size_t, double>>& slopes,
                double noise, std::uint64_t seed) {
    Curve curve;
    Random random(seed);
    double value = 5.0;
    double slope = 0.0;
    for (std::size_t i = 0; i < points; ++i) {
        const double x = 2.0 + 0.1 * static_cast<double>(i);
        for (const auto& [from, newSlope] : slopes) {
            if (from == i) slope = newSlope;
        }
        value += 0.1 * slope;
        curve.steps.push_back(std::expm1(x));
        curve.values.push_back(value + noise * random.normal());
        curve.weights.push_back(1.0);
    }
    return curve;
}

}  // namespace

class TestChangePoints : public QObject {
    Q_OBJECT

private slots:
    void fitsMatchExhaustiveSearch();
    void bicMatchesItsFormula();
    void fittedValuesLieOnTheLines();
    void exactLinesGetTheirBreaksAndNoMore();
    void noisyBreaksAreFound();
    void straightNoiseSeldomBreaks();
    void gapOfTableOneChangesInPlace();
    void shortAndMissingData();
    void intervalsReachTheStepBefore();
};

void TestChangePoints::fitsMatchExhaustiveSearch() {
    Random random(41);
    std::vector<double> x;
    std::vector<double> y;
    for (int i = 0; i < 13; ++i) {
        x.push_back(i + 0.3 * random.uniform());
        y.push_back(random.normal());
    }
    const std::vector<SegmentFit> fits = fitSegments(x, y, 5, 3);
    QCOMPARE(fits.size(), std::size_t(4));  // 13 points hold at most four segments of three
    double best = lineSquares(x, y, 0, 13);
    QVERIFY(std::abs(fits[0].squares - best) < 1e-12);
    best = 1e9;
    for (std::size_t a = 3; a <= 10; ++a)
        best = std::min(best, lineSquares(x, y, 0, a) + lineSquares(x, y, a, 13));
    QVERIFY(std::abs(fits[1].squares - best) < 1e-12);
    best = 1e9;
    std::vector<std::size_t> at;
    for (std::size_t a = 3; a <= 7; ++a) {
        for (std::size_t b = a + 3; b <= 10; ++b) {
            const double squares =
                lineSquares(x, y, 0, a) + lineSquares(x, y, a, b) + lineSquares(x, y, b, 13);
            if (squares < best) {
                best = squares;
                at = {a, b};
            }
        }
    }
    QVERIFY(std::abs(fits[2].squares - best) < 1e-12);
    QCOMPARE(fits[2].breaks, at);
    QVERIFY(fits[3].squares <= fits[2].squares);
    QVERIFY(fitSegments(std::vector<double>{1, 2}, std::vector<double>{1, 2}, 5, 3).empty());
}

void TestChangePoints::bicMatchesItsFormula() {
    const std::vector<double> x{0, 1, 2, 3, 4, 5};
    const std::vector<double> y{0, 1, 0, 1, 0, 1};
    const SegmentFit fit = fitSegments(x, y, 0, 3).at(0);
    QVERIFY(std::abs(fit.bic - (6 * std::log(lineSquares(x, y, 0, 6) / 6) + 3 * std::log(6.0))) <
            1e-12);
}

void TestChangePoints::fittedValuesLieOnTheLines() {
    const std::vector<double> x{0, 1, 2, 3, 4, 5};
    const std::vector<double> y{0, 1, 2, 8, 6, 4};
    const std::vector<SegmentFit> fits = fitSegments(x, y, 1, 3);
    QCOMPARE(fits[1].breaks, std::vector<std::size_t>{3});
    const std::vector<double> fitted = fittedValues(x, y, fits[1]);
    for (std::size_t i = 0; i < y.size(); ++i) QVERIFY(std::abs(fitted[i] - y[i]) < 1e-12);
}

void TestChangePoints::exactLinesGetTheirBreaksAndNoMore() {
    const Curve curve = bentCurve(40, {{0, -1.0}, {12, -0.2}, {28, 0.6}}, 0.0, 1);
    const std::vector<Boundary> found = changePoints(curve, BoundaryKind::PplChange, {});
    QCOMPARE(found.size(), std::size_t(2));
    // A bend belongs to both lines: the point of the bend may go to either.
    QVERIFY(found[0].step == curve.steps[12] || found[0].step == curve.steps[11]);
    QVERIFY(found[1].step == curve.steps[28] || found[1].step == curve.steps[27]);
    const Curve straight = bentCurve(40, {{0, -1.0}}, 0.0, 1);
    QVERIFY(changePoints(straight, BoundaryKind::PplChange, {}).empty());
    const Curve constant = bentCurve(40, {{0, 0.0}}, 0.0, 1);
    QVERIFY(changePoints(constant, BoundaryKind::PplChange, {}).empty());
}

void TestChangePoints::noisyBreaksAreFound() {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const Curve curve = bentCurve(60, {{0, -1.0}, {20, -0.1}, {45, 1.5}}, 0.03, seed);
        PhaseSettings settings;
        settings.resamples = 100;
        const std::vector<Boundary> found = changePoints(curve, BoundaryKind::GapChange, settings);
        QCOMPARE(found.size(), std::size_t(2));
        for (std::size_t b = 0; b < 2; ++b) {
            const std::size_t truth = b == 0 ? 20 : 45;
            QVERIFY(found[b].step >= curve.steps[truth - 4]);
            QVERIFY(found[b].step <= curve.steps[truth + 4]);
            QVERIFY(found[b].low <= found[b].step && found[b].step <= found[b].high);
            QVERIFY(found[b].support > 0.5);
            QCOMPARE(found[b].kind, BoundaryKind::GapChange);
        }
    }
}

// Plain BIC breaks more than a third of straight lines of ten points; the margin keeps that below a
// tenth (8 points; far below with more).
void TestChangePoints::straightNoiseSeldomBreaks() {
    for (const std::size_t points : {8u, 10u, 27u}) {
        int broken = 0;
        int plainly = 0;
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            const Curve curve = bentCurve(points, {{0, -0.1}}, 0.02, seed);
            std::vector<double> x;
            for (const double step : curve.steps) x.push_back(std::log1p(step));
            const auto fits = fitSegments(x, curve.values, 5, 3);
            broken += chooseFit(fits, {}).breaks.empty() ? 0 : 1;
            plainly += chooseFit(fits, {.bicMargin = 0.0}).breaks.empty() ? 0 : 1;
        }
        qInfo("%zu points: %d of 300 break, %d by plain BIC", points, broken, plainly);
        QVERIFY(broken <= 30);
        QVERIFY(plainly > broken);
    }
}

// science.md, section 2: within 77,000..100,000.
void TestChangePoints::gapOfTableOneChangesInPlace() {
    const PhaseInput table{{1000, 7000, 10000, 30000, 70000, 77000, 83000, 100000, 120000, 143000},
                           {110.1, 42.8, 40.1, 35.7, 33.7, 33.4, 34.4, 34.0, 34.9, 35.3},
                           {1.7, 5.9, 6.8, 9.1, 11.4, 12.7, 19.1, 47.0, 158.4, 517.1},
                           {}};
    const DetectorResult result = detectByChangePoints(table, {});
    QCOMPARE(result.state, DetectorState::Changed);
    QVERIFY(!result.convergedStep);
    int gapChanges = 0;
    for (const Boundary& b : result.boundaries) {
        QVERIFY(b.low <= b.step && b.step <= b.high);
        qInfo("%s %g (%g..%g), support %.2f", std::string(boundaryKindName(b.kind)).c_str(), b.step,
              b.low, b.high, b.support);
        if (b.kind != BoundaryKind::GapChange) continue;
        ++gapChanges;
        QVERIFY(b.step >= 77000 && b.step <= 100000);
    }
    QCOMPARE(gapChanges, 1);
}

void TestChangePoints::shortAndMissingData() {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    PhaseInput input;
    Random random(2);
    for (int i = 0; i < 20; ++i) {
        input.steps.push_back(1000.0 * i);
        input.ppl.push_back(std::exp(4.0 - 0.1 * std::log1p(1000.0 * i) + 0.01 * random.normal()));
        input.gapPercent.push_back(i < 7 ? 5.0 : nan);
    }
    const DetectorResult mixed = detectByChangePoints(input, {});
    QCOMPARE(mixed.state, DetectorState::NoChange);
    QVERIFY(QString::fromStdString(mixed.note).contains("Gap: not enough data, 7 usable steps"));
    input.gapPercent.clear();
    const DetectorResult without = detectByChangePoints(input, {});
    QVERIFY(QString::fromStdString(without.note).contains("Gap: not measured"));
    for (double& ppl : input.ppl) ppl = nan;
    const DetectorResult none = detectByChangePoints(input, {});
    QCOMPARE(none.state, DetectorState::NotEnoughData);
    QVERIFY(none.boundaries.empty());
    QCOMPARE(detectByChangePoints({}, {}).state, DetectorState::NotEnoughData);

    // A gap of -100 % or less has no logarithm and is left out.
    input.gapPercent.assign(20, -100.0);
    QVERIFY(QString::fromStdString(detectByChangePoints(input, {}).note)
                .contains("20 rows without a usable value"));
}

void TestChangePoints::intervalsReachTheStepBefore() {
    const Curve curve = bentCurve(30, {{0, -1.0}, {15, 1.0}}, 0.0, 3);
    PhaseSettings settings;
    settings.resamples = 0;
    const std::vector<Boundary> found = changePoints(curve, BoundaryKind::PplChange, settings);
    QCOMPARE(found.size(), std::size_t(1));
    QVERIFY(found[0].low < found[0].step);
    QCOMPARE(found[0].high, found[0].step);
    QCOMPARE(found[0].support, 0.0);
}

QTEST_GUILESS_MAIN(TestChangePoints)
#include "tst_change_points.moc"
