// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <limits>

#include "core/analysis/phase_detection.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

PhaseInput tableOne() {
    return {{1000, 7000, 10000, 30000, 70000, 77000, 83000, 100000, 120000, 143000},
            {110.1, 42.8, 40.1, 35.7, 33.7, 33.4, 34.4, 34.0, 34.9, 35.3},
            {1.7, 5.9, 6.8, 9.1, 11.4, 12.7, 19.1, 47.0, 158.4, 517.1},
            {}};
}

}  // namespace

class TestPhaseDetection : public QObject {
    Q_OBJECT

private slots:
    void jsonHasTheContractsKeys();
    void jsonOfTooLittleData();
    void textNamesBoundaries();
    void resultsAreReproducible();
    void detectorLists_data();
    void detectorLists();
    void badInput_data();
    void badInput();
};

void TestPhaseDetection::jsonHasTheContractsKeys() {
    const auto report = analysePhases(tableOne());
    GRIDSCOPE_VERIFY_OK(report);
    QJsonParseError problem;
    const QJsonDocument document =
        QJsonDocument::fromJson(QByteArray::fromStdString(phasesToJson(*report)), &problem);
    QCOMPARE(problem.error, QJsonParseError::NoError);
    const QJsonArray detectors = document.object().value("detectors").toArray();
    QCOMPARE(detectors.size(), 3);
    QCOMPARE(detectors[2].toObject().value("name").toString(), QString("hmm"));
    const QJsonObject derivative = detectors[0].toObject();
    QCOMPARE(derivative.value("name").toString(), QString("derivative"));
    QCOMPARE(derivative.value("state").toString(), QString("converged"));
    QCOMPARE(derivative.value("converged_step").toInteger(-1), 77000);
    QVERIFY(derivative.value("flat_since").isNull());
    QVERIFY(!derivative.value("note").toString().isEmpty());
    const QJsonArray boundaries = derivative.value("boundaries").toArray();
    QCOMPARE(boundaries.size(), 2);
    QCOMPARE(boundaries[0].toObject().value("kind").toString(), QString("learning-end"));
    QCOMPARE(boundaries[0].toObject().value("step").toInteger(-1), 7000);
    QCOMPARE(boundaries[1].toObject().value("kind").toString(), QString("convergence"));
    QVERIFY(boundaries[1].toObject().value("low").toDouble() <= 77000);
    QVERIFY(boundaries[1].toObject().value("high").toDouble() >= 77000);
    const QJsonObject changes = detectors[1].toObject();
    QCOMPARE(changes.value("name").toString(), QString("changepoints"));
    QVERIFY(changes.value("converged_step").isNull());
    QVERIFY(!QString::fromStdString(phasesToJson(*report)).contains("77000.0"));
}

void TestPhaseDetection::jsonOfTooLittleData() {
    const auto report = analysePhases({}, {Detector::Derivative});
    GRIDSCOPE_VERIFY_OK(report);
    const QString json = QString::fromStdString(phasesToJson(*report));
    QVERIFY2(json.startsWith("{\"detectors\":[{\"name\":\"derivative\","
                             "\"state\":\"not-enough-data\",\"boundaries\":[],"
                             "\"converged_step\":null,\"flat_since\":null,"
                             "\"note\":\"Not enough data"),
             qPrintable(json));
}

void TestPhaseDetection::textNamesBoundaries() {
    const auto report = analysePhases(tableOne());
    GRIDSCOPE_VERIFY_OK(report);
    const QString text = QString::fromStdString(phasesToText(*report));
    QVERIFY(text.contains("derivative: converged\n"));
    QVERIFY(text.contains("convergence at step 77000 ("));
    QVERIFY(text.contains("changepoints: changed\n"));
    QVERIFY(text.contains(
        "\n  Lowest perplexity 33.40 at step 77000; 4 later points lie 3.7 % above "));
    QVERIFY(text.contains(" converge too.\nchangepoints"));
}

void TestPhaseDetection::resultsAreReproducible() {
    const auto a = analysePhases(tableOne());
    const auto b = analysePhases(tableOne());
    GRIDSCOPE_VERIFY_OK(a);
    GRIDSCOPE_VERIFY_OK(b);
    QCOMPARE(phasesToJson(*a), phasesToJson(*b));
}

void TestPhaseDetection::detectorLists_data() {
    QTest::addColumn<QString>("list");
    QTest::addColumn<int>("count");
    QTest::addColumn<QString>("code");
    QTest::newRow("all") << "" << 3 << "";
    QTest::newRow("one") << "changepoints" << 1 << "";
    QTest::newRow("two") << "changepoints,derivative" << 2 << "";
    QTest::newRow("hmm") << "derivative,hmm" << 2 << "";
    QTest::newRow("unknown") << "magic" << 0 << "settings.syntax";
    QTest::newRow("twice") << "derivative,derivative" << 0 << "settings.syntax";
    QTest::newRow("trailing comma") << "derivative," << 0 << "settings.syntax";
}

void TestPhaseDetection::detectorLists() {
    QFETCH(QString, list);
    QFETCH(int, count);
    QFETCH(QString, code);
    const auto detectors = parseDetectors(list.toStdString());
    QCOMPARE(detectors.hasValue(), code.isEmpty());
    if (detectors)
        QCOMPARE(static_cast<int>(detectors->size()), count);
    else
        QCOMPARE(QString::fromStdString(std::string(errorCodeText(detectors.error().code))), code);
}

void TestPhaseDetection::badInput_data() {
    QTest::addColumn<QString>("field");
    for (const char* field :
         {"ppl", "gapPercent", "ceStandardErrors", "derivative.minLaterPoints",
          "derivative.standardErrors", "derivative.noiseShare", "derivative.slopeLimit",
          "derivative.slopePoints", "changePoints.maxBreaks", "changePoints.minSegmentPoints",
          "changePoints.bicMargin", "hmm.maxStates", "hmm.starts", "kurtosis", "learningRate",
          "values", "minPoints", "resamples", "confidence"})
        QTest::newRow(field) << QString(field);
}

void TestPhaseDetection::badInput() {
    QFETCH(QString, field);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    PhaseInput input = tableOne();
    PhaseSettings settings;
    if (field == "ppl") input.ppl.pop_back();
    if (field == "gapPercent") input.gapPercent.pop_back();
    if (field == "ceStandardErrors") input.ceStandardErrors = {1.0};
    if (field == "derivative.minLaterPoints") settings.derivative.minLaterPoints = 0;
    if (field == "derivative.standardErrors") settings.derivative.standardErrors = nan;
    if (field == "derivative.noiseShare") settings.derivative.noiseShare = 1.01;
    if (field == "derivative.slopeLimit") settings.derivative.slopeLimit = 0.1;
    if (field == "derivative.slopePoints") settings.derivative.slopePoints = 2;
    if (field == "changePoints.maxBreaks") settings.changePoints.maxBreaks = 6;
    if (field == "changePoints.minSegmentPoints") settings.changePoints.minSegmentPoints = 2;
    if (field == "changePoints.bicMargin") settings.changePoints.bicMargin = -1.0;
    if (field == "hmm.maxStates") settings.hmm.maxStates = 7;
    if (field == "hmm.bicMargin") settings.hmm.bicMargin = nan;
    if (field == "hmm.starts") settings.hmm.starts = -1;
    if (field == "kurtosis") input.kurtosis = {1.0};
    if (field == "learningRate") input.learningRate = {1.0};
    if (field == "values") input.metric = "ppl";
    if (field == "minPoints") settings.minPoints = 7;
    if (field == "resamples") settings.resamples = -1;
    if (field == "confidence") settings.confidence = 1.0;
    const auto report = analysePhases(input, allDetectors(), settings);
    QVERIFY(!report);
    QCOMPARE(report.error().code, ErrorCode::SettingsRange);
    QCOMPARE(QString::fromStdString(report.error().where), field);
}

QTEST_GUILESS_MAIN(TestPhaseDetection)
#include "tst_phase_detection.moc"
