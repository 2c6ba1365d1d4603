// SPDX-License-Identifier: GPL-3.0-or-later

// One piece of background work and what its worker and the GUI thread share about it.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "core/base/error.h"
#include "core/base/progress.h"
#include "views/models/job_status.h"

namespace gridscope::app {

using views::JobId;

enum class JobLane { Compute, Io, View };
inline constexpr std::size_t kJobLanes = 3;

class JobRunner;

/// Held over "is the receiver alive?" and the post, so that no call reaches a dead receiver.
struct DestroyGuard {
    std::mutex mutex;
    JobRunner* receiver = nullptr;  ///< null once the receiver is being destroyed

    /// Queues `call` on the receiver's thread, or drops it.
    void post(std::function<void()> call);
};

/// What both threads touch; guarded by the mutex.
struct JobShared {
    std::mutex mutex;
    std::condition_variable_any wake;
    Progress progress;
    bool progressWaiting = false;  ///< a delivery is on its way to the GUI thread
    bool pauseWanted = false;
    bool atGate = false;  ///< the worker waits inside report
};

struct Job {
    // GUI thread only
    views::JobStatus status;
    QPointer<QObject> context;
    bool hasContext = false;
    QString channel;  ///< pictures only
    quint64 generation = 0;
    QElapsedTimer sinceDelivery;
    QElapsedTimer running;

    // set before the worker sees the job
    JobLane lane = JobLane::Io;
    std::function<std::optional<Error>(ProgressSink&, std::stop_token)> work;
    std::function<void()> done;

    // worker writes, GUI thread reads after the finish call
    std::optional<Error> error;

    std::stop_source stop;
    JobShared shared;
};

Error cancelledError();
/// The exception in flight as an error; call inside a catch block only.
Error currentExceptionError();

}  // namespace gridscope::app
