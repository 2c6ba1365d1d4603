// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/trajectory_import.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/base/sha256.h"
#include "core/base/version.h"
#include "core/quant/grid.h"
#include "core/trajectory/image_shape_impl.h"
#include "core/trajectory/record_columns_impl.h"
#include "core/trajectory/series_table.h"

namespace gridscope {

namespace {

constexpr const char* kDefaultGrid = "a4g128:minmax";

/// Where the numbers of a column go.
struct Target {
    enum class Kind {
        Ignored,
        Step,
        Label,
        Stage,
        Text,
        Row,
        Fp32,
        Weights,
        Grid
    } kind = Kind::Ignored;
    std::string metric;  ///< schema name without grid or fp32_
    std::string grid;    ///< id
};

Error columnError(const ReferenceTable& table, const std::string& column, std::string what) {
    return {ErrorCode::ReferenceColumn, table.name + ", column " + escapeForDisplay(column),
            std::move(what), "See gridscope-cli import --help for the names"};
}

/// The metric of a grid, such as "a4g128:minmax.gap_percent".
Expected<Target> gridTarget(const ReferenceTable& table, const std::string& column,
                            std::size_t dot) {
    const std::string id = column.substr(0, dot), metric = column.substr(dot + 1);
    const auto grid = parseGrid(id);
    if (!grid) return columnError(table, column, escapeForDisplay(id) + " is not the id of a grid");
    const bool known = metric == "status" || metric == "windows_used" ||
                       findColumn(gridColumns(), metric) != nullptr;
    if (!known)
        return columnError(table, column,
                           "a grid has no metric called " + escapeForDisplay(metric));
    // The state follows from what is there.
    if (metric == "status" || metric == "windows_used") return Target{};
    return Target{Target::Kind::Grid, metric, gridId(*grid)};
}

Expected<Target> targetOf(const ReferenceTable& table, const std::string& column) {
    using Kind = Target::Kind;
    if (column == "step") return Target{Kind::Step, {}, {}};
    if (column == "label") return Target{Kind::Label, {}, {}};
    if (column == "stage") return Target{Kind::Stage, {}, {}};
    const std::size_t dot = column.rfind('.');
    if (dot != std::string::npos) return gridTarget(table, column, dot);
    if (column.starts_with("fp32_") && findColumn(fp32Columns(), column.substr(5)) != nullptr)
        return Target{Kind::Fp32, column.substr(5), {}};
    if (findColumn(weightColumns(), column) != nullptr) return Target{Kind::Weights, column, {}};
    if (findColumn(checkpointNumbers(), column) != nullptr) return Target{Kind::Row, column, {}};
    if (findColumn(gridColumns(), column) != nullptr)
        return Target{Kind::Grid, column, kDefaultGrid};
    const bool text = column == "source" || column == "storage_dtype";
    return Target{text ? Kind::Text : Kind::Ignored, column, {}};
}

/// Reads the cells of one line into a record.
class RowReader {
public:
    RowReader(const ReferenceTable& table, const std::vector<Target>& targets, std::size_t row)
        : m_table(table), m_targets(targets), m_row(row) {}

    Expected<ProbeRecord> read() {
        for (m_column = 0; m_column < m_targets.size(); ++m_column) GRIDSCOPE_TRY(cell());
        if (m_record.step < 0) return fail("step", "expected a whole number from 0, found none");
        if (m_record.label.empty()) m_record.label = "step" + std::to_string(m_record.step);
        return std::move(m_record);
    }

private:
    Error fail(const std::string& column, std::string what) const {
        return {ErrorCode::ReferenceFormat,
                m_table.name + ", line " + std::to_string(m_table.lines[m_row]) + ", column " +
                    escapeForDisplay(column),
                std::move(what),
                {}};
    }

    Expected<void> cell() {
        using Kind = Target::Kind;
        const Target& target = m_targets[m_column];
        const std::string& raw = m_table.rows[m_row][m_column];
        const std::string& name = m_table.columns[m_column];
        const std::string text(trimmedCell(raw));
        if (target.kind == Kind::Ignored || text.empty()) return {};
        if (target.kind == Kind::Step || target.kind == Kind::Stage) return whole(target, text);
        if (target.kind == Kind::Label || target.kind == Kind::Text) {
            if (raw.find('\0') != std::string::npos) return fail(name, "holds a NUL character");
            if (target.kind == Kind::Label) m_record.label = raw;
            if (target.metric == "source") m_record.source = raw;
            if (target.metric == "storage_dtype") m_record.storageDtype = raw;
            return {};
        }
        const auto value = parseDouble(text);
        if (!value)
            return fail(name, "expected a number, found \"" + escapeForDisplay(text) + "\"");
        if (std::isnan(*value)) return {};
        if (auto wrong = outOfRange(target.metric, *value)) return fail(name, *wrong);
        put(target, *value);
        return {};
    }

    Expected<void> whole(const Target& target, const std::string& text) {
        // Table programs write "1000.0" and "1e3" for whole numbers too.
        const auto value = parseDouble(text);
        const std::string& name = m_table.columns[m_column];
        constexpr double kMost = 9007199254740992.0;
        if (!value || !(*value >= 0.0 && *value <= kMost) || *value != std::floor(*value))
            return fail(name,
                        "expected a whole number from 0, found \"" + escapeForDisplay(text) + "\"");
        if (target.kind == Target::Kind::Step)
            m_record.step = static_cast<std::int64_t>(*value);
        else if (*value >= 1000)
            return fail(name, "expected a stage below 1000, found " + text);
        else
            m_record.stage = static_cast<std::int32_t>(*value);
        return {};
    }

    static std::optional<std::string> outOfRange(const std::string& metric, double value) {
        const bool ppl = metric == "ppl";
        if (!std::isfinite(value) && !(ppl && value > 0))
            return "expected a finite number, found " + formatNumber(value);
        if (ppl && !(value > 0.0)) return "expected a number above 0, found " + formatNumber(value);
        if (metric.starts_with("gap_percent") && !(value > -100.0))
            return "expected more than -100 percent, found " + formatNumber(value);
        return std::nullopt;
    }

    void put(const Target& target, double value) {
        using Kind = Target::Kind;
        if (target.kind == Kind::Fp32)
            findColumn(fp32Columns(), target.metric)->of(m_record.fp32) = value;
        if (target.kind == Kind::Weights)
            findColumn(weightColumns(), target.metric)->of(m_record) = value;
        if (target.kind == Kind::Row)
            findColumn(checkpointNumbers(), target.metric)->of(m_record) = value;
        if (target.kind == Kind::Grid)
            findColumn(gridColumns(), target.metric)->of(m_record.grids[target.grid]) = value;
    }

    const ReferenceTable& m_table;
    const std::vector<Target>& m_targets;
    std::size_t m_row;
    std::size_t m_column = 0;
    ProbeRecord m_record;
};

/// Fills in what follows by definition, and the states.
void complete(ProbeRecord& record) {
    const auto fromEachOther = [](double& ce, double& ppl) {
        if (std::isnan(ce) && !std::isnan(ppl)) ce = std::log(ppl);
        if (std::isnan(ppl) && !std::isnan(ce)) ppl = std::exp(ce);
    };
    fromEachOther(record.fp32.ce.value, record.fp32.ppl);
    bool measured = !std::isnan(record.fp32.ppl);
    for (auto& [id, grid] : record.grids) {
        fromEachOther(grid.ce.value, grid.ppl);
        if (std::isnan(grid.gapPercent.value))
            grid.gapPercent.value = 100.0 * std::expm1(grid.ce.value - record.fp32.ce.value);
        if (std::isnan(grid.deltaCe.value))
            grid.deltaCe.value = std::log1p(grid.gapPercent.value / 100.0);
        grid.status = RowStatus::Complete;
        measured = true;
    }
    record.status = measured ? RowStatus::Complete : RowStatus::Weights;
}

void describe(Trajectory& trajectory, const ReferenceTable& table) {
    nlohmann::json plan = {{"imported", true},
                           {"source", escapeForDisplay(table.name, 4096)},
                           {"grids", trajectory.gridIds}};
    // Other columns or grids may be imported into the same file later; another source may not.
    trajectory.planHash = sha256Hex(std::string("imported ") + table.name);
    trajectory.planJson = plan.dump();
    trajectory.producer = std::string("gridscope ") + kVersion;
    trajectory.title = !table.title.empty() ? table.title : "imported from " + table.name;
    trajectory.evalSource = "imported from " + table.name;
    for (const std::string& source : table.sources) trajectory.notes += "source: " + source + "\n";
    for (const std::string& note : table.notes) trajectory.notes += note + "\n";
}

}  // namespace

Expected<ImportedTrajectory> importTrajectory(const ReferenceTable& table) {
    ImportedTrajectory imported;
    std::vector<Target> targets;
    bool hasStep = false, hasMetric = false;
    for (const std::string& column : table.columns) {
        GRIDSCOPE_TRY_ASSIGN(target, targetOf(table, column));
        using Kind = Target::Kind;
        hasStep = hasStep || target.kind == Kind::Step;
        hasMetric = hasMetric || target.kind >= Kind::Row;
        if (target.kind == Kind::Ignored && column.find('.') == std::string::npos)
            imported.notes.push_back("column " + escapeForDisplay(column) +
                                     " is no metric and is left out");
        std::vector<std::string>& grids = imported.trajectory.gridIds;
        if (target.kind == Kind::Grid &&
            std::find(grids.begin(), grids.end(), target.grid) == grids.end())
            grids.push_back(target.grid);
        if (target.kind == Kind::Grid && column.find('.') == std::string::npos)
            imported.notes.push_back("column " + column + " is taken as that of " + kDefaultGrid);
        targets.push_back(std::move(target));
    }
    if (!hasStep) return columnError(table, "step", "no such column among " + table.columnNames());
    if (!hasMetric)
        return columnError(table, "fp32_ppl",
                           "no column of any metric among " + table.columnNames());
    if (table.rows.empty())
        return Error{ErrorCode::ReferenceFormat, table.name, "no row below the column names", {}};

    std::map<std::string, int> labels;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        GRIDSCOPE_TRY_ASSIGN(record, RowReader(table, targets, row).read());
        const auto [first, isNew] = labels.emplace(record.label, table.lines[row]);
        if (!isNew)
            return Error{ErrorCode::ReferenceFormat,
                         table.name + ", line " + std::to_string(table.lines[row]),
                         escapeForDisplay(record.label) + " is in line " +
                             std::to_string(first->second) + " already",
                         "Give each row a label of its own"};
        complete(record);
        imported.trajectory.rows.push_back(std::make_shared<ProbeRecord>(std::move(record)));
    }
    sortRows(imported.trajectory.rows);
    describe(imported.trajectory, table);
    return imported;
}

bool isImported(const Trajectory& trajectory) {
    const auto plan = nlohmann::json::parse(trajectory.planJson, nullptr, false);
    const auto found = plan.is_object() ? plan.find("imported") : plan.end();
    return plan.is_object() && found != plan.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace gridscope
