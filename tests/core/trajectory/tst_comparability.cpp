// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include "core/trajectory/comparability.h"
#include "tests/core/trajectory/synthetic_trajectory.h"

using namespace gridscope;

class ComparabilityTest : public QObject {
    Q_OBJECT

private slots:
    void equalPlans();
    void tokens();
    void grids();
    void scopes();
};

namespace {
using Fields = std::vector<PlanField>;
}

void ComparabilityTest::equalPlans() {
    const Trajectory run = test::syntheticPlan();
    Trajectory other = run;
    other.title = "another model";
    other.planHash = "plan-2";
    other.layers.pop_back();
    QCOMPARE(planDifferences(run, other), Fields());
}

void ComparabilityTest::tokens() {
    const Trajectory run = test::syntheticPlan();
    Trajectory other = run;
    other.evalIds[3] += 1;
    QCOMPARE(planDifferences(run, other), Fields{PlanField::EvaluationTokens});
    other = run;  // the same tokens, cut otherwise
    other.windows = run.windows * 2;
    other.windowLength = run.windowLength / 2;
    QCOMPARE(planDifferences(run, other), Fields{PlanField::EvaluationTokens});
}

void ComparabilityTest::grids() {
    const Trajectory run = test::syntheticPlan();
    Trajectory other = run;
    other.gridIds = {"s8channel:absmax"};  // one in common is enough
    QCOMPARE(planDifferences(run, other), Fields());
    other.gridIds = {"a3g64:minmax"};
    QCOMPARE(planDifferences(run, other), Fields{PlanField::Grid});
    other.gridIds.clear();
    QCOMPARE(planDifferences(run, other), Fields{PlanField::Grid});
    QCOMPARE(planDifferences(other, other), Fields());
}

void ComparabilityTest::scopes() {
    const Trajectory run = test::syntheticPlan();
    Trajectory other = run;
    other.planJson = R"({"scope":"blocks,head"})";
    other.evalSha256 = "other";
    QCOMPARE(planDifferences(run, other), (Fields{PlanField::EvaluationTokens, PlanField::Scope}));
    other = run;
    for (const char* unknown : {"", "{}", "no json", R"({"scope":3})"}) {
        other.planJson = unknown;
        QCOMPARE(planDifferences(run, other), Fields());
    }
}

QTEST_APPLESS_MAIN(ComparabilityTest)
#include "tst_comparability.moc"
