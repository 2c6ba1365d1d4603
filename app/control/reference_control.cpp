// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/reference_control.h"

#include <utility>

namespace gridscope::app {

namespace {

/// "table1" of "table1.fp32_ppl", "lambada.pythia-1.4b" of "lambada.pythia-1.4b.fp32_ppl".
QString setOf(const ReferenceSeries& series) {
    const QString id = QString::fromStdString(series.id);
    return id.startsWith(QStringLiteral("lambada.")) ? id.section(u'.', 0, -2)
                                                     : id.section(u'.', 0, 0);
}

QString titleOf(const QString& set) {
    if (set == QStringLiteral("table1"))
        return ReferenceControl::tr("Table 1 of the Paper (Audit)");
    if (set == QStringLiteral("table2"))
        return ReferenceControl::tr("Table 2 of the Paper (Forks)");
    return set.section(u'.', 1);
}

/// Curves of quantities that the dashboard measures, in their unit.
bool isMeasured(const ReferenceSeries& series) {
    const MetricInfo* info = findMetric(series.metric);
    return info != nullptr && info->unit == series.unit;
}

}  // namespace

std::vector<ReferenceSet> referenceSets(const std::vector<ReferenceSeries>& series) {
    std::vector<ReferenceSet> sets;
    for (const ReferenceSeries& one : series) {
        if (!isMeasured(one)) continue;
        const QString id = setOf(one);
        // Curves of one set follow each other.
        if (sets.empty() || sets.back().id != id)
            sets.push_back({id, titleOf(id), id.contains(u'.'), {}});
        sets.back().series.push_back(one);
    }
    return sets;
}

ReferenceControl::ReferenceControl(JobRunner& jobs, Engine& engine, QObject* parent)
    : QObject(parent) {
    using Curves = std::vector<ReferenceSeries>;
    jobs.request<Curves>(
        QStringLiteral("references"),
        [engine = &engine](ProgressSink&, std::stop_token) { return engine->references(); }, this,
        [this](const Expected<Curves>& curves) {
            if (!curves) {
                emit message(views::LogLevel::Warning,
                             tr("The published tables cannot be read: %1")
                                 .arg(QString::fromStdString(curves.error().toText())));
                return;
            }
            m_sets = referenceSets(*curves);
            if (!m_sets.empty()) m_chosen = {m_sets.front().id};
            emit loaded();
        });
}

std::vector<ReferenceSeries> ReferenceControl::shown() const {
    std::vector<ReferenceSeries> series;
    for (const ReferenceSet& set : m_sets)
        if (isShown(set.id)) series.insert(series.end(), set.series.begin(), set.series.end());
    return series;
}

void ReferenceControl::toggle(const QString& id) {
    if (!std::exchange(m_isOn, true)) m_chosen.clear();  // one asked for this set, not for others
    if (m_chosen.erase(id) == 0) m_chosen.insert(id);
    emit changed();
}

void ReferenceControl::toggleAll() {
    if (m_chosen.empty() && !m_sets.empty()) m_chosen = {m_sets.front().id};
    m_isOn = !anyShown();
    emit changed();
}

}  // namespace gridscope::app
