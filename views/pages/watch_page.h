// SPDX-License-Identifier: GPL-3.0-or-later

// The Watch page: which folder, how it stands with convergence, and the curves as they grow.
#pragma once

#include <QWidget>

#include "views/pages/watch_choice.h"

class QDoubleSpinBox;
class QFormLayout;
class QFrame;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace gridscope::views {

class WatchPage : public QWidget {
    Q_OBJECT
public:
    /// @param plot shows the watched run; the page owns it
    explicit WatchPage(QWidget* plot, QWidget* parent = nullptr);

    WatchChoice choice() const;
    void setProbeChoice(const ProbeChoice& probe);
    /// Empty when a watch can be started with what is chosen, else why not.
    QString problem() const;
    void showStatus(const WatchStatus& status);

signals:
    void choiceChanged();
    void toggleRequested();
    /// Tokens, grids and output are asked for in the probe dialog.
    void probeSettingsRequested();
    void alertsDismissed();

private:
    QWidget* buildForm();
    void buildBanner();
    QDoubleSpinBox* addSeconds(QFormLayout* form, const QString& label, const char* name,
                               double value, double least);
    void chooseFolder();
    void showProbe();
    void refresh();

    ProbeChoice m_probe;
    WatchStatus m_status;
    QLineEdit* m_folder = nullptr;
    QDoubleSpinBox* m_poll = nullptr;
    QDoubleSpinBox* m_settle = nullptr;
    QSpinBox* m_patience = nullptr;
    QDoubleSpinBox* m_minSteps = nullptr;
    QDoubleSpinBox* m_tolerance = nullptr;
    QPushButton* m_settings = nullptr;
    QLabel* m_probeText = nullptr;
    QPushButton* m_toggle = nullptr;
    QLabel* m_why = nullptr;
    QFrame* m_banner = nullptr;
    QLabel* m_alerts = nullptr;
    QLabel* m_verdict = nullptr;
    QLabel* m_values = nullptr;
    QLabel* m_said = nullptr;
};

}  // namespace gridscope::views
