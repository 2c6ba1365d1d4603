// SPDX-License-Identifier: GPL-3.0-or-later

// Runs the command that a user asked to be run on an event, by the shell and told through
// variables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

/// Name and value, such as {"GRIDSCOPE_STEP", "77000"}.
using CommandVariables = std::vector<std::pair<std::string, std::string>>;

/// Runs `/bin/sh -c command` with the program's environment and `variables` and waits for its end.
/// Its standard output goes to standard error: the program's own output stays one document. Signals
/// that the program blocks are delivered to the command as usual.
/// @return its exit status, 128 + the signal if one ended it
/// Errors: run.busy (it could not be started)
Expected<int> runUserCommand(const std::string& command, const CommandVariables& variables);

}  // namespace gridscope
