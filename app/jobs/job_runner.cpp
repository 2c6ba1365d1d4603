// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/jobs/job_runner.h"

#include <QTimer>
#include <QtDebug>

#include <algorithm>

#include "app/jobs/job_lane_thread.h"

namespace gridscope::app {

namespace {

constexpr int kDeliveryMilliseconds = 50;  // 20 updates a second

template <class Call>
void guarded(const char* what, Call&& call) {
    try {
        call();
    } catch (...) {
        qCritical("%s: %s", what, currentExceptionError().toText().c_str());
    }
}

}  // namespace

JobRunner::JobRunner(std::function<void()> onComputeStart, QObject* parent)
    : QObject(parent), m_guard(std::make_shared<DestroyGuard>()) {
    qRegisterMetaType<views::JobStatus>();
    m_guard->receiver = this;
    for (std::size_t lane = 0; lane < kJobLanes; ++lane) {
        const bool compute = lane == static_cast<std::size_t>(JobLane::Compute);
        m_lanes[lane] = std::make_unique<JobLaneThread>(
            m_guard, compute ? std::move(onComputeStart) : std::function<void()>());
        m_lanes[lane]->start({[this](const std::shared_ptr<Job>& job) { begin(job); },
                              [this](const std::shared_ptr<Job>& job) { finish(job); },
                              [this](const std::shared_ptr<Job>& job) { deliverProgress(job); },
                              [this](const std::shared_ptr<Job>& job) { showGate(job); }});
    }
}

JobRunner::~JobRunner() {
    {
        const std::lock_guard lock(m_guard->mutex);
        m_guard->receiver = nullptr;
    }
    for (const auto& job : m_jobs) job->stop.request_stop();
    for (auto& lane : m_lanes) lane.reset();
}

JobId JobRunner::enqueue(std::shared_ptr<Job> job) {
    job->status.id = JobId{++m_lastId};
    job->status.picture = !job->channel.isEmpty();
    job->hasContext = job->context != nullptr;
    if (job->status.picture) {
        job->generation = ++m_generations[job->channel];
        const auto jobs = m_jobs;  // finish() removes from m_jobs
        for (const auto& older : jobs)
            if (older->channel == job->channel) cancel(older->status.id);
    }
    m_jobs.push_back(job);
    publish(*job);
    m_lanes[static_cast<std::size_t>(job->lane)]->push(job);
    return job->status.id;
}

void JobRunner::cancel(JobId id) {
    const auto job = find(id);
    if (!job) return;
    job->stop.request_stop();
    if (m_lanes[static_cast<std::size_t>(job->lane)]->remove(job)) {
        // It never starts: let it fill its result with run.cancelled here.
        NullProgress sink;
        job->error = job->work(sink, job->stop.get_token());
        finish(job);
        return;
    }
    if (!std::exchange(job->status.cancelRequested, true)) publish(*job);
}

void JobRunner::pause(JobId id) {
    const auto job = find(id);
    if (!job || job->status.pauseRequested) return;
    {
        const std::lock_guard lock(job->shared.mutex);
        job->shared.pauseWanted = true;
    }
    job->status.pauseRequested = true;
    publish(*job);
}

void JobRunner::resume(JobId id) {
    const auto job = find(id);
    if (!job || !job->status.pauseRequested) return;
    {
        const std::lock_guard lock(job->shared.mutex);
        job->shared.pauseWanted = false;
        job->shared.wake.notify_all();
    }
    job->status.pauseRequested = false;
    publish(*job);
}

void JobRunner::cancelAll() {
    const auto jobs = m_jobs;
    for (const auto& job : jobs) cancel(job->status.id);
}

bool JobRunner::isBusy() const {
    return std::any_of(m_jobs.begin(), m_jobs.end(),
                       [](const auto& job) { return !job->status.picture; });
}

std::optional<views::JobStatus> JobRunner::status(JobId id) const {
    const auto job = find(id);
    return job ? std::optional(job->status) : std::nullopt;
}

GuiPoster JobRunner::poster(QObject* context) {
    return [guard = m_guard, context = QPointer<QObject>(context)](std::function<void()> call) {
        guard->post([context, call = std::move(call)] {
            if (context) guarded("posted call", call);
        });
    };
}

bool JobRunner::shutDown(std::chrono::milliseconds limit) {
    cancelAll();
    const auto deadline = std::chrono::steady_clock::now() + limit;
    bool ended = true;
    for (auto& lane : m_lanes) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        ended = lane->endWithin(std::max(left, std::chrono::milliseconds(0))) && ended;
    }
    return ended;
}

void JobRunner::begin(const std::shared_ptr<Job>& job) {
    job->status.state = views::JobState::Running;
    job->running.start();
    publish(*job);
}

void JobRunner::showGate(const std::shared_ptr<Job>& job) {
    if (job->status.isOver()) return;
    bool atGate = false;
    {
        const std::lock_guard lock(job->shared.mutex);
        atGate = job->shared.atGate;
    }
    const auto state = atGate ? views::JobState::Paused : views::JobState::Running;
    if (std::exchange(job->status.state, state) != state) publish(*job);
}

void JobRunner::deliverProgress(const std::shared_ptr<Job>& job) {
    if (job->status.isOver()) return;
    const qint64 since =
        job->sinceDelivery.isValid() ? job->sinceDelivery.elapsed() : kDeliveryMilliseconds;
    if (since < kDeliveryMilliseconds) {
        QTimer::singleShot(static_cast<int>(kDeliveryMilliseconds - since), this,
                           [this, job] { deliverProgress(job); });
        return;
    }
    job->sinceDelivery.start();
    {
        const std::lock_guard lock(job->shared.mutex);
        job->status.progress = job->shared.progress;
        job->shared.progressWaiting = false;
    }
    publish(*job);
}

bool JobRunner::isStale(const Job& job) const {
    return !job.channel.isEmpty() && m_generations.value(job.channel) != job.generation;
}

void JobRunner::finish(const std::shared_ptr<Job>& job) {
    std::erase(m_jobs, job);
    {
        const std::lock_guard lock(job->shared.mutex);
        if (!job->shared.progress.stage.empty() || job->shared.progress.total > 0)
            job->status.progress = job->shared.progress;
    }
    const bool cancelled = job->error && job->error->code == ErrorCode::RunCancelled;
    job->status.state = !job->error ? views::JobState::Done
                        : cancelled ? views::JobState::Cancelled
                                    : views::JobState::Failed;
    if (job->error && !cancelled) job->status.error = job->error;
    job->status.pauseRequested = false;
    job->status.cancelRequested = false;
    publish(*job);
    if (!isStale(*job) && (!job->hasContext || job->context)) guarded("job result", job->done);
    job->work = nullptr;
    job->done = nullptr;
}

void JobRunner::publish(const Job& job) {
    views::JobStatus status = job.status;
    if (job.running.isValid())
        status.elapsedSeconds = static_cast<double>(job.running.elapsed()) / 1000.0;
    emit jobChanged(status);
}

std::shared_ptr<Job> JobRunner::find(JobId id) const {
    for (const auto& job : m_jobs)
        if (job->status.id == id) return job;
    return nullptr;
}

}  // namespace gridscope::app
