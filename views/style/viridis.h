// SPDX-License-Identifier: GPL-3.0-or-later

// The viridis colour table for ordered data.
#pragma once

#include <QColor>

namespace gridscope::views {

/// Colour of `position` in 0..1 (clamped), linear between 16 anchors of the published table.
QColor viridis(double position);

}  // namespace gridscope::views
