// SPDX-License-Identifier: GPL-3.0-or-later

// What the user chose in a dialog, as core takes it.
#pragma once

#include <QString>

#include <filesystem>

#include "core/base/expected.h"
#include "core/probe/eval_input.h"
#include "core/probe/probe_settings.h"
#include "views/dialogs/probe_choice.h"

namespace gridscope::app {

std::filesystem::path pathOf(const QString& text);
EvalInput evalInputOf(const views::ProbeChoice& choice);
/// Errors: settings.syntax, settings.range (a grid that is none)
Expected<ProbeSettings> probeSettingsOf(const views::ProbeChoice& choice);

}  // namespace gridscope::app
