// SPDX-License-Identifier: GPL-3.0-or-later

// Published numbers to compare with: a CSV file whose '#' lines say where they come from.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// A table as read; cells are kept as text. Immutable after reading.
///
/// Format: UTF-8, lines end with LF or CRLF. Lines that begin with '#' before the column names
/// are remarks; "# title: T", "# source: T", "# licence: T", "# changes: T" and "# note: T" are
/// kept, any other is a comment. Then one line of column names and one line a row, separated by
/// commas; a cell may stand in double quotes, doubled inside, but does not span lines.
struct ReferenceTable {
    std::string name;  ///< file name or what the caller calls it
    std::string title, licence, changes;
    std::vector<std::string> sources;  ///< at least one in every table that is shipped
    std::vector<std::string> notes;    ///< known inconsistencies, to show beside the numbers
    std::vector<std::string> columns;  ///< distinct, not empty
    std::vector<std::vector<std::string>> rows;  ///< [rows, columns]
    std::vector<int> lines;                      ///< [rows] line in the file, from 1

    /// Joined by commas, cut at 400 characters; for messages.
    std::string columnNames() const;
    /// Cells of a column. Errors: reference.column
    Expected<std::vector<std::string>> texts(std::string_view column) const;
    /// A column as numbers, NaN where a cell is empty.
    /// Errors: reference.column; reference.format (file, line and column of a cell that is none)
    Expected<std::vector<double>> numbers(std::string_view column) const;
    /// The rows whose cell in `column` equals `value`. Errors: reference.column
    Expected<ReferenceTable> where(std::string_view column, std::string_view value) const;
};

/// A cell without the blanks around it, as some programs write them behind a comma.
std::string_view trimmedCell(std::string_view cell);

/// The cells of one line of comma-separated values.
/// Errors: reference.format (`where` as given)
Expected<std::vector<std::string>> splitCsvLine(std::string_view line, const std::string& where);

/// `text` as a table. Errors: reference.format, `where` is "name, line N".
Expected<ReferenceTable> parseReferenceTable(std::string_view text, std::string name);

/// Reads `file`, at most 16 MiB. Errors: file.*, reference.format
Expected<ReferenceTable> readReferenceTable(FileOps& ops, const std::filesystem::path& file);

}  // namespace gridscope
