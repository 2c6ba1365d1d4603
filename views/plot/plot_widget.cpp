// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/plot_widget.h"

#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QStackedLayout>
#include <QToolTip>
#include <QWindow>

#include <cmath>

#include "views/plot/panel_data.h"
#include "views/plot/plot_backend.h"
#include "views/plot/plot_scale.h"

namespace gridscope::views {

namespace {

constexpr int kFocusFrame = 2;  // logical pixels, workbench.md 3.3

int endRow(const SeriesTable& table, bool first) {
    const auto count = static_cast<int>(table.rowCount());
    for (int i = 0; i < count; ++i) {
        const int row = first ? i : count - 1 - i;
        if (isProbed(table.row(static_cast<std::size_t>(row)))) return row;
    }
    return -1;
}

}  // namespace

PlotWidget::PlotWidget(const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QWidget(parent),
      m_plot(new QCustomPlot(this)),
      m_empty(new QLabel(this)),
      m_pages(new QStackedLayout(this)) {
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    m_plot->setObjectName(objectName + QStringLiteral("Canvas"));
    m_plot->setAccessibleName(accessibleName);
    m_plot->setFocusPolicy(Qt::StrongFocus);
    m_plot->setMouseTracking(true);
    m_plot->installEventFilter(this);
    m_empty->setObjectName(objectName + QStringLiteral("Empty"));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setAutoFillBackground(true);
    setFocusProxy(m_plot);
    m_pages->setContentsMargins(kFocusFrame, kFocusFrame, kFocusFrame, kFocusFrame);
    m_pages->addWidget(m_empty);
    m_pages->addWidget(m_plot);
    adoptTheme();
}

PlotWidget::~PlotWidget() = default;

void PlotWidget::setData(std::shared_ptr<const SeriesTable> data) {
    m_data = std::move(data);
    rebuild();
}

void PlotWidget::showContent(const NavigationState& state,
                             std::shared_ptr<const SeriesTable> data) {
    if (state == m_state && data == m_data) return;
    m_state = state;
    setData(std::move(data));
}

void PlotWidget::setPhases(const PhaseBands& phases) {
    m_phases = phases;
    phasesShown();
}

void PlotWidget::showState(const NavigationState& state, NavigationFields changed) {
    m_state = state;
    stateShown(changed);
}

void PlotWidget::setTheme(Theme theme) {
    m_theme = theme;
    restyle();
}

int PlotWidget::currentRow() const {
    if (!m_data || m_data->rowCount() == 0) return -1;
    if (m_state.checkpoint) return m_data->nearestRow(m_state.checkpoint->step);
    return endRow(*m_data, false);
}

void PlotWidget::stateShown(NavigationFields /*changed*/) { rebuild(); }

void PlotWidget::phasesShown() { rebuild(); }

bool PlotWidget::localKey(int /*key*/) { return false; }

bool PlotWidget::stepsAreLogarithmic() const { return m_state.stepScale == StepScale::Logarithmic; }

void PlotWidget::replotLater() { m_plot->replot(QCustomPlot::rpQueuedReplot); }

void PlotWidget::replotOverlay() { m_plot->layer(QStringLiteral("overlay"))->replot(); }

void PlotWidget::showNote(QPoint globalPosition, const QString& note) {
    // Rich text wraps; notes are plain.
    const QString lines = note.toHtmlEscaped().replace(u'\n', QStringLiteral("<br>"));
    QToolTip::showText(globalPosition,
                       note.isEmpty() ? QString() : QStringLiteral("<p>%1</p>").arg(lines), m_plot);
}

void PlotWidget::describe(const QString& description, bool isEmpty) {
    setAccessibleDescription(description);
    m_plot->setAccessibleDescription(description);
    m_empty->setText(isEmpty ? emptyText() : QString());
    m_pages->setCurrentWidget(isEmpty ? static_cast<QWidget*>(m_empty) : m_plot);
}

void PlotWidget::adoptTheme() {
    m_style = PlotStyle::screen(resolveTheme(m_theme, palette()), font());
    QPalette colors = m_empty->palette();
    colors.setColor(QPalette::Window, m_style.background);
    colors.setColor(QPalette::WindowText, m_style.muted);
    m_empty->setPalette(colors);
}

void PlotWidget::restyle() {
    adoptTheme();
    rebuild();
}

void PlotWidget::adoptPixelRatio() {
    // QCustomPlot 2.1.0 reads the ratio once, when it is made.
    m_plot->setBufferDevicePixelRatio(devicePixelRatioF());
    replotLater();
}

bool PlotWidget::walkKey(const QKeyEvent& event) {
    const bool isControl = event.modifiers().testFlag(Qt::ControlModifier);
    switch (event.key()) {
    case Qt::Key_Left:
        emit checkpointStepRequested(isControl ? -10 : -1);
        return true;
    case Qt::Key_Right:
        emit checkpointStepRequested(isControl ? 10 : 1);
        return true;
    case Qt::Key_Home:
    case Qt::Key_End: {
        const int row = m_data ? endRow(*m_data, event.key() == Qt::Key_Home) : -1;
        if (row >= 0) emit checkpointActivated(row);
        return true;
    }
    case Qt::Key_Up:
        emit layerStepRequested(-1);
        return true;
    case Qt::Key_Down:
        emit layerStepRequested(1);
        return true;
    case Qt::Key_PageUp:
        emit phaseStepRequested(-1);
        return true;
    case Qt::Key_PageDown:
        emit phaseStepRequested(1);
        return true;
    case Qt::Key_M:
        emit metricStepRequested(1);
        return true;
    case Qt::Key_G:
        emit gridStepRequested(1);
        return true;
    case Qt::Key_X:
        emit stepScaleToggled();
        return true;
    case Qt::Key_T:
        emit asTableRequested();
        return true;
    default:
        return localKey(event.key());
    }
}

bool PlotWidget::viewKey(const QKeyEvent& event) {
    const auto range = stepRange();
    if (!range) return false;
    const bool isLog = stepsAreLogarithmic();
    const AxisGroup group = stepGroup(m_state.stepScale);
    const double middle =
        isLog ? std::sqrt(range->low) * std::sqrt(range->high) : (range->low + range->high) / 2;
    const bool isShift = event.modifiers().testFlag(Qt::ShiftModifier);
    switch (event.key()) {
    case Qt::Key_F:
        emit fitRequested(group);
        return true;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        emit rangeRequested(group, zoomed(*range, 0.8, middle, isLog));
        return true;
    case Qt::Key_Minus:
        emit rangeRequested(group, zoomed(*range, 1.25, middle, isLog));
        return true;
    case Qt::Key_Left:
        if (isShift) emit rangeRequested(group, panned(*range, -0.1, isLog));
        return isShift;
    case Qt::Key_Right:
        if (isShift) emit rangeRequested(group, panned(*range, 0.1, isLog));
        return isShift;
    default:
        return false;
    }
}

bool PlotWidget::cursorKey(int key) {
    switch (key) {
    case Qt::Key_Space:
        emit pinToggled();
        return true;
    case Qt::Key_Escape:
        emit releaseRequested();
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        emit inspectorRequested();
        return true;
    default:
        return false;
    }
}

void PlotWidget::keyPressEvent(QKeyEvent* event) {
    if (event->modifiers().testFlag(Qt::AltModifier)) {
        const int phase = event->key() - Qt::Key_1;
        if (phase >= 0 && phase < static_cast<int>(m_phases.names.size())) {
            emit phaseActivated(phase);
            return;
        }
        QWidget::keyPressEvent(event);
        return;
    }
    if (viewKey(*event) || walkKey(*event) || cursorKey(event->key())) return;
    QWidget::keyPressEvent(event);
}

void PlotWidget::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    const bool isPalette = event->type() == QEvent::PaletteChange && m_theme == Theme::System;
    if (isPalette || event->type() == QEvent::FontChange) restyle();
}

void PlotWidget::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    adoptPixelRatio();
    if (QWindow* window = this->window()->windowHandle())
        connect(window, &QWindow::screenChanged, this, &PlotWidget::adoptPixelRatio,
                Qt::UniqueConnection);
}

void PlotWidget::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.fillRect(rect(), m_style.background);
    if (!m_plot->hasFocus()) return;
    painter.setPen(QPen(palette().color(QPalette::Highlight), kFocusFrame));
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

bool PlotWidget::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) update();
    return QWidget::eventFilter(watched, event);
}

}  // namespace gridscope::views
