// SPDX-License-Identifier: GPL-3.0-or-later

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

#include "core/trajectory/trajectory_store.h"
#include "tests/core/trajectory/synthetic_trajectory.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using test::syntheticPlan;
using test::syntheticRow;

namespace {

std::string contentOf(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void put(const std::filesystem::path& file, const std::string& content) {
    std::ofstream(file) << content;
}

/// A process that holds the store of `file` until it is killed.
class Holder {
public:
    explicit Holder(const std::filesystem::path& file) {
        int ready[2] = {};
        if (pipe(ready) != 0) return;
        m_pid = fork();
        if (m_pid == 0) {
            const auto store = TrajectoryStore::open(systemFileOps(), file, syntheticPlan());
            const char answer = store ? 'y' : 'n';
            if (write(ready[1], &answer, 1) == 1) pause();
            _exit(1);
        }
        char answer = 'n';
        m_holds = read(ready[0], &answer, 1) == 1 && answer == 'y';
        ::close(ready[0]);
        ::close(ready[1]);
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder() { killNow(); }
    void killNow() {
        if (m_pid <= 0) return;
        kill(m_pid, SIGKILL);
        waitpid(m_pid, nullptr, 0);
        m_pid = -1;
    }
    pid_t pid() const { return m_pid; }
    bool holds() const { return m_holds; }

private:
    pid_t m_pid = -1;
    bool m_holds = false;
};

}  // namespace

class TrajectoryLockTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    int m_next = 0;
    std::filesystem::path freshFile() {
        return std::filesystem::path(m_folder.path().toStdString()) /
               ("run" + std::to_string(++m_next) + ".h5");
    }
    static std::filesystem::path lockOf(std::filesystem::path file) { return file += ".lock"; }
    static auto openStore(const std::filesystem::path& file) {
        return TrajectoryStore::open(systemFileOps(), file, syntheticPlan());
    }

private slots:
    // F07: the lock is a file of our own, so no lock of the file system is needed.
    void secondProcessIsRefusedAndToldTheHolder() {
        const auto file = freshFile();
        Holder holder(file);
        QVERIFY(holder.holds());
        const auto second = openStore(file);
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::TrajectoryLocked);
        const std::string expected = "process " + std::to_string(holder.pid()) + " on ";
        QVERIFY2(second.error().what.find(expected) != std::string::npos,
                 second.error().what.c_str());
        QVERIFY(std::filesystem::exists(lockOf(file)));
    }

    void lockOfADeadProcessIsTakenOver() {
        const auto file = freshFile();
        Holder holder(file);
        QVERIFY(holder.holds());
        const auto temporary = file.parent_path() / ("." + file.filename().string() + ".tmp-" +
                                                     std::to_string(holder.pid()));
        put(temporary, "half a file");
        const pid_t dead = holder.pid();
        holder.killNow();
        QVERIFY(std::filesystem::exists(lockOf(file)));
        const auto store = openStore(file);
        GRIDSCOPE_VERIFY_OK(store);
        QCOMPARE((*store)->warnings().size(), std::size_t{1});
        QCOMPARE((*store)->warnings()[0].code, ErrorCode::TrajectoryLocked);
        QVERIFY((*store)->warnings()[0].what.find(std::to_string(dead)) != std::string::npos);
        QVERIFY(!std::filesystem::exists(temporary));
    }

    void foreignLocks_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::addColumn<bool>("takenOver");
        QTest::newRow("another host is never taken over") << "host"
                                                          << "elsewhere" << false;
        QTest::newRow("before the last boot") << "boot"
                                              << "another-boot" << true;
        QTest::newRow("the number now belongs to another process") << "start"
                                                                   << "1" << true;
    }
    void foreignLocks() {
        QFETCH(QString, key);
        QFETCH(QString, value);
        QFETCH(bool, takenOver);
        const auto file = freshFile();
        Holder holder(file);
        QVERIFY(holder.holds());
        QJsonObject lock =
            QJsonDocument::fromJson(QByteArray::fromStdString(contentOf(lockOf(file)))).object();
        QVERIFY(lock.contains(key));
        lock[key] = value;
        put(lockOf(file), QJsonDocument(lock).toJson().toStdString());
        const auto store = openStore(file);
        QCOMPARE(static_cast<bool>(store), takenOver);
        if (!takenOver) {
            QCOMPARE(store.error().code, ErrorCode::TrajectoryLocked);
            QVERIFY(store.error().what.find("elsewhere") != std::string::npos);
        }
    }

    void unreadableLockIsRespected() {
        const auto file = freshFile();
        put(lockOf(file), "");
        const auto store = openStore(file);
        QVERIFY(!store);
        QCOMPARE(store.error().code, ErrorCode::TrajectoryLocked);
        QVERIFY(std::filesystem::exists(lockOf(file)));
    }

    void oneProcessOpensAFileOnce() {
        const auto file = freshFile();
        auto first = openStore(file);
        GRIDSCOPE_VERIFY_OK(first);
        GRIDSCOPE_DO_OK((*first)->commit({syntheticRow(syntheticPlan(), 1)}));
        const auto folder = file.parent_path();
        const auto aliases = {file, folder / "." / file.filename(), folder / "soft.h5",
                              folder / "hard.h5"};
        std::filesystem::create_symlink(file, folder / "soft.h5");
        std::filesystem::create_hard_link(file, folder / "hard.h5");
        for (const auto& alias : aliases) {
            const auto second = openStore(alias);
            QVERIFY2(!second, alias.c_str());
            QCOMPARE(second.error().code, ErrorCode::TrajectoryLocked);
        }
        first->reset();
        GRIDSCOPE_DO_OK(openStore(folder / "soft.h5"));
        QVERIFY(std::filesystem::is_symlink(folder / "soft.h5"));
    }

    void lostLockStopsWriting() {
        const auto file = freshFile();
        const Trajectory plan = syntheticPlan();
        auto store = openStore(file);
        GRIDSCOPE_VERIFY_OK(store);
        GRIDSCOPE_DO_OK((*store)->commit({syntheticRow(plan, 1)}));
        const std::string own = contentOf(lockOf(file));
        std::filesystem::remove(lockOf(file));
        const auto removed = (*store)->commit({syntheticRow(plan, 2)});
        QVERIFY(!removed);
        QCOMPARE(removed.error().code, ErrorCode::TrajectoryLocked);
        put(lockOf(file), R"({"pid":1,"host":"elsewhere","start":"1","boot":"b","version":"9"})");
        const auto taken = (*store)->commit({syntheticRow(plan, 2)});
        QVERIFY(!taken);
        QCOMPARE(taken.error().code, ErrorCode::TrajectoryLocked);
        QCOMPARE(readTrajectory(systemFileOps(), file)->trajectory->rows.size(), std::size_t{1});
        store->reset();
        QVERIFY(std::filesystem::exists(lockOf(file)));  // another's lock is not removed
        QVERIFY(contentOf(lockOf(file)) != own);
    }
};

QTEST_GUILESS_MAIN(TrajectoryLockTest)
#include "tst_trajectory_lock.moc"
