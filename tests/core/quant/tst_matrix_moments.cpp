// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "core/model/worker_thread.h"
#include "core/quant/matrix_moments.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

std::vector<float> skewed(std::size_t count, unsigned seed, float shift) {
    std::mt19937 generator(seed);
    std::exponential_distribution<float> exponential(2.0F);
    std::vector<float> weights(count);
    std::generate(weights.begin(), weights.end(), [&] { return exponential(generator) + shift; });
    return weights;
}

/// The definitions, in long double and two passes.
struct Plain {
    double mean, sd, kurtosis, norm;
};

Plain plain(const std::vector<float>& weights) {
    const auto n = static_cast<long double>(weights.size());
    long double sum = 0, energy = 0, m2 = 0, m4 = 0;
    for (const float weight : weights) {
        sum += static_cast<long double>(weight);
        energy += static_cast<long double>(weight) * static_cast<long double>(weight);
    }
    for (const float weight : weights) {
        const long double d = static_cast<long double>(weight) - sum / n;
        m2 += d * d;
        m4 += d * d * d * d;
    }
    return {static_cast<double>(sum / n), static_cast<double>(std::sqrt(m2 / n)),
            static_cast<double>(n * m4 / (m2 * m2) - 3), static_cast<double>(std::sqrt(energy))};
}

bool close(double a, double b) { return std::fabs(a - b) <= 1e-11 * std::fabs(b); }

}  // namespace

class TestMatrixMoments : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { GRIDSCOPE_VERIFY_OK(initEngine()); }
    void agreesWithTheDefinitions_data();
    void agreesWithTheDefinitions();
    void rangeOverRms();
    void movement();
    void pooled();
    void constantMatrix();
    void threadsChangeNothing();
    void refuses();
};

void TestMatrixMoments::agreesWithTheDefinitions_data() {
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("columns");
    QTest::addColumn<float>("shift");
    QTest::newRow("one weight row") << 1 << 3 << 0.0F;
    QTest::newRow("odd") << 37 << 173 << 0.0F;
    QTest::newRow("many blocks") << 300 << 352 << 0.0F;
    QTest::newRow("far from zero") << 200 << 256 << 1000.0F;
    QTest::newRow("wide row") << 2 << 50001 << -1.0F;
}

void TestMatrixMoments::agreesWithTheDefinitions() {
    QFETCH(int, rows);
    QFETCH(int, columns);
    QFETCH(float, shift);
    const auto weights = skewed(static_cast<std::size_t>(rows * columns), 5, shift);
    const auto found = matrixMoments({weights.data(), rows, columns}, {}, {});
    GRIDSCOPE_VERIFY_OK(found);
    const Plain expected = plain(weights);
    QVERIFY(close(found->mean, expected.mean));
    QVERIFY(close(found->sd, expected.sd));
    QVERIFY(std::fabs(found->kurtosis - expected.kurtosis) <= 1e-9 * (3.0 + expected.kurtosis));
    QVERIFY(close(found->norm, expected.norm));
    QCOMPARE(found->count, static_cast<double>(weights.size()));
    const auto largest = std::max_element(weights.begin(), weights.end(), [](float a, float b) {
        return std::fabs(a) < std::fabs(b);
    });
    QCOMPARE(found->absmax, static_cast<double>(std::fabs(*largest)));
    QVERIFY(std::isnan(found->movement));
}

void TestMatrixMoments::rangeOverRms() {
    // 101 rows of 200: a group of 128 and one of 72 each. Row k holds +-1 and one 1 + k, in its
    // first group only; every second group has range 2 and RMS 1.
    std::vector<float> weights;
    std::vector<double> ranges;
    for (int row = 0; row < 101; ++row) {
        for (int column = 0; column < 200; ++column)
            weights.push_back(column % 2 == 0 ? 1.0F : -1.0F);
        weights[static_cast<std::size_t>(row) * 200] = static_cast<float>(1 + row);
        const double peak = 1.0 + row;
        ranges.push_back((peak + 1.0) / std::sqrt((127.0 + peak * peak) / 128.0));
        ranges.push_back(2.0);
    }
    const auto found = matrixMoments({weights.data(), 101, 200}, {}, {});
    GRIDSCOPE_VERIFY_OK(found);
    double sum = 0.0;
    for (const double range : ranges) sum += range;
    QVERIFY(std::fabs(found->rangeOverRmsMean - sum / 202.0) < 1e-6);
    std::sort(ranges.begin(), ranges.end());
    const double expected = ranges[198] + 0.99 * (ranges[199] - ranges[198]);  // place 198.99
    QVERIFY(std::fabs(found->rangeOverRmsP99 - expected) < 1e-5);
}

void TestMatrixMoments::movement() {
    const std::vector<float> before = {3.0F, 4.0F, 0.0F};
    const std::vector<float> now = {3.0F, 4.0F, 1.0F};
    const auto found = matrixMoments({now.data(), 1, 3}, before, {});
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(found->movement, 0.2);
    const std::vector<float> zero(3, 0.0F);
    QVERIFY(std::isnan(matrixMoments({now.data(), 1, 3}, zero, {})->movement));
}

void TestMatrixMoments::pooled() {
    std::vector<float> all;
    std::vector<MatrixMoments> parts;
    for (const unsigned seed : {1U, 2U, 3U}) {
        const auto weights = skewed(1000 * seed, seed, 0.3F * static_cast<float>(seed));
        const auto rows = static_cast<std::int64_t>(weights.size() / 10);
        parts.push_back(matrixMoments({weights.data(), rows, 10}, {}, {}).value());
        all.insert(all.end(), weights.begin(), weights.end());
    }
    QVERIFY(std::fabs(pooledKurtosis(parts) - plain(all).kurtosis) < 1e-10);
    QVERIFY(std::isnan(pooledKurtosis({})));
}

void TestMatrixMoments::constantMatrix() {
    const std::vector<float> weights(256, 0.5F);
    const auto found = matrixMoments({weights.data(), 2, 128}, {}, {});
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(found->sd, 0.0);
    QVERIFY(std::isnan(found->kurtosis));
    QCOMPARE(found->rangeOverRmsMean, 0.0);
    const std::vector<float> zero(256, 0.0F);
    const auto none = matrixMoments({zero.data(), 2, 128}, {}, {});
    GRIDSCOPE_VERIFY_OK(none);
    QVERIFY(std::isnan(none->rangeOverRmsMean));
    QCOMPARE(none->norm, 0.0);
}

void TestMatrixMoments::threadsChangeNothing() {
    const auto weights = skewed(311 * 1031, 4, -0.5F);
    const auto before = skewed(311 * 1031, 6, -0.5F);
    const auto bytes = [&](int threads) {
        initWorkerThread(threads);
        const auto moments =
            matrixMoments({weights.data(), 311, 1031}, before, engineParallelFor());
        std::array<char, sizeof(MatrixMoments)> raw{};
        if (moments) std::memcpy(raw.data(), &*moments, raw.size());
        return raw;
    };
    const auto one = bytes(1);
    QVERIFY(one != decltype(one){});
    QVERIFY(bytes(2) == one);
    QVERIFY(bytes(5) == one);
}

void TestMatrixMoments::refuses() {
    std::vector<float> weights(60, 1.0F);
    const MatrixView view{weights.data(), 6, 10};
    QCOMPARE(matrixMoments({}, {}, {}).error().code, ErrorCode::SettingsRange);
    QCOMPARE(matrixMoments(view, std::span(weights).first(59), {}).error().code,
             ErrorCode::SettingsRange);
    std::vector<float> bad = weights;
    bad[23] = std::numeric_limits<float>::infinity();
    const auto now = matrixMoments({bad.data(), 6, 10}, {}, {});
    QVERIFY(!now);
    QCOMPARE(now.error().code, ErrorCode::WeightsNotFinite);
    QCOMPARE(now.error().where, std::string("[2, 3]"));
    QCOMPARE(matrixMoments(view, bad, {}).error().code, ErrorCode::WeightsNotFinite);
}

QTEST_GUILESS_MAIN(TestMatrixMoments)
#include "tst_matrix_moments.moc"
