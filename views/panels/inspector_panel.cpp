// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/inspector_panel.h"

#include <QHeaderView>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <cmath>

#include "core/base/error.h"
#include "views/models/number_text.h"

namespace gridscope::views {

namespace {

QString text(std::string_view bytes) {
    return QString::fromStdString(escapeForDisplay(bytes, 200));
}

QString valueAt(const Series& series, int row) {
    if (row < 0) return {};
    const auto i = static_cast<std::size_t>(row);
    if (std::isnan(series.values[i])) return {};
    QString shown = numberText(series.values[i]);
    if (!series.low.empty() && std::isfinite(series.low[i]) && std::isfinite(series.high[i]))
        shown +=
            QStringLiteral(" [%1, %2]").arg(numberText(series.low[i]), numberText(series.high[i]));
    return shown;
}

}  // namespace

InspectorPanel::InspectorPanel(QWidget* parent) : QWidget(parent), m_tree(new QTreeWidget(this)) {
    setObjectName(QStringLiteral("inspectorPanel"));
    m_tree->setObjectName(QStringLiteral("inspectorTree"));
    m_tree->setAccessibleName(tr("Values of the current checkpoint"));
    m_tree->setHeaderLabels({tr("Quantity"), tr("Selected"), tr("At the cursor"), tr("Unit")});
    m_tree->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_tree->setUniformRowHeights(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_tree);
}

QTreeWidgetItem* InspectorPanel::section(const QString& title) {
    auto* item = new QTreeWidgetItem(m_tree, {title});
    item->setFirstColumnSpanned(true);
    item->setExpanded(true);
    return item;
}

void InspectorPanel::addMetrics(QTreeWidgetItem* parent, const Subject& subject, MetricKind kind,
                                std::string_view grid) {
    const bool ofLayer = kind == MetricKind::Layer || kind == MetricKind::GridLayer;
    const int layer = ofLayer ? subject.layer.value_or(-1) : -1;
    for (const MetricInfo& metric : metricTable()) {
        if (metric.kind != kind) continue;
        const Series series = subject.table->series(metric.id, grid, layer);
        const QString selected = valueAt(series, subject.row);
        const QString cursor = valueAt(series, subject.cursorRow);
        if (selected.isEmpty() && cursor.isEmpty()) continue;  // was not measured
        new QTreeWidgetItem(parent, {text(metric.title), selected, cursor, text(metric.unit)});
    }
}

void InspectorPanel::show(const Subject& subject) {
    m_tree->setUpdatesEnabled(false);
    m_tree->clear();
    const bool hasRow = subject.table && subject.row >= 0 &&
                        subject.row < static_cast<int>(subject.table->rowCount());
    if (hasRow) {
        const ProbeRecord& record = subject.table->row(static_cast<std::size_t>(subject.row));
        QTreeWidgetItem* identity = section(text(record.label));
        const auto add = [identity](const QString& name, const QString& value) {
            if (!value.isEmpty()) new QTreeWidgetItem(identity, {name, value});
        };
        add(tr("Step"), record.step < 0 ? QString() : stepText(static_cast<double>(record.step)));
        add(tr("State"), text(rowStatusName(record.status)));
        add(tr("Content SHA-256"), text(record.contentSha256).left(16));
        add(tr("Stored as"), text(record.storageDtype));
        add(tr("Flips refer to"), text(record.predecessor));
        add(tr("Note"), text(record.error));
        addMetrics(identity, subject, MetricKind::Row, {});
        const std::string grid = subject.grid.toStdString();
        addMetrics(section(tr("Grid %1").arg(subject.grid)), subject, MetricKind::Grid, grid);
        const auto& layers = subject.table->trajectory().layers;
        const bool one = subject.layer && *subject.layer >= 0 &&
                         *subject.layer < static_cast<int>(layers.size());
        QTreeWidgetItem* layer =
            section(one ? text(layers[static_cast<std::size_t>(*subject.layer)].name)
                        : tr("Mean over %n matrices", nullptr, static_cast<int>(layers.size())));
        addMetrics(layer, subject, MetricKind::Layer, {});
        addMetrics(layer, subject, MetricKind::GridLayer, grid);
    }
    m_tree->setUpdatesEnabled(true);
}

}  // namespace gridscope::views
