// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <limits>
#include <vector>

#include "core/analysis/bootstrap.h"
#include "core/base/random.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<double> normals(Random& random, std::size_t count, double mean, double deviation) {
    std::vector<double> values(count);
    for (double& value : values) value = mean + deviation * random.normal();
    return values;
}

}  // namespace

class TestBootstrap : public QObject {
    Q_OBJECT

private slots:
    void valuesAreTokenWeightedMeans();
    void twoWindowsGiveTheThreePossibleMeans();
    void identicalWindowsGiveZeroWidth();
    void widthAgreesWithTheVarianceOfTheMean();
    void unequalWindowsAgreeWithTheRatioVariance();
    void intervalsCoverTheTruth();
    void pairingCancelsCommonNoise();
    void gapSurvivesOverflow();
    void infiniteScoresHaveNoInterval();
    void nanWindowsAreLeftOut();
    void equalSeedsGiveEqualResults();
    void quantileInterpolates();
    void badInput_data();
    void badInput();
};

void TestBootstrap::valuesAreTokenWeightedMeans() {
    const auto bootstrap = WindowBootstrap::make({10, 30});
    GRIDSCOPE_VERIFY_OK(bootstrap);
    const auto grid = bootstrap->grid(std::vector<double>{20, 90}, std::vector<double>{24, 96},
                                      std::vector<double>{1, 2});
    GRIDSCOPE_VERIFY_OK(grid);
    QCOMPARE(grid->ce.value, 120.0 / 40);
    QCOMPARE(grid->deltaCe.value, 10.0 / 40);
    QCOMPARE(grid->gapPercent.value, 100 * (std::exp(3.0) - std::exp(2.75)) / std::exp(2.75));
    QCOMPARE(grid->kl.value, 3.0 / 40);
    QCOMPARE(grid->windowsUsed, std::size_t(2));
}

// Two windows: a resample has mean 0, 1/2 or 1 with probability 1/4, 1/2, 1/4.
void TestBootstrap::twoWindowsGiveTheThreePossibleMeans() {
    const std::vector<double> sums{0, 1};
    for (const auto& [confidence, low, high] : {std::array{0.95, 0.0, 1.0}, {0.4, 0.5, 0.5}}) {
        const auto bootstrap = WindowBootstrap::make({1, 1}, {.confidence = confidence});
        GRIDSCOPE_VERIFY_OK(bootstrap);
        const auto mean = bootstrap->mean(sums);
        GRIDSCOPE_VERIFY_OK(mean);
        QCOMPARE(mean->value, 0.5);
        QCOMPARE(mean->low, low);
        QCOMPARE(mean->high, high);
    }
}

void TestBootstrap::identicalWindowsGiveZeroWidth() {
    const auto bootstrap = WindowBootstrap::make(std::vector<double>(16, 512));
    GRIDSCOPE_VERIFY_OK(bootstrap);
    const auto grid = bootstrap->grid(std::vector<double>(16, 1024), std::vector<double>(16, 1152),
                                      std::vector<double>(16, 64));
    GRIDSCOPE_VERIFY_OK(grid);
    for (const Estimate& e : {grid->ce, grid->gapPercent, grid->deltaCe, grid->kl}) {
        QCOMPARE(e.low, e.value);
        QCOMPARE(e.high, e.value);
    }
    QCOMPARE(grid->deltaCe.value, 0.25);
}

// Normal theory: half width 1.96 sd / sqrt(n), sd with divisor n. 2,000 resamples leave about 4 %.
void TestBootstrap::widthAgreesWithTheVarianceOfTheMean() {
    Random random(3);
    constexpr std::size_t kWindows = 128;
    const std::vector<double> sums = normals(random, kWindows, 1500, 60);
    const auto bootstrap = WindowBootstrap::make(std::vector<double>(kWindows, 511));
    GRIDSCOPE_VERIFY_OK(bootstrap);
    const auto mean = bootstrap->mean(sums);
    GRIDSCOPE_VERIFY_OK(mean);
    double sum = 0;
    double squares = 0;
    for (const double value : sums) {
        sum += value / 511 / kWindows;
        squares += value / 511 * value / 511 / kWindows;
    }
    const double half = 1.95996 * std::sqrt((squares - sum * sum) / kWindows);
    QVERIFY(std::abs(mean->value - sum) < 1e-12);
    QVERIFY(std::abs((mean->high - mean->low) / 2 / half - 1) < 0.1);
    QVERIFY(std::abs((mean->high + mean->low) / 2 - mean->value) < 0.1 * half);
}

// Linearized variance of a ratio of sums: sum((y - R t)^2) / (sum t)^2.
void TestBootstrap::unequalWindowsAgreeWithTheRatioVariance() {
    Random random(4);
    std::vector<double> tokens;
    std::vector<double> sums;
    for (int i = 0; i < 200; ++i) {
        tokens.push_back(100.0 + 50.0 * static_cast<double>(random.below(8)));
        sums.push_back(tokens.back() * (3 + 0.2 * random.normal()));
    }
    const auto bootstrap = WindowBootstrap::make(tokens);
    GRIDSCOPE_VERIFY_OK(bootstrap);
    const auto mean = bootstrap->mean(sums);
    GRIDSCOPE_VERIFY_OK(mean);
    double totalTokens = 0;
    double total = 0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        totalTokens += tokens[i];
        total += sums[i];
    }
    double squares = 0;
    for (std::size_t i = 0; i < sums.size(); ++i)
        squares += std::pow(sums[i] - total / totalTokens * tokens[i], 2);
    const double half = 1.95996 * std::sqrt(squares) / totalTokens;
    QVERIFY(std::abs((mean->high - mean->low) / 2 / half - 1) < 0.1);
}

// 300 simulated data sets of 100 windows: the binomial error of a 95 % coverage is 1.3 %.
void TestBootstrap::intervalsCoverTheTruth() {
    constexpr int kSets = 300;
    constexpr std::size_t kWindows = 100;
    const auto bootstrap =
        WindowBootstrap::make(std::vector<double>(kWindows, 100), {.resamples = 500});
    GRIDSCOPE_VERIFY_OK(bootstrap);
    Random random(5);
    int coversDelta = 0;
    int coversGap = 0;
    for (int i = 0; i < kSets; ++i) {
        const std::vector<double> fp32 = normals(random, kWindows, 300, 40);
        std::vector<double> quantized = normals(random, kWindows, 12, 5);
        for (std::size_t w = 0; w < kWindows; ++w) quantized[w] += fp32[w];
        const auto grid = bootstrap->grid(fp32, quantized, {});
        GRIDSCOPE_VERIFY_OK(grid);
        coversDelta += grid->deltaCe.low <= 0.12 && 0.12 <= grid->deltaCe.high ? 1 : 0;
        const double gap = 100 * (std::exp(0.12) - 1);
        coversGap += grid->gapPercent.low <= gap && gap <= grid->gapPercent.high ? 1 : 0;
        QVERIFY(std::isnan(grid->kl.value));
    }
    QCOMPARE(coversGap, coversDelta);
    QVERIFY2(coversDelta > 0.90 * kSets && coversDelta < 0.985 * kSets,
             qPrintable(QString::number(coversDelta)));
}

void TestBootstrap::pairingCancelsCommonNoise() {
    Random random(6);
    const std::vector<double> fp32 = normals(random, 64, 1500, 100);
    std::vector<double> quantized = fp32;
    for (double& value : quantized) value += 511 * 0.01;
    const auto bootstrap = WindowBootstrap::make(std::vector<double>(64, 511));
    GRIDSCOPE_VERIFY_OK(bootstrap);
    const auto grid = bootstrap->grid(fp32, quantized, {});
    GRIDSCOPE_VERIFY_OK(grid);
    QVERIFY(grid->ce.high - grid->ce.low > 0.05);
    QVERIFY(grid->deltaCe.high - grid->deltaCe.low < 1e-12);
    QVERIFY(std::abs(grid->deltaCe.value - 0.01) < 1e-12);
}

void TestBootstrap::gapSurvivesOverflow() {
    const auto bootstrap = WindowBootstrap::make({1, 1, 1});
    GRIDSCOPE_VERIFY_OK(bootstrap);
    // Both perplexities overflow, their ratio does not.
    const auto small =
        bootstrap->grid(std::vector<double>{900, 901, 902}, std::vector<double>{901, 902, 903}, {});
    GRIDSCOPE_VERIFY_OK(small);
    QVERIFY(std::abs(small->gapPercent.value - 100 * (std::exp(1.0) - 1)) < 1e-9);
    const auto large =
        bootstrap->grid(std::vector<double>{1, 2, 3}, std::vector<double>{801, 1302, 803}, {});
    GRIDSCOPE_VERIFY_OK(large);
    QCOMPARE(large->gapPercent.value, kInf);
    QCOMPARE(large->gapPercent.low, kInf);
    QCOMPARE(large->gapPercent.high, kInf);
    QVERIFY(std::isfinite(large->deltaCe.high));
}

void TestBootstrap::infiniteScoresHaveNoInterval() {
    const auto bootstrap = WindowBootstrap::make({1, 1, 1});
    GRIDSCOPE_VERIFY_OK(bootstrap);
    const auto grid =
        bootstrap->grid(std::vector<double>{1, 2, 3}, std::vector<double>{1, kInf, 3}, {});
    GRIDSCOPE_VERIFY_OK(grid);
    QCOMPARE(grid->ce.value, kInf);
    QVERIFY(std::isnan(grid->ce.low) && std::isnan(grid->ce.high));
    QCOMPARE(grid->windowsUsed, std::size_t(3));
}

void TestBootstrap::nanWindowsAreLeftOut() {
    const auto five = WindowBootstrap::make({10, 20, 30, 40, 50});
    const auto three = WindowBootstrap::make({10, 30, 50});
    GRIDSCOPE_VERIFY_OK(five);
    GRIDSCOPE_VERIFY_OK(three);
    const auto part =
        five->grid(std::vector<double>{11, 1, 33, kNan, 58},
                   std::vector<double>{12, kNan, 37, 7, 61}, std::vector<double>{1, 2, 3, 4, 5});
    const auto whole = three->grid(std::vector<double>{11, 33, 58}, std::vector<double>{12, 37, 61},
                                   std::vector<double>{1, 3, 5});
    GRIDSCOPE_VERIFY_OK(part);
    GRIDSCOPE_VERIFY_OK(whole);
    QCOMPARE(part->windowsUsed, std::size_t(3));
    QCOMPARE(part->gapPercent.value, whole->gapPercent.value);
    QCOMPARE(part->gapPercent.low, whole->gapPercent.low);
    QCOMPARE(part->kl.high, whole->kl.high);

    const auto one = five->mean(std::vector<double>{kNan, kNan, 60, kNan, kNan});
    GRIDSCOPE_VERIFY_OK(one);
    QCOMPARE(one->value, 2.0);
    QVERIFY(std::isnan(one->low) && std::isnan(one->high));
    const auto none = five->grid(std::vector<double>(5, kNan), std::vector<double>(5, 1), {});
    GRIDSCOPE_VERIFY_OK(none);
    QCOMPARE(none->windowsUsed, std::size_t(0));
    QVERIFY(std::isnan(none->ce.value));
}

void TestBootstrap::equalSeedsGiveEqualResults() {
    Random random(8);
    const std::vector<double> sums = normals(random, 32, 10, 3);
    const auto run = [&](std::uint64_t seed) {
        return WindowBootstrap::make(std::vector<double>(32, 7), {.seed = seed})->mean(sums)->low;
    };
    QCOMPARE(run(1), run(1));
    QVERIFY(run(1) != run(2));
}

void TestBootstrap::quantileInterpolates() {
    QCOMPARE(quantile({4, 1, 3, 2}, 0.5), 2.5);
    QCOMPARE(quantile({4, 1, 3, 2}, 0.0), 1.0);
    QCOMPARE(quantile({4, 1, 3, 2}, 1.0), 4.0);
    QCOMPARE(quantile({kInf, kInf, kInf}, 0.25), kInf);
    QVERIFY(std::isnan(quantile({}, 0.5)));
}

void TestBootstrap::badInput_data() {
    QTest::addColumn<std::vector<double>>("tokens");
    QTest::addColumn<int>("resamples");
    QTest::addColumn<double>("confidence");
    QTest::addColumn<QString>("where");
    QTest::newRow("no window") << std::vector<double>{} << 10 << 0.95 << "windows";
    QTest::newRow("empty window") << std::vector<double>{5, 0} << 10 << 0.95 << "window 1";
    QTest::newRow("NaN tokens") << std::vector<double>{kNan} << 10 << 0.95 << "window 0";
    QTest::newRow("no resample") << std::vector<double>{5} << 0 << 0.95 << "resamples";
    QTest::newRow("confidence 1") << std::vector<double>{5} << 10 << 1.0 << "confidence";
    QTest::newRow("confidence NaN") << std::vector<double>{5} << 10 << kNan << "confidence";
}

void TestBootstrap::badInput() {
    QFETCH(std::vector<double>, tokens);
    QFETCH(int, resamples);
    QFETCH(double, confidence);
    QFETCH(QString, where);
    const auto made =
        WindowBootstrap::make(tokens, {.resamples = resamples, .confidence = confidence});
    QVERIFY(!made);
    QCOMPARE(made.error().code, ErrorCode::SettingsRange);
    QCOMPARE(QString::fromStdString(made.error().where), where);

    const auto good = WindowBootstrap::make({1, 1});
    GRIDSCOPE_VERIFY_OK(good);
    QVERIFY(!good->mean(std::vector<double>{1}));
}

QTEST_GUILESS_MAIN(TestBootstrap)
#include "tst_bootstrap.moc"
