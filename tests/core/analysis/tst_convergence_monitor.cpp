// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <limits>

#include "core/analysis/convergence_monitor.h"
#include "core/analysis/reference_table.h"
#include "core/base/random.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

struct Stream {
    std::vector<double> steps, losses;
};

enum class Shape { PowerLaw, Logarithm, Flat, Rise };

/// `points` losses every 1,000 steps; a Logarithm falls by `slope` a factor e of steps, a Rise
/// turns upwards by 0.6 nats a run at half of it.
Stream simulated(Shape shape, int points, double noise, std::uint64_t seed, double slope = 0.08) {
    Stream stream;
    Random random(seed);
    for (int i = 1; i <= points; ++i) {
        double loss = 3.0;
        if (shape == Shape::PowerLaw) loss += 2.0 / std::sqrt(i);
        if (shape == Shape::Logarithm || shape == Shape::Rise) loss -= slope * std::log(i);
        if (shape == Shape::Rise) loss += 0.6 * std::max(0.0, double(i) / points - 0.5);
        stream.steps.push_back(1000.0 * i);
        stream.losses.push_back(loss + noise * random.normal());
    }
    return stream;
}

ConvergenceMonitor fed(const Stream& stream, const MonitorSettings& settings = {}) {
    ConvergenceMonitor monitor = *ConvergenceMonitor::make(settings);
    for (std::size_t i = 0; i < stream.steps.size(); ++i)
        monitor.add(stream.steps[i], stream.losses[i]);
    return monitor;
}

}  // namespace

class TestConvergenceMonitor : public QObject {
    Q_OBJECT

private slots:
    void exactCurve();
    void statesOfExactCurves();
    void learningIsInDoubtBehindTheBest();
    void falseAlarmsOfImprovingCurves_data();
    void falseAlarmsOfImprovingCurves();
    void falseAlarmsOfSlopes_data();
    void falseAlarmsOfSlopes();
    void risesAreFound();
    void eventNeverMovesBackwards();
    void laterConvergenceReplacesAnEarlierOne();
    void minSteps();
    void notFiniteDiverges();
    void repeatedStepsAreLeftOut();
    void publishedCurves_data();
    void publishedCurves();
    void badSettings_data();
    void badSettings();
};

// Falls by 0.1 a point to 2.0 at step 10, rises by 0.01 a point afterwards, without noise. The
// best window of 3 ends at step 11 (2.1, 2.0, 2.01; the next is 2.0, 2.01, 2.02, lower), so at
// step 12. The mean of the k points after it is 2.03 + 0.005 (k - 1), the window's 2.01; it must
// rise by ln 1.01 = 0.00995 over at least 3 points: k = 3.
void TestConvergenceMonitor::exactCurve() {
    ConvergenceMonitor monitor = *ConvergenceMonitor::make({.patience = 3, .tolerance = 0.01});
    double noticed = 0;
    for (int step = 1; step <= 20; ++step) {
        monitor.add(step, step <= 10 ? 3.0 - 0.1 * step : 2.0 + 0.01 * (step - 10));
        if (monitor.event() && noticed == 0) noticed = step;
    }
    QVERIFY(monitor.event().has_value());
    QCOMPARE(monitor.event()->step, 10.0);
    QVERIFY(std::abs(monitor.event()->loss - 2.0) < 1e-12);
    QCOMPARE(monitor.event()->noticedAt, noticed);
    // The bend is the only deviation from a line, and noise is what is left without it.
    QVERIFY(noticed >= 15 && noticed <= 20);
    QCOMPARE(monitor.verdict().bestStep, 10.0);
    QVERIFY(monitor.verdict().confidence > 0.9);
}

void TestConvergenceMonitor::statesOfExactCurves() {
    const auto stateOf = [](double slope) {
        Stream stream;
        for (int i = 1; i <= 40; ++i) {
            stream.steps.push_back(1000.0 * i);
            stream.losses.push_back(3.0 + slope * i);
        }
        return fed(stream).verdict();
    };
    QCOMPARE(stateOf(-0.01).state, MonitorState::Learning);
    QVERIFY(stateOf(-0.01).confidence > 0.99);
    QCOMPARE(stateOf(0.0).state, MonitorState::Plateau);
    QVERIFY(stateOf(0.0).confidence > 0.99);
    // From the start the best window is the first one: rising throughout.
    QCOMPARE(stateOf(0.0008).state, MonitorState::Converged);
    QCOMPARE(stateOf(0.01).state, MonitorState::Diverging);
    QCOMPARE(fed({{1, 2, 3}, {3, 2, 1}}).verdict().state, MonitorState::Learning);
    QCOMPARE(fed({{1, 2, 3}, {3, 2, 1}}).verdict().confidence, 0.0);
    QCOMPARE(fed({}).verdict().state, MonitorState::Learning);

    QCOMPARE(verdictText(fed({}).verdict()), std::string("learning, too early to tell"));
    QCOMPARE(verdictText(MonitorVerdict{MonitorState::Converged, 0.994}),
             std::string("converged, confidence 99 %"));
    QCOMPARE(verdictText(MonitorVerdict{MonitorState::Plateau, 0.2}),
             std::string("plateau, in doubt, confidence 20 %"));
}

// The paper's Table 1: four steps behind the best are too few to call it converged, and the last
// five lie below the five before them, which were far apart; but nothing falls any more.
void TestConvergenceMonitor::learningIsInDoubtBehindTheBest() {
    Stream stream;
    stream.steps = {1000, 7000, 10000, 30000, 70000, 77000, 83000, 100000, 120000, 143000};
    for (const double ppl : {110.1, 42.8, 40.1, 35.7, 33.7, 33.4, 34.4, 34.0, 34.9, 35.3})
        stream.losses.push_back(std::log(ppl));
    const MonitorVerdict verdict = fed(stream).verdict();
    QCOMPARE(verdict.state, MonitorState::Learning);
    QVERIFY2(verdict.confidence < 0.5, qPrintable(QString::number(verdict.confidence)));
}

void TestConvergenceMonitor::falseAlarmsOfImprovingCurves_data() {
    QTest::addColumn<int>("shape");
    QTest::addColumn<int>("points");
    QTest::addColumn<double>("noise");
    for (const int points : {27, 154, 600}) {
        for (const double noise : {0.003, 0.02, 0.1}) {
            for (const Shape shape : {Shape::PowerLaw, Shape::Logarithm, Shape::Flat})
                QTest::addRow("shape %d, %d points, noise %g", int(shape), points, noise)
                    << int(shape) << points << noise;
        }
    }
}

// The bar is 5 % of still-improving curves. Flat ones improve no more, so that stopping there costs
// nothing; that they stay below 20 % only shows that the monitor does not follow noise.
void TestConvergenceMonitor::falseAlarmsOfImprovingCurves() {
    QFETCH(int, shape);
    QFETCH(int, points);
    QFETCH(double, noise);
    const int runs = 400;
    int alarms = 0;
    for (int seed = 1; seed <= runs; ++seed)
        alarms += fed(simulated(Shape(shape), points, noise, std::uint64_t(seed))).event() ? 1 : 0;
    qInfo("%d of %d", alarms, runs);
    QVERIFY(alarms < (Shape(shape) == Shape::Flat ? runs / 5 : runs / 20));
}

void TestConvergenceMonitor::falseAlarmsOfSlopes_data() {
    QTest::addColumn<double>("slope");
    QTest::addColumn<int>("points");
    QTest::addColumn<double>("noise");
    for (const double slope : {0.02, 0.05, 0.2}) {
        for (const int points : {27, 154, 600}) {
            for (const double noise : {0.05, 0.1})
                QTest::addRow("slope -%g, %d points, noise %g", slope, points, noise)
                    << slope << points << noise;
        }
    }
}

// Noise that hides the improvement over many points, and many points to be wrong at.
void TestConvergenceMonitor::falseAlarmsOfSlopes() {
    QFETCH(double, slope);
    QFETCH(int, points);
    QFETCH(double, noise);
    for (const int patience : {3, 5, 20}) {
        int alarms = 0;
        for (std::uint64_t seed = 1; seed <= 500; ++seed)
            alarms +=
                fed(simulated(Shape::Logarithm, points, noise, seed, slope), {.patience = patience})
                        .event()
                    ? 1
                    : 0;
        qInfo("patience %d: %d of 500", patience, alarms);
        QVERIFY(alarms < 25);
    }
}

// A monitor that never speaks would pass the tests above.
void TestConvergenceMonitor::risesAreFound() {
    for (const int points : {27, 154, 600}) {
        int found = 0;
        for (std::uint64_t seed = 1; seed <= 100; ++seed) {
            const auto monitor = fed(simulated(Shape::Rise, points, 0.01, seed));
            if (!monitor.event()) continue;
            const double place = monitor.event()->step / (1000.0 * points);
            found += place > 0.35 && place < 0.65 ? 1 : 0;
        }
        qInfo("%d points: %d of 100", points, found);
        QVERIFY(found >= 95);
    }
}

// Over every prefix of every stream: once there, the event stays, at the same or a later step,
// was noticed within the prefix, and equals what a fresh monitor says of that prefix.
void TestConvergenceMonitor::eventNeverMovesBackwards() {
    int events = 0;
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        Random random(seed);
        const auto shape = static_cast<Shape>(random.below(4));
        Stream stream = simulated(shape, 40 + int(random.below(160)),
                                  0.003 + 0.05 * random.uniform(), seed + 1000);
        // A second descent, as after a restart of the learning rate.
        if (random.below(2) == 0) {
            for (std::size_t i = stream.losses.size() * 3 / 4; i < stream.losses.size(); ++i)
                stream.losses[i] -= 0.5;
        }
        MonitorSettings settings;
        settings.patience = 2 + int(random.below(7));
        ConvergenceMonitor monitor = *ConvergenceMonitor::make(settings);
        std::optional<MonitorEvent> before;
        Stream prefix;
        for (std::size_t i = 0; i < stream.steps.size(); ++i) {
            monitor.add(stream.steps[i], stream.losses[i]);
            prefix.steps.push_back(stream.steps[i]);
            prefix.losses.push_back(stream.losses[i]);
            const auto now = monitor.event();
            if (before) {
                QVERIFY(now.has_value());
                QVERIFY(now->step >= before->step);
                QVERIFY(now->noticedAt >= before->noticedAt);
                if (now->step == before->step) QCOMPARE(now->noticedAt, before->noticedAt);
            }
            if (now) QVERIFY(now->step < now->noticedAt && now->noticedAt <= stream.steps[i]);
            if (i % 16 == 0) {
                const auto fresh = fed(prefix, settings);
                QCOMPARE(fresh.event().has_value(), now.has_value());
                if (now) QCOMPARE(fresh.event()->step, now->step);
                QCOMPARE(fresh.verdict().state, monitor.verdict().state);
            }
            before = now;
        }
        events += before ? 1 : 0;
    }
    qInfo("%d of 150 streams have an event", events);
    QVERIFY(events >= 20);
}

void TestConvergenceMonitor::laterConvergenceReplacesAnEarlierOne() {
    Stream stream;
    for (int i = 1; i <= 120; ++i) {
        const int inPeriod = (i - 1) % 60;
        stream.steps.push_back(i);
        stream.losses.push_back((i <= 60 ? 3.0 : 2.0) +
                                (inPeriod < 30 ? -0.02 * inPeriod : -0.6 + 0.02 * (inPeriod - 30)));
    }
    ConvergenceMonitor monitor = *ConvergenceMonitor::make({});
    for (std::size_t i = 0; i < 60; ++i) monitor.add(stream.steps[i], stream.losses[i]);
    QVERIFY(monitor.event() && monitor.event()->step == 31.0);
    for (std::size_t i = 60; i < 75; ++i) monitor.add(stream.steps[i], stream.losses[i]);
    QCOMPARE(monitor.verdict().state, MonitorState::Learning);
    QVERIFY(monitor.event() && monitor.event()->step == 31.0);
    for (std::size_t i = 75; i < 120; ++i) monitor.add(stream.steps[i], stream.losses[i]);
    QVERIFY(monitor.event() && monitor.event()->step == 91.0);
}

void TestConvergenceMonitor::minSteps() {
    const Stream stream = simulated(Shape::Rise, 100, 0.002, 3);
    QVERIFY(fed(stream).event()->noticedAt < 80000);
    QCOMPARE(fed(stream, {.minSteps = 80000}).event()->noticedAt, 80000.0);
    QVERIFY(!fed(stream, {.minSteps = 1e9}).event());
}

void TestConvergenceMonitor::notFiniteDiverges() {
    for (const double bad : {std::nan(""), HUGE_VAL}) {
        ConvergenceMonitor monitor = *ConvergenceMonitor::make({});
        QVERIFY(monitor.add(1, bad));
        QCOMPARE(monitor.verdict().state, MonitorState::Diverging);
        QVERIFY(!monitor.event());
        QVERIFY(!monitor.add(1, 3.0));
        QVERIFY(monitor.add(2, 3.0));
        QCOMPARE(monitor.verdict().state, MonitorState::Learning);
        QCOMPARE(monitor.verdict().points, std::size_t(1));
    }
}

void TestConvergenceMonitor::repeatedStepsAreLeftOut() {
    ConvergenceMonitor monitor = *ConvergenceMonitor::make({});
    QVERIFY(monitor.add(0, 5.0));
    QVERIFY(monitor.add(10, 4.0));
    QVERIFY(!monitor.add(10, 1.0));
    QVERIFY(!monitor.add(5, 1.0));
    QVERIFY(!monitor.add(-1, 1.0));
    QVERIFY(!monitor.add(std::nan(""), 1.0));
    QCOMPARE(monitor.verdict().points, std::size_t(2));
    QCOMPARE(monitor.verdict().step, 10.0);
}

// The bottoms of science.md section 2; with patience 3, because a curve has 16 late points only.
// Testing at every point needs more evidence than testing once: pythia-160m, which the derivative
// rule finds with all points at hand, has too few for that. The other curves raise no alarm.
void TestConvergenceMonitor::publishedCurves_data() {
    QTest::addColumn<double>("bottom");
    QTest::newRow("pythia-70m") << 53000.0;
    QTest::newRow("pythia-160m") << 0.0;
    QTest::newRow("pythia-70m-deduped") << 43000.0;
    QTest::newRow("pythia-160m-deduped") << 93000.0;
    for (const char* model :
         {"pythia-1.4b", "pythia-1.4b-1MtokBS", "pythia-1.4b-deduped", "pythia-12b",
          "pythia-12b-deduped", "pythia-160m-0.5MtokBS", "pythia-1b-bf16", "pythia-1b-deduped",
          "pythia-2.8b", "pythia-2.8b-deduped", "pythia-410m", "pythia-410m-0.5MtokBS",
          "pythia-410m-deduped", "pythia-6.9b", "pythia-6.9b-deduped"})
        QTest::newRow(model) << 0.0;
}

void TestConvergenceMonitor::publishedCurves() {
    GRIDSCOPE_NEED_SHARED();
    QFETCH(double, bottom);
    const auto table = readReferenceTable(
        systemFileOps(), test::sharedFolder() / "data/pythia_v1_zeroshot_lambada.csv");
    GRIDSCOPE_VERIFY_OK(table);
    const auto rows = table->where("model", QTest::currentDataTag());
    GRIDSCOPE_VERIFY_OK(rows);
    Stream stream{rows->numbers("step").value(), rows->numbers("lambada_openai_ppl").value()};
    for (double& loss : stream.losses) loss = std::log(loss);
    const auto monitor = fed(stream, {.patience = 3});
    qInfo("%s, event %g, noticed %g, noise %.4f, rise %.4f, confidence %.3f",
          std::string(monitorStateName(monitor.verdict().state)).c_str(),
          monitor.event() ? monitor.event()->step : 0.0,
          monitor.event() ? monitor.event()->noticedAt : 0.0, monitor.verdict().noise,
          monitor.verdict().rise, monitor.verdict().confidence);
    QCOMPARE(monitor.event() ? monitor.event()->step : 0.0, bottom);
}

void TestConvergenceMonitor::badSettings_data() {
    QTest::addColumn<QString>("field");
    for (const char* field :
         {"patience", "minSteps", "tolerance", "divergence", "plateauShare", "luckLimit"})
        QTest::newRow(field) << QString(field);
}

void TestConvergenceMonitor::badSettings() {
    QFETCH(QString, field);
    MonitorSettings settings;
    if (field == "patience") settings.patience = 1;
    if (field == "minSteps") settings.minSteps = -1.0;
    if (field == "tolerance") settings.tolerance = std::nan("");
    if (field == "divergence") settings.divergence = 0.001;
    if (field == "plateauShare") settings.plateauShare = 1.5;
    if (field == "luckLimit") settings.luckLimit = 0.0;
    const auto monitor = ConvergenceMonitor::make(settings);
    QVERIFY(!monitor);
    QCOMPARE(monitor.error().code, ErrorCode::SettingsRange);
    QCOMPARE(QString::fromStdString(monitor.error().where), field);
}

QTEST_GUILESS_MAIN(TestConvergenceMonitor)
#include "tst_convergence_monitor.moc"
