// SPDX-License-Identifier: GPL-3.0-or-later

// One worker thread with its queue: runs jobs one after the other.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "app/jobs/job.h"

namespace gridscope::app {

/// Called from the GUI thread, except for what `run` does on the worker.
class JobLaneThread {
public:
    JobLaneThread(std::shared_ptr<DestroyGuard> guard, std::function<void()> onStart);
    /// Joins; the running job must have been asked to stop.
    ~JobLaneThread();
    JobLaneThread(const JobLaneThread&) = delete;
    JobLaneThread& operator=(const JobLaneThread&) = delete;

    struct Calls {
        std::function<void(std::shared_ptr<Job>)> begin;     ///< posted when a job starts
        std::function<void(std::shared_ptr<Job>)> finish;    ///< posted when it has ended
        std::function<void(std::shared_ptr<Job>)> progress;  ///< posted, at most one waits
        std::function<void(std::shared_ptr<Job>)> gate;      ///< posted on arriving and leaving
    };
    /// Starts the thread. `calls` run on the GUI thread.
    void start(Calls calls);

    void push(std::shared_ptr<Job> job);
    /// Takes a job out that has not been started. False if it is not waiting here.
    bool remove(const std::shared_ptr<Job>& job);
    /// Ends after the running job; waits for that until `limit` has passed.
    bool endWithin(std::chrono::milliseconds limit);

private:
    void run(std::stop_token stop);
    void runJob(const std::shared_ptr<Job>& job);

    std::shared_ptr<DestroyGuard> m_guard;
    std::function<void()> m_onStart;
    Calls m_calls;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<std::shared_ptr<Job>> m_queue;
    bool m_ended = false;
    std::jthread m_thread;  ///< last, so that it is joined before the rest goes
};

}  // namespace gridscope::app
