// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/panel_spec.h"

#include <QCoreApplication>

#include "core/trajectory/series_table.h"
#include "views/plot/heat_map_data.h"

namespace gridscope::views {

namespace {

QString translated(const char* text) { return QCoreApplication::translate("PanelSpec", text); }

PanelSpec panel(const char* id, const QString& title, const QString& unit, ValueScale scale,
                PanelMetric metric) {
    PanelSpec spec;
    spec.id = QString::fromLatin1(id);
    spec.title = title;
    spec.unit = unit;
    spec.scale = scale;
    spec.metrics.push_back(std::move(metric));
    return spec;
}

}  // namespace

PanelSpec gapPanel() {
    return panel("gap", translated("Gap"), QStringLiteral("%"), ValueScale::Asinh,
                 {QStringLiteral("gap_percent"), GridChoice::All, {}, {}});
}

PanelSpec perplexityPanel() {
    PanelSpec spec =
        panel("perplexity", translated("Perplexity"), {}, ValueScale::Logarithmic,
              {QStringLiteral("fp32_ppl"), GridChoice::Current, {}, QStringLiteral("FP32")});
    spec.marksMinimum = true;
    return spec;
}

PanelSpec misalignmentPanel(const QString& metric) {
    const QString shown = layerMetricFor(metric);
    PanelSpec spec = metricPanel(shown);
    if (shown == QLatin1String("level_flip_rate")) spec.title = translated("Level flip rate");
    spec.id = QStringLiteral("misalignment");
    for (PanelMetric& one : spec.metrics) one.grids = GridChoice::Current;
    spec.followsMetric = true;
    return spec;
}

PanelSpec edgeMassPanel() {
    PanelSpec spec = panel("edge_mass", translated("Edge mass"), {}, ValueScale::Linear,
                           {QStringLiteral("edge_mass"), GridChoice::Current, {}, {}});
    spec.reference = 0.2;  // P(|r| > 0.4) of uniform residuals
    spec.referenceName = translated("uniform");
    return spec;
}

PanelSpec kurtosisPanel() {
    return panel("kurtosis", translated("Kurtosis"), {}, ValueScale::Linear,
                 {QStringLiteral("kurtosis_mean"), GridChoice::Current, QStringLiteral("kurtosis"),
                  translated("excess kurtosis")});
}

PanelSpec metricPanel(const QString& metric) {
    if (metric == QLatin1String("gap_percent")) return gapPanel();
    if (metric == QLatin1String("edge_mass")) return edgeMassPanel();
    const std::string id = metric.toStdString();
    const MetricInfo* info = findMetric(id);
    PanelSpec spec = panel("", metric, {}, ValueScale::Linear, {metric, GridChoice::All, {}, {}});
    spec.id = metric;
    if (info == nullptr) return spec;
    spec.title = QString::fromUtf8(info->title.data(), static_cast<qsizetype>(info->title.size()));
    spec.unit = QString::fromUtf8(info->unit.data(), static_cast<qsizetype>(info->unit.size()));
    if (id.ends_with("ppl")) spec.scale = ValueScale::Logarithmic;
    return spec;
}

std::vector<PanelSpec> defaultPanels(const QString& metric) {
    return {gapPanel(), perplexityPanel(), misalignmentPanel(metric), kurtosisPanel()};
}

}  // namespace gridscope::views
