// SPDX-License-Identifier: GPL-3.0-or-later

// Which published curves the dashboard shows.
#pragma once

#include <QObject>
#include <QString>

#include <set>
#include <vector>

#include "app/control/engine.h"
#include "app/jobs/job_runner.h"
#include "views/panels/log_panel.h"

namespace gridscope::app {

/// Curves that are shown and hidden together.
struct ReferenceSet {
    QString id;                      ///< "table1", "lambada.pythia-160m"
    QString title;                   ///< in the menu
    bool isPerplexityCurve = false;  ///< one of many alike, which have a menu of their own
    std::vector<ReferenceSeries> series;
};

/// The tables of the paper, then a set for each published perplexity curve; curves that no panel
/// can show are left out.
std::vector<ReferenceSet> referenceSets(const std::vector<ReferenceSeries>& series);

class ReferenceControl : public QObject {
    Q_OBJECT
public:
    /// Nothing is shown at first; the first set is the one that toggleAll brings.
    ReferenceControl(JobRunner& jobs, Engine& engine, QObject* parent = nullptr);

    /// Empty until `loaded`.
    const std::vector<ReferenceSet>& sets() const { return m_sets; }
    bool isShown(const QString& id) const { return m_isOn && m_chosen.contains(id); }
    bool anyShown() const { return m_isOn && !m_chosen.empty(); }
    std::vector<ReferenceSeries> shown() const;

    void toggle(const QString& id);
    /// Hides what is shown, or shows what was chosen last.
    void toggleAll();

signals:
    void loaded();
    void changed();
    void message(gridscope::views::LogLevel level, const QString& text);

private:
    std::vector<ReferenceSet> m_sets;
    std::set<QString> m_chosen;
    bool m_isOn = false;
};

}  // namespace gridscope::app
