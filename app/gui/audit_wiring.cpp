// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/audit_wiring.h"

#include <QFileDialog>

#include "app/control/workbench_controller.h"
#include "views/panels/audit_panel.h"
#include "views/panels/checkpoints_panel.h"

namespace gridscope::app {

AuditWiring::AuditWiring(views::AuditPanel& panel, views::CheckpointsPanel& checkpoints,
                         WorkbenchController& controller)
    : QObject(&panel), m_panel(panel), m_checkpoints(checkpoints), m_controller(controller) {
    AuditControl& audit = controller.audit();
    connect(&panel, &views::AuditPanel::runRequested, &controller,
            &WorkbenchController::startAudit);
    connect(&panel, &views::AuditPanel::cancelRequested, &audit, &AuditControl::cancel);
    connect(&panel, &views::AuditPanel::levelChosen, &audit, &AuditControl::setLevel);
    connect(&panel, &views::AuditPanel::excludeRequested, &controller,
            &WorkbenchController::excludeFromProbe);
    connect(&panel, &views::AuditPanel::checkpointActivated, this, &AuditWiring::goTo);
    connect(&panel, &views::AuditPanel::saveRequested, this, &AuditWiring::askForFile);
    connect(&audit, &AuditControl::changed, this, &AuditWiring::showState);
    connect(&controller, &WorkbenchController::viewStateChanged, this, &AuditWiring::showState);
    showState();
}

void AuditWiring::showState() {
    views::AuditPanelState state;
    const AuditControl& audit = m_controller.audit();
    state.obstacle = m_controller.auditObstacle();
    state.level = audit.level();
    if (const RunSession* run = m_controller.session()) {
        state.running = audit.isRunning() && audit.run() == run->id;
        state.failure = audit.failure(run->id);
    }
    m_panel.showState(state);
}

void AuditWiring::goTo(int entry) {
    // What is measured becomes the current checkpoint everywhere; the table shows the others too.
    for (const views::CheckpointRow& row : m_controller.models().checkpoints.rows()) {
        if (row.entry == entry && row.record >= 0)
            m_controller.navigation().activateCheckpoint(row.record);
    }
    m_checkpoints.showEntry(entry);
}

void AuditWiring::askForFile() {
    const QString file = QFileDialog::getSaveFileName(&m_panel, tr("Save the Report of the Audit"),
                                                      QStringLiteral("audit.md"),
                                                      tr("Markdown (*.md);;CSV (*.csv)"));
    if (!file.isEmpty()) m_controller.saveAudit(file);
}

}  // namespace gridscope::app
