// SPDX-License-Identifier: GPL-3.0-or-later

// Owns the worker threads of the window: lanes, cancel, pause, and delivery to the GUI thread.
#pragma once

#include <QHash>
#include <QObject>
#include <QPointer>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "app/jobs/job.h"
#include "core/base/expected.h"
#include "core/base/progress.h"

namespace gridscope::app {

class JobLaneThread;

/// Runs a closure on the GUI thread, or drops it when the runner or its context is gone.
using GuiPoster = std::function<void(std::function<void()>)>;

/// Lives on the GUI thread; all methods are called from there. The destructor asks every job to
/// stop and joins.
class JobRunner : public QObject {
    Q_OBJECT
public:
    /// @param onComputeStart called first on the compute thread (libtorch keeps modes per thread)
    explicit JobRunner(std::function<void()> onComputeStart = {}, QObject* parent = nullptr);
    ~JobRunner() override;

    template <class R>
    using Work = std::function<Expected<R>(ProgressSink&, std::stop_token)>;

    /// Queues `work`. `onDone` is called exactly once on the GUI thread, unless `context` or the
    /// runner is gone by then. A job cancelled before its start gives run.cancelled.
    template <class R>
    JobId submit(JobLane lane, const QString& name, Work<R> work, QObject* context,
                 std::function<void(Expected<R>)> onDone) {
        return enqueue(makeJob<R>(lane, name, std::move(work), context, std::move(onDone)));
    }

    /// Asks for a picture on the view lane: newer requests of a channel replace older ones, and
    /// the result of an overtaken one is dropped without a call.
    template <class R>
    JobId request(const QString& channel, Work<R> work, QObject* context,
                  std::function<void(Expected<R>)> onDone) {
        auto job = makeJob<R>(JobLane::View, channel, std::move(work), context, std::move(onDone));
        job->channel = channel;
        return enqueue(std::move(job));
    }

    /// All three are quiet when the job is over. A pause acts at the job's next report.
    void cancel(JobId id);
    void pause(JobId id);
    void resume(JobId id);
    void cancelAll();

    /// Something other than a picture is queued or being worked on.
    bool isBusy() const;
    std::optional<views::JobStatus> status(JobId id) const;

    /// For closures that a job wants to run on the GUI thread while it works.
    GuiPoster poster(QObject* context);

    /// Cancels everything and waits. False if a thread still works after `limit`; then only
    /// std::_Exit ends the program without waiting.
    bool shutDown(std::chrono::milliseconds limit);

signals:
    /// After each change of state and, at most 20 times a second, of progress.
    void jobChanged(const gridscope::views::JobStatus& status);

private:
    template <class R>
    std::shared_ptr<Job> makeJob(JobLane lane, const QString& name, Work<R> work, QObject* context,
                                 std::function<void(Expected<R>)> onDone);
    JobId enqueue(std::shared_ptr<Job> job);
    void begin(const std::shared_ptr<Job>& job);
    void finish(const std::shared_ptr<Job>& job);
    void deliverProgress(const std::shared_ptr<Job>& job);
    void showGate(const std::shared_ptr<Job>& job);
    bool isStale(const Job& job) const;
    void publish(const Job& job);
    std::shared_ptr<Job> find(JobId id) const;

    std::shared_ptr<DestroyGuard> m_guard;
    std::array<std::unique_ptr<JobLaneThread>, kJobLanes> m_lanes;
    std::vector<std::shared_ptr<Job>> m_jobs;  ///< queued and running
    QHash<QString, quint64> m_generations;     ///< newest request of each channel
    int m_lastId = 0;
};

template <class R>
std::shared_ptr<Job> JobRunner::makeJob(JobLane lane, const QString& name, Work<R> work,
                                        QObject* context, std::function<void(Expected<R>)> onDone) {
    auto outcome = std::make_shared<std::optional<Expected<R>>>();
    auto job = std::make_shared<Job>();
    job->lane = lane;
    job->status.name = name;
    job->context = context;
    job->work = [work = std::move(work), outcome](ProgressSink& sink,
                                                  std::stop_token stop) -> std::optional<Error> {
        try {
            if (stop.stop_requested()) {
                outcome->emplace(cancelledError());
            } else {
                outcome->emplace(work(sink, stop));
            }
        } catch (...) {
            outcome->emplace(currentExceptionError());
        }
        if ((*outcome)->hasValue()) return std::nullopt;
        return (*outcome)->error();
    };
    job->done = [onDone = std::move(onDone), outcome] {
        if (onDone) onDone(std::move(**outcome));
        outcome->reset();
    };
    return job;
}

}  // namespace gridscope::app
