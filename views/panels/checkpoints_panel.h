// SPDX-License-Identifier: GPL-3.0-or-later

// The checkpoint table with its filter and the helpers that tick what is to be probed.
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QMenu;
class QTableView;

namespace gridscope::views {

class CheckpointModel;
class CheckpointProxy;

class CheckpointsPanel : public QWidget {
    Q_OBJECT
public:
    explicit CheckpointsPanel(CheckpointModel* model, QWidget* parent = nullptr);

    /// Selects the checkpoint with this index into the trajectory's rows, -1 = none.
    void showRecord(int record);
    /// Selects the checkpoint with this index into the catalogue.
    void showEntry(int entry);
    /// Index into the catalogue of the selected checkpoint; -1 = none, or not on disk.
    int selectedEntry() const;
    void focusFilter();
    QMenu* selectionMenu() const { return m_menu; }

signals:
    void checkpointActivated(int record);  ///< index into Trajectory::rows
    void overlayToggled(int record);
    /// Another row is selected, measured or not.
    void selectionChanged();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildTable();
    void buildMenu();
    void showSummary();
    void showRow(int row);
    void askLogSpaced();
    void askEveryNth();

    CheckpointModel* m_model;
    CheckpointProxy* m_proxy;
    QLineEdit* m_filter;
    QLabel* m_summary;
    QTableView* m_table;
    QMenu* m_menu;
};

}  // namespace gridscope::views
