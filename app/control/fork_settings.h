// SPDX-License-Identifier: GPL-3.0-or-later

// What the user chose in the Fork Lab, as core takes it and as a command line.
#pragma once

#include <QString>

#include "core/base/expected.h"
#include "core/training/fork_runner.h"
#include "views/pages/fork_choice.h"

namespace gridscope::app {

/// Errors: settings.syntax, settings.range (a grid that is none)
Expected<ForkRequest> forkRequestOf(const views::ForkChoice& choice);

views::ForkRunMood forkRunMood(ForkRunState state);

/// The gridscope-cli command that makes, or goes on with, the same experiment; for a POSIX shell.
/// @pre the design was checked
QString forkCommandLine(const views::ForkChoice& choice);

}  // namespace gridscope::app
