// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTemporaryDir>
#include <QtTest>
#include <numeric>

#include "core/probe/eval_input.h"
#include "core/probe/probe_runner.h"
#include "core/trajectory/trajectory_export.h"
#include "tests/core/model/model_fixture.h"
#include "tests/core/trajectory/faulting_file_ops.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

/// A probe of suite_a, short enough for many runs.
class Fixture {
public:
    explicit Fixture(const QString& file,
                     const std::filesystem::path& suite = test::sharedFolder() / "data" / "suite_a")
        : m_file(file.toStdString()) {
        NullProgress progress;
        auto catalog = scanFolder(systemFileOps(), suite, progress, {});
        EvalInput eval;
        eval.tokens = test::sharedFolder() / "data" / "suite_a" / "val_tokens.npy";
        eval.windows = "16";
        eval.length = 64;
        auto loaded = loadEvalWindows(systemFileOps(), eval, *catalog);
        ProbeSettings settings;
        settings.grids = defaultGrids();
        std::vector<std::size_t> all(catalog->entries.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        plan = *makePlan(*catalog, all, loaded->windows, settings);
    }

    Expected<ProbeOutcome> run(ProgressSink& progress, std::stop_token stop,
                               std::stop_token finishRow = {}) {
        auto store = TrajectoryStore::open(systemFileOps(), m_file, emptyTrajectory(plan));
        if (!store) return store.error();
        const ProbeInput input{systemFileOps(),
                               plan,
                               **store,
                               [&](const ProbeRecord&, ProbeStage) { ++rowsReported; },
                               [](const std::shared_ptr<const Trajectory>&) {},
                               finishRow};
        return runProbe(input, progress, stop);
    }

    /// Everything measured, without the time it took.
    std::string content() const {
        auto loaded = readTrajectory(systemFileOps(), m_file);
        Trajectory trajectory = *loaded->trajectory;
        for (auto& row : trajectory.rows) {
            auto timeless = std::make_shared<ProbeRecord>(*row);
            timeless->seconds = 0.0;
            row = timeless;
        }
        trajectory.created.clear();
        return trajectoryToJson(trajectory, LayerDetail::With);
    }

    ProbePlan plan;
    int rowsReported = 0;

private:
    std::filesystem::path m_file;
};

}  // namespace

class TestProbeRunner : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { GRIDSCOPE_NEED_SHARED(); }

    void resumedEqualsUndisturbed() {
        NullProgress silent;
        Fixture whole(m_folder.filePath(QStringLiteral("whole.h5")));
        auto outcome = whole.run(silent, {});
        GRIDSCOPE_VERIFY_OK(outcome);
        QCOMPARE(outcome->complete, std::size_t{8});
        QCOMPARE(whole.rowsReported, 16);

        // Stopped again and again, a little later each time, until it is through.
        Fixture interrupted(m_folder.filePath(QStringLiteral("interrupted.h5")));
        int interruptions = 0;
        for (int reports = 3;; reports += 2) {
            std::stop_source stop;
            int seen = 0;
            CallbackProgress progress([&](const Progress&) {
                if (++seen == reports) stop.request_stop();
            });
            auto attempt = interrupted.run(progress, stop.get_token());
            if (attempt) break;
            QCOMPARE(attempt.error().code, ErrorCode::RunCancelled);
            ++interruptions;
        }
        QVERIFY(interruptions >= 3);
        QCOMPARE(interrupted.content(), whole.content());
    }

    void threadsDoNotChangeTheWeightStatistics() {
        NullProgress silent;
        std::vector<std::string> contents;
        for (const int threads : {1, 2}) {
            Fixture fixture(m_folder.filePath(QStringLiteral("threads%1.h5").arg(threads)));
            fixture.plan.settings.threads = threads;
            fixture.plan.settings.stages = ProbeStages::WeightsOnly;
            GRIDSCOPE_VERIFY_OK(fixture.run(silent, {}));
            contents.push_back(fixture.content());
        }
        QCOMPARE(contents[0], contents[1]);
    }

    void newGridIsAddedToFinishedRows() {
        NullProgress silent;
        Fixture fixture(m_folder.filePath(QStringLiteral("grids.h5")));
        GRIDSCOPE_VERIFY_OK(fixture.run(silent, {}));
        Fixture more(m_folder.filePath(QStringLiteral("grids.h5")));
        more.plan.settings.grids.push_back(*parseGrid("int3"));
        more.plan.gridIds.push_back("a3g128:minmax");
        auto outcome = more.run(silent, {});
        GRIDSCOPE_VERIFY_OK(outcome);
        for (const auto& row : outcome->trajectory->rows) {
            QCOMPARE(row->grids.size(), std::size_t{3});
            QCOMPARE(row->status, RowStatus::Complete);
            QVERIFY(row->grids.at("a3g128:minmax").gapPercent.value !=
                    row->grids.at("a4g128:minmax").gapPercent.value);
        }
    }

    // M03: a late step that is worse than chance is marked, an early one is not.
    void implausiblePerplexityIsTold() {
        const std::filesystem::path suite =
            m_folder.filePath(QStringLiteral("wrong")).toStdString();
        const auto source = test::sharedFolder() / "data" / "suite_a";
        const QJsonObject config = test::readJson(source / "step4000" / "config.json");
        auto tensors = test::readTensors(source / "step4000");
        test::writeCheckpoint(suite / "step4000", config, tensors);
        // What the model holds likely becomes unlikely, as with rows of the head mixed up.
        for (float& value : test::tensorNamed(tensors, "embed_out.weight").values) value *= -4.0F;
        test::writeCheckpoint(suite / "step999", config, tensors);
        tensors[0].values[0] += 1.0F;  // not the same model as that of step 999
        test::writeCheckpoint(suite / "step1000", config, tensors);
        Fixture fixture(m_folder.filePath(QStringLiteral("wrong.h5")), suite);
        NullProgress silent;
        const auto outcome = fixture.run(silent, {});
        GRIDSCOPE_VERIFY_OK(outcome);
        QCOMPARE(outcome->complete, std::size_t{3});
        QStringList marked;
        for (const auto& row : outcome->trajectory->rows) {
            QCOMPARE(row->fp32.ppl > static_cast<double>(fixture.plan.model.vocabularyRows),
                     row->step != 4000);
            if (row->error.find("model.implausible") != std::string::npos)
                marked << QString::fromStdString(row->label);
        }
        QCOMPARE(marked, QStringList{QStringLiteral("step1000")});
    }

    void finishRowEndsAfterARow() {
        NullProgress silent;
        std::stop_source finish;
        finish.request_stop();
        Fixture fixture(m_folder.filePath(QStringLiteral("finish.h5")));
        auto outcome = fixture.run(silent, {}, finish.get_token());
        GRIDSCOPE_VERIFY_OK(outcome);
        QVERIFY(outcome->unfinished);
        QCOMPARE(outcome->complete, std::size_t{0});
    }

    // H01: the run waits for an answer, and with the answer nothing is measured again or lost.
    void aFullDiskAsks_data() {
        QTest::addColumn<StorageAnswer::Action>("action");
        QTest::newRow("retry") << StorageAnswer::Action::Retry;
        QTest::newRow("elsewhere") << StorageAnswer::Action::Elsewhere;
        QTest::newRow("stop") << StorageAnswer::Action::Stop;
    }

    void aFullDiskAsks() {
        QFETCH(StorageAnswer::Action, action);
        const QString name = QString::fromLatin1(QTest::currentDataTag());
        const std::filesystem::path file =
            m_folder.filePath(QStringLiteral("%1.h5").arg(name)).toStdString();
        const QString other = m_folder.filePath(QStringLiteral("other-%1.h5").arg(name));
        Fixture fixture(other);
        test::FaultingFileOps ops;
        auto store = TrajectoryStore::open(ops, file, emptyTrajectory(fixture.plan));
        GRIDSCOPE_VERIFY_OK(store);
        std::vector<ErrorCode> asked;
        std::size_t saved = 0;
        const auto onSnapshot = [&](const std::shared_ptr<const Trajectory>& snapshot) {
            saved = snapshot->rows.size();
            if (asked.empty()) ops.limitFreeBytes(1000);  // full after the first commit
        };
        std::size_t before = 0;
        const auto onStorageFailure = [&](const Error& error) -> StorageAnswer {
            asked.push_back(error.code);
            before = saved;
            ops.limitFreeBytes(0);  // room again
            return {action, other.toStdString()};
        };
        const ProbeInput input{
            systemFileOps(), fixture.plan, **store,         [](const ProbeRecord&, ProbeStage) {},
            onSnapshot,      {},           onStorageFailure};
        NullProgress silent;
        const auto outcome = runProbe(input, silent, {});
        QCOMPARE(asked, std::vector{ErrorCode::FileDiskFull});
        const auto kept = readTrajectory(systemFileOps(), file);
        GRIDSCOPE_VERIFY_OK(kept);
        if (action == StorageAnswer::Action::Stop) {
            QCOMPARE(outcome.error().code, ErrorCode::FileDiskFull);
            QVERIFY(kept->trajectory->rows.size() > before);  // the last try before the end
            return;
        }
        GRIDSCOPE_VERIFY_OK(outcome);
        QCOMPARE(outcome->complete, std::size_t{8});
        Fixture whole(m_folder.filePath(QStringLiteral("undisturbed-%1.h5").arg(name)));
        GRIDSCOPE_VERIFY_OK(whole.run(silent, {}));
        if (action == StorageAnswer::Action::Elsewhere) {
            QCOMPARE(fixture.content(), whole.content());
            QCOMPARE(kept->trajectory->rows.size(), before);  // as it was when the disk was full
            QVERIFY(!std::filesystem::exists(file.string() + ".lock"));
        } else {
            QCOMPARE(kept->trajectory->rows.size(), std::size_t{8});
        }
    }

private:
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestProbeRunner)
#include "tst_probe_runner.moc"
