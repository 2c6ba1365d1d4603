// SPDX-License-Identifier: GPL-3.0-or-later

// Measured numbers as people read them on screen, in the user's locale.
#pragma once

#include <QString>

namespace gridscope::views {

/// About `digits` significant digits; "–" where not measured, "∞" where not finite.
QString numberText(double value, int digits = 4);
/// With a sign for changes: "+2.4 %".
QString percentText(double value);
/// A training step with group separators: "143,000".
QString stepText(double step);

}  // namespace gridscope::views
