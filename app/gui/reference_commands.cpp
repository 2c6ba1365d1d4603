// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/reference_commands.h"

#include <QCoreApplication>
#include <QMenu>

#include <map>

#include "app/control/workbench_controller.h"
#include "app/gui/main_window.h"

namespace gridscope::app {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("References", text); }

QString commandOf(const ReferenceSet& set) { return QStringLiteral("view.reference.") + set.id; }

}  // namespace

void addReferenceCommands(MainWindow& window, WorkbenchController& controller) {
    ActionRegistry& actions = window.actions();
    ReferenceControl* references = &controller.references();
    actions.add({QStringLiteral("view.references"),
                 tr("Show &References"),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+R")),
                 tr("Published values as hollow markers in the dashboard"),
                 {},
                 [references] { references->toggleAll(); },
                 [references] { return references->anyShown(); }});
    for (const ReferenceSet& set : references->sets())
        actions.add({commandOf(set),
                     set.title,
                     {},
                     {},
                     set.series.empty() ? QString() : set.series.front().note,
                     {},
                     [references, id = set.id] { references->toggle(id); },
                     [references, id = set.id] { return references->isShown(id); }});
    QObject::connect(references, &ReferenceControl::changed, &actions, &ActionRegistry::refresh);
}

void fillReferenceMenu(QMenu& menu, MainWindow& window, WorkbenchController& controller) {
    const ActionRegistry& actions = window.actions();
    menu.addAction(actions.find(QStringLiteral("view.references")));
    menu.addSeparator();
    std::map<QString, QMenu*> groups;
    for (const ReferenceSet& set : controller.references().sets()) {
        QMenu*& group = groups[set.group];
        if (group == nullptr) group = set.group.isEmpty() ? &menu : menu.addMenu(set.group);
        group->addAction(actions.find(commandOf(set)));
    }
}

}  // namespace gridscope::app
