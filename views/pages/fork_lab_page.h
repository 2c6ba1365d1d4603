// SPDX-License-Identifier: GPL-3.0-or-later

// The Fork Lab: designs an experiment, shows its learning rates and cost, its runs and results.
#pragma once

#include "views/pages/fork_choice.h"
#include "views/pages/page.h"
#include "views/style/theme.h"
#include "views/widgets/grid_chooser.h"

class QAction;
class QLabel;
class QScrollArea;
class QSplitter;
class QTableView;
class QTabWidget;
class QToolBar;

namespace gridscope::views {

class ForkCostPanel;
class ForkDesigner;
class ForkResultsView;
class ForkRunModel;
class SchedulePlot;

class ForkLabPage : public Page {
    Q_OBJECT
public:
    explicit ForkLabPage(const GridChooserSpec& grids, QWidget* parent = nullptr);

    /// The page's own commands; null = a separator.
    void setCommands(const QList<QAction*>& commands);
    ForkChoice choice() const;
    /// Without a signal.
    void setChoice(const ForkChoice& choice);
    void showStatus(const ForkStatus& status);
    const ForkStatus& status() const { return m_status; }
    /// Why the experiment cannot be started; empty = it can.
    QString problem() const;
    /// The same, as far as no file must be read whole to know it.
    QString designProblem() const;
    void showRuns();
    void showResults();
    void setTheme(Theme theme);
    ForkResultsView* results() const { return m_results; }
    SchedulePlot* preview() const { return m_preview; }

signals:
    void choiceChanged();
    /// One edit is finished: what undo takes back.
    void editingFinished();
    /// The trajectory of a run shall be looked at.
    void trajectoryRequested(const QString& file);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* buildDesign(const GridChooserSpec& grids);
    QWidget* buildRuns();
    void showChoice();
    void showOverlay();
    void placePreview();
    void showMessages();
    void openCurrentTrajectory();
    QString currentTrajectory() const;
    void showRunMenu(const QPoint& at);

    ForkStatus m_status;
    QToolBar* m_commands;
    QLabel* m_why;
    QLabel* m_said;
    QTabWidget* m_tabs;
    QSplitter* m_split = nullptr;
    QWidget* m_side = nullptr;  ///< preview and cost: beside the form, or a tab
    QScrollArea* m_form = nullptr;
    QWidget* m_runsPage = nullptr;
    ForkDesigner* m_designer = nullptr;
    SchedulePlot* m_preview = nullptr;
    ForkCostPanel* m_cost = nullptr;
    ForkRunModel* m_runs;
    QTableView* m_table = nullptr;
    QAction* m_openTrajectory = nullptr;
    ForkResultsView* m_results;
};

}  // namespace gridscope::views
