// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <functional>
#include <numbers>

#include "core/analysis/gaussian_hmm.h"
#include "core/base/random.h"

using namespace gridscope;

namespace {

double logDensity(const std::vector<double>& x, const HmmFit& fit, std::size_t state) {
    double sum = 0.0;
    for (std::size_t d = 0; d < x.size(); ++d) {
        const double variance = fit.variances[state][d];
        sum -= 0.5 * (std::log(2 * std::numbers::pi * variance) +
                      std::pow(x[d] - fit.means[state][d], 2) / variance);
    }
    return sum;
}

/// Every left-to-right path with its log probability.
void forEachPath(const Observations& data, const HmmFit& fit,
                 const std::function<void(const std::vector<std::size_t>&, double)>& visit) {
    const std::size_t states = fit.means.size();
    std::vector<std::size_t> path{0};
    const std::function<void(double)> grow = [&](double chance) {
        const std::size_t state = path.back();
        if (path.size() == data.size()) {
            if (state + 1 == states) visit(path, chance);
            return;
        }
        for (std::size_t next = state; next < std::min(state + 2, states); ++next) {
            const double move = next == state ? fit.stay[state] : 1 - fit.stay[state];
            path.push_back(next);
            grow(chance + std::log(move) + logDensity(data[path.size() - 1], fit, next));
            path.pop_back();
        }
    };
    grow(logDensity(data[0], fit, 0));
}

Observations levels(const std::vector<double>& values, std::size_t each, double noise,
                    std::uint64_t seed) {
    Observations data;
    Random random(seed);
    for (const double value : values)
        for (std::size_t i = 0; i < each; ++i)
            data.push_back({value + noise * random.normal(), -value + noise * random.normal()});
    return data;
}

}  // namespace

class TestGaussianHmm : public QObject {
    Q_OBJECT

private slots:
    void likelihoodAndPathMatchEnumeration();
    void oneStateIsTheNormalLaw();
    void levelsAreFound();
    void moreStartsNeverFitWorse();
    void equalSeedsGiveEqualFits();
    void constantDataHitTheFloor();
};

// The parameters that a fit ends with, tried on all C(9, 2) paths.
void TestGaussianHmm::likelihoodAndPathMatchEnumeration() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Observations data = levels({0.0, 0.5, -0.4}, 3, 0.6, seed);
        const HmmFit fit = fitHmm(data, 3, 3, seed);
        double total = -HUGE_VAL, best = -HUGE_VAL;
        std::vector<std::size_t> bestPath;
        int paths = 0;
        forEachPath(data, fit, [&](const std::vector<std::size_t>& path, double chance) {
            ++paths;
            const double high = std::max(total, chance);
            total = high + std::log(std::exp(total - high) + std::exp(chance - high));
            if (chance > best) {
                best = chance;
                bestPath = path;
            }
        });
        QCOMPARE(paths, 28);  // borders: 2 of the 8 places between 9 points
        QVERIFY2(std::abs(fit.logLikelihood - total) < 1e-9,
                 qPrintable(QString("%1 and %2").arg(fit.logLikelihood).arg(total)));
        QCOMPARE(fit.path, bestPath);
        // 3 states of 2 means and 2 variances, and 2 chances to stay.
        QVERIFY(std::abs(fit.bic - (-2 * total + 14 * std::log(9.0))) < 1e-8);
    }
}

void TestGaussianHmm::oneStateIsTheNormalLaw() {
    const Observations data{{1.0}, {2.0}, {4.0}, {5.0}};
    const HmmFit fit = fitHmm(data, 1, 5, 1);
    QVERIFY(std::abs(fit.means[0][0] - 3.0) < 1e-12);
    QVERIFY(std::abs(fit.variances[0][0] - 2.5) < 1e-12);
    const double expected = -2 * std::log(2 * std::numbers::pi * 2.5) - 0.5 * 10 / 2.5;
    QVERIFY(std::abs(fit.logLikelihood - expected) < 1e-12);
    QCOMPARE(fit.path, std::vector<std::size_t>(4, 0));
}

void TestGaussianHmm::levelsAreFound() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Observations data = levels({-1.0, 0.0, 1.2, 0.2}, 15, 0.15, seed);
        std::size_t best = 0;
        double bic = HUGE_VAL;
        for (std::size_t states = 1; states <= 6; ++states) {
            const HmmFit fit = fitHmm(data, states, 6, seed);
            if (fit.bic < bic) {
                bic = fit.bic;
                best = states;
            }
        }
        QCOMPARE(best, std::size_t(4));
        const HmmFit fit = fitHmm(data, 4, 6, seed);
        for (std::size_t i = 0; i < data.size(); ++i) QCOMPARE(fit.path[i], i / 15);
        QVERIFY(std::abs(fit.means[2][0] - 1.2) < 0.2);
    }
}

void TestGaussianHmm::moreStartsNeverFitWorse() {
    const Observations data = levels({0.0, 0.2, 1.5, 1.3, -0.5}, 6, 0.3, 9);
    double before = -HUGE_VAL;
    for (const int starts : {0, 1, 4, 12}) {
        const HmmFit fit = fitHmm(data, 5, starts, 3);
        QVERIFY(fit.logLikelihood >= before);
        before = fit.logLikelihood;
    }
}

void TestGaussianHmm::equalSeedsGiveEqualFits() {
    const Observations data = levels({0.0, 1.0}, 10, 0.5, 4);
    const HmmFit a = fitHmm(data, 3, 5, 7), b = fitHmm(data, 3, 5, 7);
    QCOMPARE(a.logLikelihood, b.logLikelihood);
    QCOMPARE(a.means, b.means);
    const HmmFit again = refitHmm(data, a, 10);
    QVERIFY(again.logLikelihood >= a.logLikelihood - 1e-9);
}

void TestGaussianHmm::constantDataHitTheFloor() {
    const HmmFit fit = fitHmm(Observations(10, {0.0}), 2, 2, 1);
    QCOMPARE(fit.variances[0][0], kVarianceFloor);
    QVERIFY(std::isfinite(fit.logLikelihood));
    QVERIFY(fit.bic > fitHmm(Observations(10, {0.0}), 1, 0, 1).bic);
}

QTEST_GUILESS_MAIN(TestGaussianHmm)
#include "tst_gaussian_hmm.moc"
