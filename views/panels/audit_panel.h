// SPDX-License-Identifier: GPL-3.0-or-later

// The integrity audit: starts it, shows its findings, leaves what it marks out of the probe.
#pragma once

#include <QWidget>

#include <optional>
#include <vector>

#include "core/checkpoint/audit.h"

class QComboBox;
class QLabel;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;

namespace gridscope::views {

class AuditModel;
class StateOverlay;

/// What the panel shows beside the findings of its model.
struct AuditPanelState {
    QString obstacle;  ///< why no audit can start now; empty = it can
    bool running = false;
    std::optional<Error> failure;  ///< of the last audit of this run
    AuditLevel level = AuditLevel::Deep;
};

class AuditPanel : public QWidget {
    Q_OBJECT
public:
    explicit AuditPanel(AuditModel* model, QWidget* parent = nullptr);

    void showState(const AuditPanelState& state);

signals:
    void runRequested();
    void cancelRequested();
    void levelChosen(gridscope::AuditLevel level);
    /// A checkpoint of a finding, by its index into the catalogue.
    void checkpointActivated(int entry);
    void excludeRequested(const std::vector<std::size_t>& entries);
    void saveRequested();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void buildTable();
    void buildSide();
    void showButtons();
    /// Emits the first checkpoint of the current finding, or the one after that shown last.
    void activateNext();
    std::vector<std::size_t> selectedEntries() const;

    AuditModel* m_model;
    QSortFilterProxyModel* m_proxy;
    QTableView* m_table;
    StateOverlay* m_overlay;
    QLabel* m_summary;
    QComboBox* m_level;
    QPushButton* m_run;
    QPushButton* m_cancel;
    QPushButton* m_exclude;
    QPushButton* m_save;
    AuditPanelState m_state;
    int m_row = -1;                ///< finding whose checkpoints are being stepped through
    std::size_t m_checkpoint = 0;  ///< the one shown last
};

}  // namespace gridscope::views
