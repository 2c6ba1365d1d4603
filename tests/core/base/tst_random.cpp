// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <array>
#include <cmath>

#include "core/base/random.h"

using gridscope::Random;

class TestRandom : public QObject {
    Q_OBJECT

private slots:
    void splitMixMatchesThePublishedSequence();
    void xoshiroMatchesThePublishedSequence();
    void stateContinuesTheSequence();
    void belowIsInRangeAndEven();
    void uniformHasItsMoments();
    void normalHasItsMoments();
};

// Reference outputs of the authors' C programs for these seeds.
void TestRandom::splitMixMatchesThePublishedSequence() {
    std::uint64_t state = 1234567;
    for (const std::uint64_t expected :
         {6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u,
          16408922859458223821u})
        QCOMPARE(gridscope::splitMix64(state), expected);
}

void TestRandom::xoshiroMatchesThePublishedSequence() {
    Random random(Random::State{1, 2, 3, 4});
    for (const std::uint64_t expected :
         {std::uint64_t(11520), std::uint64_t(0), std::uint64_t(1509978240),
          std::uint64_t(1215971899390074240), std::uint64_t(1216172134540287360),
          std::uint64_t(607988272756665600)})
        QCOMPARE(random.next(), expected);
}

void TestRandom::stateContinuesTheSequence() {
    Random random(99);
    random.normal();
    Random copy(random.state());
    for (int i = 0; i < 10; ++i) QCOMPARE(copy.normal(), random.normal());
}

void TestRandom::belowIsInRangeAndEven() {
    Random random(7);
    constexpr int kDraws = 70'000;
    std::array<int, 7> counts{};
    for (int i = 0; i < kDraws; ++i) {
        const std::uint64_t value = random.below(7);
        QVERIFY(value < 7);
        ++counts[static_cast<std::size_t>(value)];
    }
    double chiSquare = 0.0;
    for (const int count : counts) chiSquare += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
    QVERIFY2(chiSquare < 22.46, qPrintable(QString::number(chiSquare)));  // 6 dof, p = 0.001
    QCOMPARE(random.below(1), std::uint64_t(0));
    const std::uint64_t large = (std::uint64_t(1) << 63) + 1;
    for (int i = 0; i < 100; ++i) QVERIFY(random.below(large) < large);
}

void TestRandom::uniformHasItsMoments() {
    Random random(11);
    constexpr int kDraws = 100'000;
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < kDraws; ++i) {
        const double value = random.uniform();
        QVERIFY(value >= 0.0 && value < 1.0);
        sum += value;
        squares += value * value;
    }
    // Five standard errors of the mean and of the mean square.
    QVERIFY(std::abs(sum / kDraws - 0.5) < 5 * std::sqrt(1.0 / 12 / kDraws));
    QVERIFY(std::abs(squares / kDraws - 1.0 / 3) < 5 * std::sqrt(4.0 / 45 / kDraws));
}

void TestRandom::normalHasItsMoments() {
    Random random(13);
    constexpr int kDraws = 100'000;
    std::array<double, 5> moments{};
    int beyondTwo = 0;
    for (int i = 0; i < kDraws; ++i) {
        const double value = random.normal();
        double power = 1.0;
        for (double& moment : moments) {
            moment += power / kDraws;
            power *= value;
        }
        beyondTwo += std::abs(value) > 2.0 ? 1 : 0;
    }
    // Variance of the k-th power of a standard normal: 1, 2, 15, 96.
    QVERIFY(std::abs(moments[1]) < 5 * std::sqrt(1.0 / kDraws));
    QVERIFY(std::abs(moments[2] - 1.0) < 5 * std::sqrt(2.0 / kDraws));
    QVERIFY(std::abs(moments[3]) < 5 * std::sqrt(15.0 / kDraws));
    QVERIFY(std::abs(moments[4] - 3.0) < 5 * std::sqrt(96.0 / kDraws));
    QVERIFY(std::abs(beyondTwo / double(kDraws) - 0.0455) < 5 * std::sqrt(0.0434 / kDraws));
}

QTEST_GUILESS_MAIN(TestRandom)
#include "tst_random.moc"
