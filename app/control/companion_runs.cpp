// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/companion_runs.h"

#include <QCoreApplication>

#include "core/trajectory/comparability.h"

namespace gridscope::app {

namespace {

QString translated(const char* text) { return QCoreApplication::translate("Companions", text); }

QString fieldText(PlanField field) {
    switch (field) {
    case PlanField::EvaluationTokens:
        return translated("evaluation tokens");
    case PlanField::Grid:
        return translated("grid");
    case PlanField::Scope:
        return translated("scope");
    }
    return {};
}

}  // namespace

CompanionRuns companionRuns(const SessionList& sessions, const views::RunModel& runs,
                            views::RunId active) {
    CompanionRuns companions;
    const RunSession* mine = sessions.find(active);
    if (mine == nullptr || mine->table == nullptr) return companions;
    std::size_t ordinal = 0;  // counts hidden runs too, so that a tick changes no other colour
    for (const auto& session : sessions.all()) {
        if (session->id == active) continue;
        const std::size_t own = ordinal++;
        if (session->table == nullptr || !runs.isVisible(session->id)) continue;
        companions.runs.push_back(
            {QStringLiteral("run%1").arg(session->id.value), session->name, session->table, own});
        companions.ids.push_back(session->id);
        QStringList fields;
        for (const PlanField field :
             planDifferences(mine->table->trajectory(), session->table->trajectory()))
            fields << fieldText(field);
        if (!fields.isEmpty())
            companions.problems << translated("%1 is not comparable: other %2")
                                       .arg(session->name, fields.join(QStringLiteral(", ")));
    }
    return companions;
}

}  // namespace gridscope::app
