// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/fork_plot.h"

#include <QHelpEvent>
#include <QLocale>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "views/plot/painted_layer.h"
#include "views/plot/panel_stack.h"
#include "views/plot/plot_dressing.h"
#include "views/plot/step_interaction.h"

namespace gridscope::views {

namespace {

/// Position of a series' legend entry: thin lines of seeds have none.
int legendIndex(const PanelData& panel, const QString& name) {
    int index = 0;
    for (const PanelSeries& series : panel.series) {
        if (series.origin == SeriesOrigin::Seed) continue;
        if (series.name == name) return index;
        ++index;
    }
    return -1;
}

}  // namespace

ForkPlot::ForkPlot(QWidget* parent)
    : PlotWidget(QStringLiteral("forkPlot"), tr("Gap and FP32 perplexity of the fork"), parent),
      m_interaction(new StepInteraction(&plot())),
      m_stack(std::make_unique<PanelStack>(plot())) {
    m_badgeLayer = std::make_unique<PaintedLayer>(
        &plot(), QStringLiteral("legend"), [this](QCPPainter& painter) { paintBadges(painter); });
    m_cursorLayer = std::make_unique<PaintedLayer>(
        &plot(), QStringLiteral("overlay"), [this](QCPPainter& painter) { paintCursor(painter); });
    NavigationState linear;
    linear.stepScale = StepScale::Linear;
    showState(linear, NavigationField::StepScale);  // what the keys of the base go by
    connectInput();
    rebuild();
}

ForkPlot::~ForkPlot() = default;

void ForkPlot::connectInput() {
    connect(&plot(), &QCustomPlot::beforeReplot, this, [this] { m_stack->wrapLegend(); });
    connect(m_interaction, &StepInteraction::clicked, this, &ForkPlot::click);
    connect(m_interaction, &StepInteraction::hovered, this, &ForkPlot::hover);
    connect(m_interaction, &StepInteraction::doubleClicked, this, &ForkPlot::fitValues);
    connect(m_interaction, &StepInteraction::stepsProposed, this, &ForkPlot::setSteps);
    connect(m_interaction, &StepInteraction::valuesProposed, this,
            [this](QPointF position, AxisRange values) {
                const int panel = m_stack->panelAt(position);
                if (panel < 0) return;
                m_stack->setValues(static_cast<std::size_t>(panel), values);
                replotLater();
            });
    // The keys of the base: what they ask for is done here.
    connect(this, &PlotWidget::rangeRequested, this,
            [this](AxisGroup, AxisRange steps) { setSteps(steps); });
    connect(this, &PlotWidget::fitRequested, this, &ForkPlot::fitValues);
    connect(this, &PlotWidget::checkpointStepRequested, this, &ForkPlot::moveCursor);
    connect(this, &PlotWidget::releaseRequested, this, [this] { setCursorRow(-1); });
}

void ForkPlot::showReport(std::shared_ptr<const ForkReport> report) {
    // More probes of what is shown already keep zoom and crosshair.
    const bool isSame =
        m_report && report &&
        forkRecordToJson(m_report->results.record) == forkRecordToJson(report->results.record) &&
        m_report->results.gridId == report->results.gridId;
    const double cursor = isSame ? cursorStep().value_or(kNotMeasured) : kNotMeasured;
    m_report = std::move(report);
    m_steps = m_report ? forkSteps(m_report->results) : std::vector<double>();
    m_cursorRow = -1;
    if (const auto at = std::find(m_steps.begin(), m_steps.end(), cursor); at != m_steps.end())
        m_cursorRow = static_cast<int>(at - m_steps.begin());
    if (!isSame) {
        m_ownSteps.reset();
        m_stack->clearValues();
    }
    rebuild();
}

void ForkPlot::setPaperOverlay(PaperOverlay overlay) {
    if (overlay == m_paper) return;
    m_paper = overlay;
    rebuild();
}

void ForkPlot::rebuild() {
    std::vector<PanelData> panels;
    if (m_report) panels = forkPanels(*m_report, {m_gapScale, m_paper});
    StackOptions options;
    options.strip = false;
    options.bands = false;
    options.sharesLegend = true;
    options.legends = m_showsLegend;
    if (m_report) {
        // Checkpoints to come have their place already, so that the picture does not jump.
        const ForkDesign& design = m_report->results.record.design;
        options.moreSteps = {static_cast<double>(design.forkStep),
                             static_cast<double>(design.lastStep())};
    }
    m_stack->build(std::move(panels), plotStyle(), StepScale::Linear, options);
    m_stack->setHidden(m_hidden);
    m_stack->setSteps(m_ownSteps.value_or(m_stack->fitted()));
    describe(description(), !m_report || !hasForkPoints(m_report->results));
    replotLater();
}

QString ForkPlot::emptyText() const {
    if (!m_report) return tr("No fork experiment is open.");
    return tr("No probe of this experiment is measured yet. Points appear here as they come.");
}

void ForkPlot::fitValues() {
    m_ownSteps.reset();
    m_stack->clearValues();
    m_stack->setSteps(m_stack->fitted());
    replotLater();
}

void ForkPlot::setSteps(AxisRange steps) {
    if (!isUsableRange(steps, false)) return;
    m_ownSteps = steps;
    m_stack->setSteps(steps);
    replotLater();
}

std::vector<PlotColumn> ForkPlot::columns() const {
    return m_report ? forkColumns(m_report->results) : std::vector<PlotColumn>();
}

const PanelData& ForkPlot::panel(int index) const {
    return m_stack->panel(static_cast<std::size_t>(index));
}

QPoint ForkPlot::legendPixelOf(const QString& name) const {
    if (m_stack->count() == 0) return {};
    return m_stack->legendPixelOf(0, legendIndex(m_stack->panel(0), name));
}

QPoint ForkPlot::pixelOf(int panel, double step, double value) const {
    const auto at = static_cast<std::size_t>(panel);
    const QCPAxisRect* rect = m_stack->rect(at);
    const double y = toAxis(value, m_stack->panel(at).spec.scale);
    return {qRound(rect->axis(QCPAxis::atBottom)->coordToPixel(step)),
            qRound(rect->axis(QCPAxis::atLeft)->coordToPixel(y))};
}

AxisRange ForkPlot::shownSteps() const { return m_stack->steps(); }

std::optional<double> ForkPlot::cursorStep() const {
    if (m_cursorRow < 0) return std::nullopt;
    return m_steps[static_cast<std::size_t>(m_cursorRow)];
}

QString ForkPlot::readOut(int panel) const {
    if (m_cursorRow < 0) return {};
    const PanelData& shown = this->panel(panel);
    const QLocale locale;
    QStringList lines;
    if (panel == 0) lines << tr("step %1").arg(locale.toString(*cursorStep(), 'f', 0));
    const QString unit = shown.spec.unit.isEmpty() ? QString() : u' ' + shown.spec.unit;
    for (const PanelSeries& series : shown.series) {
        const int point = series.points.indexOfRow(m_cursorRow);
        if (point < 0 || m_hidden.contains(series.key) || series.origin != SeriesOrigin::Mean)
            continue;
        const bool isBump =
            std::any_of(shown.series.begin(), shown.series.end(), [&](const PanelSeries& other) {
                return other.origin == SeriesOrigin::Bump && other.key == series.key &&
                       other.points.indexOfRow(m_cursorRow) >= 0;
            });
        const double value = series.points.values[static_cast<std::size_t>(point)];
        lines << series.name + QStringLiteral(": ") + locale.toString(value, 'g', 4) + unit +
                     (isBump ? tr(", in a bump") : QString());
    }
    return lines.join(u'\n');
}

QString ForkPlot::noteAt(QPointF position) const { return m_stack->noteAt(position); }

std::optional<AxisRange> ForkPlot::stepRange() const {
    if (m_stack->count() == 0) return std::nullopt;
    return m_stack->steps();
}

bool ForkPlot::localKey(int key) {
    if (key == Qt::Key_L)
        m_showsLegend = !m_showsLegend;
    else if (key == Qt::Key_Y)
        m_gapScale = m_gapScale == ValueScale::Asinh ? ValueScale::Linear : ValueScale::Asinh;
    else
        return false;
    m_stack->clearValues();
    rebuild();
    return true;
}

bool ForkPlot::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Leave) setCursorRow(-1);
    if (event->type() == QEvent::ToolTip) {
        const auto& help = *static_cast<QHelpEvent*>(event);
        showNote(help.globalPos(), noteAt(help.pos()));
        return true;
    }
    return PlotWidget::eventFilter(watched, event);
}

void ForkPlot::click(QPointF position) {
    const QString key = m_stack->legendKeyAt(position);
    if (key.isEmpty()) return;
    if (m_hidden.erase(key) == 0) m_hidden.insert(key);
    m_stack->setHidden(m_hidden);
    replotLater();
}

void ForkPlot::hover(QPointF position) {
    const int panel = m_stack->panelAt(position);
    if (panel < 0 || m_steps.empty()) return;
    const QCPAxis* axis = m_stack->rect(static_cast<std::size_t>(panel))->axis(QCPAxis::atBottom);
    const double at = axis->pixelToCoord(position.x());
    const auto nearest = std::min_element(m_steps.begin(), m_steps.end(), [at](double a, double b) {
        return std::fabs(a - at) < std::fabs(b - at);
    });
    setCursorRow(static_cast<int>(nearest - m_steps.begin()));
}

void ForkPlot::moveCursor(int delta) {
    if (m_steps.empty()) return;
    const int last = static_cast<int>(m_steps.size()) - 1;
    const int from = m_cursorRow >= 0 ? m_cursorRow : (delta > 0 ? -1 : last + 1);
    setCursorRow(std::clamp(from + delta, 0, last));
}

void ForkPlot::setCursorRow(int row) {
    if (row == m_cursorRow) return;
    m_cursorRow = row;
    if (const auto step = cursorStep()) emit cursorMoved(*step);
    setAccessibleDescription(description());
    replotOverlay();
}

void ForkPlot::paintCursor(QCPPainter& painter) const {
    if (m_cursorRow < 0) return;
    for (std::size_t i = 0; i < m_stack->count(); ++i) {
        const QRect area = m_stack->rect(i)->rect();
        const double at = m_stack->rect(i)->axis(QCPAxis::atBottom)->coordToPixel(*cursorStep());
        painter.save();
        painter.setClipRect(area.adjusted(0, 0, 1, 1));
        painter.setPen(QPen(plotStyle().crosshair, plotStyle().axisWidth, Qt::DotLine));
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()));
        const QString text = readOut(static_cast<int>(i));
        const bool isRight = at > area.center().x();
        const double gap = plotStyle().tickLength * 1.5;
        if (!text.isEmpty())
            paintBadge(painter, plotStyle(),
                       QPointF(isRight ? at - gap : at + gap, area.top() + gap),
                       (isRight ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop, text);
        painter.restore();
    }
}

void ForkPlot::paintBadges(QCPPainter& painter) const {
    for (std::size_t i = 0; i < m_stack->count(); ++i) {
        const QRect area = m_stack->rect(i)->rect();
        if (m_stack->panel(i).isEmpty()) {
            painter.setPen(plotStyle().muted);
            painter.setFont(plotStyle().tickFont);
            painter.drawText(area, Qt::AlignCenter, tr("not measured"));
        }
        const QString text = badgeText(m_stack->panel(i), m_stack->values(i));
        const double gap = plotStyle().tickLength;
        if (!text.isEmpty())
            paintBadge(painter, plotStyle(), QPointF(area.right() - gap, area.top() + gap),
                       Qt::AlignRight | Qt::AlignTop, text);
    }
}

QString ForkPlot::description() const {
    QStringList sentences;
    const QLocale locale;
    for (std::size_t i = 0; i < m_stack->count(); ++i) {
        const PanelData& panel = m_stack->panel(i);
        for (const PanelSeries& series : panel.series) {
            const auto& values = series.points.values;
            if (values.empty() || series.origin != SeriesOrigin::Mean) continue;
            const auto [least, most] = std::minmax_element(values.begin(), values.end());
            sentences << tr("%1, %2, mean over seeds, %n point(s), %3 to %4.", nullptr,
                            static_cast<int>(values.size()))
                             .arg(panel.axisLabel, series.name, locale.toString(*least, 'g', 5),
                                  locale.toString(*most, 'g', 5));
        }
    }
    for (int i = 0; m_cursorRow >= 0 && i < static_cast<int>(m_stack->count()); ++i)
        sentences << readOut(i).replace(u'\n', QStringLiteral("; "));
    return sentences.join(u' ');
}

QSize ForkPlot::minimumSizeHint() const {
    const int em = QFontMetrics(plotStyle().baseFont).height();
    return {em * 20, em * 16};
}

}  // namespace gridscope::views
