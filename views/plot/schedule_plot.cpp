// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/schedule_plot.h"

#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>

#include "views/models/number_text.h"
#include "views/plot/plot_backend.h"
#include "views/plot/plot_dressing.h"
#include "views/plot/series_graph.h"
#include "views/plot/step_interaction.h"

namespace gridscope::views {

namespace {

/// A sweep has dozens of conditions; a legend of all would leave no room for the lines.
constexpr std::size_t kMostNamed = 12;

enum class MarkClass { Bump, Cool, Other };
constexpr std::array kClasses{MarkClass::Bump, MarkClass::Cool, MarkClass::Other};

MarkClass classOf(ScheduleKind kind) {
    if (kind == ScheduleKind::Bump) return MarkClass::Bump;
    return kind == ScheduleKind::Cool ? MarkClass::Cool : MarkClass::Other;
}

QString classText(MarkClass which) {
    switch (which) {
    case MarkClass::Bump:
        return SchedulePlot::tr("probe in a bump");
    case MarkClass::Cool:
        return SchedulePlot::tr("probe while cool");
    case MarkClass::Other:
        break;
    }
    return SchedulePlot::tr("probe");
}

QCPScatterStyle markStyle(MarkClass which, const QColor& color, const PlotStyle& style) {
    const QPen pen(color, style.lineWidth);
    switch (which) {
    case MarkClass::Bump:
        return QCPScatterStyle(QCPScatterStyle::ssTriangle, pen, color, style.markerSize * 1.6);
    case MarkClass::Cool:
        return QCPScatterStyle(QCPScatterStyle::ssCircle, pen, style.background,
                               style.markerSize * 1.4);
    case MarkClass::Other:
        break;
    }
    return QCPScatterStyle(QCPScatterStyle::ssDisc, pen, color, style.markerSize);
}

std::size_t countOf(const ScheduleLine& line, MarkClass which) {
    return static_cast<std::size_t>(
        std::count_if(line.marks.begin(), line.marks.end(),
                      [which](const ProbeMark& mark) { return classOf(mark.kind) == which; }));
}

bool isEmptyLine(const ScheduleLine& line) { return line.steps.empty(); }

}  // namespace

SchedulePlot::SchedulePlot(QWidget* parent)
    : PlotWidget(QStringLiteral("lrPreview"), tr("Learning rate of the conditions"), parent) {
    prepareLayers(plot());
    auto* interaction = new StepInteraction(&plot());
    connect(interaction, &StepInteraction::stepsProposed, this, &SchedulePlot::setSteps);
    connect(interaction, &StepInteraction::valuesProposed, this, [this](QPointF, AxisRange values) {
        if (!isUsableRange(values, m_isLogarithmic)) return;
        m_rates = values;
        fitRates();
    });
    connect(interaction, &StepInteraction::doubleClicked, this,
            [this] { emit fitRequested(stepGroup(StepScale::Linear)); });
    // These steps belong to no run, so no other view shares their range.
    connect(this, &PlotWidget::rangeRequested, this,
            [this](AxisGroup, AxisRange steps) { setSteps(steps); });
    connect(this, &PlotWidget::fitRequested, this, [this] {
        m_zoom.reset();
        m_rates.reset();
        rebuild();
    });
    NavigationState linear;
    linear.stepScale = StepScale::Linear;
    showState(linear, {});
    rebuild();
}

SchedulePlot::~SchedulePlot() { emptyPlot(plot()); }

void SchedulePlot::setDesign(const ForkDesign& design) {
    const auto stretch = [](const std::vector<ScheduleLine>& lines) {
        for (const ScheduleLine& line : lines)
            if (!isEmptyLine(line)) return std::pair(line.steps.front(), line.steps.back());
        return std::pair(0.0, 0.0);
    };
    const auto before = stretch(m_lines);
    m_lines = scheduleLines(design);
    if (stretch(m_lines) != before) m_zoom.reset();
    m_rates.reset();
    rebuild();
}

void SchedulePlot::stateShown(NavigationFields /*changed*/) {}

AxisRange SchedulePlot::shownSteps() const {
    if (m_zoom) return *m_zoom;
    for (const ScheduleLine& line : m_lines)
        if (!isEmptyLine(line))
            return paddedRange(std::array{line.steps.front(), line.steps.back()}, false);
    return paddedRange({}, false);
}

void SchedulePlot::setSteps(AxisRange steps) {
    if (m_rect == nullptr || !isUsableRange(steps, false)) return;
    m_zoom = steps;
    m_rect->axis(QCPAxis::atBottom)->setRange(steps.low, steps.high);
    replotLater();
}

bool SchedulePlot::localKey(int key) {
    if (key != Qt::Key_Y) return false;
    m_isLogarithmic = !m_isLogarithmic;
    m_rates.reset();
    rebuild();
    return true;
}

QSize SchedulePlot::minimumSizeHint() const {
    const int em = QFontMetrics(plotStyle().baseFont).height();
    return {em * 16, em * 10};
}

void SchedulePlot::resizeEvent(QResizeEvent* event) {
    PlotWidget::resizeEvent(event);
    rebuild();  // the legend is as wide as there is room
}

void SchedulePlot::rebuild() {
    emptyPlot(plot());
    dressPlot(plot(), plotStyle());
    m_rect = makeAxisRect(plot(), plotStyle(), tr("step"), tr("learning rate"));
    plot().plotLayout()->addElement(0, 0, m_rect);
    // A label such as "100k" and room beside it.
    const int label = QFontMetrics(plotStyle().tickFont).averageCharWidth() * 10;
    setStepAxis(*m_rect->axis(QCPAxis::atBottom), StepScale::Linear,
                std::clamp(width() / label, 2, 6));
    setValueAxis(*m_rect->axis(QCPAxis::atLeft),
                 m_isLogarithmic ? ValueScale::Logarithmic : ValueScale::Linear, 5);
    for (std::size_t i = 0; i < m_lines.size(); ++i) addLine(i);
    for (std::size_t i = 0; i < m_lines.size(); ++i) addMarks(i);
    addLegend();
    const AxisRange steps = shownSteps();
    m_rect->axis(QCPAxis::atBottom)->setRange(steps.low, steps.high);
    fitRates();
    describe(description(), std::all_of(m_lines.begin(), m_lines.end(), isEmptyLine));
}

void SchedulePlot::addLine(std::size_t index) {
    const ScheduleLine& line = m_lines[index];
    QCPGraph* graph =
        plot().addGraph(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    const QString name = QString::fromStdString(line.name);
    graph->setName(isEmptyLine(line) ? tr("%1 (unfinished)").arg(name) : name);
    QPen pen = plotStyle().companionPen(index, index);
    // Dense lines of more than a pixel take the painter far longer (workbench.md 10).
    pen.setWidthF(plotStyle().axisWidth);
    graph->setPen(pen);
    graph->setData(QVector<double>(line.steps.begin(), line.steps.end()),
                   QVector<double>(line.rates.begin(), line.rates.end()), true);
}

void SchedulePlot::addMarks(std::size_t index) {
    for (const MarkClass which : kClasses) {
        if (countOf(m_lines[index], which) == 0) continue;
        QVector<double> steps, rates;
        for (const ProbeMark& mark : m_lines[index].marks) {
            if (classOf(mark.kind) != which) continue;
            steps.append(mark.step);
            rates.append(mark.rate);
        }
        auto* graph =
            new SeriesGraph(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
        graph->setLineStyle(QCPGraph::lsNone);
        graph->setScatterStyle(markStyle(which, plotStyle().seriesColor(index), plotStyle()));
        graph->setData(steps, rates, true);
    }
}

void SchedulePlot::addLegend() {
    auto* legend = new QCPLegend;
    plot().plotLayout()->insertRow(0);
    plot().plotLayout()->addElement(0, 0, legend);
    plot().plotLayout()->setRowStretchFactor(0, 0.001);
    legend->setLayer(QStringLiteral("legend"));
    const int em = QFontMetrics(plotStyle().legendFont).height();
    legend->setFont(plotStyle().legendFont);
    legend->setTextColor(plotStyle().foreground);
    legend->setBrush(Qt::NoBrush);
    legend->setBorderPen(Qt::NoPen);
    legend->setIconSize(em * 2, em * 3 / 4);
    legend->setRowSpacing(0);
    legend->setColumnSpacing(em / 2);
    legend->setMargins(QMargins(em / 4, 0, em / 4, 0));
    legend->setFillOrder(QCPLayoutGrid::foColumnsFirst, false);
    const std::vector<QCPGraph*> entries = legendEntries();
    int widest = 1;
    for (const QCPGraph* entry : entries)
        widest =
            std::max(widest, QFontMetrics(plotStyle().legendFont).horizontalAdvance(entry->name()));
    legend->setWrap(std::max(1, width() / (widest + em * 3)));
    for (QCPGraph* entry : entries) entry->addToLegend(legend);
}

std::vector<QCPGraph*> SchedulePlot::legendEntries() {
    std::vector<QCPGraph*> entries;
    for (std::size_t i = 0; i < m_lines.size() && i < kMostNamed; ++i)
        entries.push_back(plot().graph(static_cast<int>(i)));
    const auto add = [&](const QString& name) {
        QCPGraph* graph =
            plot().addGraph(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
        graph->setLineStyle(QCPGraph::lsNone);
        graph->setName(name);
        entries.push_back(graph);
        return graph;
    };
    if (m_lines.size() > kMostNamed)
        add(tr("and %n more", nullptr, static_cast<int>(m_lines.size() - kMostNamed)));
    for (const MarkClass which : kClasses) {
        const bool isThere =
            std::any_of(m_lines.begin(), m_lines.end(),
                        [which](const ScheduleLine& line) { return countOf(line, which) > 0; });
        if (isThere)
            add(classText(which))
                ->setScatterStyle(markStyle(which, plotStyle().muted, plotStyle()));
    }
    return entries;
}

void SchedulePlot::fitRates() {
    std::vector<double> rates;
    for (const ScheduleLine& line : m_lines) {
        for (const double rate : line.rates)
            if (!m_isLogarithmic || rate > 0.0) rates.push_back(rate);
    }
    AxisRange range = paddedRange(rates, m_isLogarithmic);
    if (!m_isLogarithmic) range.low = 0.0;
    if (m_rates) range = *m_rates;
    m_rect->axis(QCPAxis::atLeft)->setRange(range.low, range.high);
    replotLater();
}

std::vector<PlotColumn> SchedulePlot::columns() const {
    std::vector<PlotColumn> columns;
    for (const ScheduleLine& line : m_lines) {
        if (line.marks.empty()) continue;
        if (columns.empty()) {
            columns.push_back({"step", {}});
            for (const ProbeMark& mark : line.marks) columns.front().values.push_back(mark.step);
        }
        PlotColumn& column = columns.emplace_back(PlotColumn{"learning rate of " + line.name, {}});
        for (const ProbeMark& mark : line.marks) column.values.push_back(mark.rate);
    }
    return columns;
}

QString SchedulePlot::emptyText() const {
    return m_lines.empty() ? tr("Add a condition to see its learning rate.")
                           : tr("No condition is finished yet.");
}

QString SchedulePlot::description() const {
    QStringList parts;
    for (const ScheduleLine& line : m_lines) {
        if (isEmptyLine(line)) continue;
        if (parts.isEmpty())
            parts << tr("Learning rate from step %1 to %2")
                         .arg(stepText(line.steps.front()), stepText(line.steps.back()));
        const auto [low, high] = std::minmax_element(line.rates.begin(), line.rates.end());
        QString text = tr("%1: %2 to %3")
                           .arg(QString::fromStdString(line.name), QLocale().toString(*low, 'g', 3),
                                QLocale().toString(*high, 'g', 3));
        if (const std::size_t bumps = countOf(line, MarkClass::Bump); bumps > 0)
            text += tr(", %1 of %2 probes in a bump").arg(bumps).arg(line.marks.size());
        parts << text;
    }
    return parts.join(QStringLiteral("; "));
}

}  // namespace gridscope::views
