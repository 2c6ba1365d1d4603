// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include "core/analysis/boundary_overrides.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

DetectorResult found(std::initializer_list<std::pair<double, BoundaryKind>> boundaries) {
    DetectorResult result;
    result.name = "derivative";
    for (const auto& [step, kind] : boundaries)
        result.boundaries.push_back({step, step * 0.9, step * 1.1, kind, 1.0});
    return result;
}

const BoundaryOverride kConvergence{"derivative", "convergence", 77000, 80000};

}  // namespace

class BoundaryOverridesTest : public QObject {
    Q_OBJECT

private slots:
    void movesTheBoundaryOfItsKind();
    void followsTheDetector();
    void survivesADetectorThatFindsNothing();
    void theNearestPairGoesFirst();
    void leavesNoEmptyPhase();
    void anotherMoveReplacesTheFirst();
    void roomKeepsACheckpointInEveryPhase();
    void roundTrip();
    void badTexts_data();
    void badTexts();
};

void BoundaryOverridesTest::movesTheBoundaryOfItsKind() {
    const auto placed = placeBoundaries(
        found({{10000, BoundaryKind::LearningEnd}, {77000, BoundaryKind::Convergence}}),
        {kConvergence, {"changepoints", "convergence", 10000, 5}});
    QCOMPARE(placed.size(), std::size_t{2});
    QCOMPARE(placed[0].step, 10000.0);
    QVERIFY(!placed[0].moved);
    QCOMPARE(placed[1].step, 80000.0);
    QVERIFY(placed[1].moved.has_value());
    QCOMPARE(placed[1].detected->step, 77000.0);
    QCOMPARE(placed[1].detected->low, 77000 * 0.9);
}

void BoundaryOverridesTest::followsTheDetector() {
    // New checkpoints: the detector now says 74,000, the user's 80,000 stays.
    const auto placed =
        placeBoundaries(found({{74000, BoundaryKind::Convergence}}), {kConvergence});
    QCOMPARE(placed.size(), std::size_t{1});
    QCOMPARE(placed[0].step, 80000.0);
    QCOMPARE(placed[0].detected->step, 74000.0);
}

void BoundaryOverridesTest::survivesADetectorThatFindsNothing() {
    const auto placed = placeBoundaries(found({{9000, BoundaryKind::LearningEnd}}), {kConvergence});
    QCOMPARE(placed.size(), std::size_t{2});
    QCOMPARE(placed[1].step, 80000.0);
    QVERIFY(!placed[1].detected);
    QCOMPARE(placed[1].kind, std::string("convergence"));
}

void BoundaryOverridesTest::theNearestPairGoesFirst() {
    // Two bends; the override was made for one near 1,000, and the detector lists 900 second.
    const BoundaryOverride moved{"derivative", "gap-change", 1000, 1500};
    const auto placed = placeBoundaries(
        found({{100, BoundaryKind::GapChange}, {900, BoundaryKind::GapChange}}), {moved});
    QCOMPARE(placed.size(), std::size_t{2});
    QCOMPARE(placed[0].step, 100.0);
    QVERIFY(!placed[0].moved);
    QCOMPARE(placed[1].step, 1500.0);
    QCOMPARE(placed[1].detected->step, 900.0);
}

void BoundaryOverridesTest::leavesNoEmptyPhase() {
    const auto placed = placeBoundaries(
        found({{80000, BoundaryKind::LearningEnd}, {90000, BoundaryKind::Convergence}}),
        {{"derivative", "convergence", 90000, 80000}});
    QCOMPARE(placed.size(), std::size_t{1});
    QCOMPARE(placed[0].kind, std::string("convergence"));
}

void BoundaryOverridesTest::anotherMoveReplacesTheFirst() {
    BoundaryOverrides overrides = withOverride({}, kConvergence);
    BoundaryOverride again = kConvergence;
    again.step = 70000;
    overrides = withOverride(overrides, again);
    QCOMPARE(overrides.size(), std::size_t{1});
    QCOMPARE(overrides[0].step, 70000.0);
    again.kind = "learning-end";
    QCOMPARE(withOverride(overrides, again).size(), std::size_t{2});
}

void BoundaryOverridesTest::roomKeepsACheckpointInEveryPhase() {
    const std::vector<double> steps{0, 10, 20, 30, 40, 50, 30};
    // Phases [.., 20), [20, 40), [40, ..]: the first line keeps 0 before it and 30 behind it.
    const BoundaryRoom first = boundaryRoom({20, 40}, 0, steps);
    QCOMPARE(stepsWithin(first, steps), (std::vector<double>{10, 20, 30}));
    QVERIFY(first.holds(0.5));
    QVERIFY(!first.holds(0));
    QVERIFY(!first.holds(30.5));
    const BoundaryRoom second = boundaryRoom({20, 40}, 1, steps);
    QCOMPARE(stepsWithin(second, steps), (std::vector<double>{30, 40, 50}));
    // A line off the checkpoints: 20 is the first one behind 15.
    QCOMPARE(stepsWithin(boundaryRoom({15, 40}, 1, steps), steps),
             (std::vector<double>{30, 40, 50}));
    // One checkpoint cannot be shared by two phases.
    QVERIFY(stepsWithin(boundaryRoom({10}, 0, {10}), {10}).empty());
    QVERIFY(stepsWithin(boundaryRoom({10}, 0, {}), steps).empty());
}

void BoundaryOverridesTest::roundTrip() {
    const BoundaryOverrides overrides{kConvergence, {"changepoints", "gap-change", 0.5, 143000.25}};
    const auto read = parseBoundaryOverrides(boundaryOverridesToJson(overrides));
    GRIDSCOPE_VERIFY_OK(read);
    QCOMPARE(*read, overrides);
    QCOMPARE(boundaryOverridesToJson({}), std::string());
    for (const char* nothing : {"", "{}", R"({"version":1,"boundaries":[]})"}) {
        const auto none = parseBoundaryOverrides(nothing);
        GRIDSCOPE_VERIFY_OK(none);
        QVERIFY(none->empty());
    }
}

void BoundaryOverridesTest::badTexts_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const char* text, ErrorCode code) {
        QTest::newRow(name) << QByteArray(text) << static_cast<int>(code);
    };
    const ErrorCode damaged = ErrorCode::TrajectoryDamaged;
    row("no JSON", "{", damaged);
    row("array", "[]", damaged);
    row("newer", R"({"version":2,"boundaries":[]})", ErrorCode::TrajectoryNewer);
    row("version text", R"({"version":"1"})", damaged);
    row("boundaries object", R"({"boundaries":{}})", damaged);
    row("no kind", R"({"boundaries":[{"detector":"d","from":1,"step":2}]})", damaged);
    row("negative", R"({"boundaries":[{"detector":"d","kind":"k","from":1,"step":-2}]})", damaged);
    row("huge", R"({"boundaries":[{"detector":"d","kind":"k","from":1,"step":1e999}]})", damaged);
    row("null", R"({"boundaries":[{"detector":"d","kind":"k","from":null,"step":1}]})", damaged);
}

void BoundaryOverridesTest::badTexts() {
    QFETCH(QByteArray, text);
    QFETCH(int, code);
    const auto read = parseBoundaryOverrides(text.toStdString());
    QVERIFY(!read);
    QCOMPARE(static_cast<int>(read.error().code), code);
    QCOMPARE(read.error().where, std::string("overrides_json"));
}

QTEST_APPLESS_MAIN(BoundaryOverridesTest)
#include "tst_boundary_overrides.moc"
