// SPDX-License-Identifier: GPL-3.0-or-later

// How quick matrix products are here, the yardstick of cost estimates.
#pragma once

namespace gridscope {

/// FLOP/s that FP32 matrix products of the Pythia-160m shape reach with the thread count of the
/// calling thread: the best of a few, some 0.1 s in all.
double measureMultiplyRate();

}  // namespace gridscope
