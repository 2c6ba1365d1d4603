// SPDX-License-Identifier: GPL-3.0-or-later

// Ends a training run on Ctrl-C, SIGTERM or the SIGUSR1 of a batch system; it can go on later.
#pragma once

#include <functional>
#include <stop_token>

#include "app/cli/command.h"
#include "core/base/error.h"

namespace gridscope::app {

class TrainingStop {
public:
    std::stop_token token() const { return m_source.get_token(); }

    /// What to do about a run that ended with `error`: a batch system that asked for the end gets
    /// exit code 0 (the run is incomplete), everything else the error.
    /// @param howToGoOn hint of a cancelled run
    Expected<ExitCode> ended(Error error, const char* howToGoOn) const {
        if (error.code != ErrorCode::RunCancelled) return error;
        error.hint = howToGoOn;
        if (cancelToken().stop_requested() || !finishRowToken().stop_requested()) return error;
        printMessage("incomplete: " + error.toText());
        return ExitCode::Done;
    }

private:
    using Callback = std::stop_callback<std::function<void()>>;
    std::stop_source m_source;
    Callback m_cancel{cancelToken(), [this] { m_source.request_stop(); }};
    Callback m_finish{finishRowToken(), [this] { m_source.request_stop(); }};
};

}  // namespace gridscope::app
