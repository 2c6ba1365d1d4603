// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <random>
#include <vector>

#include "core/model/score_kernel.h"

using namespace gridscope;

namespace {

/// The same quantities from their definitions, in double and in one piece.
struct Direct {
    double nll = 0.0;
    double kl = 0.0;
    std::int64_t argmax = 0;
};

double logSumExp(const std::vector<float>& logits) {
    double maximum = -INFINITY, sum = 0.0;
    for (const float x : logits) maximum = std::max(maximum, static_cast<double>(x));
    for (const float x : logits) sum += std::exp(static_cast<double>(x) - maximum);
    return maximum + std::log(sum);
}

Direct direct(const std::vector<float>& reference, const std::vector<float>& variant,
              std::size_t target) {
    const double lse0 = logSumExp(reference), lse = logSumExp(variant);
    Direct result;
    result.nll = lse - static_cast<double>(variant[target]);
    for (std::size_t i = 0; i < variant.size(); ++i) {
        const double p = static_cast<double>(reference[i]) - lse0;
        const double q = static_cast<double>(variant[i]) - lse;
        result.kl += std::exp(p) * (p - q);
        if (variant[i] > variant[static_cast<std::size_t>(result.argmax)])
            result.argmax = static_cast<std::int64_t>(i);
    }
    return result;
}

struct BlockedScores {
    RowScore reference, variant;
};

BlockedScores scoreInBlocks(const std::vector<float>& reference, const std::vector<float>& variant,
                            std::int64_t target, std::int64_t block) {
    BlockedScores scores;
    std::vector<float> exponentials(static_cast<std::size_t>(block));
    const auto total = static_cast<std::int64_t>(reference.size());
    for (std::int64_t first = 0; first < total; first += block) {
        const std::int64_t count = std::min(block, total - first);
        addReferenceBlock(reference.data() + first, count, first, target, exponentials.data(),
                          scores.reference);
        addVariantBlock(variant.data() + first, reference.data() + first, exponentials.data(),
                        count, first, target, scores.reference, scores.variant);
    }
    return scores;
}

}  // namespace

class TestScoreKernel : public QObject {
    Q_OBJECT

private slots:
    void agreesWithTheDefinitions_data() {
        QTest::addColumn<int>("columns");
        QTest::addColumn<int>("block");
        QTest::addColumn<double>("spread");
        QTest::newRow("one column") << 1 << 16 << 1.0;
        QTest::newRow("less than a vector") << 7 << 2048 << 1.0;
        QTest::newRow("suite vocabulary") << 384 << 2048 << 3.0;
        QTest::newRow("blocks with a tail") << 5003 << 512 << 4.0;
        QTest::newRow("Pythia vocabulary") << 50304 << 2048 << 2.0;
        QTest::newRow("peaked") << 1000 << 96 << 30.0;
    }

    void agreesWithTheDefinitions() {
        QFETCH(int, columns);
        QFETCH(int, block);
        QFETCH(double, spread);
        std::mt19937 random(7);
        std::normal_distribution<float> normal(0.0f, static_cast<float>(spread));
        std::normal_distribution<float> noise(0.0f, 0.1f);
        const auto n = static_cast<std::size_t>(columns);
        std::vector<float> reference(n), variant(n);
        for (std::size_t i = 0; i < n; ++i) {
            reference[i] = normal(random);
            variant[i] = reference[i] + noise(random);
        }
        const std::size_t target = n / 2;
        const BlockedScores scores =
            scoreInBlocks(reference, variant, static_cast<std::int64_t>(target), block);
        const Direct ofReference = direct(reference, reference, target);
        const Direct ofVariant = direct(reference, variant, target);
        QVERIFY(std::fabs(scores.reference.nll() - ofReference.nll) < 1e-6);
        QVERIFY(std::fabs(scores.variant.nll() - ofVariant.nll) < 1e-6);
        QVERIFY(std::fabs(rowDivergence(scores.reference, scores.variant) - ofVariant.kl) < 1e-6);
        QCOMPARE(scores.reference.argmax, ofReference.argmax);
        QCOMPARE(scores.variant.argmax, ofVariant.argmax);
    }

    void tieGoesToTheLowestColumn() {
        std::vector<float> logits(100, 1.0f);
        logits[40] = logits[70] = 2.0f;
        const BlockedScores scores = scoreInBlocks(logits, logits, 0, 32);
        QCOMPARE(scores.reference.argmax, std::int64_t{40});
        QCOMPARE(rowDivergence(scores.reference, scores.variant), 0.0);
    }

    void nanStaysNan() {
        std::vector<float> good(64, 0.5f), bad = good;
        bad[10] = std::nanf("");
        const BlockedScores scores = scoreInBlocks(good, bad, 3, 64);
        QVERIFY(std::isfinite(scores.reference.nll()));
        QVERIFY(std::isnan(scores.variant.nll()));
        QVERIFY(std::isnan(rowDivergence(scores.reference, scores.variant)));
    }
};

QTEST_GUILESS_MAIN(TestScoreKernel)
#include "tst_score_kernel.moc"
