// SPDX-License-Identifier: GPL-3.0-or-later

// The options that name the evaluation text or tokens, shared by probe and score.
#pragma once

#include "core/probe/eval_input.h"

namespace CLI {
class App;
}

namespace gridscope::app {

/// Adds --tokens, --dtype, --text, --text-field, --tokenizer, --preset, --windows and --length.
/// `input` must live until the command has run.
void addEvalOptions(CLI::App& command, EvalInput& input);

}  // namespace gridscope::app
