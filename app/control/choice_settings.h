// SPDX-License-Identifier: GPL-3.0-or-later

// What the user chose in a dialog, as core takes it.
#pragma once

#include <QString>

#include <filesystem>
#include <optional>

#include "core/base/expected.h"
#include "core/probe/eval_input.h"
#include "core/probe/probe_settings.h"
#include "core/trajectory/record.h"
#include "views/dialogs/probe_choice.h"

namespace gridscope::app {

std::filesystem::path pathOf(const QString& text);
EvalInput evalInputOf(const views::ProbeChoice& choice);
/// Errors: settings.syntax, settings.range (a grid that is none)
Expected<ProbeSettings> probeSettingsOf(const views::ProbeChoice& choice);

/// The choice that a trajectory was measured with, on top of `suggested` for what it does not
/// tell. Nothing where its tokens or text are not found any more.
std::optional<views::ProbeChoice> choiceOf(const Trajectory& trajectory,
                                           views::ProbeChoice suggested);

}  // namespace gridscope::app
