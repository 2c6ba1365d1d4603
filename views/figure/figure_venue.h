// SPDX-License-Identifier: GPL-3.0-or-later

// Column widths and font sizes that conferences and journals ask for.
#pragma once

#include <QString>

#include <optional>
#include <span>

#include "views/figure/figure_spec.h"

namespace gridscope::views {

struct FigureVenue {
    const char* name;
    double columnInches;  ///< width of one column
    double pageInches;    ///< width over both columns; the same where there is one
    double fontPoints;
    double heightInches;  ///< 0 = by the width
};

/// Source: workbench.md 9.1.
std::span<const FigureVenue> figureVenues();

enum class ColumnSpan { One, Page };

/// Sets width, height and font of `spec` to those of the venue `name`.
/// Errors: settings.syntax naming the venues there are.
Expected<void> applyVenue(FigureSpec& spec, const QString& name, ColumnSpan span);

}  // namespace gridscope::views
