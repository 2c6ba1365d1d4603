// SPDX-License-Identifier: GPL-3.0-or-later

// The results of a fork experiment: trajectories, calibration, tables and what to keep in mind.
#pragma once

#include <QWidget>

#include <memory>
#include <vector>

#include "core/training/fork_report.h"
#include "views/plot/plot_columns.h"
#include "views/style/theme.h"

namespace gridscope::views {

/// Shows a report and emits intents; files and dialogs are the business of ForkResultsWiring
/// (app/gui), which answers every signal but gridChosen.
class ForkResultsView : public QWidget {
    Q_OBJECT
public:
    explicit ForkResultsView(QWidget* parent = nullptr);
    ~ForkResultsView() override;

    /// Null = nothing is measured yet.
    void showReport(std::shared_ptr<const ForkReport> report);
    const std::shared_ptr<const ForkReport>& report() const { return m_report; }
    void setTheme(Theme theme);

signals:
    /// Another grid of the results is wanted.
    void gridChosen(const QString& gridId);
    /// Key T in a plot: its numbers as a table.
    void tableRequested(const QString& title, const std::vector<PlotColumn>& columns);
    /// The figure that is seen, for a file; `name` is one of figureNames().
    void exportRequested(const QString& name);
    /// The table of results as a file, LaTeX or CSV.
    void saveRequested();

private:
    std::shared_ptr<const ForkReport> m_report;
};

}  // namespace gridscope::views
