// SPDX-License-Identifier: GPL-3.0-or-later

// What is known about one background job, as a plain value for tables and status bars.
#pragma once

#include <QMetaType>
#include <QString>

#include <limits>
#include <optional>

#include "core/base/error.h"
#include "core/base/progress.h"

namespace gridscope::views {

/// Counts up while the program runs; 0 = none.
struct JobId {
    int value = 0;
    auto operator<=>(const JobId&) const = default;
};

enum class JobState { Queued, Running, Paused, Done, Failed, Cancelled };

struct JobStatus {
    JobId id;
    QString name;
    JobState state = JobState::Queued;
    bool picture = false;          ///< a short request of a view, not listed
    bool pauseRequested = false;   ///< acts at the next batch
    bool cancelRequested = false;  ///< the worker has not stopped yet
    Progress progress{{}, {}, 0, 0, std::numeric_limits<double>::quiet_NaN()};
    double elapsedSeconds = 0.0;
    std::optional<Error> error;  ///< of a failed job

    bool isOver() const {
        return state == JobState::Done || state == JobState::Failed || state == JobState::Cancelled;
    }
};

}  // namespace gridscope::views

Q_DECLARE_METATYPE(gridscope::views::JobStatus)
