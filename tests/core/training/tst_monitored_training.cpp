// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

#include "core/training/held_out.h"
#include "core/training/monitored_training.h"
#include "tests/core/training/trainer_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

/// A run of 60 updates in a folder of its own, watched by the monitor.
class Run {
public:
    explicit Run(const QString& folder) : m_root(folder.toStdString()) {
        std::filesystem::create_directories(m_root);
    }

    /// @param stopAt training step at which the run is interrupted, -1 = never
    Expected<TrainingResult> go(RunStart start, std::int64_t stopAt = -1) {
        TrainingSettings settings = test::tinySettings(60);
        settings.saveSteps = {10, 20, 30, 40, 50, 60};
        settings.stateFile = m_root / "state.bin";
        settings.start = start;
        GRIDSCOPE_TRY_ASSIGN(windows, holdOut(settings.tokens, 12, std::string("all")));
        TrainingMonitor monitor(systemFileOps(), MonitorAction::KeepBest, m_root / "best",
                                *ConvergenceMonitor::make());
        CheckpointFolder folder(systemFileOps(), m_root, settings.model, {});
        std::stop_source stop;
        CallbackProgress progress([&](const Progress& state) {
            if (stopAt >= 0 && state.done >= static_cast<std::uint64_t>(stopAt))
                stop.request_stop();
        });
        return trainMonitored(
            systemFileOps(), std::move(settings), test::warmRate, folder, windows, monitor,
            [&](const std::string& text) { told << QString::fromStdString(text); }, progress,
            stop.get_token());
    }
    QStringList kept() const {
        return QDir(QString::fromStdString((m_root / "best").string()))
            .entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    }
    QStringList told;

private:
    std::filesystem::path m_root;
};

}  // namespace

class TestMonitoredTraining : public QObject {
    Q_OBJECT
private slots:
    void resumedSeesWhatAnUndisturbedRunSees();

private:
    QTemporaryDir m_folder;
};

// The monitor of a resumed run looks at the checkpoints that are there, and at those to come.
void TestMonitoredTraining::resumedSeesWhatAnUndisturbedRunSees() {
    Run whole(m_folder.filePath(QStringLiteral("whole")));
    GRIDSCOPE_VERIFY_OK(whole.go(RunStart::Fresh));
    QCOMPARE(whole.told.size(), 6);

    Run broken(m_folder.filePath(QStringLiteral("broken")));
    QCOMPARE(broken.go(RunStart::Fresh, 25).error().code, ErrorCode::RunCancelled);
    QVERIFY(broken.told.size() < 6);
    broken.told.clear();
    GRIDSCOPE_VERIFY_OK(broken.go(RunStart::Resume));
    QCOMPARE(broken.told, whole.told);
    QCOMPARE(broken.kept(), whole.kept());
    QCOMPARE(whole.kept().size(), 1);
}

QTEST_GUILESS_MAIN(TestMonitoredTraining)
#include "tst_monitored_training.moc"
