// SPDX-License-Identifier: GPL-3.0-or-later

// What every plot has: data, phases, navigation, theme, keys, empty state, accessible texts.
#pragma once

#include <QWidget>

#include <memory>
#include <optional>

#include "core/trajectory/series_table.h"
#include "views/navigation/navigation_state.h"
#include "views/phase_band.h"
#include "views/plot/plot_columns.h"
#include "views/style/plot_style.h"

class QCustomPlot;
class QLabel;
class QStackedLayout;

namespace gridscope::views {

/// Shows what it is told and emits intents; never changes what is looked at by itself.
class PlotWidget : public QWidget {
    Q_OBJECT

public:
    PlotWidget(const QString& objectName, const QString& accessibleName, QWidget* parent);
    ~PlotWidget() override;

    /// Null = nothing open.
    void setData(std::shared_ptr<const SeriesTable> data);
    /// State and data at once, with one drawing; none where both are shown already.
    void showContent(const NavigationState& state, std::shared_ptr<const SeriesTable> data);
    void setPhases(const PhaseBands& phases);
    void showState(const NavigationState& state, NavigationFields changed);
    void setTheme(Theme theme);

    /// Drops what zooming did to axes that the navigation state does not hold.
    virtual void fitValues() {}
    /// What is drawn, as columns of equal length; empty = nothing.
    virtual std::vector<PlotColumn> columns() const = 0;

    const PlotStyle& plotStyle() const { return m_style; }
    /// Row of the current checkpoint: the chosen one, else the last probed; -1 = none.
    int currentRow() const;

signals:
    void checkpointActivated(int row);
    void overlayToggled(int row);
    void phaseActivated(int phase);
    void phaseZoomRequested(int phase);
    void layerActivated(int layer);
    void rangeRequested(AxisGroup group, AxisRange range);
    void fitRequested(AxisGroup group);
    void cursorMoved(double step);
    void gridStepRequested(int delta);
    void metricStepRequested(int delta);
    void checkpointStepRequested(int delta);
    void layerStepRequested(int delta);
    void phaseStepRequested(int delta);
    void stepScaleToggled();
    void asTableRequested();
    void pinToggled();
    /// Esc: something shall be let go.
    void releaseRequested();
    void inspectorRequested();

protected:
    /// Draws everything anew from data(), state() and plotStyle().
    virtual void rebuild() = 0;
    /// The state changed; rebuilds unless a plot knows better.
    virtual void stateShown(NavigationFields changed);
    virtual void phasesShown();
    virtual QString emptyText() const = 0;
    /// Range of the step axis, if the plot has one.
    virtual std::optional<AxisRange> stepRange() const { return std::nullopt; }
    /// Keys L, B and Y, which change how this plot draws.
    virtual bool localKey(int key);

    QCustomPlot& plot() const { return *m_plot; }
    const SeriesTable* data() const { return m_data.get(); }
    const PhaseBands& phases() const { return m_phases; }
    const NavigationState& state() const { return m_state; }
    int currentLayer() const { return m_state.layer.value_or(-1); }
    bool stepsAreLogarithmic() const;
    /// Repaints once the event loop is reached, or the layer "overlay" alone at once.
    void replotLater();
    void replotOverlay();
    /// Tooltip over the plot; an empty note takes it away.
    void showNote(QPoint globalPosition, const QString& note);
    /// Text read by screen readers; also shows or hides the empty state.
    void describe(const QString& description, bool isEmpty);

    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void adoptTheme();
    void restyle();
    void adoptPixelRatio();
    bool walkKey(const QKeyEvent& event);
    bool viewKey(const QKeyEvent& event);
    bool cursorKey(int key);

    QCustomPlot* m_plot;
    QLabel* m_empty;
    QStackedLayout* m_pages;
    std::shared_ptr<const SeriesTable> m_data;
    PhaseBands m_phases;
    NavigationState m_state;
    Theme m_theme = Theme::System;
    PlotStyle m_style;
};

}  // namespace gridscope::views
