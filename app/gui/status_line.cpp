// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/status_line.h"

#include <QLabel>
#include <QStatusBar>

#include <cmath>

#include "app/control/workbench_controller.h"
#include "core/base/numbers.h"
#include "views/models/number_text.h"

namespace gridscope::app {

StatusLine::StatusLine(QStatusBar& bar, WorkbenchController& controller)
    : QObject(&bar), m_controller(controller), m_place(new QLabel(&bar)), m_job(new QLabel(&bar)) {
    m_place->setObjectName(QStringLiteral("statusPlace"));
    m_place->setAccessibleName(tr("What is shown"));
    m_job->setObjectName(QStringLiteral("statusJob"));
    m_job->setAccessibleName(tr("Running job"));
    bar.addWidget(m_place, 1);
    bar.addPermanentWidget(m_job);
    connect(&controller.history(), &views::NavigationHistory::stateChanged, this,
            &StatusLine::showPlace);
    connect(&controller, &WorkbenchController::dataChanged, this, &StatusLine::showPlace);
    connect(&controller.jobs(), &JobRunner::jobChanged, this, &StatusLine::showJob);
}

void StatusLine::showPlace() {
    const RunSession* run = m_controller.session();
    if (run == nullptr) {
        m_place->clear();
        return;
    }
    const views::NavigationState& state = m_controller.history().state();
    QStringList parts{run->name};
    const int row = m_controller.navigation().currentRow();
    if (row >= 0)
        parts.append(
            tr("step %1").arg(views::stepText(run->table->steps()[static_cast<std::size_t>(row)])));
    if (state.phase && *state.phase < static_cast<int>(run->bands.names.size()))
        parts.append(run->bands.names[static_cast<std::size_t>(*state.phase)]);
    if (state.layer && run->table &&
        *state.layer < static_cast<int>(run->table->trajectory().layers.size()))
        parts.append(QString::fromStdString(escapeForDisplay(
            run->table->trajectory().layers[static_cast<std::size_t>(*state.layer)].name)));
    parts.append(state.grid);
    m_place->setText(parts.join(QStringLiteral("   |   ")));
}

void StatusLine::showJob(const views::JobStatus& status) {
    if (status.picture) return;
    if (status.isOver()) {
        m_job->clear();
        return;
    }
    QString text = status.name;
    if (status.progress.total > 0)
        text += QStringLiteral("  %1 %").arg(100 * status.progress.done / status.progress.total);
    if (status.state == views::JobState::Paused) {
        text += tr("  paused");
    } else if (std::isfinite(status.progress.etaSeconds) && status.progress.total > 0) {
        text +=
            tr("  %1 left").arg(QString::fromStdString(formatDuration(status.progress.etaSeconds)));
    }
    m_job->setText(text);
}

}  // namespace gridscope::app
