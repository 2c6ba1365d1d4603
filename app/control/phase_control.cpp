// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/phase_control.h"

#include <QCoreApplication>

#include "core/analysis/phase_detection.h"
#include "core/analysis/phase_input.h"

namespace gridscope::app {

namespace {

QString text(std::string_view bytes) {
    return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

QString kindText(BoundaryKind kind) {
    const auto tr = [](const char* source) {
        return QCoreApplication::translate("Phases", source);
    };
    switch (kind) {
    case BoundaryKind::LearningEnd:
        return tr("learning ends");
    case BoundaryKind::Convergence:
        return tr("FP32 convergence");
    case BoundaryKind::PplChange:
        return tr("perplexity bends");
    case BoundaryKind::GapChange:
        return tr("gap bends");
    case BoundaryKind::MetricChange:
        return tr("metric bends");
    case BoundaryKind::StateChange:
        return tr("next state begins");
    }
    return {};
}

QString detectorText(const std::string& id) {
    if (id == "derivative") return QCoreApplication::translate("Phases", "Derivative rule");
    if (id == "changepoints") return QCoreApplication::translate("Phases", "Change points");
    if (id == "hmm") return QCoreApplication::translate("Phases", "Hidden Markov model");
    return text(id);
}

}  // namespace

Expected<std::vector<views::DetectorFinding>> findPhases(const SeriesTable& table) {
    GRIDSCOPE_TRY_ASSIGN(input, phaseInput(table, {}));
    GRIDSCOPE_TRY_ASSIGN(report, analysePhases(input));
    std::vector<views::DetectorFinding> findings;
    for (const DetectorResult& result : report.detectors) {
        views::DetectorFinding finding;
        finding.id = text(result.name);
        finding.name = detectorText(result.name);
        finding.state = text(detectorStateName(result.state));
        finding.note = text(result.note);
        for (const Boundary& boundary : result.boundaries)
            finding.boundaries.push_back(
                {boundary.step, boundary.low, boundary.high, kindText(boundary.kind), false});
        findings.push_back(std::move(finding));
    }
    return findings;
}

PhaseControl::PhaseControl(JobRunner& jobs, SessionList& sessions, QObject* parent)
    : QObject(parent), m_jobs(jobs), m_sessions(sessions) {
    connect(&sessions, &SessionList::sessionChanged, this,
            [this](views::RunId run, SessionPart part) {
                if (part == SessionPart::Data) request(run);
            });
}

void PhaseControl::request(views::RunId run) {
    const RunSession* session = m_sessions.find(run);
    if (session == nullptr || session->table == nullptr) return;
    using Findings = std::vector<views::DetectorFinding>;
    m_jobs.request<Findings>(
        QStringLiteral("phases-%1").arg(run.value),
        [table = session->table](ProgressSink&, std::stop_token) { return findPhases(*table); },
        this,
        [this, run](Expected<Findings> findings) {
            if (findings) m_sessions.setFindings(run, std::move(findings).value());
        });
}

}  // namespace gridscope::app
