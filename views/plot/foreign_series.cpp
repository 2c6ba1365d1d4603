// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/foreign_series.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

namespace gridscope::views {

namespace {

QString translated(const char* text) { return QCoreApplication::translate("ForeignSeries", text); }

/// Points of others have no row in the active run's table.
void forgetRows(FiniteSeries& points) { std::fill(points.rows.begin(), points.rows.end(), -1); }

bool shows(const PanelData& panel, const ReferenceSeries& reference) {
    const MetricInfo* info = findMetric(reference.metric);
    if (info == nullptr || info->unit != reference.unit) return false;
    return std::any_of(
        panel.spec.metrics.begin(), panel.spec.metrics.end(),
        [&](const PanelMetric& one) { return one.metric.toStdString() == reference.metric; });
}

/// One sentence a line.
QString noteOf(const ReferenceSeries& reference) {
    QStringList lines;
    for (const std::string& source : reference.sources)
        lines << translated("Source: %1").arg(QString::fromStdString(source));
    for (const std::string& note : reference.notes)
        lines << translated("Note: %1").arg(QString::fromStdString(note));
    return lines.join(u'\n');
}

/// Colour of the active run's series on `grid`, or one of its own.
std::size_t styleOf(const PanelData& panel, const std::string& metric, const std::string& grid) {
    for (const PanelSeries& series : panel.series)
        if (series.origin == SeriesOrigin::Run && series.metric == metric && series.grid == grid)
            return series.styleIndex;
    return panel.series.size();
}

}  // namespace

std::size_t companionColor(const Trajectory& active, std::size_t ordinal) {
    return std::max<std::size_t>(1, active.gridIds.size()) + ordinal;
}

void addReferences(PanelData& panel, const std::vector<ReferenceSeries>& references,
                   StepScale scale) {
    for (const ReferenceSeries& reference : references) {
        if (!shows(panel, reference)) continue;
        PanelSeries series;
        series.origin = SeriesOrigin::Reference;
        series.key = QStringLiteral("reference|") + QString::fromStdString(reference.id);
        series.name = translated("%1 (reference)").arg(QString::fromStdString(reference.title));
        series.note = noteOf(reference);
        series.metric = reference.metric;
        series.grid = reference.grid;
        series.styleIndex = styleOf(panel, series.metric, series.grid);
        series.points =
            finiteSeries(reference.steps, {reference.values, reference.low, reference.high},
                         panel.spec.scale, scale);
        forgetRows(series.points);
        panel.series.push_back(std::move(series));
    }
}

void addCompanions(PanelData& panel, const Trajectory& active,
                   const std::vector<CompanionRun>& companions, const PanelChoice& choice) {
    for (const CompanionRun& companion : companions) {
        // A layer has no counterpart in a run of another shape: others show the whole model.
        const PanelChoice whole{choice.grid, -1, choice.stepScale};
        PanelData theirs = makePanelData(*companion.table, panel.spec, whole);
        for (PanelSeries& series : theirs.series) {
            if (series.points.x.empty()) continue;
            series.origin = SeriesOrigin::Companion;
            series.key = companion.key + u'|' + series.key;
            series.name = QStringLiteral("%1, %2").arg(series.name, companion.name);
            series.marker = series.styleIndex;
            series.styleIndex = companionColor(active, companion.ordinal);
            series.dash = companion.ordinal + 1;
            forgetRows(series.points);
            panel.series.push_back(std::move(series));
        }
    }
}

}  // namespace gridscope::views
