// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/reference_shelf.h"

#include <QCoreApplication>
#include <QFile>

#include <algorithm>

// The tables lie in a static library, from which nothing pulls them by itself. Outside of
// namespaces, as Q_INIT_RESOURCE demands.
static void registerTables() { Q_INIT_RESOURCE(resources); }

namespace gridscope::app {

namespace {

QString translated(const char* text) { return QCoreApplication::translate("References", text); }

QString joined(const std::vector<std::string>& lines, const QString& label) {
    QString text;
    for (const std::string& line : lines)
        text += QStringLiteral("\n%1 %2").arg(label, QString::fromStdString(line));
    return text;
}

QString noteOf(const ReferenceTable& table) {
    return QString::fromStdString(table.title) + joined(table.sources, translated("Source:")) +
           joined(table.notes, translated("Note:"));
}

Expected<ReferenceTable> shippedTable(const QString& name) {
    QFile file(QStringLiteral(":/reference/") + name);
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::FileMissing, name.toStdString(), "is not part of this program",
                     "Install Gridscope again"};
    return parseReferenceTable(file.readAll().toStdString(), name.toStdString());
}

}  // namespace

Expected<ReferenceSet> measurementsOf(const ReferenceTable& table, const QString& id,
                                      const QString& name) {
    ReferenceSet set{id, {}, QString::fromStdString(table.title), {}};
    GRIDSCOPE_TRY_ASSIGN(steps, table.numbers("step"));
    for (const std::string& column : table.columns) {
        const std::size_t dot = column.rfind('.');
        const std::string grid = dot == std::string::npos ? "" : column.substr(0, dot);
        const std::string metric = dot == std::string::npos ? column : column.substr(dot + 1);
        if (findMetric(metric) == nullptr) continue;
        GRIDSCOPE_TRY_ASSIGN(values, table.numbers(column));
        set.series.push_back({id,
                              grid.empty()
                                  ? translated("%1, FP32").arg(name)
                                  : QStringLiteral("%1, %2").arg(name, views::gridLabel(grid)),
                              QString::fromStdString(metric), QString::fromStdString(grid), steps,
                              std::move(values), noteOf(table)});
    }
    return set;
}

Expected<std::vector<ReferenceSet>> perplexitiesByModel(const ReferenceTable& table,
                                                        const QString& id, const QString& group,
                                                        std::string_view column) {
    GRIDSCOPE_TRY_ASSIGN(models, table.texts("model"));
    std::sort(models.begin(), models.end());
    models.erase(std::unique(models.begin(), models.end()), models.end());
    std::vector<ReferenceSet> sets;
    for (const std::string& model : models) {
        GRIDSCOPE_TRY_ASSIGN(rows, table.where("model", model));
        GRIDSCOPE_TRY_ASSIGN(steps, rows.numbers("step"));
        GRIDSCOPE_TRY_ASSIGN(values, rows.numbers(column));
        const QString name = QString::fromStdString(model);
        const QString own = id + u'.' + name;
        sets.push_back({own,
                        group,
                        name,
                        {{own,
                          translated("LAMBADA, %1").arg(name),
                          QStringLiteral("fp32_ppl"),
                          {},
                          std::move(steps),
                          std::move(values),
                          noteOf(table)}}});
    }
    return sets;
}

Expected<std::vector<ReferenceSet>> shippedReferences() {
    registerTables();
    GRIDSCOPE_TRY_ASSIGN(table1, shippedTable(QStringLiteral("table1.csv")));
    GRIDSCOPE_TRY_ASSIGN(paper,
                         measurementsOf(table1, QStringLiteral("table1"), translated("Table 1")));
    std::vector<ReferenceSet> sets{std::move(paper)};
    GRIDSCOPE_TRY_ASSIGN(lambada, shippedTable(QStringLiteral("pythia_lambada.csv")));
    GRIDSCOPE_TRY_ASSIGN(
        curves, perplexitiesByModel(lambada, QStringLiteral("lambada"),
                                    translated("LAMBADA perplexity"), "lambada_openai_ppl"));
    sets.insert(sets.end(), std::make_move_iterator(curves.begin()),
                std::make_move_iterator(curves.end()));
    return sets;
}

}  // namespace gridscope::app
