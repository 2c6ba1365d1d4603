// SPDX-License-Identifier: GPL-3.0-or-later

// One condition of a fork design: its name, its schedule and the settings of that schedule.
#pragma once

#include <QFrame>

#include <vector>

#include "core/training/fork_design.h"
#include "views/style/plot_style.h"

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QSpinBox;
class QToolButton;

namespace gridscope::views {

class RateEdit;

class ForkConditionCard : public QFrame {
    Q_OBJECT
public:
    explicit ForkConditionCard(QWidget* parent);

    ForkCondition condition() const;
    void setCondition(const ForkCondition& condition);
    void setName(const QString& name);
    /// Settings that all conditions share: rates, warm-up, total, fork step.
    void setBase(const ScheduleSettings& base);
    /// Its place decides the colour and dash; the first is the control.
    void setPlace(std::size_t index, std::size_t count);
    void setStyle(const PlotStyle& style);
    /// Why this condition makes no schedule; empty = it does.
    QString problem() const;

signals:
    void changed();
    void formChosen(gridscope::ScheduleForm before);
    void editingFinished();
    void duplicateRequested();
    void removeRequested();

private:
    void buildHead();
    void buildSettings();
    QLabel* addField(const QString& label, QWidget* field, ScheduleForm form);
    void fillSuggestions();
    void changeForm();
    void edited();
    void showFields();
    void showProblem();
    void showSwatch();

    struct Field {
        ScheduleForm form;
        QLabel* label;
        QWidget* widget;
        bool isWide;  ///< has a row to itself
    };
    ForkCondition m_condition;
    PlotStyle m_style;
    std::size_t m_index = 0;
    QLabel* m_swatch;
    QLineEdit* m_name;
    QComboBox* m_form;
    QLabel* m_role;
    QToolButton* m_remove;
    QGridLayout* m_grid;
    std::vector<Field> m_fields;
    RateEdit* m_eta = nullptr;
    QToolButton* m_suggest = nullptr;
    QSpinBox* m_bump = nullptr;
    QSpinBox* m_cool = nullptr;
    QComboBox* m_order = nullptr;
    QSpinBox* m_period = nullptr;
    QSpinBox* m_factor = nullptr;
    QSpinBox* m_decay = nullptr;
    QLabel* m_message;
};

}  // namespace gridscope::views
