// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTemporaryDir>
#include <QtTest>
#include <ctime>
#include <limits>

#include "core/trajectory/recover_trajectory.h"
#include "core/trajectory/trajectory_store.h"
#include "tests/core/trajectory/synthetic_trajectory.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using test::firstDifference;
using test::syntheticPlan;
using test::syntheticRow;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Folder {
public:
    std::filesystem::path file(const char* name = "run.h5") const {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    QStringList entries() const {
        return QDir(m_folder.path()).entryList(QDir::Files | QDir::Hidden, QDir::Name);
    }

private:
    QTemporaryDir m_folder;
};

FileOps& ops() { return systemFileOps(); }

std::shared_ptr<const Trajectory> readBack(const std::filesystem::path& file) {
    auto loaded = readTrajectory(ops(), file);
    return loaded ? loaded->trajectory : nullptr;
}

}  // namespace

class TrajectoryStoreTest : public QObject {
    Q_OBJECT

private slots:
    void everyFieldComesBack() {
        const Folder folder;
        const Trajectory plan = syntheticPlan();
        const auto plain = syntheticRow(plan, 7);
        auto odd = syntheticRow(plan, 8);
        odd->stage = 2;
        odd->step = -1;
        odd->tokensSeen = kNan;
        odd->duplicateOf = "step7";
        odd->status = RowStatus::Failed;
        odd->error = "model.safetensors: \xE2\x82\xAC \"quoted\"\n";
        odd->fp32.ppl = kInfinity;  // W05: of a mean loss of 1000
        odd->fp32.ce = {1000.0, -kInfinity, kNan};
        odd->fp32.windowNll[1] = std::numeric_limits<float>::quiet_NaN();
        odd->grids["a4g128:minmax"].gapPercent = {-0.31, -0.0, 5e-324};  // W07
        odd->grids["a4g128:minmax"].layers[1].sqnrDb = kInfinity;
        odd->grids["s8channel:absmax"].status = RowStatus::Weights;
        odd->grids["s8channel:absmax"].windowNll.clear();
        auto bare = std::make_shared<ProbeRecord>();
        bare->label = "step9";
        bare->step = 9;

        auto store = TrajectoryStore::open(ops(), folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_DO_OK((*store)->commit({odd, bare, plain}));
        const auto back = readBack(folder.file());
        QVERIFY(back);
        QCOMPARE(back->rows.size(), std::size_t{3});
        QCOMPARE(firstDifference(*back->rows[0], *plain), std::string());
        QCOMPARE(firstDifference(*back->rows[1], *bare), std::string());
        QCOMPARE(firstDifference(*back->rows[2], *odd), std::string());
        QVERIFY(back->rows[1]->grids.empty() && back->rows[1]->layers.empty());

        QCOMPARE(back->title, plan.title);
        QCOMPARE(back->planJson, plan.planJson);
        QCOMPARE(back->planHash, plan.planHash);
        QCOMPARE(back->environmentJson, plan.environmentJson);
        QVERIFY(back->evalIds == plan.evalIds);
        QCOMPARE(back->windows, plan.windows);
        QCOMPARE(back->windowLength, plan.windowLength);
        QCOMPARE(back->evalSha256, plan.evalSha256);
        QCOMPARE(back->evalSource, plan.evalSource);
        QCOMPARE(back->tokenizerSha256, plan.tokenizerSha256);
        QCOMPARE(back->textBytes, plan.textBytes);
        QVERIFY(back->layers == plan.layers);
        QVERIFY(back->gridIds == plan.gridIds);
        QCOMPARE(back->phasesJson, plan.phasesJson);
        QCOMPARE(back->notes, plan.notes);
        QVERIFY(back->producer.starts_with("gridscope "));
        QCOMPARE(back->created.size(), std::size_t{20});
    }

    void emptyPlanCanBeStored() {
        // An imported trajectory has neither tokens nor matrices.
        const Folder folder;
        Trajectory plan;
        plan.planHash = "import";
        plan.gridIds = {"mixed"};
        auto row = std::make_shared<ProbeRecord>();
        row->label = "step1";
        row->step = 1;
        row->grids["mixed"].gapPercent.value = 3.5;
        auto store = TrajectoryStore::open(ops(), folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_DO_OK((*store)->setAnalysis("{}", "{}", "no rows yet"));
        QVERIFY(readBack(folder.file())->rows.empty());
        GRIDSCOPE_DO_OK((*store)->commit({row}));
        QCOMPARE(readBack(folder.file())->rows[0]->grids.at("mixed").gapPercent.value, 3.5);
    }

    void rowsAreSortedAndReplaced() {
        const Folder folder;
        const Trajectory plan = syntheticPlan();
        auto store = TrajectoryStore::open(ops(), folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        auto planned = std::make_shared<ProbeRecord>();
        planned->label = "step3";
        planned->step = 3;
        GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 20), planned}));
        GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 3), syntheticRow(plan, 10)}));
        auto other = syntheticRow(plan, 10);
        other->contentSha256 = std::string(64, 'c');
        GRIDSCOPE_DO_OK((*store)->commit({other}));
        std::vector<std::string> labels;
        for (const auto& row : (*store)->snapshot()->rows) labels.push_back(row->label);
        QVERIFY((labels == std::vector<std::string>{"step3", "step10", "step10", "step20"}));
        QCOMPARE((*store)->snapshot()->rows[0]->status, RowStatus::Complete);

        GRIDSCOPE_DO_OK((*store)->replaceLabel("step10", other));
        const auto back = readBack(folder.file());
        QCOMPARE(back->rows.size(), std::size_t{3});
        QCOMPARE(firstDifference(*back->rows[1], *other), std::string());
    }

    void histogramsOfTheFirstEightGridsOnly() {
        const Folder folder;
        test::SyntheticSize size;
        size.gridIds.clear();
        for (int g = 0; g < 9; ++g)
            size.gridIds.push_back("a4g" + std::to_string(32 + g) + ":minmax");
        const Trajectory plan = syntheticPlan(size);
        auto store = TrajectoryStore::open(ops(), folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        const auto row = syntheticRow(plan, 1);
        GRIDSCOPE_DO_OK((*store)->commit({row}));
        const auto back = readBack(folder.file())->rows[0];
        const auto& eighth = back->grids.at(plan.gridIds[7]).layers[0];
        const auto& ninth = back->grids.at(plan.gridIds[8]).layers[0];
        const auto& original = row->grids.at(plan.gridIds[8]).layers[0];
        QVERIFY(eighth.residualHistogram ==
                row->grids.at(plan.gridIds[7]).layers[0].residualHistogram);
        QVERIFY(ninth.codeHistogram.empty());
        QVERIFY(ninth.residualHistogram == decltype(ninth.residualHistogram){});
        QCOMPARE(ninth.edgeMass, original.edgeMass);
    }

    void reopeningContinuesAndJoinsGrids() {
        const Folder folder;
        Trajectory plan = syntheticPlan();
        const auto old = syntheticRow(plan, 1);
        {
            auto store = TrajectoryStore::open(ops(), folder.file(), plan);
            GRIDSCOPE_VERIFY_OK(store);
            GRIDSCOPE_DO_OK((*store)->commit({old}));
        }
        QCOMPARE(folder.entries(), QStringList{"run.h5"});  // the lock is gone
        plan.gridIds = {"a3g64:minmax", "a4g128:minmax"};
        plan.planJson = R"({"grids":["a3g64:minmax","a4g128:minmax"],"scope":"blocks"})";
        auto store = TrajectoryStore::open(ops(), folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        const auto now = (*store)->snapshot();
        QVERIFY((now->gridIds ==
                 std::vector<std::string>{"a4g128:minmax", "s8channel:absmax", "a3g64:minmax"}));
        QCOMPARE(now->planJson,
                 std::string(R"({"grids":["a4g128:minmax","s8channel:absmax","a3g64:minmax"],)"
                             R"("scope":"blocks"})"));
        QCOMPARE(firstDifference(*now->rows[0], *old), std::string());
        auto extended = std::make_shared<ProbeRecord>(*old);
        extended->grids["a3g64:minmax"].ppl = 12.5;
        GRIDSCOPE_DO_OK((*store)->commit({extended}));
        const auto back = readBack(folder.file());
        QCOMPARE(back->rows.size(), std::size_t{1});
        QCOMPARE(firstDifference(*back->rows[0], *extended), std::string());
        QCOMPARE(folder.entries(), (QStringList{"run.h5", "run.h5.bak", "run.h5.lock"}));
        QCOMPARE(firstDifference(*readBack(folder.file("run.h5.bak"))->rows[0], *old),
                 std::string());
    }

    void anotherPlanIsRefused_data() {
        QTest::addColumn<QString>("change");
        for (const char* change : {"plan hash", "tokens", "layers"})
            QTest::newRow(change) << change;
    }
    void anotherPlanIsRefused() {
        QFETCH(QString, change);
        const Folder folder;
        Trajectory plan = syntheticPlan();
        {
            auto store = TrajectoryStore::open(ops(), folder.file(), plan);
            GRIDSCOPE_VERIFY_OK(store);
            GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 1)}));
        }
        if (change == "plan hash") plan.planHash = "plan-2";
        if (change == "tokens") plan.evalIds[3] += 1;
        if (change == "layers") plan.layers.pop_back();
        const auto store = TrajectoryStore::open(ops(), folder.file(), plan);
        QVERIFY(!store);
        QCOMPARE(store.error().code, ErrorCode::TrajectoryPlanMismatch);
        QCOMPARE(store.error().where, folder.file().string());
        QCOMPARE(folder.entries(), QStringList{"run.h5"});
    }

    void impossibleTargets_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("F06 no such folder") << "absent/run.h5";
        QTest::newRow("F06 is a folder") << ".";
        QTest::newRow("F06 name too long") << QString(250, 'x');
    }
    void impossibleTargets() {
        QFETCH(QString, name);
        const Folder folder;
        const auto store =
            TrajectoryStore::open(ops(), folder.file(name.toUtf8().constData()), syntheticPlan());
        QVERIFY(!store);
        QCOMPARE(store.error().code, ErrorCode::OutputNotWritable);
        QVERIFY(folder.entries().isEmpty());
    }

    void rowsThatDoNotFitAreRefused_data() {
        QTest::addColumn<QString>("fault");
        for (const char* fault : {"layers", "windows", "grid", "label", "nul", "codes", "step"})
            QTest::newRow(fault) << fault;
    }
    void rowsThatDoNotFitAreRefused() {
        QFETCH(QString, fault);
        const Folder folder;
        const Trajectory plan = syntheticPlan();
        auto store = TrajectoryStore::open(ops(), folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        auto row = syntheticRow(plan, 1);
        if (fault == "layers") row->layers.pop_back();
        if (fault == "windows") row->fp32.windowNll.push_back(1);
        if (fault == "grid") row->grids["a2g32:minmax"] = {};
        if (fault == "label") row->label.clear();
        if (fault == "nul") row->error = std::string("a\0b", 3);
        if (fault == "codes") row->grids["a4g128:minmax"].layers[0].codeHistogram.resize(9);
        if (fault == "step") row->step = -2;
        const auto outcome = (*store)->commit({row});
        QVERIFY(!outcome);
        QCOMPARE(outcome.error().code, ErrorCode::Internal);
        // The caller's mistake does not spoil the store.
        GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 2)}));
        QCOMPARE(readBack(folder.file())->rows.size(), std::size_t{1});
    }

    void recoverOfAGoodFileCopiesIt() {
        const Folder folder;
        const Trajectory plan = syntheticPlan();
        {
            auto store = TrajectoryStore::open(ops(), folder.file(), plan);
            GRIDSCOPE_VERIFY_OK(store);
            GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 1), syntheticRow(plan, 2)}));
        }
        const auto report = recoverTrajectory(ops(), folder.file(), folder.file("new.h5"));
        GRIDSCOPE_VERIFY_OK(report);
        QCOMPARE(report->rowsKept, std::size_t{2});
        QCOMPARE(report->rowsLost, std::size_t{0});
        QCOMPARE(readBack(folder.file("new.h5"))->rows.size(), std::size_t{2});
        const auto again = recoverTrajectory(ops(), folder.file(), folder.file("new.h5"));
        QVERIFY(!again);
        QCOMPARE(again.error().code, ErrorCode::OutputExists);
    }

    void fullRunCommitsInTime() {
        // 154 checkpoints x 48 matrices x 3 grids: a commit follows every stage of every
        // checkpoint, so it must stay small beside the probe.
        const Folder folder;
        test::SyntheticSize size;
        size.layers = 48;
        size.windows = 128;
        size.windowLength = 512;
        size.gridIds = {"a4g128:minmax", "s8channel:absmax", "s4g128:gptq"};
        const Trajectory plan = syntheticPlan(size);
        std::vector<std::shared_ptr<const ProbeRecord>> rows;
        for (int step = 0; step < 154; ++step) rows.push_back(syntheticRow(plan, step));
        auto store = TrajectoryStore::open(ops(), folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        // Processor time: other programs on the machine do not count.
        const auto seconds = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
        const double begin = seconds();
        GRIDSCOPE_DO_OK((*store)->commit(rows));
        const double committed = seconds();
        QVERIFY(readBack(folder.file()));
        const double read = seconds();
        const auto bytes = std::filesystem::file_size(folder.file());
        qInfo("154 rows: commit %.3f s, deep read %.3f s, %.1f MB", committed - begin,
              read - committed, static_cast<double>(bytes) / 1e6);
        QVERIFY2(committed - begin < 10.0, "a commit takes far longer than the 1 s it should");
        QVERIFY(bytes < 64u << 20);
    }
};

QTEST_GUILESS_MAIN(TrajectoryStoreTest)
#include "tst_trajectory_store.moc"
