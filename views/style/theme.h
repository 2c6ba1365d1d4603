// SPDX-License-Identifier: GPL-3.0-or-later

// Light or dark: what the user chose, and what that comes to on this screen.
#pragma once

class QPalette;

namespace gridscope::views {

enum class Theme { System, Light, Dark };

/// Light or Dark; System follows the lightness of the window colour, since Qt 6.4 reports no
/// scheme.
Theme resolveTheme(Theme chosen, const QPalette& palette);

}  // namespace gridscope::views
