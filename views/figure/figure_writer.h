// SPDX-License-Identifier: GPL-3.0-or-later

// Writes figures to PDF, SVG, PNG and CSV files, completely or not at all.
#pragma once

#include <QByteArray>

#include "views/figure/figure_spec.h"

namespace gridscope::views {

enum class FigureFormat { Pdf, Svg, Png, Csv };

/// From the suffix of a file name. Errors: settings.syntax.
Expected<FigureFormat> figureFormatOf(const QString& path);

/// The bytes of the figure; equal input gives equal bytes.
/// Errors: those of FigureRenderer::create, export.failed.
Expected<QByteArray> renderFigure(const FigureInput& input, FigureFormat format);

/// renderFigure into the file `path`, in the format of its suffix; an existing file is replaced.
/// Errors: those of renderFigure and writeFileAtomically.
Expected<void> writeFigure(const FigureInput& input, const QString& path);

}  // namespace gridscope::views
