// SPDX-License-Identifier: GPL-3.0-or-later

// kill -9 at any moment and files that may not grow: what was acknowledged is there.

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "core/trajectory/trajectory_store.h"
#include "tests/core/trajectory/synthetic_trajectory.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using test::firstDifference;
using test::syntheticPlan;
using test::syntheticRow;

namespace {

constexpr int kRounds = 100;
constexpr int kFilesAfterRounds = 10;  ///< a fresh file now and then, so that small and large occur

/// What child and parent share.
struct Shared {
    std::atomic<std::int64_t> attempted{0};
    std::atomic<std::int64_t> acknowledged{0};
    std::atomic<bool> ready{false};
};

class SharedMemory {
public:
    SharedMemory()
        : m_shared(new (mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Shared) {}
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory() { munmap(m_shared, sizeof(Shared)); }
    Shared* operator->() { return m_shared; }
    Shared& operator*() { return *m_shared; }

private:
    Shared* m_shared;
};

Trajectory smallPlan() {
    test::SyntheticSize size;
    size.layers = 2;
    size.gridIds = {"a4g128:minmax"};
    return syntheticPlan(size);
}

/// How long a commit takes here and now.
int commitMicroseconds(const QString& folder) {
    const Trajectory plan = smallPlan();
    const auto file = std::filesystem::path(folder.toStdString()) / "timing.h5";
    auto store = TrajectoryStore::open(systemFileOps(), file, plan);
    const auto begin = std::chrono::steady_clock::now();
    constexpr int kCommits = 5;
    for (int i = 0; store && i < kCommits; ++i) {
        if (!(*store)->commit({syntheticRow(plan, i)})) return 0;
    }
    const auto spent = std::chrono::steady_clock::now() - begin;
    return static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(spent).count() /
                            kCommits);
}

/// Commits rows first, first + 1, ... without pause until killed.
[[noreturn]] void writeForever(const std::filesystem::path& file, std::int64_t first,
                               Shared& shared) {
    const Trajectory plan = smallPlan();
    auto store = TrajectoryStore::open(systemFileOps(), file, plan);
    if (!store) {
        std::fputs((store.error().toText() + "\n").c_str(), stderr);
        _exit(2);
    }
    shared.ready = true;
    for (std::int64_t step = first;; ++step) {
        shared.attempted = step;
        if (!(*store)->commit({syntheticRow(plan, step)})) _exit(3);
        shared.acknowledged = step;
    }
}

/// Empty if `file` holds each of the steps 1..acknowledged as written and nothing never attempted.
std::string judge(const std::filesystem::path& file, std::int64_t acknowledged,
                  std::int64_t attempted) {
    const auto loaded = readTrajectory(systemFileOps(), file);
    if (!loaded)
        return acknowledged == 0 && loaded.error().code == ErrorCode::FileMissing
                   ? std::string()
                   : loaded.error().toText();
    std::set<std::int64_t> steps;
    for (const auto& row : loaded->trajectory->rows) {
        steps.insert(row->step);
        if (row->step > attempted) return "never attempted: " + row->label;
        const std::string difference =
            firstDifference(*row, *syntheticRow(*loaded->trajectory, row->step));
        if (!difference.empty()) return row->label + ": " + difference;
    }
    for (std::int64_t step = 1; step <= acknowledged; ++step) {
        if (steps.count(step) == 0) return "lost: step " + std::to_string(step);
    }
    return {};
}

}  // namespace

class TrajectoryCrashTest : public QObject {
    Q_OBJECT

private slots:
    void killAtAnyMoment() {
        const QTemporaryDir folder;
        SharedMemory shared;
        std::mt19937 random(20240607);
        // 3 to 43 ms, or up to three commits where the machine is slow or busy.
        const int longest = std::max(43'000, 3 * commitMicroseconds(folder.path()));
        std::uniform_int_distribution<int> microseconds(3'000, longest);
        std::filesystem::path file;
        int acknowledgedInAll = 0, killedInMidWrite = 0;
        for (int round = 0; round < kRounds; ++round) {
            if (round % kFilesAfterRounds == 0) {
                file = std::filesystem::path(folder.path().toStdString()) /
                       ("run" + std::to_string(round) + ".h5");
                shared->attempted = 0;
                shared->acknowledged = 0;
            }
            shared->ready = false;
            const std::int64_t before = shared->acknowledged;
            const pid_t child = fork();
            if (child == 0) writeForever(file, before + 1, *shared);
            QVERIFY(child > 0);
            while (!shared->ready && waitpid(child, nullptr, WNOHANG) == 0)
                std::this_thread::yield();
            QVERIFY2(shared->ready, "the writer could not open the file");
            std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
            kill(child, SIGKILL);
            int status = 0;
            waitpid(child, &status, 0);
            QVERIFY2(WIFSIGNALED(status), "the writer ended by itself");
            const std::string verdict = judge(file, shared->acknowledged, shared->attempted);
            QVERIFY2(verdict.empty(),
                     qPrintable(
                         QString("round %1: %2").arg(round).arg(QString::fromStdString(verdict))));
            acknowledgedInAll += static_cast<int>(shared->acknowledged - before);
            killedInMidWrite += shared->attempted > shared->acknowledged ? 1 : 0;
            // A row that reached the file without being acknowledged is replaced by the same row.
        }
        qInfo("%d rounds, kills after 3 to %d ms: %d rows acknowledged, %d attempts cut off",
              kRounds, longest / 1000, acknowledgedInAll, killedInMidWrite);
        QVERIFY2(acknowledgedInAll > 10, "the kills came before anything was written");
        QVERIFY2(killedInMidWrite > 10, "the kills never met a write");
    }

    void filesThatMayNotGrow() {
        const Trajectory plan = smallPlan();
        const QTemporaryDir folder;
        const auto base = std::filesystem::path(folder.path().toStdString());
        rlimit saved{};
        QCOMPARE(getrlimit(RLIMIT_FSIZE, &saved), 0);
        signal(SIGXFSZ, SIG_IGN);
        const auto reset = qScopeGuard([&] { setrlimit(RLIMIT_FSIZE, &saved); });
        int refused = 0, written = 0;
        std::uintmax_t fullSize = 64u << 10;
        for (rlim_t limit = 4096; limit < 2 * fullSize; limit += fullSize / 12) {
            const auto file = base / ("run" + std::to_string(limit) + ".h5");
            auto store = TrajectoryStore::open(systemFileOps(), file, plan);
            GRIDSCOPE_VERIFY_OK(store);
            GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 1)}));
            fullSize = std::filesystem::file_size(file);
            rlimit tight = saved;
            tight.rlim_cur = limit;
            QCOMPARE(setrlimit(RLIMIT_FSIZE, &tight), 0);
            std::int64_t acknowledged = 1;
            for (std::int64_t step = 2; step <= 6; ++step) {
                const auto outcome = (*store)->commit({syntheticRow(plan, step)});
                if (outcome) acknowledged = step;
                if (!outcome) QCOMPARE(outcome.error().code, ErrorCode::FileDiskFull);
                if (!outcome) break;
            }
            QCOMPARE(setrlimit(RLIMIT_FSIZE, &saved), 0);
            (acknowledged == 6 ? written : refused) += 1;
            const std::string verdict = judge(file, acknowledged, acknowledged);
            QVERIFY2(verdict.empty(), verdict.c_str());
            GRIDSCOPE_DO_OK((*store)->commit({}));  // what was kept in memory goes out now
            QVERIFY(judge(file, acknowledged, 6).empty());
        }
        QVERIFY2(refused > 3 && written > 3,
                 qPrintable(QString("%1 refused, %2 written").arg(refused).arg(written)));
    }
};

QTEST_GUILESS_MAIN(TrajectoryCrashTest)
#include "tst_trajectory_crash.moc"
