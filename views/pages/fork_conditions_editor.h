// SPDX-License-Identifier: GPL-3.0-or-later

// The conditions of a fork design as cards, and the sweep that calibrates the bump.
#pragma once

#include <QWidget>

#include <vector>

#include "core/training/fork_design.h"
#include "views/style/plot_style.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace gridscope::views {

class ForkConditionCard;

class ForkConditionsEditor : public QWidget {
    Q_OBJECT
public:
    explicit ForkConditionsEditor(QWidget* parent = nullptr);

    std::vector<ForkCondition> conditions() const;
    void setConditions(const std::vector<ForkCondition>& conditions);
    /// What new conditions begin with.
    void setBase(const ScheduleSettings& base) { m_base = base; }
    /// Gives it to every condition.
    void applyBase(const ScheduleSettings& base);
    void setStyle(const PlotStyle& style);
    /// The first problem of a card; empty = none.
    QString problem() const;

signals:
    void changed();
    void editingFinished();

private:
    void buildSweep();
    ForkConditionCard* addCard(std::size_t at, const ForkCondition& condition);
    void removeCard(ForkConditionCard* card);
    void addCondition(ScheduleForm form);
    void duplicate(ForkConditionCard* card);
    void renameAfterForm(ForkConditionCard* card, ScheduleForm before);
    void fillInSweep();
    void numberCards();
    /// "oli", "oli-2": a name that no other card has.
    QString freeName(const QString& wanted, const ForkConditionCard* but) const;
    std::size_t placeOf(const ForkConditionCard* card) const;

    ScheduleSettings m_base;
    PlotStyle m_style;
    std::vector<ForkConditionCard*> m_cards;
    QVBoxLayout* m_column;
    QToolButton* m_add;
    QLineEdit* m_rates = nullptr;
    QLineEdit* m_periods = nullptr;
    QLabel* m_sweepMessage = nullptr;
};

}  // namespace gridscope::views
