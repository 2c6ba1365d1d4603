// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/figure/figure_renderer.h"

#include <QFontInfo>

#include <algorithm>

#include "views/plot/fork_series.h"
#include "views/plot/heat_map_picture.h"
#include "views/plot/outline_picture.h"
#include "views/plot/panel_stack.h"
#include "views/plot/plot_backend.h"
#include "views/plot/trade_picture.h"

namespace gridscope::views {

namespace {

constexpr double kPointsPerInch = 72.0;

/// Panels of the figures that are made of panels; empty for others.
std::vector<PanelSpec> panelsOf(const FigureSpec& spec) {
    const QString& name = spec.name;
    if (name == QLatin1String("overview")) return defaultPanels(spec.layerMetric);
    if (name == QLatin1String("gap")) return {gapPanel()};
    if (name == QLatin1String("perplexity")) return {perplexityPanel()};
    if (name == QLatin1String("kurtosis")) return {kurtosisPanel()};
    if (name == QLatin1String("misalignment")) return {misalignmentPanel(spec.layerMetric)};
    return {};
}

int lastProbedRow(const SeriesTable& table) {
    for (int row = static_cast<int>(table.rowCount()) - 1; row >= 0; --row)
        if (isProbed(table.row(static_cast<std::size_t>(row)))) return row;
    return -1;
}

Expected<void> checkFont(const QString& family) {
    const QString found = QFontInfo(QFont(family)).family();
    if (found == family) return {};
    return Error{ErrorCode::SettingsRange, "font",
                 "expected \"" + family.toStdString() + "\", found \"" + found.toStdString() +
                     "\" in its place",
                 "install the font or choose another"};
}

}  // namespace

FigureRenderer::FigureRenderer(const FigureInput& input)
    : m_input(input), m_plot(std::make_unique<QCustomPlot>()) {}

FigureRenderer::~FigureRenderer() = default;

Expected<std::unique_ptr<FigureRenderer>> FigureRenderer::create(const FigureInput& input) {
    GRIDSCOPE_TRY(checkFigureSpec(input.spec));
    GRIDSCOPE_TRY(checkFont(input.spec.fontFamily));
    std::unique_ptr<FigureRenderer> renderer(new FigureRenderer(input));
    if (forkFigureNames().contains(input.spec.name)) {
        if (input.fork == nullptr) return renderer->noData();
        GRIDSCOPE_TRY(renderer->build());
        return renderer;
    }
    if (input.table == nullptr || input.table->rowCount() == 0) return renderer->noData();
    const auto layers = static_cast<int>(input.table->trajectory().layers.size());
    if (input.spec.layer >= layers)
        return Error{ErrorCode::SettingsRange, "layer",
                     "expected a layer below " + std::to_string(layers) + ", found " +
                         std::to_string(input.spec.layer),
                     ""};
    GRIDSCOPE_TRY(renderer->build());
    return renderer;
}

Error FigureRenderer::noData() const {
    const std::string where = "figure " + m_input.spec.name.toStdString();
    const bool isOfFork = forkFigureNames().contains(m_input.spec.name);
    if (isOfFork != (m_input.fork != nullptr))
        return Error{ErrorCode::TrajectoryNoData, where,
                     isOfFork ? "expected a fork experiment, found a trajectory"
                              : "expected a trajectory, found a fork experiment",
                     "of a fork experiment there are: " +
                         forkFigureNames().join(QStringLiteral(", ")).toStdString()};
    if (isOfFork)
        return Error{ErrorCode::TrajectoryNoData, where, "nothing of it was measured yet",
                     "run the experiment, or choose another figure"};
    return Error{ErrorCode::TrajectoryNoData, where,
                 "nothing of it was measured for grid " + m_input.spec.grid.toStdString(),
                 "probe the run with this grid, or choose another figure or grid"};
}

Expected<void> FigureRenderer::build() {
    const FigureShape shape = figureShape(m_input.spec);
    m_size = QSize(shape.widthPoints, shape.heightPoints);
    m_plot->setLocale(QLocale::c());
    m_plot->setBufferDevicePixelRatio(1.0);
    m_plot->resize(m_size);
    m_plot->setViewport(QRect(QPoint(0, 0), m_size));
    const auto panels = panelsOf(m_input.spec);
    if (!panels.empty())
        GRIDSCOPE_TRY(buildPanels(panels));
    else if (m_input.spec.name == QLatin1String("fork"))
        GRIDSCOPE_TRY(buildFork());
    else if (m_input.spec.name == QLatin1String("fork-trade"))
        GRIDSCOPE_TRY(buildTrade());
    else if (m_input.spec.name.startsWith(QLatin1String("heatmap:")))
        GRIDSCOPE_TRY(buildHeatMap(m_input.spec.name.section(u':', 1)));
    else
        GRIDSCOPE_TRY(buildOutlines());
    // Margins settle in the second layout.
    m_plot->replot(QCustomPlot::rpImmediateRefresh);
    return {};
}

Expected<void> FigureRenderer::buildPanels(const std::vector<PanelSpec>& specs) {
    const FigureSpec& spec = m_input.spec;
    const PanelChoice choice{spec.grid, spec.layer, spec.stepScale};
    std::vector<PanelData> panels;
    for (const PanelSpec& panel : specs)
        panels.push_back(makePanelData(*m_input.table, panel, choice));
    if (std::all_of(panels.begin(), panels.end(),
                    [](const PanelData& panel) { return panel.isEmpty(); }))
        return noData();
    StackOptions options = stackOptions();
    options.legends = false;
    options.bands = spec.phaseBands;
    options.strip = spec.phaseBands && !m_input.phases.boundaries.empty();
    m_panels = std::make_unique<PanelStack>(*m_plot);
    m_panels->build(std::move(panels), PlotStyle::figure(spec.fontFamily, spec.baseFontPoints),
                    spec.stepScale, options);
    m_panels->setPhases(m_input.phases, std::nullopt);
    if (spec.stepRange) m_panels->setSteps(*spec.stepRange);
    return {};
}

StackOptions FigureRenderer::stackOptions() const {
    const FigureShape shape = figureShape(m_input.spec);
    StackOptions options;
    options.columns = shape.columns;
    // About one label per four base sizes across, per three upwards.
    const double base = m_input.spec.baseFontPoints;
    options.stepTicks =
        std::clamp(static_cast<int>(shape.widthPoints / shape.columns / (base * 4)), 2, 8);
    options.valueTicks = 4;
    return options;
}

Expected<void> FigureRenderer::buildFork() {
    const FigureSpec& spec = m_input.spec;
    if (!hasForkPoints(m_input.fork->results)) return noData();
    StackOptions options = stackOptions();
    options.bands = false;
    options.strip = false;
    options.sharesLegend = true;
    m_panels = std::make_unique<PanelStack>(*m_plot);
    m_panels->build(
        forkPanels(*m_input.fork, {ValueScale::Asinh,
                                   spec.references ? PaperOverlay::Shown : PaperOverlay::Hidden}),
        PlotStyle::figure(spec.fontFamily, spec.baseFontPoints), StepScale::Linear, options);
    if (spec.stepRange) m_panels->setSteps(*spec.stepRange);
    return {};
}

Expected<void> FigureRenderer::buildTrade() {
    const FigureSpec& spec = m_input.spec;
    m_trade = std::make_unique<TradePicture>(*m_plot);
    m_trade->build(m_input.fork, PlotStyle::figure(spec.fontFamily, spec.baseFontPoints));
    if (m_trade->isEmpty()) return noData();
    return {};
}

Expected<void> FigureRenderer::buildOutlines() {
    const FigureSpec& spec = m_input.spec;
    OutlineChoice choice;
    choice.histogram = {spec.grid.toStdString(), spec.layer};
    choice.kind =
        spec.name == QLatin1String("occupancy") ? OutlineKind::Codes : OutlineKind::Residuals;
    std::vector<int> rows;
    for (const double step : spec.steps) rows.push_back(m_input.table->nearestRow(step));
    if (rows.empty()) rows.push_back(lastProbedRow(*m_input.table));
    choice.currentRow = rows.front();
    choice.overlay.assign(rows.begin() + 1, rows.end());
    m_outlines = std::make_unique<OutlinePicture>(*m_plot);
    m_outlines->build(m_input.table.get(), choice,
                      PlotStyle::figure(spec.fontFamily, spec.baseFontPoints));
    if (m_outlines->isEmpty()) return noData();
    return {};
}

Expected<void> FigureRenderer::buildHeatMap(const QString& metric) {
    const FigureSpec& spec = m_input.spec;
    HeatMapData data =
        heatMapData(*m_input.table, metric.toStdString(), spec.grid.toStdString(), spec.stepScale);
    if (data.isEmpty()) return noData();
    m_heatMap = std::make_unique<HeatMapPicture>(*m_plot);
    m_heatMap->build(m_input.table.get(), std::move(data),
                     PlotStyle::figure(spec.fontFamily, spec.baseFontPoints), spec.stepScale,
                     spec.dpi / kPointsPerInch);
    if (spec.stepRange) m_heatMap->setSteps(*spec.stepRange);
    return {};
}

bool FigureRenderer::paintOn(QPaintDevice& device) {
    QCPPainter painter;
    if (!painter.begin(&device)) return false;
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setMode(QCPPainter::pmNonCosmetic);
    painter.setRenderHint(QPainter::LosslessImageRendering);  // else heat maps become JPEG
    m_plot->toPainter(&painter, m_size.width(), m_size.height());
    return painter.end();
}

QPixmap FigureRenderer::toPixmap() {
    return m_plot->toPixmap(m_size.width(), m_size.height(), m_input.spec.dpi / kPointsPerInch);
}

}  // namespace gridscope::views
