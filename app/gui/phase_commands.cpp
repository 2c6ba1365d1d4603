// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/phase_commands.h"

#include <algorithm>
#include <cmath>

#include "app/control/fork_design_command.h"
#include "app/control/phase_findings.h"
#include "app/control/workbench_controller.h"
#include "app/gui/main_window.h"
#include "core/analysis/phase_detection.h"
#include "views/dialogs/boundary_dialog.h"
#include "views/models/number_text.h"
#include "views/panels/phases_panel.h"

namespace gridscope::app {

using views::BoundaryPick;
using views::DetectorFinding;

namespace {

const DetectorFinding* findingOf(const RunSession& run, const QString& detector) {
    for (const DetectorFinding& finding : run.findings)
        if (finding.id == detector) return &finding;
    return nullptr;
}

std::vector<views::BoundaryOffer> offersOf(const RunSession& run, const DetectorFinding& finding) {
    std::vector<double> boundaries;
    for (const views::PhaseBoundary& boundary : finding.boundaries)
        boundaries.push_back(boundary.step);
    const std::vector<double> steps = probedSteps(*run.table);
    std::vector<views::BoundaryOffer> offers;
    for (std::size_t i = 0; i < boundaries.size(); ++i) {
        const BoundaryRoom room = boundaryRoom(boundaries, i, steps);
        offers.push_back({PhaseCommands::tr("%1, now at step %2")
                              .arg(finding.boundaries[i].kind, views::stepText(boundaries[i])),
                          boundaries[i], room, stepsWithin(room, steps)});
    }
    return offers;
}

/// The boundary nearest to what is looked at, as one thinks of it: by the ratio of steps.
int nearestBoundary(const DetectorFinding& finding, double step) {
    const auto distance = [step](const views::PhaseBoundary& boundary) {
        return std::abs(std::log1p(boundary.step) - std::log1p(step));
    };
    const auto nearest =
        std::min_element(finding.boundaries.begin(), finding.boundaries.end(),
                         [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
    return static_cast<int>(nearest - finding.boundaries.begin());
}

/// While an experiment runs, no step on the undo stack may change its design.
QString lockedDesign(WorkbenchController& controller, const QUndoCommand* step) {
    const bool isLocked =
        controller.fork().isRunning() && dynamic_cast<const ForkDesignCommand*>(step) != nullptr;
    return isLocked ? PhaseCommands::tr("The design stays while the experiment runs.") : QString();
}

}  // namespace

PhaseCommands::PhaseCommands(MainWindow& window, WorkbenchController& controller,
                             views::PhasesPanel& panel)
    : QObject(&window), m_window(window), m_controller(controller), m_panel(panel) {
    addUndo();
    addBoundaries();
    addDetectors();
    ActionRegistry& actions = window.actions();
    panel.setCommands({actions.find(QStringLiteral("phase.setBoundary")),
                       actions.find(QStringLiteral("phase.reset")),
                       actions.find(QStringLiteral("phase.resetAll"))});
    connect(&panel, &views::PhasesPanel::boundaryEditRequested,
            actions.find(QStringLiteral("phase.setBoundary")), &QAction::trigger);
    connect(&panel, &views::PhasesPanel::boundaryPicked, &actions, &ActionRegistry::refresh);
    connect(&controller.undoStack(), &QUndoStack::indexChanged, &actions, &ActionRegistry::refresh);
}

void PhaseCommands::addUndo() {
    QUndoStack* stack = &m_controller.undoStack();
    const auto add = [this](const char* id, const QString& text, const char* keys,
                            std::function<QString()> obstacle, std::function<void()> run) {
        m_window.actions().add({QString::fromLatin1(id),
                                text,
                                {},
                                QKeySequence(QString::fromLatin1(keys)),
                                {},
                                std::move(obstacle),
                                std::move(run)});
    };
    add(
        "edit.undo", tr("&Undo"), "Ctrl+Z",
        [this, stack] {
            if (!stack->canUndo()) return tr("There is nothing to undo.");
            return lockedDesign(m_controller, stack->command(stack->index() - 1));
        },
        [stack] { stack->undo(); });
    add(
        "edit.redo", tr("&Redo"), "Ctrl+Shift+Z",
        [this, stack] {
            if (!stack->canRedo()) return tr("There is nothing to redo.");
            return lockedDesign(m_controller, stack->command(stack->index()));
        },
        [stack] { stack->redo(); });
}

void PhaseCommands::addBoundaries() {
    ActionRegistry& actions = m_window.actions();
    actions.add({QStringLiteral("phase.setBoundary"),
                 tr("&Set Boundary..."),
                 {},
                 QKeySequence(QStringLiteral("Ctrl+Shift+B")),
                 tr("Put a phase boundary where you see it"),
                 [this] { return noBoundaries(); },
                 [this] { askForBoundary(); }});
    actions.add({QStringLiteral("phase.reset"),
                 tr("&Reset Boundary"),
                 {},
                 {},
                 tr("Put the picked boundary back where its detector finds it"),
                 [this] { return notMoved(); },
                 [this] {
                     const auto pick = m_panel.pickedBoundary();
                     const RunSession* run = m_controller.session();
                     if (pick && run != nullptr)
                         m_controller.overrides().reset(run->id, pick->detector, pick->index);
                 }});
    actions.add({QStringLiteral("phase.resetAll"),
                 tr("Reset &All Boundaries"),
                 {},
                 {},
                 tr("Put every boundary of this run back where its detector finds it"),
                 [this] {
                     const RunSession* run = m_controller.session();
                     return run == nullptr || run->overrides.empty()
                                ? tr("No boundary was set by hand.")
                                : QString();
                 },
                 [this] { m_controller.overrides().resetAll(m_controller.session()->id); }});
}

void PhaseCommands::addDetectors() {
    for (const Detector detector : allDetectors()) {
        const std::string_view name = detectorName(detector);
        const QString id = QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
        m_window.actions().add({QString(QStringLiteral("phase.detector.") % id),
                                tr("Bands of: %1").arg(detectorTitle(id)),
                                {},
                                {},
                                tr("Let this detector draw the bands"),
                                [this] {
                                    return m_controller.session() == nullptr ? tr("No run is open.")
                                                                             : QString();
                                },
                                [this, id] {
                                    const RunSession* run = m_controller.session();
                                    m_controller.sessions().setDetector(run->id, id);
                                },
                                [this, id] {
                                    const RunSession* run = m_controller.session();
                                    return run != nullptr && run->detector == id;
                                }});
    }
}

QString PhaseCommands::noBoundaries() const {
    const RunSession* run = m_controller.session();
    if (run == nullptr || run->table == nullptr) return tr("Nothing is measured yet.");
    if (m_panel.pickedBoundary()) return {};
    return run->bands.boundaries.empty() ? tr("This detector finds no boundary.") : QString();
}

QString PhaseCommands::notMoved() const {
    const RunSession* run = m_controller.session();
    const auto pick = m_panel.pickedBoundary();
    const DetectorFinding* finding =
        run == nullptr || !pick ? nullptr : findingOf(*run, pick->detector);
    if (finding == nullptr || pick->index >= static_cast<int>(finding->boundaries.size()))
        return tr("Pick a boundary in the Phases panel.");
    return finding->boundaries[static_cast<std::size_t>(pick->index)].manual
               ? QString()
               : tr("This boundary was not set by hand.");
}

void PhaseCommands::askForBoundary() {
    const RunSession* run = m_controller.session();
    const auto pick = m_panel.pickedBoundary();
    const QString detector = pick ? pick->detector : run->detector;
    const DetectorFinding* finding = findingOf(*run, detector);
    if (finding == nullptr || finding->boundaries.empty()) return;
    const int row = m_controller.navigation().currentRow();
    const double step = row < 0 ? 0.0 : run->table->steps()[static_cast<std::size_t>(row)];
    views::BoundaryDialog dialog(offersOf(*run, *finding),
                                 pick ? pick->index : nearestBoundary(*finding, step), &m_window);
    if (dialog.exec() == QDialog::Accepted)
        m_controller.moveBoundary(detector, dialog.boundary(), dialog.step());
}

}  // namespace gridscope::app
