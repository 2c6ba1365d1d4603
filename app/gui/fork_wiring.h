// SPDX-License-Identifier: GPL-3.0-or-later

// Puts the Fork Lab page together and connects it to the controller.
#pragma once

#include <QObject>

#include <functional>

#include "views/pages/fork_choice.h"
#include "views/style/theme.h"

class QAction;

namespace gridscope::views {
class ForkLabPage;
}

namespace gridscope::app {

class MainWindow;
class WorkbenchController;

class ForkWiring : public QObject {
    Q_OBJECT
public:
    /// Registers the commands fork.* with `window`, which owns this.
    ForkWiring(MainWindow& window, WorkbenchController& controller);

    views::ForkLabPage* page() const { return m_page; }
    void setTheme(views::Theme theme);
    /// @param entry index into the catalogue of the checkpoint that is selected, -1 = none
    void setSelection(std::function<int()> entry) { m_selectedEntry = std::move(entry); }

private:
    void addCommands();
    QAction* add(const char* id, const QString& text, const QString& tip,
                 std::function<QString()> obstacle, std::function<void()> run);
    void connectPage();
    void connectControl();
    QString runningObstacle() const;
    QString selectedFolder() const;
    void chooseForkPoint();
    void forkFrom(const QString& folder);
    void forkFromSelected();
    void startAnew();
    void applyDesign(const ForkDesign& design);
    void openExperiment();
    void run();
    bool confirmed() const;
    void copyCommand();
    void showStatus();
    void showPreviewTable();

    MainWindow& m_window;
    WorkbenchController& m_controller;
    views::ForkLabPage* m_page;
    bool m_resultsAreFirst = false;  ///< an experiment was opened: show what it found
    std::function<int()> m_selectedEntry = [] { return -1; };
};

}  // namespace gridscope::app
