// SPDX-License-Identifier: GPL-3.0-or-later

// Every command of the window once: the source of menus, toolbar and shortcuts.
#pragma once

#include <QAction>
#include <QKeySequence>
#include <QObject>

#include <functional>
#include <vector>

namespace gridscope::app {

struct ActionSpec {
    QString id;  ///< "file.openFolder"
    QString text;
    QString icon;  ///< name below :/icons, empty = none
    QKeySequence shortcut;
    QString tooltip;
    /// Why the command cannot run now; empty = it can. Unset = always.
    std::function<QString()> obstacle;
    std::function<void()> run;
    /// For commands that show a tick. Unset = none.
    std::function<bool()> isOn = {};
    /// For commands whose text follows what they would do. Unset = `text`.
    std::function<QString()> textNow = {};
};

class ActionRegistry : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Null, and a message in `lastProblem`, for an id or shortcut that is taken.
    QAction* add(ActionSpec spec);
    QAction* find(const QString& id) const;  ///< null if unknown
    QStringList ids() const;
    QString lastProblem() const { return m_lastProblem; }

    /// Evaluates every tick and enabled rule; a disabled action's tooltip says why.
    void refresh();

private:
    struct Entry {
        ActionSpec spec;
        QAction* action;
    };
    std::vector<Entry> m_entries;
    QString m_lastProblem;
};

}  // namespace gridscope::app
