// SPDX-License-Identifier: GPL-3.0-or-later

// Makes the plots, puts them on their pages and connects them to the controller.
#pragma once

#include <QObject>

#include <vector>

#include "views/navigation/navigation_state.h"
#include "views/style/theme.h"

namespace gridscope::views {
class DashboardPlot;
class HeatMapPlot;
class HistogramPlot;
class OccupancyPlot;
class Page;
class PlotWidget;
}  // namespace gridscope::views

namespace gridscope::app {

class WorkbenchController;

class PlotWiring : public QObject {
    Q_OBJECT
public:
    PlotWiring(views::Page& dashboard, views::Page& layers, WorkbenchController& controller);
    void setTheme(views::Theme theme);
    /// Shows the numbers of the plot with the focus, else of the first one that is seen.
    void showTable();

signals:
    void inspectorRequested();

private:
    void showTableOf(const views::PlotWidget& plot);
    void togglePin();
    void release();
    void connectIntents(views::PlotWidget* plot);
    void showData();
    void showCompanions();
    void showState(const views::NavigationState& state, views::NavigationFields changed);

    WorkbenchController& m_controller;
    views::DashboardPlot* m_dashboard;
    views::HeatMapPlot* m_heatMap;
    views::HistogramPlot* m_histogram;
    views::OccupancyPlot* m_occupancy;
    std::vector<views::PlotWidget*> m_plots;
};

}  // namespace gridscope::app
