// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/action_registry.h"

#include <QIcon>

namespace gridscope::app {

QAction* ActionRegistry::add(ActionSpec spec) {
    for (const Entry& entry : m_entries) {
        if (entry.spec.id == spec.id) {
            m_lastProblem = tr("The command %1 exists already.").arg(spec.id);
            return nullptr;
        }
        if (!spec.shortcut.isEmpty() && entry.spec.shortcut == spec.shortcut) {
            m_lastProblem = tr("%1 is the shortcut of %2 already.")
                                .arg(spec.shortcut.toString(), entry.spec.id);
            return nullptr;
        }
    }
    auto* action = new QAction(spec.text, this);
    action->setObjectName(spec.id);
    action->setShortcut(spec.shortcut);
    if (!spec.icon.isEmpty())
        action->setIcon(QIcon(QStringLiteral(":/icons/%1.svg").arg(spec.icon)));
    action->setCheckable(static_cast<bool>(spec.isOn));
    connect(action, &QAction::triggered, this,
            [this, run = spec.run, showsTick = action->isCheckable()] {
                if (run) run();
                if (showsTick) refresh();  // Qt has set the tick already, whatever came of it
            });
    m_entries.push_back({std::move(spec), action});
    refresh();
    return action;
}

QAction* ActionRegistry::find(const QString& id) const {
    for (const Entry& entry : m_entries)
        if (entry.spec.id == id) return entry.action;
    return nullptr;
}

QStringList ActionRegistry::ids() const {
    QStringList ids;
    for (const Entry& entry : m_entries) ids.append(entry.spec.id);
    return ids;
}

void ActionRegistry::refresh() {
    for (const Entry& entry : m_entries) {
        const QString why = entry.spec.obstacle ? entry.spec.obstacle() : QString();
        const QString name = entry.spec.textNow ? entry.spec.textNow() : entry.spec.text;
        if (entry.spec.textNow) {
            entry.action->setText(name);
            entry.action->setIconText(QString(name).remove(QLatin1Char('&')));
        }
        QString tip = entry.spec.tooltip.isEmpty() ? name : entry.spec.tooltip;
        tip.remove(QLatin1Char('&'));
        if (!entry.spec.shortcut.isEmpty())
            tip +=
                QStringLiteral(" (%1)").arg(entry.spec.shortcut.toString(QKeySequence::NativeText));
        if (entry.spec.isOn) entry.action->setChecked(entry.spec.isOn());
        entry.action->setEnabled(why.isEmpty());
        entry.action->setToolTip(why.isEmpty() ? tip : QString(tip % u'\n' % why));
    }
}

}  // namespace gridscope::app
