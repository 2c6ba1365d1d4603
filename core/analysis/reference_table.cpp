// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/reference_table.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/base/numbers.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kMaxBytes = 16u << 20;
constexpr std::size_t kMaxColumns = 256;

Error formatError(const std::string& name, int line, std::string what) {
    return {
        ErrorCode::ReferenceFormat, name + ", line " + std::to_string(line), std::move(what), {}};
}

/// The text behind "key:" if the remark has that key.
std::optional<std::string> remarkValue(std::string_view remark, std::string_view key) {
    if (!remark.starts_with(key) || remark.substr(key.size(), 1) != ":") return std::nullopt;
    return std::string(trimmedCell(remark.substr(key.size() + 1)));
}

void takeRemark(std::string_view line, ReferenceTable& table) {
    const std::string_view remark = trimmedCell(line.substr(1));
    if (auto title = remarkValue(remark, "title")) table.title = *title;
    if (auto licence = remarkValue(remark, "licence")) table.licence = *licence;
    if (auto changes = remarkValue(remark, "changes")) table.changes = *changes;
    if (auto source = remarkValue(remark, "source")) table.sources.push_back(*source);
    if (auto note = remarkValue(remark, "note")) table.notes.push_back(*note);
}

/// One quoted cell from `line` at `at` (behind the opening quote); leaves `at` behind the closing
/// quote. Nothing if that is missing.
std::optional<std::string> quotedCell(std::string_view line, std::size_t& at) {
    std::string cell;
    while (at < line.size()) {
        if (line[at] != '"') {
            cell += line[at++];
        } else if (line.substr(at, 2) == "\"\"") {
            cell += '"';
            at += 2;
        } else {
            ++at;
            return cell;
        }
    }
    return std::nullopt;
}

Expected<void> checkColumns(const std::vector<std::string>& columns, const std::string& name,
                            int line) {
    if (columns.size() == 1 && columns[0].find_first_of(";\t") != std::string::npos)
        return Error{ErrorCode::ReferenceFormat, name + ", line " + std::to_string(line),
                     "expected column names with commas between them, found \"" +
                         escapeForDisplay(columns[0], 80) + "\"",
                     "Save the table with commas between the cells and points in the numbers"};
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].empty())
            return formatError(name, line, "column " + std::to_string(i + 1) + " has no name");
        if (std::find(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(i),
                      columns[i]) != columns.begin() + static_cast<std::ptrdiff_t>(i))
            return formatError(name, line, "column " + columns[i] + " is named twice");
    }
    return {};
}

Expected<void> takeRow(std::string_view line, int number, ReferenceTable& table) {
    GRIDSCOPE_TRY_ASSIGN(cells,
                         splitCsvLine(line, table.name + ", line " + std::to_string(number)));
    if (table.columns.empty()) {
        for (const std::string& cell : cells) table.columns.emplace_back(trimmedCell(cell));
        return checkColumns(table.columns, table.name, number);
    }
    if (cells.size() != table.columns.size())
        return formatError(table.name, number,
                           "expected " + std::to_string(table.columns.size()) + " cells, found " +
                               std::to_string(cells.size()));
    table.rows.push_back(std::move(cells));
    table.lines.push_back(number);
    return {};
}

Expected<std::size_t> columnIndex(const ReferenceTable& table, std::string_view column) {
    const auto found = std::find(table.columns.begin(), table.columns.end(), column);
    if (found != table.columns.end())
        return static_cast<std::size_t>(found - table.columns.begin());
    return Error{ErrorCode::ReferenceColumn,
                 table.name,
                 "no column " + std::string(column) + ", found " + table.columnNames(),
                 {}};
}

}  // namespace

std::string ReferenceTable::columnNames() const {
    std::string names;
    for (const std::string& column : columns) names += (names.empty() ? "" : ", ") + column;
    return escapeForDisplay(names, 400);
}

Expected<std::vector<std::string>> ReferenceTable::texts(std::string_view column) const {
    GRIDSCOPE_TRY_ASSIGN(index, columnIndex(*this, column));
    std::vector<std::string> cells;
    cells.reserve(rows.size());
    for (const auto& row : rows) cells.push_back(row[index]);
    return cells;
}

Expected<std::vector<double>> ReferenceTable::numbers(std::string_view column) const {
    GRIDSCOPE_TRY_ASSIGN(cells, texts(column));
    std::vector<double> values;
    values.reserve(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string_view cell = trimmedCell(cells[i]);
        const std::optional<double> value =
            cell.empty() ? std::numeric_limits<double>::quiet_NaN() : parseDouble(cell);
        if (!value)
            return formatError(name, lines[i],
                               "column " + std::string(column) + ": expected a number, found \"" +
                                   escapeForDisplay(cell) + "\"");
        values.push_back(*value);
    }
    return values;
}

Expected<ReferenceTable> ReferenceTable::where(std::string_view column,
                                               std::string_view value) const {
    GRIDSCOPE_TRY_ASSIGN(index, columnIndex(*this, column));
    ReferenceTable part = *this;
    part.rows.clear();
    part.lines.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i][index] != value) continue;
        part.rows.push_back(rows[i]);
        part.lines.push_back(lines[i]);
    }
    return part;
}

std::string_view trimmedCell(std::string_view cell) {
    const std::size_t first = cell.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return cell.substr(first, cell.find_last_not_of(" \t") - first + 1);
}

Expected<std::vector<std::string>> splitCsvLine(std::string_view line, const std::string& where) {
    const auto bad = [&](std::string what) {
        return Error{ErrorCode::ReferenceFormat, where, std::move(what), {}};
    };
    std::vector<std::string> cells;
    for (std::size_t at = 0;;) {
        if (at < line.size() && line[at] == '"') {
            auto cell = quotedCell(line, ++at);
            if (!cell) return bad("a quoted cell does not end in its line");
            if (at < line.size() && line[at] != ',')
                return bad("expected a comma behind a quoted cell");
            cells.push_back(std::move(*cell));
        } else {
            const std::size_t comma = std::min(line.find(',', at), line.size());
            cells.emplace_back(line.substr(at, comma - at));
            at = comma;
        }
        if (cells.size() > kMaxColumns)
            return bad("more than " + std::to_string(kMaxColumns) + " cells");
        if (at >= line.size()) return cells;
        ++at;
    }
}

Expected<ReferenceTable> parseReferenceTable(std::string_view text, std::string name) {
    ReferenceTable table;
    table.name = std::move(name);
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (table.columns.empty() && line.front() == '#')
            takeRemark(line, table);
        else
            GRIDSCOPE_TRY(takeRow(line, number, table));
    }
    if (table.columns.empty())
        return Error{ErrorCode::ReferenceFormat, table.name, "no line with column names", {}};
    return table;
}

Expected<ReferenceTable> readReferenceTable(FileOps& ops, const std::filesystem::path& file) {
    GRIDSCOPE_TRY_ASSIGN(text, readWholeFile(ops, file, kMaxBytes));
    return parseReferenceTable(text, file.string());
}

}  // namespace gridscope
