// SPDX-License-Identifier: GPL-3.0-or-later

// Where values and steps lie on axes, and which ranges show them.
#pragma once

#include <span>

#include "views/navigation/navigation_state.h"

namespace gridscope::views {

enum class ValueScale { Linear, Logarithmic, Asinh };

/// Coordinate of a value. Asinh draws asinh(y/c) with c = 1 in the unit of the metric (1 % for
/// gaps) on a linear axis, so that negative gaps stay visible.
double toAxis(double value, ValueScale scale);
double fromAxis(double coordinate, ValueScale scale);

/// Where step 0 is drawn on a logarithmic axis; it is labelled 0.
inline constexpr double kZeroStepPosition = 0.5;
double stepPosition(double step, StepScale scale);
/// Axis group whose range a step axis of this scale shares.
AxisGroup stepGroup(StepScale scale);

/// The smallest range holding all finite `coordinates`, padded by 5 % (of the logarithm where
/// `logarithmic`); around one point a range of some width, without any 0..1 (1..10).
AxisRange paddedRange(std::span<const double> coordinates, bool logarithmic);

/// `range` zoomed by `factor` (< 1 shows less) about `anchor`.
AxisRange zoomed(AxisRange range, double factor, double anchor, bool logarithmic);
/// `range` moved by `fraction` of its width to the right.
AxisRange panned(AxisRange range, double fraction, bool logarithmic);

/// True if an axis can show the range: finite, ascending, wide enough, positive if logarithmic.
bool isUsableRange(AxisRange range, bool logarithmic);

}  // namespace gridscope::views
