// SPDX-License-Identifier: GPL-3.0-or-later

// Where a figure comes from, as lines that every format carries.
#pragma once

#include <QDateTime>
#include <QString>
#include <QStringList>

#include "views/figure/figure_spec.h"

namespace gridscope::views {

/// "Gridscope 0.1.0: overview of <run>".
QString figureTitle(const FigureInput& input);
/// "key: value" lines: version, plan and token hash, grid, layer, steps, boundaries with origin,
/// hash of the specification. No date and no path: equal input gives equal lines.
QStringList provenanceLines(const FigureInput& input);
/// SOURCE_DATE_EPOCH, else when the trajectory was made, else the epoch; UTC.
QDateTime figureDate(const FigureInput& input);

}  // namespace gridscope::views
