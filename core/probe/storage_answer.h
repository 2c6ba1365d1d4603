// SPDX-License-Identifier: GPL-3.0-or-later

// What is to be done when the rows of a running probe cannot be written.
#pragma once

#include <filesystem>
#include <functional>

#include "core/base/error.h"

namespace gridscope {

struct StorageAnswer {
    enum class Action {
        Stop,       ///< end the run with the error
        Retry,      ///< write again, to the same file
        Elsewhere,  ///< write all rows to `file` and go on there; the old file stays as it is
    };
    Action action = Action::Stop;
    std::filesystem::path file;  ///< of Elsewhere
};

/// Asked on the working thread, which waits for the answer; asked again when that fails too.
using AskAboutStorage = std::function<StorageAnswer(const Error&)>;

}  // namespace gridscope
