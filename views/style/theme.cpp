// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/style/theme.h"

#include <QPalette>

namespace gridscope::views {

Theme resolveTheme(Theme chosen, const QPalette& palette) {
    if (chosen != Theme::System) return chosen;
    return palette.color(QPalette::Window).lightnessF() < 0.5F ? Theme::Dark : Theme::Light;
}

}  // namespace gridscope::views
