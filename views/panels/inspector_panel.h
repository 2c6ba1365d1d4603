// SPDX-License-Identifier: GPL-3.0-or-later

// Every value of the current checkpoint and layer, with its unit.
#pragma once

#include <QSet>
#include <QWidget>

#include <memory>
#include <optional>

#include "core/trajectory/series_table.h"

class QTreeWidget;
class QTreeWidgetItem;

namespace gridscope::views {

class InspectorPanel : public QWidget {
    Q_OBJECT
public:
    explicit InspectorPanel(QWidget* parent = nullptr);

    /// What to show; `row` -1 = no checkpoint.
    struct Subject {
        std::shared_ptr<const SeriesTable> table;
        int row = -1;
        std::optional<int> layer;
        QString grid;
        int cursorRow = -1;  ///< the checkpoint under the crosshair, for the second column
        int pinnedRow = -1;  ///< the pinned one, from which the third column tells the difference
    };
    void show(const Subject& subject);

private:
    QTreeWidgetItem* section(const QString& title);
    void addMetrics(QTreeWidgetItem* parent, const Subject& subject, MetricKind kind,
                    std::string_view grid);

    QTreeWidget* m_tree;
    QSet<QString> m_openQuantities;  ///< whose intervals the user opened
};

}  // namespace gridscope::views
