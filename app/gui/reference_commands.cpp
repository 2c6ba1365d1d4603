// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/reference_commands.h"

#include <QCoreApplication>
#include <QMenu>

#include "app/control/workbench_controller.h"
#include "app/gui/main_window.h"

namespace gridscope::app {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("References", text); }

QString tipOf(const ReferenceSet& set) {
    QStringList lines;
    for (const std::string& source : set.series.front().sources)
        lines << QString::fromStdString(source);
    for (const std::string& note : set.series.front().notes) lines << QString::fromStdString(note);
    return lines.join(u'\n');
}

void addSets(ActionRegistry& actions, ReferenceControl& references, QMenu& menu) {
    QMenu* curves = nullptr;
    for (const ReferenceSet& set : references.sets()) {
        QAction* action =
            actions.add({QStringLiteral("view.reference.") + set.id,
                         set.title,
                         {},
                         {},
                         tipOf(set),
                         {},
                         [&references, id = set.id] { references.toggle(id); },
                         [&references, id = set.id] { return references.isShown(id); }});
        if (set.isPerplexityCurve && curves == nullptr) {
            curves = menu.addMenu(tr("&LAMBADA Perplexity"));
            curves->setToolTipsVisible(true);
        }
        (set.isPerplexityCurve ? curves : &menu)->addAction(action);
    }
}

}  // namespace

void addReferenceCommands(MainWindow& window, WorkbenchController& controller, QMenu& menu) {
    ActionRegistry& actions = window.actions();
    ReferenceControl& references = controller.references();
    menu.addAction(actions.add({QStringLiteral("view.references"),
                                tr("Show &References"),
                                {},
                                QKeySequence(QStringLiteral("Ctrl+R")),
                                tr("Published values as hollow markers in the dashboard"),
                                [&references] {
                                    return references.sets().empty()
                                               ? tr("There are no published tables.")
                                               : QString();
                                },
                                [&references] { references.toggleAll(); },
                                [&references] { return references.anyShown(); }}));
    menu.addSeparator();
    addSets(actions, references, menu);  // of a window that is made later
    QObject::connect(&references, &ReferenceControl::loaded, &window,
                     [&actions, &references, &menu] { addSets(actions, references, menu); });
    QObject::connect(&references, &ReferenceControl::changed, &actions, &ActionRegistry::refresh);
}

}  // namespace gridscope::app
