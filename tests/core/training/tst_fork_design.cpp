// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include <functional>
#include <limits>
#include <set>

#include "core/training/fork_design.h"
#include "core/training/schedule_text.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

ScheduleSettings scheduleOf(const char* text, std::int64_t forkStep = 70'000) {
    ScheduleSettings base;
    base.lrMax = 6e-4;
    base.lrMin = 6e-5;
    base.warmupSteps = 1430;
    base.totalSteps = 143'000;
    base.forkStep = forkStep;
    const auto schedule = parseSchedule(text, base);
    if (!schedule) qFatal("%s", schedule.error().toText().c_str());
    return schedule->settings();
}

/// The paper's experiment.
ForkDesign paper() {
    ForkDesign design;
    design.forkStep = 70'000;
    design.steps = 30'000;
    design.conditions = {{"cosine", scheduleOf("cosine")},
                         {"sgdr", scheduleOf("sgdr:period=10000")},
                         {"oli", scheduleOf("oli:eta=1e-3")}};
    design.seeds = {1, 2, 3};
    design.length = 2048;
    return design;
}

Schedule oliOf(const ForkDesign& design) {
    auto schedules = checkForkDesign(design);
    if (!schedules) qFatal("%s", schedules.error().toText().c_str());
    return schedules->back();
}

QString codeOf(const Error& error) {
    return QString::fromStdString(std::string(errorCodeText(error.code)));
}

}  // namespace

using Change = std::function<void(ForkDesign&)>;
Q_DECLARE_METATYPE(Change)

class TestForkDesign : public QObject {
    Q_OBJECT

private slots:
    void paperDesign();
    void badDesigns_data();
    void badDesigns();
    void probesAtAnInterval();
    void probesShifted();
    void probesAtCoolEnds();
    void coolEndsBeforeTheUpdate();
    void coolEndsOfTwoConditions();
    void coolEndsAreThinnedFromTheEnd();
    void everyCoolEnd_data();
    void everyCoolEnd();
    void phases();
    void everyThirdProbeIsABump();
    void warnings();
    void rewarm();
    void kindsByTiming();
};

void TestForkDesign::paperDesign() {
    const ForkDesign design = paper();
    const auto schedules = checkForkDesign(design);
    GRIDSCOPE_VERIFY_OK(schedules);
    QCOMPARE(schedules->size(), std::size_t(3));
    QCOMPARE(design.lastStep(), std::int64_t(100'000));
    QCOMPARE(design.tokensPerRun(), std::int64_t(30'000) * 8192);
    const std::vector<ForkRunId> runs = forkRuns(design);
    QStringList names;
    for (const ForkRunId& run : runs) names << QString::fromStdString(forkRunName(design, run));
    QCOMPARE(names.join(' '),
             QString("cosine-seed1 sgdr-seed1 oli-seed1 cosine-seed2 sgdr-seed2 oli-seed2 "
                     "cosine-seed3 sgdr-seed3 oli-seed3"));
}

void TestForkDesign::badDesigns_data() {
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("where");
    const auto row = [](const char* name, const char* code, const char* where, Change change) {
        QTest::newRow(name) << std::move(change) << QString(code) << QString(where);
    };
    const char* const range = "settings.range";
    const char* const syntax = "settings.syntax";
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    row("no condition", range, "conditions", [](ForkDesign& d) { d.conditions.clear(); });
    row("same name", syntax, "conditions", [](ForkDesign& d) { d.conditions[2].name = "sgdr"; });
    row("no name", syntax, "conditions", [](ForkDesign& d) { d.conditions[0].name = ""; });
    row("a path", syntax, "conditions", [](ForkDesign& d) { d.conditions[0].name = "a/b"; });
    row("upwards", syntax, "conditions", [](ForkDesign& d) { d.conditions[0].name = ".."; });
    row("an option", syntax, "conditions", [](ForkDesign& d) { d.conditions[0].name = "-x"; });
    row("a line end", syntax, "conditions", [](ForkDesign& d) { d.conditions[0].name = "a\n"; });
    row("long", syntax, "conditions",
        [](ForkDesign& d) { d.conditions[0].name = std::string(65, 'a'); });
    row("no seed", range, "seeds", [](ForkDesign& d) { d.seeds.clear(); });
    row("same seed", syntax, "seeds", [](ForkDesign& d) { d.seeds = {1, 2, 1}; });
    row("no steps", range, "steps", [](ForkDesign& d) { d.steps = 0; });
    row("endless", range, "steps", [](ForkDesign& d) { d.steps = 1'000'000'000'000; });
    row("fork before 0", range, "fork-step", [](ForkDesign& d) { d.forkStep = -1; });
    row("every 0", range, "probe-every", [](ForkDesign& d) { d.probing.every = 0; });
    row("every lowest", range, "probe-every",
        [](ForkDesign& d) { d.probing.every = std::numeric_limits<std::int64_t>::min(); });
    row("offset of every", range, "probe-offset", [](ForkDesign& d) { d.probing.offset = 1000; });
    row("offset negative", range, "probe-offset", [](ForkDesign& d) { d.probing.offset = -1; });
    row("batch", range, "batch", [](ForkDesign& d) { d.batch = 0; });
    row("length", range, "length", [](ForkDesign& d) { d.length = 0; });
    row("accumulate", range, "accumulate", [](ForkDesign& d) { d.accumulate = 0; });
    row("too many tokens", range, "batch",
        [](ForkDesign& d) { d.batch = d.length = d.accumulate = std::int64_t{1} << 31; });
    row("first window", range, "first-window", [](ForkDesign& d) { d.firstWindow = -1; });
    row("too many windows", range, "data-order", [](ForkDesign& d) {
        d.dataOrder = DataOrder::File;
        d.batch = 1'000'000;
    });
    row("rewarm", range, "rewarm", [](ForkDesign& d) { d.rewarmSteps = 30'001; });
    row("decay", range, "weight-decay", [](ForkDesign& d) { d.weightDecay = kNaN; });
    row("clip", range, "clip", [](ForkDesign& d) { d.clip = 0.0; });
    row("no eta", range, "oli, eta",
        [](ForkDesign& d) { d.conditions[2].schedule.bumpLr.reset(); });
    row("bad schedule", range, "cosine, lr-max",
        [](ForkDesign& d) { d.conditions[0].schedule.lrMax = 0.0; });
    row("no cool phase", syntax, "probe-at", [](ForkDesign& d) {
        d.probing.placement = ProbePlacement::CoolEnd;
        d.conditions.pop_back();
    });
}

void TestForkDesign::badDesigns() {
    QFETCH(Change, change);
    QFETCH(QString, code);
    QFETCH(QString, where);
    ForkDesign design = paper();
    change(design);
    const auto checked = checkForkDesign(design);
    QVERIFY(!checked);
    QCOMPARE(codeOf(checked.error()), code);
    QCOMPARE(QString::fromStdString(checked.error().where), where);
    QVERIFY(!checked.error().what.empty());
}

void TestForkDesign::probesAtAnInterval() {
    ForkDesign design = paper();
    std::vector<std::int64_t> expected(31);
    for (std::size_t i = 0; i < expected.size(); ++i)
        expected[i] = 70'000 + 1000 * static_cast<std::int64_t>(i);
    QCOMPARE(forkProbeSteps(design), expected);
    design.steps = 2500;
    QCOMPARE(forkProbeSteps(design), (std::vector<std::int64_t>{70'000, 71'000, 72'000, 72'500}));
    design.probing.every = std::numeric_limits<std::int64_t>::max();
    QCOMPARE(forkProbeSteps(design), (std::vector<std::int64_t>{70'000, 72'500}));
}

void TestForkDesign::probesShifted() {
    ForkDesign design = paper();
    design.steps = 3000;
    design.probing.offset = 374;
    QCOMPARE(forkProbeSteps(design),
             (std::vector<std::int64_t>{70'000, 70'374, 71'374, 72'374, 73'000}));
}

void TestForkDesign::probesAtCoolEnds() {
    ForkDesign design = paper();
    design.probing = {ProbePlacement::CoolEnd, 375, 0, ProbeTiming::AfterUpdate};
    const Schedule oli = oliOf(design);
    const std::vector<std::int64_t> steps = forkProbeSteps(design);
    QCOMPARE(steps.size(), std::size_t(82));  // 80 periods, the fork and the end
    QCOMPARE(steps.front(), std::int64_t(70'000));
    QCOMPARE(steps.back(), std::int64_t(100'000));
    for (std::size_t k = 1; k <= 80; ++k) {
        QCOMPARE(steps[k], 70'000 + static_cast<std::int64_t>(k) * 375 - 1);
        QCOMPARE(oli.kind(steps[k]), ScheduleKind::Cool);
        QCOMPARE(oli.kind(steps[k] + 1), ScheduleKind::Bump);
    }
}

void TestForkDesign::coolEndsBeforeTheUpdate() {
    ForkDesign design = paper();
    design.probing = {ProbePlacement::CoolEnd, 1, 0, ProbeTiming::BeforeUpdate};
    const Schedule oli = oliOf(design);
    const std::vector<std::int64_t> steps = forkProbeSteps(design);
    QCOMPARE(steps.size(), std::size_t(82));
    for (std::size_t k = 1; k <= 80; ++k) {
        QCOMPARE(steps[k], 70'000 + static_cast<std::int64_t>(k) * 375 - 2);
        QCOMPARE(probeKind(oli, ProbeTiming::BeforeUpdate, steps[k]), ScheduleKind::Cool);
        QCOMPARE(probeKind(oli, ProbeTiming::BeforeUpdate, steps[k] + 1), ScheduleKind::Bump);
    }
}

void TestForkDesign::coolEndsOfTwoConditions() {
    ForkDesign design = paper();
    design.steps = 24;
    design.probing = {ProbePlacement::CoolEnd, 1, 0, ProbeTiming::AfterUpdate};
    design.conditions = {{"a", scheduleOf("oli:eta=1,bump=2,cool=6")},
                         {"b", scheduleOf("oli:eta=1,bump=3,cool=9,first=cool")}};
    // a ends its cool phases at 7, 15, 23 after the fork, b at 8 and 20.
    QCOMPARE(forkProbeSteps(design),
             (std::vector<std::int64_t>{70'000, 70'007, 70'008, 70'015, 70'020, 70'023, 70'024}));
    design.probing.every = 4;
    QCOMPARE(forkProbeSteps(design),
             (std::vector<std::int64_t>{70'000, 70'008, 70'015, 70'023, 70'024}));
}

void TestForkDesign::coolEndsAreThinnedFromTheEnd() {
    ForkDesign design = paper();
    design.probing = {ProbePlacement::CoolEnd, 1000, 0, ProbeTiming::AfterUpdate};
    const std::vector<std::int64_t> steps = forkProbeSteps(design);
    // Three periods of 375 are the fewest that reach 1,000 steps; 99,999 is the last cool step.
    QCOMPARE(steps.size(), std::size_t(29));
    QCOMPARE(steps[27], std::int64_t(99'999));
    for (std::size_t i = 2; i <= 27; ++i) QCOMPARE(steps[i] - steps[i - 1], std::int64_t(1125));
}

// Counted step by step from Schedule::kind, whatever the order and the start.
void TestForkDesign::everyCoolEnd_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("fork");
    QTest::newRow("bump first") << "oli:eta=1,bump=5,cool=11" << 2000;
    QTest::newRow("cool first") << "oli:eta=1,bump=5,cool=11,first=cool" << 2000;
    QTest::newRow("counted from before") << "oli:eta=1,bump=5,cool=11,fork=1993" << 2000;
    QTest::newRow("counted from later") << "oli:eta=1,bump=5,cool=11,fork=2100" << 2000;
    QTest::newRow("within the warm-up") << "oli:eta=1,bump=5,cool=11" << 1400;
    QTest::newRow("single steps") << "oli:eta=1,bump=1,cool=1" << 2000;
}

void TestForkDesign::everyCoolEnd() {
    QFETCH(QString, text);
    QFETCH(int, fork);
    ForkDesign design = paper();
    design.forkStep = fork;
    design.steps = 200;
    design.conditions = {{"oli", scheduleOf(text.toUtf8().constData(), fork)}};
    for (const ProbeTiming timing : {ProbeTiming::AfterUpdate, ProbeTiming::BeforeUpdate}) {
        design.probing = {ProbePlacement::CoolEnd, 1, 0, timing};
        const Schedule oli = oliOf(design);
        std::set<std::int64_t> expected{design.forkStep, design.lastStep()};
        for (std::int64_t step = design.forkStep + 1; step <= design.lastStep(); ++step) {
            if (probeKind(oli, timing, step) == ScheduleKind::Cool &&
                probeKind(oli, timing, step + 1) == ScheduleKind::Bump)
                expected.insert(step);
        }
        QCOMPARE(forkProbeSteps(design),
                 std::vector<std::int64_t>(expected.begin(), expected.end()));
        QVERIFY(expected.size() > 5);
    }
}

void TestForkDesign::phases() {
    // science.md, section 4
    QCOMPARE(probePhases(375, 1000, 0), (std::vector<std::int64_t>{0, 125, 250}));
    QCOMPARE(probePhases(375, 1000, 374), (std::vector<std::int64_t>{124, 249, 374}));
    QCOMPARE(probePhases(375, 375, 374), (std::vector<std::int64_t>{374}));
    QCOMPARE(probePhases(375, 7, 3).size(), std::size_t(375));
    QCOMPARE(probePhases(1'000'000'000'000, 1, 0).size(), std::size_t(4096));
    QVERIFY(probePhases(375, 0, 0).empty());
    std::set<std::int64_t> met;  // by hand
    for (std::int64_t k = 0; k < 1000; ++k) met.insert((17 + k * 36) % 60);
    QCOMPARE(probePhases(60, 36, 17), std::vector<std::int64_t>(met.begin(), met.end()));
}

void TestForkDesign::everyThirdProbeIsABump() {
    const ForkDesign design = paper();
    const Schedule oli = oliOf(design);
    const std::vector<std::int64_t> steps = forkProbeSteps(design);
    for (std::size_t i = 1; i < steps.size(); ++i)
        QCOMPARE(probeKind(oli, ProbeTiming::AfterUpdate, steps[i]),
                 i % 3 == 0 ? ScheduleKind::Bump : ScheduleKind::Cool);
}

void TestForkDesign::warnings() {
    ForkDesign design = paper();
    QCOMPARE(QString::fromStdString(aliasingWarning(design)),
             QString("oli: probing every 1,000 steps meets 3 of the 375 positions in its period "
                     "(0, 125, 250); 10 of 30 probes are taken in a bump, the last one too."));
    // At the ends of cool phases only the last step of the run is left in a bump.
    design.probing = {ProbePlacement::CoolEnd, 375, 0, ProbeTiming::AfterUpdate};
    QCOMPARE(QString::fromStdString(aliasingWarning(design)),
             QString("oli: 1 of 81 probes are taken in a bump, the last one too."));
    design.steps = 29'999;
    QVERIFY(aliasingWarning(design).empty());
    design.conditions.pop_back();
    design.probing = {};
    QVERIFY(aliasingWarning(design).empty());
}

void TestForkDesign::rewarm() {
    ForkDesign design = paper();
    const auto schedules = checkForkDesign(design);
    GRIDSCOPE_VERIFY_OK(schedules);
    const Schedule& cosine = schedules->front();
    QCOMPARE(forkLearningRate(cosine, design, 70'001), cosine.learningRate(70'001));
    design.rewarmSteps = 100;
    QCOMPARE(forkLearningRate(cosine, design, 70'001), 0.01 * cosine.learningRate(70'001));
    QCOMPARE(forkLearningRate(cosine, design, 70'050), 0.5 * cosine.learningRate(70'050));
    QCOMPARE(forkLearningRate(cosine, design, 70'100), cosine.learningRate(70'100));
    QCOMPARE(forkLearningRate(cosine, design, 90'000), cosine.learningRate(90'000));
}

void TestForkDesign::kindsByTiming() {
    const Schedule oli = oliOf(paper());
    QCOMPARE(probeKind(oli, ProbeTiming::AfterUpdate, 70'074), ScheduleKind::Bump);
    QCOMPARE(probeKind(oli, ProbeTiming::BeforeUpdate, 70'074), ScheduleKind::Cool);
    QCOMPARE(probeKind(oli, ProbeTiming::AfterUpdate, 70'374), ScheduleKind::Cool);
    QCOMPARE(probeKind(oli, ProbeTiming::BeforeUpdate, 70'374), ScheduleKind::Bump);
    QCOMPARE(probeKind(oli, ProbeTiming::AfterUpdate, 69'999), ScheduleKind::Decay);
}

QTEST_GUILESS_MAIN(TestForkDesign)
#include "tst_fork_design.moc"
