// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/jobs/job_lane_thread.h"

#include <algorithm>

namespace gridscope::app {

namespace {

/// Keeps the newest progress for the GUI thread and holds the worker while the job is paused.
class GateSink final : public ProgressSink {
public:
    GateSink(std::shared_ptr<Job> job, std::function<void()> onProgress,
             std::function<void()> onGate)
        : m_job(std::move(job)), m_onProgress(std::move(onProgress)), m_onGate(std::move(onGate)) {}

    void report(const Progress& progress) override {
        JobShared& shared = m_job->shared;
        std::unique_lock lock(shared.mutex);
        const bool sameStage =
            progress.stage == shared.progress.stage && progress.total == shared.progress.total;
        const std::uint64_t floor = sameStage ? shared.progress.done : 0;
        shared.progress = progress;
        shared.progress.done = std::max(floor, progress.done);
        if (!std::exchange(shared.progressWaiting, true)) {
            lock.unlock();
            m_onProgress();
            lock.lock();
        }
        if (!shared.pauseWanted) return;
        shared.atGate = true;
        lock.unlock();
        m_onGate();
        lock.lock();
        shared.wake.wait(lock, m_job->stop.get_token(), [&shared] { return !shared.pauseWanted; });
        shared.atGate = false;
        lock.unlock();
        m_onGate();
    }

private:
    std::shared_ptr<Job> m_job;
    std::function<void()> m_onProgress;
    std::function<void()> m_onGate;
};

}  // namespace

JobLaneThread::JobLaneThread(std::shared_ptr<DestroyGuard> guard, std::function<void()> onStart)
    : m_guard(std::move(guard)), m_onStart(std::move(onStart)) {}

JobLaneThread::~JobLaneThread() = default;

void JobLaneThread::start(Calls calls) {
    m_calls = std::move(calls);
    m_thread = std::jthread([this](std::stop_token stop) { run(stop); });
}

void JobLaneThread::push(std::shared_ptr<Job> job) {
    const std::lock_guard lock(m_mutex);
    m_queue.push_back(std::move(job));
    m_wake.notify_all();
}

bool JobLaneThread::remove(const std::shared_ptr<Job>& job) {
    const std::lock_guard lock(m_mutex);
    return std::erase(m_queue, job) > 0;
}

bool JobLaneThread::endWithin(std::chrono::milliseconds limit) {
    m_thread.request_stop();
    std::unique_lock lock(m_mutex);
    return m_wake.wait_for(lock, limit, [this] { return m_ended; });
}

void JobLaneThread::run(std::stop_token stop) {
    try {
        if (m_onStart) m_onStart();
    } catch (...) {
        // The jobs that need what was set up here report their own errors.
    }
    while (true) {
        std::shared_ptr<Job> job;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, stop, [this] { return !m_queue.empty(); }) ||
                stop.stop_requested())
                break;
            job = std::move(m_queue.front());
            m_queue.pop_front();
        }
        runJob(job);
    }
    const std::lock_guard lock(m_mutex);
    m_ended = true;
    m_wake.notify_all();
}

void JobLaneThread::runJob(const std::shared_ptr<Job>& job) {
    const auto post = [guard = m_guard, job](const auto& call) {
        guard->post([call, job] { call(job); });
    };
    post(m_calls.begin);
    GateSink sink(
        job, [&] { post(m_calls.progress); }, [&] { post(m_calls.gate); });
    job->error = job->work(sink, job->stop.get_token());
    post(m_calls.finish);
}

}  // namespace gridscope::app
