// SPDX-License-Identifier: GPL-3.0-or-later

// A3 and A4 over facts made by hand and over random walks: bad checkpoints are found, and no sound
// way of training sets the checks off.

#include <QtTest>

#include <cmath>
#include <set>

#include "core/base/random.h"
#include "core/checkpoint/audit_checks.h"
#include "core/checkpoint/audit_sample.h"

using namespace gridscope;

namespace {

using Steps = std::vector<std::int64_t>;

Steps pythia() { return findKnownFamily("pythia", nullptr)->expected({}); }

Steps every(std::int64_t distance, std::int64_t last) {
    Steps steps;
    for (std::int64_t step = 0; step <= last; step += distance) steps.push_back(step);
    return steps;
}

/// Learning rate at a step, relative to the largest.
using Rate = double (*)(double step);

double constantRate(double) { return 1.0; }
double warmUpAndCosine(double step) {
    return step < 1430 ? step / 1430 : 0.1 + 0.45 * (1 + std::cos(3.14159265 * step / 143'000));
}
double restarts(double step) { return 0.1 + 0.9 * (1 - std::fmod(step, 10'000) / 10'000); }
double stableThenDecay(double step) { return step < 20'000 ? 1.0 : 1e-3; }

struct Walk {
    double noise = 1.0;      ///< share of each update that is noise
    double direction = 0.0;  ///< share that goes one way, decaying with the step
    Rate rate = constantRate;
};

constexpr std::size_t kWeights = 200;

/// Positions in weight space at `steps`.
std::vector<std::vector<double>> walk(const Walk& how, const Steps& steps, std::uint64_t seed) {
    Random random(seed);
    std::vector<double> at(kWeights), way(kWeights);
    for (double& value : at) value = 0.02 * random.normal();
    for (double& value : way) value = random.normal();
    std::vector<std::vector<double>> positions{at};
    for (std::size_t i = 1; i < steps.size(); ++i) {
        // The sums over the updates of an interval, in up to 4 pieces.
        const auto pieces = std::min<std::int64_t>(4, steps[i] - steps[i - 1]);
        const double length =
            static_cast<double>(steps[i] - steps[i - 1]) / static_cast<double>(pieces);
        for (std::int64_t k = 0; k < pieces; ++k) {
            const double middle =
                static_cast<double>(steps[i - 1]) + (static_cast<double>(k) + 0.5) * length;
            const double rate = 1e-4 * how.rate(middle) * (0.8 + 0.4 * random.uniform());
            const double straight = how.direction * length / (1.0 + middle / 500.0);
            for (std::size_t j = 0; j < kWeights; ++j)
                at[j] +=
                    rate * (how.noise * std::sqrt(length) * random.normal() + straight * way[j]);
        }
        positions.push_back(at);
    }
    return positions;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
    double square = 0.0, norm = 0.0;
    for (std::size_t j = 0; j < a.size(); ++j) {
        square += (b[j] - a[j]) * (b[j] - a[j]);
        norm += a[j] * a[j];
    }
    return std::sqrt(square / norm);
}

AuditFacts factsOf(const std::vector<std::vector<double>>& positions, const Steps& steps) {
    AuditFacts facts;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        CheckpointFacts one;
        one.label = "step" + std::to_string(steps[i]);
        one.step = steps[i];
        if (i > 0) one.change = SampleChange{i - 1, distance(positions[i - 1], positions[i])};
        if (i > 1) one.changeOverTwo = distance(positions[i - 2], positions[i]);
        facts.push_back(std::move(one));
    }
    return facts;
}

QString text(const AuditFindings& findings) {
    QStringList parts;
    for (const AuditFinding& finding : findings) {
        QStringList indices;
        for (const std::size_t i : finding.checkpoints) indices << QString::number(i);
        parts << indices.join('+') + " " + QString::fromStdString(finding.finding);
    }
    return parts.join("; ");
}

}  // namespace

class TestAuditJumps : public QObject {
    Q_OBJECT
private slots:
    void soundRuns_data();
    void soundRuns();
    void foreignCheckpoints_data();
    void foreignCheckpoints();
    void runThatGoesOnElsewhere();
    void factorByHand();
    void tooFewToSay();
    void startCosine();
    void samplePositionsAreFixed();
    void sampleArithmetic();
};

void TestAuditJumps::soundRuns_data() {
    QTest::addColumn<int>("steps");
    QTest::addColumn<int>("how");
    const char* kSteps[] = {"Pythia", "every 1000", "own choice", "doubling", "pairs", "mixed"};
    const char* kHow[] = {"noise", "warm-up and cosine", "one way first", "restarts",
                          "decay at end"};
    for (int s = 0; s < 6; ++s) {
        for (int h = 0; h < 5; ++h) QTest::addRow("%s, %s", kSteps[s], kHow[h]) << s << h;
    }
}

void TestAuditJumps::soundRuns() {
    QFETCH(int, steps);
    QFETCH(int, how);
    const Steps chosen[] = {pythia(),
                            every(1000, 40'000),
                            {0, 40, 150, 400, 1000, 1800, 2800, 4000},
                            {0, 1, 2, 4, 8, 16, 32, 64, 128, 200, 210},
                            {0, 1000, 1010, 2000, 2010, 3000, 3010, 4000, 4010, 5000},
                            {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 1100, 1110, 1120, 1130}};
    const Walk walks[] = {{1.0, 0.0, constantRate},
                          {1.0, 0.3, warmUpAndCosine},
                          {0.3, 1.0, constantRate},
                          {1.0, 0.0, restarts},
                          {1.0, 0.1, stableThenDecay}};
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const auto facts = factsOf(walk(walks[how], chosen[steps], seed), chosen[steps]);
        QCOMPARE(text(findJumps(facts)), QString());
    }
}

void TestAuditJumps::foreignCheckpoints_data() {
    QTest::addColumn<QList<int>>("bad");
    QTest::addColumn<QString>("found");
    QTest::newRow("one") << QList<int>{20} << "20";
    QTest::newRow("two apart") << QList<int>{11, 25} << "11;25";
    QTest::newRow("the second") << QList<int>{1} << "1";
    QTest::newRow("the third") << QList<int>{2} << "2";
    QTest::newRow("the one before the last") << QList<int>{39} << "39";
    QTest::newRow("the last") << QList<int>{40} << "39+40";
    QTest::newRow("two in a row") << QList<int>{20, 21} << "20+21";
}

void TestAuditJumps::foreignCheckpoints() {
    QFETCH(QList<int>, bad);
    QFETCH(QString, found);
    const Steps steps = every(1000, 40'000);
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        auto positions = walk({1.0, 0.1, warmUpAndCosine}, steps, seed);
        for (const int i : bad)
            positions[static_cast<std::size_t>(i)] =
                walk({1.0, 0.1, warmUpAndCosine}, steps,
                     seed + 100 + static_cast<std::uint64_t>(i))[static_cast<std::size_t>(i)];
        QStringList indices;
        for (const AuditFinding& finding : findJumps(factsOf(positions, steps))) {
            QCOMPARE(finding.code, ErrorCode::AuditJump);
            QStringList one;
            for (const std::size_t i : finding.checkpoints) one << QString::number(i);
            indices << one.join('+');
        }
        QCOMPARE(indices.join(';'), found);
    }
}

void TestAuditJumps::runThatGoesOnElsewhere() {
    const Steps steps = every(1000, 40'000);
    auto positions = walk({1.0, 0.1, warmUpAndCosine}, steps, 1);
    const auto other = walk({1.0, 0.1, warmUpAndCosine}, steps, 2);
    std::copy(other.begin() + 20, other.end(), positions.begin() + 20);
    const auto findings = findJumps(factsOf(positions, steps));
    QCOMPARE(findings.size(), std::size_t{1});
    QCOMPARE(findings[0].checkpoints, (std::vector<std::size_t>{19, 20}));
}

// Rates of 1 and one interval of x: the median of its 8 neighbours is 1, so x is the factor.
void TestAuditJumps::factorByHand() {
    for (const double factor : {4.9, 5.1}) {
        AuditFacts facts;
        for (std::size_t i = 0; i <= 12; ++i) {
            CheckpointFacts one;
            one.label = std::to_string(i);
            one.step = static_cast<std::int64_t>(100 * i);  // root of the distance: 10
            if (i > 0) one.change = SampleChange{i - 1, i == 6 ? factor * 10.0 : 10.0};
            facts.push_back(std::move(one));
        }
        const auto findings = findJumps(facts);
        QCOMPARE(findings.size(), factor > 5.0 ? std::size_t{1} : std::size_t{0});
        if (factor > 5.0) QVERIFY(text(findings).contains("5.1 times"));
    }
}

void TestAuditJumps::tooFewToSay() {
    const Steps steps = every(1000, 5000);  // five intervals
    auto positions = walk({}, steps, 1);
    positions[3] = walk({}, steps, 2)[3];
    QCOMPARE(text(findJumps(factsOf(positions, steps))), QString());
}

void TestAuditJumps::startCosine() {
    const auto facts = [](std::vector<std::pair<std::int64_t, double>> cosines) {
        AuditFacts all(1);
        all[0].step = 0;
        for (const auto& [step, cosine] : cosines) {
            all.emplace_back().step = step;
            all.back().cosineToStart = cosine;
        }
        return all;
    };
    QVERIFY(findUnrelatedStarts(facts({{1, 0.9}, {2, 0.1}})).empty());  // the first one decides
    QVERIFY(findUnrelatedStarts(facts({})).empty());
    const auto findings = findUnrelatedStarts(facts({{16, 0.899}}));
    QCOMPARE(findings.size(), std::size_t{1});
    QCOMPARE(findings[0].checkpoints, (std::vector<std::size_t>{0, 1}));
    QVERIFY(text(findings).contains("0.899"));
    AuditFacts late = facts({{8, 0.5}});
    late[0].step = 4;  // no step 0: nothing is claimed
    QVERIFY(findUnrelatedStarts(late).empty());
}

void TestAuditJumps::samplePositionsAreFixed() {
    const auto positions = samplePositions("a.weight", {300, 1000});
    QCOMPARE(positions.size(), kLargestTensorSample);
    QCOMPARE(positions, samplePositions("a.weight", {300, 1000}));
    QVERIFY(positions != samplePositions("b.weight", {300, 1000}));
    QVERIFY(positions != samplePositions("a.weight", {1000, 300}));
    // Ascending, distinct, spread over the whole tensor.
    QCOMPARE(std::set<std::uint64_t>(positions.begin(), positions.end()).size(), positions.size());
    QVERIFY(std::is_sorted(positions.begin(), positions.end()));
    QVERIFY(positions.front() < 74 && positions.back() >= 300'000 - 74 &&
            positions.back() < 300'000);
    const auto all = samplePositions("a.weight", {64, 64});
    for (std::size_t i = 0; i < all.size(); ++i) QCOMPARE(all[i], std::uint64_t{i});
    QVERIFY(samplePositions("a.weight", {0, 5}).empty());
}

void TestAuditJumps::sampleArithmetic() {
    const std::vector<float> a{3, 0, 4, 0}, b{3, 0, 4, 10}, norm{1, 1, 1, 1};
    const float infinite = std::numeric_limits<float>::infinity();
    WeightSample x, y;
    x.add("w", {2, 2}, a);
    x.add("norm", {4}, norm);  // no matrix: not in the sample
    y.add("v", {2, 2}, norm);
    y.add("w", {2, 2}, b);
    QCOMPARE(*relativeChange(x, y), 2.0);  // 10 over 5
    QCOMPARE(*cosine(x, y), 25.0 / (5.0 * std::sqrt(125.0)));
    QCOMPARE(*relativeChange(x, x), 0.0);
    QCOMPARE(*cosine(x, x), 1.0);
    WeightSample broken;
    broken.add("w", {2, 2}, std::vector<float>{infinite, 0, 8, 0});
    QCOMPARE(*relativeChange(x, broken), 1.0);  // 4 to 8, the infinite place left out
    WeightSample other;
    other.add("w", {1, 4}, a);
    QVERIFY(!relativeChange(x, other));
    QVERIFY(!relativeChange(WeightSample(), x) && !cosine(x, WeightSample()));
}

QTEST_GUILESS_MAIN(TestAuditJumps)
#include "tst_audit_jumps.moc"
