// SPDX-License-Identifier: GPL-3.0-or-later

// Gives the whole program the chosen theme.
#pragma once

#include <QPalette>

#include "views/style/theme.h"

namespace gridscope::app {

/// Remembers the palette that it finds, and puts it back for System and in the end.
class ThemePalette {
public:
    ThemePalette();
    ~ThemePalette();
    ThemePalette(const ThemePalette&) = delete;
    ThemePalette& operator=(const ThemePalette&) = delete;

    /// Sets the application's palette. Returns Light or Dark, whichever it comes to.
    views::Theme apply(views::Theme theme) const;

private:
    /// What the desktop gave. Roles that nobody set go on following the desktop.
    QPalette m_system;
};

}  // namespace gridscope::app
