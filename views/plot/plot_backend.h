// SPDX-License-Identifier: GPL-3.0-or-later

// The only place that includes QCustomPlot; everything else in views forward-declares its types.
#pragma once

// The library's own warnings are not ours (style.md rule 26).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <qcustomplot.h>
#pragma GCC diagnostic pop
