// SPDX-License-Identifier: GPL-3.0-or-later

#include <QSignalSpy>
#include <QTest>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

#include "app/jobs/job_runner.h"

using namespace gridscope;
using namespace gridscope::app;
using views::JobState;
using views::JobStatus;

namespace {

/// Lets the test decide when the work goes on.
class Gate {
public:
    void open() { m_promise.set_value(); }
    void wait() { m_future.wait(); }

private:
    std::promise<void> m_promise;
    std::shared_future<void> m_future = m_promise.get_future().share();
};

/// Reports until stopped.
Expected<int> reportUntilStopped(ProgressSink& sink, const std::stop_token& stop,
                                 std::atomic<int>& rounds) {
    while (!stop.stop_requested()) {
        const auto done = static_cast<std::uint64_t>(++rounds);
        sink.report({"perplexity", "step1", done, 1000000, 1.0});
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return cancelledError();
}

std::vector<JobState> statesOf(const QSignalSpy& spy, JobId id) {
    std::vector<JobState> states;
    for (const auto& arguments : spy) {
        const auto status = arguments.at(0).value<JobStatus>();
        if (status.id == id && (states.empty() || states.back() != status.state))
            states.push_back(status.state);
    }
    return states;
}

}  // namespace

class TestJobRunner : public QObject {
    Q_OBJECT
private slots:
    void resultArrivesOnTheGuiThread();
    void failureKeepsItsError();
    void exceptionBecomesAnError_data();
    void exceptionBecomesAnError();
    void exceptionInResultSlotDoesNotEscape();
    void cancelBeforeStart();
    void cancelWhileRunning();
    void destroyWhileRunningDropsTheResult();
    void destroyWhilePaused();
    void deadContextGetsNothing();
    void pauseAndResume();
    void cancelWhilePaused();
    void progressIsMonotoneAndThrottled();
    void lastProgressIsDelivered();
    void lanesWorkSideBySide();
    void oneLaneKeepsTheOrder();
    void overtakenPictureIsDropped();
    void onlyTheNewestPendingPictureIsMade();
    void channelsAreIndependent();
    void posterReachesTheGuiThread();
    void computeLaneIsSetUpFirst();
    void shutDownReportsAStuckThread();
};

void TestJobRunner::resultArrivesOnTheGuiThread() {
    JobRunner runner;
    QSignalSpy spy(&runner, &JobRunner::jobChanged);
    std::thread::id workThread;
    std::thread::id doneThread;
    int value = 0;
    const JobId id = runner.submit<int>(
        JobLane::Io, QStringLiteral("scan"),
        [&](ProgressSink&, std::stop_token) -> Expected<int> {
            workThread = std::this_thread::get_id();
            return 42;
        },
        this,
        [&](Expected<int> result) {
            doneThread = std::this_thread::get_id();
            value = result.value();
        });
    QVERIFY(runner.isBusy());
    QTRY_COMPARE(value, 42);
    QCOMPARE(doneThread, std::this_thread::get_id());
    QVERIFY(workThread != doneThread);
    QVERIFY(!runner.isBusy());
    QVERIFY(!runner.status(id));
    const std::vector<JobState> expected{JobState::Queued, JobState::Running, JobState::Done};
    QCOMPARE(statesOf(spy, id), expected);
}

void TestJobRunner::failureKeepsItsError() {
    JobRunner runner;
    QSignalSpy spy(&runner, &JobRunner::jobChanged);
    bool called = false;
    runner.submit<int>(
        JobLane::Io, QStringLiteral("scan"),
        [](ProgressSink&, std::stop_token) -> Expected<int> {
            return Error{ErrorCode::ScanEmpty, "/x", "no checkpoints", "choose another"};
        },
        this,
        [&](Expected<int> result) {
            called = true;
            QVERIFY(!result);
            QCOMPARE(result.error().code, ErrorCode::ScanEmpty);
        });
    QTRY_VERIFY(called);
    const auto last = spy.last().at(0).value<JobStatus>();
    QCOMPARE(last.state, JobState::Failed);
    QVERIFY(last.error.has_value());
    QCOMPARE(last.error->code, ErrorCode::ScanEmpty);
}

void TestJobRunner::exceptionBecomesAnError_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("code");
    QTest::newRow("std::exception") << 0 << static_cast<int>(ErrorCode::Internal);
    QTest::newRow("bad_alloc") << 1 << static_cast<int>(ErrorCode::MemoryFailed);
    QTest::newRow("foreign") << 2 << static_cast<int>(ErrorCode::Internal);
}

void TestJobRunner::exceptionBecomesAnError() {
    QFETCH(int, kind);
    QFETCH(int, code);
    JobRunner runner;
    int seen = -1;
    runner.submit<int>(
        JobLane::Compute, QStringLiteral("throws"),
        [kind](ProgressSink&, std::stop_token) -> Expected<int> {
            if (kind == 0) throw std::runtime_error("broken");
            if (kind == 1) throw std::bad_alloc();
            throw 7;
        },
        this, [&](Expected<int> result) { seen = static_cast<int>(result.error().code); });
    QTRY_COMPARE(seen, code);
    // The lane lives on.
    bool again = false;
    runner.submit<int>(
        JobLane::Compute, QStringLiteral("next"),
        [](ProgressSink&, std::stop_token) -> Expected<int> { return 1; }, this,
        [&](Expected<int>) { again = true; });
    QTRY_VERIFY(again);
}

void TestJobRunner::exceptionInResultSlotDoesNotEscape() {
    JobRunner runner;
    QTest::ignoreMessage(QtCriticalMsg, QRegularExpression(QStringLiteral("job result: .*slot")));
    bool called = false;
    runner.submit<int>(
        JobLane::Io, QStringLiteral("x"),
        [](ProgressSink&, std::stop_token) -> Expected<int> { return 1; }, this,
        [&](Expected<int>) {
            called = true;
            throw std::runtime_error("slot");
        });
    QTRY_VERIFY(called);
    QVERIFY(!runner.isBusy());
}

void TestJobRunner::cancelBeforeStart() {
    JobRunner runner;
    QSignalSpy spy(&runner, &JobRunner::jobChanged);
    Gate gate;
    runner.submit<int>(JobLane::Io, QStringLiteral("first"),
                       [&](ProgressSink&, std::stop_token) -> Expected<int> {
                           gate.wait();
                           return 1;
                       },
                       this, {});
    bool worked = false;
    bool cancelled = false;
    const JobId id = runner.submit<int>(
        JobLane::Io, QStringLiteral("second"),
        [&](ProgressSink&, std::stop_token) -> Expected<int> {
            worked = true;
            return 2;
        },
        this,
        [&](Expected<int> result) {
            cancelled = !result && result.error().code == ErrorCode::RunCancelled;
        });
    runner.cancel(id);
    QVERIFY(cancelled);
    gate.open();
    QTRY_VERIFY(!runner.isBusy());
    QVERIFY(!worked);
    const std::vector<JobState> expected{JobState::Queued, JobState::Cancelled};
    QCOMPARE(statesOf(spy, id), expected);
}

void TestJobRunner::cancelWhileRunning() {
    JobRunner runner;
    QSignalSpy spy(&runner, &JobRunner::jobChanged);
    std::atomic<int> rounds = 0;
    bool cancelled = false;
    const JobId id = runner.submit<int>(
        JobLane::Compute, QStringLiteral("probe"),
        [&](ProgressSink& sink, std::stop_token stop) {
            return reportUntilStopped(sink, stop, rounds);
        },
        this,
        [&](Expected<int> result) {
            cancelled = !result && result.error().code == ErrorCode::RunCancelled;
        });
    QTRY_VERIFY(rounds > 3);
    runner.cancel(id);
    QVERIFY(runner.status(id)->cancelRequested);  // shown at once, before the worker has stopped
    QTRY_VERIFY(cancelled);
    QCOMPARE(spy.last().at(0).value<JobStatus>().state, JobState::Cancelled);
}

void TestJobRunner::destroyWhileRunningDropsTheResult() {
    for (int round = 0; round < 50; ++round) {
        std::atomic<int> rounds = 0;
        bool called = false;
        {
            JobRunner runner;
            runner.submit<int>(
                JobLane::Compute, QStringLiteral("probe"),
                [&](ProgressSink& sink, std::stop_token stop) {
                    return reportUntilStopped(sink, stop, rounds);
                },
                this, [&](Expected<int>) { called = true; });
            while (rounds < 1) std::this_thread::yield();
        }
        QCoreApplication::processEvents();
        QVERIFY(!called);
    }
}

void TestJobRunner::destroyWhilePaused() {
    std::atomic<int> rounds = 0;
    JobId id;
    {
        JobRunner runner;
        id = runner.submit<int>(JobLane::Compute, QStringLiteral("probe"),
                                [&](ProgressSink& sink, std::stop_token stop) {
                                    return reportUntilStopped(sink, stop, rounds);
                                },
                                this, {});
        QTRY_VERIFY(rounds > 0);
        runner.pause(id);
        QTRY_COMPARE(runner.status(id)->state, JobState::Paused);
    }
    QVERIFY(rounds > 0);  // reached: the destructor came back
}

void TestJobRunner::deadContextGetsNothing() {
    JobRunner runner;
    Gate gate;
    auto context = std::make_unique<QObject>();
    bool called = false;
    runner.submit<int>(
        JobLane::Io, QStringLiteral("x"),
        [&](ProgressSink&, std::stop_token) -> Expected<int> {
            gate.wait();
            return 1;
        },
        context.get(), [&](Expected<int>) { called = true; });
    context.reset();
    gate.open();
    QTRY_VERIFY(!runner.isBusy());
    QVERIFY(!called);
}

void TestJobRunner::pauseAndResume() {
    JobRunner runner;
    QSignalSpy spy(&runner, &JobRunner::jobChanged);
    std::atomic<int> rounds = 0;
    const JobId id = runner.submit<int>(JobLane::Compute, QStringLiteral("probe"),
                                        [&](ProgressSink& sink, std::stop_token stop) {
                                            return reportUntilStopped(sink, stop, rounds);
                                        },
                                        this, {});
    QTRY_VERIFY(rounds > 0);
    runner.pause(id);
    QTRY_COMPARE(runner.status(id)->state, JobState::Paused);
    const int at = rounds;
    QTest::qWait(30);
    QCOMPARE(rounds.load(), at);  // it stands still
    runner.resume(id);
    QTRY_VERIFY(rounds > at + 3);
    QTRY_COMPARE(runner.status(id)->state, JobState::Running);
    runner.cancel(id);
    QTRY_VERIFY(!runner.isBusy());
    const std::vector<JobState> expected{JobState::Queued, JobState::Running, JobState::Paused,
                                         JobState::Running, JobState::Cancelled};
    QCOMPARE(statesOf(spy, id), expected);
}

void TestJobRunner::cancelWhilePaused() {
    JobRunner runner;
    std::atomic<int> rounds = 0;
    const JobId id = runner.submit<int>(JobLane::Compute, QStringLiteral("probe"),
                                        [&](ProgressSink& sink, std::stop_token stop) {
                                            return reportUntilStopped(sink, stop, rounds);
                                        },
                                        this, {});
    runner.pause(id);
    QTRY_COMPARE(runner.status(id)->state, JobState::Paused);
    runner.cancel(id);
    QTRY_VERIFY(!runner.isBusy());
}

void TestJobRunner::progressIsMonotoneAndThrottled() {
    JobRunner runner;
    QSignalSpy spy(&runner, &JobRunner::jobChanged);
    bool done = false;
    QElapsedTimer timer;
    timer.start();
    runner.submit<int>(
        JobLane::Compute, QStringLiteral("probe"),
        [](ProgressSink& sink, std::stop_token) -> Expected<int> {
            for (std::uint64_t i = 0; i < 2000; ++i) {
                const std::uint64_t jitter = i % 7 == 0 && i > 10 ? i - 10 : i;
                sink.report({"weights", "step1", jitter, 2000, 1.0});
                std::this_thread::sleep_for(std::chrono::microseconds(150));
            }
            return 1;
        },
        this, [&](Expected<int>) { done = true; });
    QTRY_VERIFY(done);
    const auto seconds = static_cast<double>(timer.elapsed()) / 1000.0;
    std::uint64_t last = 0;
    for (const auto& arguments : spy) {
        const auto progress = arguments.at(0).value<JobStatus>().progress;
        QVERIFY(progress.done >= last);
        last = progress.done;
    }
    QCOMPARE(last, std::uint64_t{1999});
    // 20 a second, and Queued, Running, Done and the first report beside them.
    QVERIFY2(spy.size() <= static_cast<int>(seconds * 20.0) + 5,
             qPrintable(QString::number(spy.size())));
    QVERIFY(spy.size() > 4);
}

void TestJobRunner::lastProgressIsDelivered() {
    JobRunner runner;
    Gate gate;
    const JobId id = runner.submit<int>(JobLane::Io, QStringLiteral("x"),
                                        [&](ProgressSink& sink, std::stop_token) -> Expected<int> {
                                            for (std::uint64_t i = 1; i <= 5; ++i)
                                                sink.report({"s", "i", i, 5, 0.0});
                                            gate.wait();
                                            return 1;
                                        },
                                        this, {});
    // The worker is silent after a burst; the newest value must arrive nevertheless.
    QTRY_COMPARE(runner.status(id)->progress.done, std::uint64_t{5});
    gate.open();
    QTRY_VERIFY(!runner.isBusy());
}

void TestJobRunner::lanesWorkSideBySide() {
    JobRunner runner;
    Gate gate;
    bool scanned = false;
    runner.submit<int>(JobLane::Compute, QStringLiteral("probe"),
                       [&](ProgressSink&, std::stop_token) -> Expected<int> {
                           gate.wait();
                           return 1;
                       },
                       this, {});
    runner.submit<int>(
        JobLane::Io, QStringLiteral("scan"),
        [](ProgressSink&, std::stop_token) -> Expected<int> { return 1; }, this,
        [&](Expected<int>) { scanned = true; });
    QTRY_VERIFY(scanned);
    gate.open();
    QTRY_VERIFY(!runner.isBusy());
}

void TestJobRunner::oneLaneKeepsTheOrder() {
    JobRunner runner;
    std::vector<int> order;
    for (int i = 0; i < 10; ++i)
        runner.submit<int>(
            JobLane::Io, QStringLiteral("x"),
            [i](ProgressSink&, std::stop_token) -> Expected<int> { return i; }, this,
            [&](Expected<int> result) { order.push_back(*result); });
    QTRY_COMPARE(order.size(), std::size_t{10});
    for (int i = 0; i < 10; ++i) QCOMPARE(order[static_cast<std::size_t>(i)], i);
}

void TestJobRunner::overtakenPictureIsDropped() {
    JobRunner runner;
    Gate gate;
    std::atomic<bool> started = false;
    std::vector<int> shown;
    const auto show = [&](Expected<int> result) { shown.push_back(*result); };
    runner.request<int>(
        QStringLiteral("phases"),
        [&](ProgressSink&, std::stop_token) -> Expected<int> {
            started = true;
            gate.wait();  // does not look at its stop token: a result comes, but too late
            return 1;
        },
        this, show);
    QTRY_VERIFY(started);
    runner.request<int>(
        QStringLiteral("phases"), [](ProgressSink&, std::stop_token) -> Expected<int> { return 2; },
        this, show);
    gate.open();
    QTRY_VERIFY(!shown.empty());
    QTest::qWait(20);
    QCOMPARE(shown, std::vector<int>{2});
}

void TestJobRunner::onlyTheNewestPendingPictureIsMade() {
    JobRunner runner;
    Gate gate;
    std::atomic<int> made = 0;
    std::vector<int> shown;
    runner.request<int>(QStringLiteral("other"),
                        [&](ProgressSink&, std::stop_token) -> Expected<int> {
                            gate.wait();
                            return 0;
                        },
                        this, {});
    for (int i = 0; i < 20; ++i)
        runner.request<int>(
            QStringLiteral("histogram"),
            [&made, i](ProgressSink&, std::stop_token) -> Expected<int> {
                ++made;
                return i;
            },
            this, [&](Expected<int> result) { shown.push_back(result ? *result : -1); });
    gate.open();
    QTRY_VERIFY(!shown.empty());
    QTest::qWait(20);
    QCOMPARE(shown, std::vector<int>{19});
    QCOMPARE(made.load(), 1);
}

void TestJobRunner::channelsAreIndependent() {
    JobRunner runner;
    int a = 0;
    int b = 0;
    runner.request<int>(
        QStringLiteral("a"), [](ProgressSink&, std::stop_token) -> Expected<int> { return 1; },
        this, [&](Expected<int> result) { a = *result; });
    runner.request<int>(
        QStringLiteral("b"), [](ProgressSink&, std::stop_token) -> Expected<int> { return 2; },
        this, [&](Expected<int> result) { b = *result; });
    QTRY_COMPARE(a, 1);
    QTRY_COMPARE(b, 2);
    QVERIFY(!runner.isBusy());
}

void TestJobRunner::posterReachesTheGuiThread() {
    JobRunner runner;
    const GuiPoster post = runner.poster(this);
    std::vector<int> seen;
    std::thread::id thread;
    runner.submit<int>(
        JobLane::Io, QStringLiteral("x"),
        [&, post](ProgressSink&, std::stop_token) -> Expected<int> {
            for (int i = 0; i < 3; ++i)
                post([&, i] {
                    seen.push_back(i);
                    thread = std::this_thread::get_id();
                });
            return 1;
        },
        this, [&](Expected<int>) { seen.push_back(99); });
    const std::vector<int> expected{0, 1, 2, 99};
    QTRY_COMPARE(seen, expected);
    QCOMPARE(thread, std::this_thread::get_id());
}

void TestJobRunner::computeLaneIsSetUpFirst() {
    std::atomic<int> setUps = 0;
    JobRunner runner([&] { ++setUps; });
    int seen = -1;
    runner.submit<int>(
        JobLane::Compute, QStringLiteral("x"),
        [&](ProgressSink&, std::stop_token) -> Expected<int> { return setUps.load(); }, this,
        [&](Expected<int> result) { seen = *result; });
    QTRY_COMPARE(seen, 1);
}

void TestJobRunner::shutDownReportsAStuckThread() {
    Gate gate;
    std::atomic<bool> started = false;
    JobRunner runner;
    runner.submit<int>(JobLane::Io, QStringLiteral("stuck"),
                       [&](ProgressSink&, std::stop_token) -> Expected<int> {
                           started = true;
                           gate.wait();
                           return 1;
                       },
                       this, {});
    QTRY_VERIFY(started);
    QVERIFY(!runner.shutDown(std::chrono::milliseconds(30)));
    gate.open();
    QVERIFY(runner.shutDown(std::chrono::milliseconds(5000)));
}

QTEST_GUILESS_MAIN(TestJobRunner)
#include "tst_job_runner.moc"
