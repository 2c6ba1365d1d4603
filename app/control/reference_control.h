// SPDX-License-Identifier: GPL-3.0-or-later

// Which published values the dashboard shows.
#pragma once

#include <QObject>

#include <set>

#include "app/control/reference_shelf.h"

namespace gridscope::app {

class ReferenceControl : public QObject {
    Q_OBJECT
public:
    /// Nothing is shown at first; the first set is the one that toggleAll brings.
    explicit ReferenceControl(std::vector<ReferenceSet> sets, QObject* parent = nullptr);

    const std::vector<ReferenceSet>& sets() const { return m_sets; }
    bool isShown(const QString& id) const { return m_isOn && m_chosen.contains(id); }
    bool anyShown() const { return m_isOn && !m_chosen.empty(); }
    std::vector<views::ReferenceSeries> shown() const;

    void toggle(const QString& id);
    /// Hides what is shown, or shows what was chosen last.
    void toggleAll();

signals:
    void changed();

private:
    std::vector<ReferenceSet> m_sets;
    std::set<QString> m_chosen;
    bool m_isOn = false;
};

}  // namespace gridscope::app
