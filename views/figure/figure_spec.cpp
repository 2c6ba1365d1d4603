// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/figure/figure_spec.h"

#include <cmath>

#include "core/base/numbers.h"
#include "views/plot/heat_map_data.h"

namespace gridscope::views {

namespace {

constexpr double kPointsPerInch = 72.0;
constexpr double kAspect = 0.618;
constexpr double kTwoColumnInches = 4.5;
constexpr int kOverviewPanels = 4;
constexpr int kForkPanels = 2;

Expected<void> checkRange(std::string_view where, double value, double low, double high) {
    if (value >= low && value <= high) return {};
    return Error{ErrorCode::SettingsRange, std::string(where),
                 "expected " + formatNumber(low) + " to " + formatNumber(high) + ", found " +
                     formatNumber(value),
                 ""};
}

}  // namespace

QStringList runFigureNames() {
    return {QStringLiteral("overview"),     QStringLiteral("gap"),
            QStringLiteral("perplexity"),   QStringLiteral("kurtosis"),
            QStringLiteral("misalignment"), QStringLiteral("histogram"),
            QStringLiteral("occupancy"),    QStringLiteral("heatmap:<metric>")};
}

QStringList figureNames() { return runFigureNames() + forkFigureNames(); }

QStringList forkFigureNames() { return {QStringLiteral("fork"), QStringLiteral("fork-trade")}; }

Expected<void> checkFigureSpec(const FigureSpec& spec) {
    GRIDSCOPE_TRY(checkRange("width [in]", spec.widthInches, 0.5, 40));
    if (spec.heightInches) GRIDSCOPE_TRY(checkRange("height [in]", *spec.heightInches, 0.3, 60));
    GRIDSCOPE_TRY(checkRange("base font [pt]", spec.baseFontPoints, 4, 72));
    GRIDSCOPE_TRY(checkRange("dpi", spec.dpi, 72, 1200));
    GRIDSCOPE_TRY(checkRange("number of steps", static_cast<double>(spec.steps.size()), 0, 9));
    const QString prefix = QStringLiteral("heatmap:");
    const bool isKnown = spec.name.startsWith(prefix)
                             ? isLayerMetric(spec.name.mid(prefix.size()).toStdString())
                             : figureNames().contains(spec.name);
    if (isKnown) return {};
    return Error{ErrorCode::SettingsSyntax, "figure " + spec.name.toStdString(),
                 "expected the name of a figure, found \"" + spec.name.toStdString() + "\"",
                 "known: " + figureNames().join(QStringLiteral(", ")).toStdString()};
}

FigureShape figureShape(const FigureSpec& spec) {
    FigureShape shape;
    if (spec.name == QLatin1String("overview")) {
        shape.panels = kOverviewPanels;
        shape.columns = spec.panelColumns > 0                  ? spec.panelColumns
                        : spec.widthInches >= kTwoColumnInches ? 2
                                                               : 1;
    }
    if (spec.name == QLatin1String("fork")) shape.panels = kForkPanels;
    const int rows = (shape.panels + shape.columns - 1) / shape.columns;
    // 1e-9 keeps 3.25 in * 72 = 234 from falling to 233.
    shape.widthPoints = static_cast<int>(std::floor(spec.widthInches * kPointsPerInch + 1e-9));
    const double height = spec.heightInches
                              ? *spec.heightInches * kPointsPerInch
                              : spec.widthInches * kPointsPerInch * kAspect * rows / shape.columns;
    shape.heightPoints = static_cast<int>(std::floor(height + 1e-9));
    return shape;
}

}  // namespace gridscope::views
