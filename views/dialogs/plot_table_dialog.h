// SPDX-License-Identifier: GPL-3.0-or-later

// Shows the numbers of a plot as a table that can be copied.
#pragma once

#include <QDialog>

#include <optional>
#include <vector>

#include "views/plot/plot_columns.h"

namespace gridscope::views {

class PlotTableDialog : public QDialog {
    Q_OBJECT
public:
    /// @param title    of the plot
    /// @param selected the line whose first column has this value is selected
    PlotTableDialog(const QString& title, std::vector<PlotColumn> columns,
                    std::optional<double> selected, QWidget* parent = nullptr);
};

}  // namespace gridscope::views
