// SPDX-License-Identifier: GPL-3.0-or-later

// Answers what the results of a fork experiment ask for: tables of plots, figures and files.
#pragma once

#include <QObject>

#include <vector>

#include "views/plot/plot_columns.h"

namespace gridscope::views {
class ForkResultsView;
}

namespace gridscope::app {

class ForkResultsWiring : public QObject {
    Q_OBJECT
public:
    /// Owned by `view`.
    explicit ForkResultsWiring(views::ForkResultsView& view);

signals:
    /// For the status bar: what was written, or why not.
    void message(const QString& text);

private:
    void showTable(const QString& title, const std::vector<views::PlotColumn>& columns);
    void exportFigure(const QString& name);
    void saveTable();

    views::ForkResultsView& m_view;
};

}  // namespace gridscope::app
