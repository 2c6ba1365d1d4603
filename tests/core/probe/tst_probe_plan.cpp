// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <set>

#include "core/probe/probe_plan.h"

using namespace gridscope;

namespace {

CheckpointEntry checkpoint(const char* label, std::int64_t layers) {
    ModelConfig config;
    config.modelType = "gpt_neox";
    config.vocabularyRows = 32;
    config.hidden = 16;
    config.layers = layers;
    config.heads = config.keyValueHeads = 2;
    config.headDimension = 8;
    config.intermediate = 64;
    config.maxPositions = 64;
    config.rope.rotaryDimensions = 2;
    CheckpointEntry entry;
    entry.label = parseCheckpointLabel(label);
    entry.config = config;
    return entry;
}

EvalWindows windows() {
    EvalWindows result;
    result.count = 2;
    result.length = 4;
    result.ids = {0, 1, 2, 3, 4, 5, 6, 31};
    result.sha256 = "tokens";
    return result;
}

ProbeSettings settings(const std::vector<const char*>& grids) {
    ProbeSettings result;
    for (const char* grid : grids) result.grids.push_back(*parseGrid(grid));
    return result;
}

/// The order in which a sweep over `count` checkpoints with straight curves goes.
std::vector<std::size_t> sweepOrder(std::size_t count) {
    std::vector<SweepState> states(count);
    std::vector<std::size_t> order;
    for (std::size_t next = nextCoarseToFine(states); next < count;
         next = nextCoarseToFine(states)) {
        order.push_back(next);
        states[next] = {true, static_cast<double>(next), static_cast<double>(next)};
    }
    return order;
}

}  // namespace

class TestProbePlan : public QObject {
    Q_OBJECT

private slots:
    void coarseToFine() {
        // First, last, middle, then the halves: five points of nine show the shape.
        const std::vector<std::size_t> order = sweepOrder(9);
        QCOMPARE(order.size(), std::size_t{9});
        QCOMPARE(order[0], std::size_t{0});
        QCOMPARE(order[1], std::size_t{8});
        QCOMPARE(order[2], std::size_t{4});
        QCOMPARE((std::set<std::size_t>{order[3], order[4]}), (std::set<std::size_t>{2, 6}));
        QCOMPARE(std::set<std::size_t>(order.begin(), order.end()).size(), std::size_t{9});
    }

    void bendingStretchComesFirst() {
        // Measured are 0, 4 and 8; all of the change lies in 4..8, then in 0..4.
        std::vector<SweepState> states(9);
        states[0] = {true, 1.0, 0.0};
        states[4] = {true, 1.0, 0.0};
        states[8] = {true, 2.0, 3.0};
        QCOMPARE(nextCoarseToFine(states), std::size_t{6});
        states[4] = {true, 2.0, 3.0};
        QCOMPARE(nextCoarseToFine(states), std::size_t{2});
    }

    void nothingLeft() {
        QCOMPARE(nextCoarseToFine({}), std::size_t{0});
        QCOMPARE(nextCoarseToFine({{true, 1.0, 1.0}}), std::size_t{1});
    }

    void otherModelIsMarked() {
        CheckpointCatalog catalog;
        catalog.entries = {checkpoint("step0", 2), checkpoint("step10", 3),
                           checkpoint("step20", 2)};
        auto plan = makePlan(catalog, {0, 1, 2}, windows(), settings({"int4"}));
        QVERIFY(plan);
        QVERIFY(plan->checkpoints[0].usable());
        QCOMPARE(plan->checkpoints[1].problems.front().code, ErrorCode::SuiteMixedModels);
        QVERIFY(plan->checkpoints[2].usable());
        // 4 matrices in each of the 2 blocks of the first model.
        QCOMPARE(plan->scope.size(), std::size_t{8});
    }

    void hashCoversWhatARowDependsOn() {
        CheckpointCatalog catalog;
        catalog.entries = {checkpoint("step0", 2)};
        const auto hash = [&](ProbeSettings chosen, EvalWindows tokens) {
            return makePlan(catalog, {0}, std::move(tokens), std::move(chosen))->planHash;
        };
        const std::string base = hash(settings({"int4"}), windows());
        ProbeSettings steps = settings({"int4", "int8"});
        steps.order = ProbeOrder::Steps;
        QCOMPARE(hash(steps, windows()), base);
        ProbeSettings wider = settings({"int4"});
        wider.scope = "blocks+head";
        QVERIFY(hash(wider, windows()) != base);
        EvalWindows other = windows();
        other.sha256 = "others";
        QVERIFY(hash(settings({"int4"}), other) != base);
    }

    void refusedSettings_data() {
        QTest::addColumn<QStringList>("grids");
        QTest::addColumn<QString>("scope");
        QTest::addColumn<ErrorCode>("code");
        const QString blocks = QStringLiteral("blocks"), int4 = QStringLiteral("int4");
        QTest::newRow("no grid") << QStringList{} << blocks << ErrorCode::SettingsRange;
        QTest::newRow("a grid twice") << QStringList{int4, QStringLiteral("a4g128:minmax")}
                                      << blocks << ErrorCode::SettingsRange;
        QTest::newRow("unknown scope")
            << QStringList{int4} << QStringLiteral("everything") << ErrorCode::SettingsSyntax;
    }

    void refusedSettings() {
        QFETCH(QStringList, grids);
        QFETCH(QString, scope);
        QFETCH(ErrorCode, code);
        CheckpointCatalog catalog;
        catalog.entries = {checkpoint("step0", 2)};
        ProbeSettings chosen;
        for (const QString& grid : grids) chosen.grids.push_back(*parseGrid(grid.toStdString()));
        chosen.scope = scope.toStdString();
        auto plan = makePlan(catalog, {0}, windows(), chosen);
        QVERIFY(!plan);
        QCOMPARE(plan.error().code, code);
    }

    void idBeyondTheEmbeddingIsFoundBeforeTheRun() {
        CheckpointCatalog catalog;
        catalog.entries = {checkpoint("step0", 2)};
        EvalWindows bad = windows();
        bad.ids[5] = 32;
        auto plan = makePlan(catalog, {0}, bad, settings({"int4"}));
        QVERIFY(!plan);
        QCOMPARE(plan.error().code, ErrorCode::TokensIdRange);
    }
};

QTEST_GUILESS_MAIN(TestProbePlan)
#include "tst_probe_plan.moc"
