// SPDX-License-Identifier: GPL-3.0-or-later

// What remains when a call on a file fails: every call in turn, a full disk, a disk that lies.

#include <QTemporaryDir>
#include <QtTest>
#include <functional>

#include "core/trajectory/recover_trajectory.h"
#include "core/trajectory/trajectory_store.h"
#include "tests/core/trajectory/faulting_file_ops.h"
#include "tests/core/trajectory/synthetic_trajectory.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using test::FaultMode;
using test::syntheticPlan;
using test::syntheticRow;

namespace {

/// More calls than any of the operations makes.
constexpr long kMostCalls = 400;

std::size_t openDescriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

struct Folder {
    QTemporaryDir folder;
    std::filesystem::path file(const char* name = "run.h5") const {
        return std::filesystem::path(folder.path().toStdString()) / name;
    }
    QStringList entries() const {
        return QDir(folder.path()).entryList(QDir::Files | QDir::Hidden, QDir::Name);
    }
    /// Entries beside the trajectory, its backup and its lock.
    QStringList leftovers() const {
        QStringList found = entries();
        for (const char* name : {"run.h5", "run.h5.bak", "run.h5.lock"})
            found.removeAll(QString::fromLatin1(name));
        return found;
    }
};

/// Number of rows in a file that must be complete; -1 if it does not verify.
int rowsIn(const std::filesystem::path& file) {
    const auto loaded = readTrajectory(systemFileOps(), file);
    return loaded ? static_cast<int>(loaded->trajectory->rows.size()) : -1;
}

void addModes() {
    QTest::addColumn<int>("mode");
    QTest::addColumn<int>("errorNumber");
    QTest::newRow("once") << 0 << EIO;
    QTest::newRow("from then on") << 1 << ENOSPC;
}

Trajectory smallPlan() {
    test::SyntheticSize size;
    size.layers = 2;
    size.gridIds = {"a4g128:minmax"};
    return syntheticPlan(size);
}

/// The same row, told apart by its time.
std::shared_ptr<const ProbeRecord> versionOf(const Trajectory& plan, long version) {
    auto row = syntheticRow(plan, 1);
    row->seconds = static_cast<double>(version);
    return row;
}

/// The version in a file that must be complete; -1 if it does not verify.
double versionIn(const std::filesystem::path& file) {
    const auto loaded = readTrajectory(systemFileOps(), file);
    return loaded && loaded->trajectory->rows.size() == 1 ? loaded->trajectory->rows[0]->seconds
                                                          : -1.0;
}

}  // namespace

class TrajectoryFaultsTest : public QObject {
    Q_OBJECT

private slots:
    void everyCallOfACommit_data() { addModes(); }
    void everyCallOfACommit() {
        QFETCH(int, mode);
        QFETCH(int, errorNumber);
        const Trajectory plan = smallPlan();
        const std::size_t before = openDescriptors();
        const Folder folder;
        test::FaultingFileOps ops;
        auto store = TrajectoryStore::open(ops, folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_DO_OK((*store)->commit({versionOf(plan, 0)}));
        GRIDSCOPE_DO_OK((*store)->commit({versionOf(plan, 0)}));
        int failures = 0;
        for (long k = 1;; ++k) {
            QVERIFY2(k < kMostCalls, "the sweep does not end");
            ops.arm(k, static_cast<FaultMode>(mode), errorNumber);
            const auto outcome = (*store)->commit({versionOf(plan, k)});
            const bool hit = ops.wasHit();
            ops.arm(0, FaultMode::Once, 0);
            if (!outcome) ++failures;
            // The file is complete, old or new; new if that was acknowledged.
            const double version = versionIn(folder.file());
            QVERIFY2(version == static_cast<double>(k) ||
                         (!outcome && version == static_cast<double>(k - 1)),
                     qPrintable(QString("call %1: version %2").arg(k).arg(version)));
            QCOMPARE((*store)->snapshot()->rows[0]->seconds,
                     static_cast<double>(outcome ? k : k - 1));
            QVERIFY(versionIn(folder.file("run.h5.bak")) >= 0.0);
            // Nothing is left behind, unless removing it is what failed.
            if (mode == 0 && !outcome)
                QVERIFY2(folder.leftovers().isEmpty(), qPrintable(folder.leftovers().join(' ')));
            // The row that did not go out goes with the next commit.
            GRIDSCOPE_DO_OK((*store)->commit({}));
            QCOMPARE(versionIn(folder.file()), static_cast<double>(k));
            if (!hit) break;
        }
        QVERIFY2(failures > 10, qPrintable(QString::number(failures)));
        store->reset();
        GRIDSCOPE_DO_OK(TrajectoryStore::open(ops, folder.file(), plan));
        QCOMPARE(folder.entries(), (QStringList{"run.h5", "run.h5.bak"}));
        QCOMPARE(openDescriptors(), before);
    }

    void everyCallOfAnOpen_data() { addModes(); }
    void everyCallOfAnOpen() {
        QFETCH(int, mode);
        QFETCH(int, errorNumber);
        const Trajectory plan = smallPlan();
        const Folder folder;
        {
            auto store = TrajectoryStore::open(systemFileOps(), folder.file(), plan);
            GRIDSCOPE_VERIFY_OK(store);
            GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 1)}));
        }
        int failures = 0;
        for (long k = 1;; ++k) {
            QVERIFY2(k < kMostCalls, "the sweep does not end");
            test::FaultingFileOps ops;
            ops.arm(k, static_cast<FaultMode>(mode), errorNumber);
            {
                const auto store = TrajectoryStore::open(ops, folder.file(), plan);
                if (!store) ++failures;
                if (store) QCOMPARE((*store)->snapshot()->rows.size(), std::size_t{1});
            }
            const bool hit = ops.wasHit();
            QCOMPARE(rowsIn(folder.file()), 1);
            // A lock that could not be removed is this process's own and does not lock it out.
            GRIDSCOPE_DO_OK(TrajectoryStore::open(systemFileOps(), folder.file(), plan));
            QCOMPARE(folder.entries(), QStringList{"run.h5"});
            if (!hit) break;
        }
        QVERIFY(failures > 5);
    }

    void everyCallOfARecovery() {
        const Trajectory plan = smallPlan();
        const Folder folder;
        {
            auto store = TrajectoryStore::open(systemFileOps(), folder.file("old.h5"), plan);
            GRIDSCOPE_VERIFY_OK(store);
            GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 1), syntheticRow(plan, 2)}));
        }
        for (long k = 1;; ++k) {
            QVERIFY2(k < kMostCalls, "the sweep does not end");
            test::FaultingFileOps ops;
            ops.arm(k, FaultMode::Once, EIO);
            const auto report = recoverTrajectory(ops, folder.file("old.h5"), folder.file());
            const bool there = std::filesystem::exists(folder.file());
            if (report) QVERIFY(there);
            if (there) QCOMPARE(rowsIn(folder.file()), 2);
            QCOMPARE(rowsIn(folder.file("old.h5")), 2);
            for (const QString& name : folder.entries()) {
                if (name != u"old.h5") std::filesystem::remove(folder.file(qPrintable(name)));
            }
            if (!ops.wasHit()) break;
        }
    }

    void diskWithoutRoom() {
        const Trajectory plan = smallPlan();
        const Folder folder;
        test::FaultingFileOps ops;
        auto store = TrajectoryStore::open(ops, folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 1)}));
        ops.limitFreeBytes(1u << 20);
        const auto outcome = (*store)->commit({syntheticRow(plan, 2)});
        QVERIFY(!outcome);
        QCOMPARE(outcome.error().code, ErrorCode::FileDiskFull);
        QCOMPARE(rowsIn(folder.file()), 1);
        ops.limitFreeBytes(0);
        GRIDSCOPE_DO_OK((*store)->commit({}));  // Retry
        QCOMPARE(rowsIn(folder.file()), 2);
    }

    void diskThatLies() {
        const Trajectory plan = smallPlan();
        const Folder folder;
        test::FaultingFileOps ops;
        auto store = TrajectoryStore::open(ops, folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 1)}));
        ops.damageWrites(true);
        const auto damaged = (*store)->commit({syntheticRow(plan, 2)});
        QVERIFY(!damaged);
        QCOMPARE(damaged.error().code, ErrorCode::TrajectoryVerify);
        ops.damageWrites(false);
        // After a failed internal check nothing more is written; the last good file stays.
        const auto later = (*store)->commit({syntheticRow(plan, 3)});
        QVERIFY(!later);
        QCOMPARE(later.error().code, ErrorCode::TrajectoryVerify);
        QCOMPARE(rowsIn(folder.file()), 1);
        QVERIFY(folder.leftovers().isEmpty());
    }

    void fileSystemWithoutHardLinks() {
        const Trajectory plan = smallPlan();
        const Folder folder;
        test::FaultingFileOps ops;
        ops.forbidLinks();
        auto store = TrajectoryStore::open(ops, folder.file(), plan);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 1)}));
        GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 2)}));
        QCOMPARE(rowsIn(folder.file()), 2);
        QCOMPARE(rowsIn(folder.file("run.h5.bak")), 1);
        QVERIFY(folder.leftovers().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TrajectoryFaultsTest)
#include "tst_trajectory_faults.moc"
