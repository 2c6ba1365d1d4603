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
    if (row < 0 || std::isnan(series.values[static_cast<std::size_t>(row)])) return {};
    return numberText(series.values[static_cast<std::size_t>(row)]);
}

/// The value at the cursor, else of the selected checkpoint, above the pinned one.
QString changeOf(const Series& series, const InspectorPanel::Subject& subject) {
    const int row = subject.cursorRow >= 0 ? subject.cursorRow : subject.row;
    if (row < 0 || subject.pinnedRow < 0) return {};
    const double change = series.values[static_cast<std::size_t>(row)] -
                          series.values[static_cast<std::size_t>(subject.pinnedRow)];
    return std::isfinite(change) ? numberText(change) : QString();
}

/// "low to high", or nothing where no interval was measured.
QString intervalAt(const Series& series, int row) {
    if (row < 0 || series.low.empty()) return {};
    const auto i = static_cast<std::size_t>(row);
    if (!std::isfinite(series.low[i]) || !std::isfinite(series.high[i])) return {};
    return InspectorPanel::tr("%1 to %2")
        .arg(numberText(series.low[i]), numberText(series.high[i]));
}

}  // namespace

InspectorPanel::InspectorPanel(QWidget* parent) : QWidget(parent), m_tree(new QTreeWidget(this)) {
    setObjectName(QStringLiteral("inspectorPanel"));
    m_tree->setObjectName(QStringLiteral("inspectorTree"));
    m_tree->setAccessibleName(tr("Values of the current checkpoint"));
    m_tree->setHeaderLabels({tr("Quantity"), tr("Selected"), tr("At cursor"), tr("Since pin")});
    setFocusProxy(m_tree);
    // The values are what this panel is for: a long name is cut first, and whole in its tooltip.
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_tree->header()->setMinimumSectionSize(fontMetrics().averageCharWidth() * 8);
    m_tree->setIndentation(fontMetrics().averageCharWidth() * 2);
    m_tree->setUniformRowHeights(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_tree);
    connect(m_tree, &QTreeWidget::itemExpanded, this,
            [this](const QTreeWidgetItem* item) { m_openQuantities.insert(item->text(0)); });
    connect(m_tree, &QTreeWidget::itemCollapsed, this,
            [this](const QTreeWidgetItem* item) { m_openQuantities.remove(item->text(0)); });
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
        QString name = text(metric.title);
        if (!metric.unit.empty()) name += QStringLiteral(" [%1]").arg(text(metric.unit));
        auto* item =
            new QTreeWidgetItem(parent, {name, selected, cursor, changeOf(series, subject)});
        item->setToolTip(0, name);
        const QString interval = intervalAt(series, subject.row);
        const QString cursorInterval = intervalAt(series, subject.cursorRow);
        if (interval.isEmpty() && cursorInterval.isEmpty()) continue;
        item->setToolTip(1, interval);
        item->setToolTip(2, cursorInterval);
        new QTreeWidgetItem(item, {tr("95 % interval"), interval, cursorInterval});
        item->setExpanded(m_openQuantities.contains(name));
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
            if (value.isEmpty()) return;
            auto* item = new QTreeWidgetItem(identity, {name, value});
            item->setToolTip(1, value);
        };
        add(tr("Step"), record.step < 0 ? QString() : stepText(static_cast<double>(record.step)));
        add(tr("State"), text(rowStatusName(record.status)));
        add(tr("Content SHA-256"), text(record.contentSha256).left(10));
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
    m_tree->setColumnHidden(2, subject.cursorRow < 0);
    m_tree->setColumnHidden(3, subject.pinnedRow < 0);
    m_tree->setUpdatesEnabled(true);
}

}  // namespace gridscope::views
