// SPDX-License-Identifier: GPL-3.0-or-later

// Gives the whole program the chosen theme.
#pragma once

#include "views/style/theme.h"

namespace gridscope::app {

/// Sets the application's palette; System puts back what the desktop gave.
/// Returns Light or Dark, whichever it comes to.
views::Theme applyTheme(views::Theme theme);

}  // namespace gridscope::app
