// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "core/training/schedule.h"
#include "core/training/schedule_export.h"
#include "core/training/schedule_text.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

/// Pythia-160m.
ScheduleSettings pythia(ScheduleForm form = ScheduleForm::Neox2023) {
    ScheduleSettings settings;
    settings.form = form;
    settings.lrMax = 6e-4;
    settings.lrMin = 6e-5;
    settings.warmupSteps = 1430;
    settings.totalSteps = 143000;
    settings.forkStep = 70000;
    return settings;
}

Schedule condition(const char* text) {
    auto schedule = parseSchedule(text, pythia());
    if (!schedule) qFatal("%s", schedule.error().toText().c_str());
    return *schedule;
}

double percentOfMax(const Schedule& schedule, std::int64_t step) {
    return 100 * schedule.learningRate(step) / schedule.settings().lrMax;
}

}  // namespace

class TestSchedule : public QObject {
    Q_OBJECT

private slots:
    void publishedValues_data();
    void publishedValues();
    void neoxV10ReachesItsFloor();
    void sgdrRestartsExactlyAtTheMaximum();
    void sgdrPeriodsMayGrow();
    void oliAlternates();
    void oliOrderMayBeTurned();
    void oliProbesMeetEveryThirdBump();
    void straightForms();
    void edges();
    void kinds_data();
    void kinds();
    void conditionTextReadsBack_data();
    void conditionTextReadsBack();
    void badConditions_data();
    void badConditions();
    void badSettings_data();
    void badSettings();
    void jsonAndCsv();
    void pythonAgrees_data();
    void pythonAgrees();
};

// Check values of science.md, section 4, in percent of the maximum.
void TestSchedule::publishedValues_data() {
    QTest::addColumn<QString>("form");
    QTest::addColumn<int>("step");
    QTest::addColumn<double>("percent");
    QTest::addColumn<double>("tolerance");
    const std::vector<std::pair<int, double>> neox2023{
        {1000, 69.93},   {7000, 99.66},   {10000, 99.19}, {30000, 91.25},
        {70000, 57.21},  {77000, 50.23},  {82000, 45.31}, {83000, 44.33},
        {100000, 28.98}, {120000, 15.74}, {143000, 10.00}};
    for (const auto& [step, percent] : neox2023) {
        for (const char* form : {"neox-2023", "cosine"})
            QTest::addRow("%s %d", form, step) << QString(form) << step << percent << 0.005;
    }
    const std::vector<std::pair<int, double>> neoxV10{
        {70000, 53.2}, {82000, 40.1}, {100000, 22.0}, {115139, 10.0}, {143000, 10.0}};
    for (const auto& [step, percent] : neoxV10)
        QTest::addRow("neox-v1.0 %d", step) << QString("neox-v1.0") << step << percent << 0.05;
}

void TestSchedule::publishedValues() {
    QFETCH(QString, form);
    QFETCH(int, step);
    QFETCH(double, percent);
    QFETCH(double, tolerance);
    const double found = percentOfMax(condition(form.toUtf8().constData()), step);
    QVERIFY2(std::abs(found - percent) <= tolerance, qPrintable(QString::number(found, 'f', 6)));
}

void TestSchedule::neoxV10ReachesItsFloor() {
    const Schedule schedule = condition("neox-v1.0");
    QVERIFY(schedule.learningRate(115138) > 6e-5);
    for (const std::int64_t step : {115139, 120000, 143000, 200000})
        QCOMPARE(schedule.learningRate(step), 6e-5);
    // Without a floor the decay ends at k = T - 2 W, never at zero.
    ScheduleSettings settings = pythia(ScheduleForm::NeoxV10);
    settings.lrMin = 0;
    const auto free = Schedule::make(settings);
    GRIDSCOPE_VERIFY_OK(free);
    QVERIFY(free->learningRate(143000) > 0);
    QCOMPARE(free->learningRate(143000), free->learningRate(143000 - 1430));
}

void TestSchedule::sgdrRestartsExactlyAtTheMaximum() {
    const Schedule schedule = condition("sgdr:period=10000");
    for (const std::int64_t step : {70000, 80000, 90000, 100000})
        QCOMPARE(schedule.learningRate(step), 6e-4);
    QCOMPARE(schedule.learningRate(75000), 0.5 * (6e-4 + 6e-5));
    QVERIFY(schedule.learningRate(79999) < 6.001e-5);
    QCOMPARE(schedule.learningRate(72500), 6e-5 + 0.5 * 5.4e-4 * (1 + std::numbers::sqrt2 / 2));
    QCOMPARE(schedule.learningRate(69999), condition("cosine").learningRate(69999));
}

void TestSchedule::sgdrPeriodsMayGrow() {
    const Schedule schedule = condition("sgdr:period=1000,factor=2");
    for (const std::int64_t offset : {0, 1000, 3000, 7000, 15000})
        QCOMPARE(schedule.learningRate(70000 + offset), 6e-4);
    QCOMPARE(schedule.learningRate(72000), 0.5 * (6e-4 + 6e-5));  // middle of the second
    QCOMPARE(schedule.learningRate(75000), 0.5 * (6e-4 + 6e-5));  // middle of the third
}

void TestSchedule::oliAlternates() {
    const Schedule oli = condition("oli:eta=1e-3,bump=75,cool=300");
    const Schedule cosine = condition("cosine");
    int bumps = 0;
    for (std::int64_t step = 70000; step < 70000 + 10 * 375; ++step) {
        const bool bump = (step - 70000) % 375 < 75;
        QCOMPARE(oli.learningRate(step), bump ? 1e-3 : cosine.learningRate(step));
        QCOMPARE(oli.kind(step), bump ? ScheduleKind::Bump : ScheduleKind::Cool);
        bumps += bump ? 1 : 0;
    }
    QCOMPARE(bumps, 750);
    QCOMPARE(oli.learningRate(69999), cosine.learningRate(69999));
    QCOMPARE(oli.kind(69999), ScheduleKind::Decay);
}

void TestSchedule::oliOrderMayBeTurned() {
    const Schedule oli = condition("oli:eta=2e-3,bump=2,cool=3,first=cool");
    std::string pattern;
    for (std::int64_t step = 70000; step < 70010; ++step)
        pattern += oli.kind(step) == ScheduleKind::Bump ? 'b' : 'c';
    QCOMPARE(pattern, std::string("cccbbcccbb"));
}

// science.md, section 4: probes every 1,000 steps meet offsets 250, 125 and 0 only.
void TestSchedule::oliProbesMeetEveryThirdBump() {
    const Schedule oli = condition("oli:eta=1e-3");
    for (int probe = 1; probe <= 30; ++probe)
        QCOMPARE(oli.kind(70000 + 1000 * probe) == ScheduleKind::Bump, probe % 3 == 0);
}

void TestSchedule::straightForms() {
    const Schedule linear = condition("linear:warmup=1000,total=11000");
    QCOMPARE(linear.learningRate(1000), 6e-4);
    QCOMPARE(linear.learningRate(6000), 0.5 * (6e-4 + 6e-5));
    QCOMPARE(linear.learningRate(11000), 6e-5);
    QCOMPARE(linear.learningRate(12000), 6e-5);
    const Schedule wsd = condition("wsd:warmup=1000,total=11000,decay=2000");
    QCOMPARE(wsd.learningRate(500), 3e-4);
    QCOMPARE(wsd.learningRate(9000), 6e-4);
    QCOMPARE(wsd.learningRate(10000), 0.5 * (6e-4 + 6e-5));
    QCOMPARE(wsd.learningRate(11000), 6e-5);
    QCOMPARE(condition("wsd").learningRate(128700), 6e-4);  // a tenth of 143,000 decays
    QVERIFY(condition("wsd").learningRate(128701) < 6e-4);
    QCOMPARE(condition("constant").learningRate(143001), 6e-4);
}

void TestSchedule::edges() {
    for (const char* text : {"cosine", "neox-v1.0", "sgdr", "sgdr:factor=1000", "oli:eta=1", "wsd",
                             "constant", "linear"}) {
        const Schedule schedule = condition(text);
        QCOMPARE(schedule.learningRate(0), 0.0);
        QCOMPARE(schedule.learningRate(-5), 0.0);
        QCOMPARE(schedule.learningRate(143), 6e-5);
        QCOMPARE(schedule.learningRate(1430), 6e-4);
        QVERIFY(std::isfinite(schedule.learningRate(std::numeric_limits<std::int64_t>::max())));
    }
    const Schedule cold = condition("cosine:warmup=0,total=1");
    QCOMPARE(cold.learningRate(0), 6e-4);
    QCOMPARE(cold.learningRate(1), 6e-5);
}

void TestSchedule::kinds_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("step");
    QTest::addColumn<QString>("kind");
    QTest::newRow("warm-up") << "cosine" << 1430 << "warmup";
    QTest::newRow("decay") << "cosine" << 1431 << "decay";
    QTest::newRow("after the end") << "cosine" << 200000 << "decay";
    QTest::newRow("oli warm-up") << "oli:eta=1,fork=0" << 10 << "warmup";
    QTest::newRow("oli bump") << "oli:eta=1" << 70074 << "bump";
    QTest::newRow("oli cool") << "oli:eta=1" << 70075 << "cool";
    QTest::newRow("sgdr") << "sgdr" << 80000 << "decay";
    QTest::newRow("wsd stable") << "wsd" << 128700 << "stable";
    QTest::newRow("wsd decay") << "wsd" << 128701 << "decay";
    QTest::newRow("constant") << "constant" << 90000 << "stable";
}

void TestSchedule::kinds() {
    QFETCH(QString, text);
    QFETCH(int, step);
    QFETCH(QString, kind);
    const ScheduleKind found = condition(text.toUtf8().constData()).kind(step);
    QCOMPARE(QString::fromStdString(std::string(scheduleKindName(found))), kind);
}

void TestSchedule::conditionTextReadsBack_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("full");
    QTest::newRow("cosine") << "cosine"
                            << "neox-2023";
    QTest::newRow("v1.0") << "neox-v1.0"
                          << "neox-v1.0";
    QTest::newRow("sgdr") << "sgdr:period=500"
                          << "sgdr:period=500,factor=1";
    QTest::newRow("oli") << "oli:eta=1e-3"
                         << "oli:eta=0.001,bump=75,cool=300,first=bump";
    QTest::newRow("oli turned") << "oli:cool=7,first=cool,eta=0.25,bump=1"
                                << "oli:eta=0.25,bump=1,cool=7,first=cool";
    QTest::newRow("wsd") << "wsd"
                         << "wsd";
    QTest::newRow("wsd decay") << "wsd:decay=100"
                               << "wsd:decay=100";
}

void TestSchedule::conditionTextReadsBack() {
    QFETCH(QString, text);
    QFETCH(QString, full);
    const Schedule schedule = condition(text.toUtf8().constData());
    QCOMPARE(QString::fromStdString(conditionText(schedule.settings())), full);
    QVERIFY(condition(full.toUtf8().constData()).settings() == schedule.settings());
}

void TestSchedule::badConditions_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("code");
    QTest::newRow("empty") << ""
                           << "settings.syntax";
    QTest::newRow("unknown form") << "cosin"
                                  << "settings.syntax";
    QTest::newRow("nothing behind colon") << "sgdr:"
                                          << "settings.syntax";
    QTest::newRow("no value") << "sgdr:period"
                              << "settings.syntax";
    QTest::newRow("empty value") << "sgdr:period="
                                 << "settings.syntax";
    QTest::newRow("text value") << "sgdr:period=long"
                                << "settings.syntax";
    QTest::newRow("fraction") << "sgdr:period=1.5"
                              << "settings.syntax";
    QTest::newRow("trailing comma") << "sgdr:period=5,"
                                    << "settings.syntax";
    QTest::newRow("twice") << "sgdr:period=5,period=6"
                           << "settings.syntax";
    QTest::newRow("key of another form") << "sgdr:eta=1"
                                         << "settings.syntax";
    QTest::newRow("order word") << "oli:eta=1,first=hot"
                                << "settings.syntax";
    QTest::newRow("overflow") << "sgdr:period=99999999999999999999"
                              << "settings.syntax";
    QTest::newRow("eta missing") << "oli"
                                 << "settings.range";
    QTest::newRow("eta missing with others") << "oli:bump=75,cool=300"
                                             << "settings.range";
    QTest::newRow("eta zero") << "oli:eta=0"
                              << "settings.range";
    QTest::newRow("eta nan") << "oli:eta=nan"
                             << "settings.range";
    QTest::newRow("bump zero") << "oli:eta=1,bump=0"
                               << "settings.range";
    QTest::newRow("period zero") << "sgdr:period=0"
                                 << "settings.range";
    QTest::newRow("factor zero") << "sgdr:factor=0"
                                 << "settings.range";
    QTest::newRow("decay too long") << "wsd:decay=142000"
                                    << "settings.range";
}

void TestSchedule::badConditions() {
    QFETCH(QString, text);
    QFETCH(QString, code);
    const auto schedule = parseSchedule(text.toStdString(), pythia());
    QVERIFY(!schedule);
    QCOMPARE(QString::fromStdString(std::string(errorCodeText(schedule.error().code))), code);
    QVERIFY(QString::fromStdString(schedule.error().where).startsWith(text));
    QVERIFY(!schedule.error().what.empty());
}

void TestSchedule::badSettings_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("setting");
    QTest::newRow("lr-max 0") << "cosine:lr-max=0"
                              << "lr-max";
    QTest::newRow("lr-max inf") << "cosine:lr-max=inf"
                                << "lr-max";
    QTest::newRow("lr-min above lr-max") << "cosine:lr-min=1"
                                         << "lr-min";
    QTest::newRow("lr-min negative") << "cosine:lr-min=-1e-9"
                                     << "lr-min";
    QTest::newRow("total 0") << "cosine:total=0"
                             << "total";
    QTest::newRow("total 1e13") << "cosine:total=10000000000000"
                                << "total";
    QTest::newRow("warm-up of all") << "cosine:warmup=143000"
                                    << "warmup";
    QTest::newRow("warm-up negative") << "cosine:warmup=-1"
                                      << "warmup";
    QTest::newRow("fork negative") << "cosine:fork=-1"
                                   << "fork";
}

void TestSchedule::badSettings() {
    QFETCH(QString, text);
    QFETCH(QString, setting);
    const auto schedule = parseSchedule(text.toStdString(), pythia());
    QVERIFY(!schedule);
    QCOMPARE(schedule.error().code, ErrorCode::SettingsRange);
    QCOMPARE(QString::fromStdString(schedule.error().where), text + ", " + setting);
}

void TestSchedule::jsonAndCsv() {
    const Schedule oli = condition("oli:eta=0.25,warmup=100,lr-max=0.5,lr-min=0.5");
    const std::vector<std::int64_t> steps{50, 70000, 70075};
    QCOMPARE(QString::fromStdString(scheduleToJson(oli, steps)),
             QString("{\"points\":[{\"step\":50,\"lr\":0.25,\"kind\":\"warmup\"},"
                     "{\"step\":70000,\"lr\":0.25,\"kind\":\"bump\"},"
                     "{\"step\":70075,\"lr\":0.5,\"kind\":\"cool\"}]}"));
    QCOMPARE(QString::fromStdString(scheduleToJson(oli, {})), QString("{\"points\":[]}"));
    QCOMPARE(QString::fromStdString(scheduleToCsv(oli, steps)),
             QString("step,lr,kind\n50,0.25,warmup\n70000,0.25,bump\n70075,0.5,cool\n"));
}

void TestSchedule::pythonAgrees_data() {
    QTest::addColumn<QString>("text");
    for (const char* text :
         {"cosine", "neox-v1.0", "sgdr", "sgdr:period=1000,factor=2", "oli:eta=1e-3",
          "oli:eta=1e-3,first=cool", "oli:eta=1e-3,fork=0,warmup=0", "wsd", "wsd:decay=2000",
          "constant", "linear"})
        QTest::newRow(text) << QString(text);
}

// Every step from before the start to behind the end.
void TestSchedule::pythonAgrees() {
    QFETCH(QString, text);
    const QString python = QStandardPaths::findExecutable("python3");
    if (python.isEmpty()) QSKIP("SKIPPED: no python3 to run the exported module with");
    const Schedule schedule = condition(text.toUtf8().constData());
    const std::int64_t first = -2, end = schedule.settings().totalSteps + 1000;
    QString program = QString::fromStdString(scheduleToPython(schedule));
    program += QString(
                   "\nfor step in range(%1, %2):\n    print(repr(learning_rate(step)), "
                   "repr(lr_lambda(step - FORK_STEP - 1) * BASE_LR))\n")
                   .arg(first)
                   .arg(end);
    QProcess process;
    process.start(python, {"-c", program});
    QVERIFY(process.waitForFinished(120'000));
    QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
    const QList<QByteArray> lines = process.readAllStandardOutput().trimmed().split('\n');
    QCOMPARE(lines.size(), static_cast<qsizetype>(end - first));
    for (std::int64_t step = first; step < end; ++step) {
        const QList<QByteArray> values = lines[static_cast<qsizetype>(step - first)].split(' ');
        QCOMPARE(values.size(), 2);
        const double expected = schedule.learningRate(step);
        for (const QByteArray& value : values) {
            // QVERIFY2 would make its text for every one of 290,000 values.
            if (std::abs(value.toDouble() - expected) <= 1e-18 + 1e-14 * expected) continue;
            QFAIL(qPrintable(QString("step %1: %2, expected %3")
                                 .arg(step)
                                 .arg(QString::fromLatin1(value))
                                 .arg(expected, 0, 'g', 17)));
        }
    }
}

QTEST_GUILESS_MAIN(TestSchedule)
#include "tst_schedule.moc"
