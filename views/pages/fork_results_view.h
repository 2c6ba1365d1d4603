// SPDX-License-Identifier: GPL-3.0-or-later

// The results of a fork experiment: trajectories, calibration, tables and what to keep in mind.
#pragma once

#include <QWidget>

#include <memory>
#include <vector>

#include "core/training/fork_report.h"
#include "views/plot/plot_columns.h"
#include "views/style/theme.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QPlainTextEdit;
class QTabWidget;

namespace gridscope::views {

class CellTableView;
class ForkPlot;
class PlotWidget;
class StateOverlay;
class TradePlot;

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
    /// True while the paper's numbers are drawn over the trajectories.
    bool showsPaper() const;

signals:
    /// Another grid of the results is wanted.
    void gridChosen(const QString& gridId);
    /// Key T in a plot: its numbers as a table.
    void tableRequested(const QString& title, const std::vector<PlotColumn>& columns);
    /// The figure that is seen, for a file; `name` is one of figureNames().
    void exportRequested(const QString& name);
    /// The table of results as a file, LaTeX or CSV.
    void saveRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    QWidget* buildBar();
    QWidget* buildPlots();
    QWidget* buildTables();
    QWidget* buildResultsTab();
    /// A tab with a sentence above a table.
    QWidget* buildTableTab(const QString& sentence, CellTableView* table);
    void fillBar();
    void fillTables();
    void adoptColors();
    void copyLatex() const;

    std::shared_ptr<const ForkReport> m_report;
    QWidget* m_content;
    StateOverlay* m_overlay;
    QLabel* m_summary = nullptr;
    QComboBox* m_grid = nullptr;
    QCheckBox* m_paper = nullptr;
    QTabWidget* m_plots = nullptr;
    ForkPlot* m_fork = nullptr;
    TradePlot* m_trade = nullptr;
    QTabWidget* m_tables = nullptr;
    CellTableView* m_results = nullptr;
    CellTableView* m_paperRows = nullptr;
    CellTableView* m_wins = nullptr;
    CellTableView* m_tests = nullptr;
    QLabel* m_audit = nullptr;
    QLabel* m_paperTitle = nullptr;
    QLabel* m_paperText = nullptr;
    QPlainTextEdit* m_notes = nullptr;
};

}  // namespace gridscope::views
