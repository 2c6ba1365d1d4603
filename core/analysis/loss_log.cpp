// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/loss_log.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/analysis/reference_table.h"
#include "core/base/numbers.h"

namespace gridscope {

namespace {

using Json = nlohmann::json;

const std::vector<std::string>& stepNames() {
    static const std::vector<std::string> kNames{"step", "global_step", "steps"};
    return kNames;
}

/// Python writes NaN, Infinity and -Infinity bare, which is not JSON: quoted they are texts.
std::string withQuotedLiterals(std::string_view text) {
    std::string result;
    bool inText = false;
    for (std::size_t i = 0; i < text.size();) {
        if (inText && text[i] == '\\' && i + 1 < text.size()) {
            result += text.substr(i, 2);
            i += 2;
            continue;
        }
        if (text[i] == '"') inText = !inText;
        std::string_view literal;
        for (const std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
            if (!inText && text.substr(i, word.size()) == word) {
                literal = word;
                break;
            }
        }
        if (literal.empty()) {
            result += text[i++];
            continue;
        }
        result += '"';
        result += literal;
        result += '"';
        i += literal.size();
    }
    return result;
}

/// Depth of brackets outside of texts; nested far deeper than any log, the text is not parsed.
bool tooDeep(std::string_view text) {
    constexpr int kDeepest = 32;
    int depth = 0;
    bool inText = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (inText && text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            inText = !inText;
        else if (!inText && (text[i] == '{' || text[i] == '['))
            if (++depth > kDeepest) return true;
        if (!inText && i < text.size() && (text[i] == '}' || text[i] == ']')) --depth;
    }
    return false;
}

Expected<Json> parsed(std::string_view text, const std::string& where) {
    if (tooDeep(text)) return Error{ErrorCode::JsonDepth, where, "is nested too deeply", {}};
    // The parser would take a NUL for the end of the text.
    if (text.find('\0') != std::string_view::npos)
        return Error{ErrorCode::JsonSyntax, where, "holds a NUL byte",
                     "The log is damaged, or still being written"};
    Json json = Json::parse(withQuotedLiterals(text), nullptr, false);
    if (!json.is_object())
        return Error{ErrorCode::JsonSyntax,
                     where,
                     "expected a JSON object, found " + escapeForDisplay(text, 40),
                     {}};
    return json;
}

/// Number of a cell, or of a quoted NaN or Infinity; nothing for anything else.
std::optional<double> numberOf(std::string_view text) {
    if (text == "NaN" || text == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity" || text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity" || text == "-inf") return -std::numeric_limits<double>::infinity();
    return parseDouble(trimmedCell(text));
}

std::optional<double> numberOf(const Json& record, const std::string& name) {
    const auto value = record.find(name);
    if (value == record.end()) return std::nullopt;
    if (value->is_number()) return value->get<double>();
    if (value->is_string()) return numberOf(value->get_ref<const std::string&>());
    return std::nullopt;
}

bool isPerplexity(const std::string& name) {
    return name.find("ppl") != std::string::npos || name.find("perplexity") != std::string::npos;
}

/// The point of a record whose values `valueOf` looks up by name.
template <class ValueOf>
std::optional<LossPoint> pointOf(const std::string& metric, std::string& found, ValueOf valueOf) {
    std::optional<double> step, loss;
    for (const std::string& name : stepNames()) {
        if (!step) step = valueOf(name);
    }
    std::string under = metric;
    if (!metric.empty()) {
        loss = valueOf(metric);
    } else {
        for (const std::string& name : LossLogReader::lossNames()) {
            if (loss) break;
            loss = valueOf(name);
            under = name;
        }
    }
    if (!step || !loss || !std::isfinite(*step)) return std::nullopt;
    found = under;
    return LossPoint{*step, isPerplexity(under) ? std::log(*loss) : *loss};
}

}  // namespace

Expected<LossLogFormat> lossLogFormat(std::string_view fileName) {
    const std::string_view ending = fileName.substr(std::min(fileName.rfind('.'), fileName.size()));
    if (ending == ".jsonl" || ending == ".ndjson") return LossLogFormat::JsonLines;
    if (ending == ".csv") return LossLogFormat::Csv;
    if (ending == ".json") return LossLogFormat::TrainerState;
    return Error{ErrorCode::SettingsSyntax, std::string(fileName),
                 "the name does not tell the format of the log",
                 "Use a name that ends in .jsonl, .csv or .json (trainer_state.json)"};
}

const std::vector<std::string>& LossLogReader::lossNames() {
    static const std::vector<std::string> kNames{
        "eval_loss",       "val_loss",       "validation_loss", "valid_loss", "eval/loss",
        "val/loss",        "fp32_ce",        "eval_ppl",        "val_ppl",    "validation_ppl",
        "eval_perplexity", "val_perplexity", "fp32_ppl"};
    return kNames;
}

void LossLogReader::restart() {
    m_columns.clear();
    m_line = 0;
}

Expected<std::optional<LossPoint>> LossLogReader::line(std::string_view text) {
    ++m_line;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.find_first_not_of(" \t") == std::string_view::npos) return std::optional<LossPoint>();
    if (m_format == LossLogFormat::Csv) return csvLine(text);
    GRIDSCOPE_TRY_ASSIGN(record, parsed(text, "line " + std::to_string(m_line)));
    return pointOf(m_metric, m_found,
                   [&](const std::string& name) { return numberOf(record, name); });
}

Expected<std::optional<LossPoint>> LossLogReader::csvLine(std::string_view text) {
    if (m_columns.empty() && text.front() == '#') return std::optional<LossPoint>();
    GRIDSCOPE_TRY_ASSIGN(cells, splitCsvLine(text, "line " + std::to_string(m_line)));
    if (m_columns.empty()) {
        for (const std::string& cell : cells) m_columns.emplace_back(trimmedCell(cell));
        return std::optional<LossPoint>();
    }
    if (cells.size() != m_columns.size())
        return Error{ErrorCode::ReferenceFormat,
                     "line " + std::to_string(m_line),
                     "expected " + std::to_string(m_columns.size()) + " cells, found " +
                         std::to_string(cells.size()),
                     {}};
    return pointOf(m_metric, m_found, [&](const std::string& name) -> std::optional<double> {
        const auto column = std::find(m_columns.begin(), m_columns.end(), name);
        if (column == m_columns.end()) return std::nullopt;
        return numberOf(cells[static_cast<std::size_t>(column - m_columns.begin())]);
    });
}

Expected<std::vector<LossPoint>> LossLogReader::document(std::string_view text) const {
    GRIDSCOPE_TRY_ASSIGN(json, parsed(text, "trainer state"));
    const auto history = json.find("log_history");
    if (history == json.end() || !history->is_array())
        return Error{ErrorCode::JsonSyntax, "log_history", "expected a list, found none",
                     "Give the trainer_state.json of a Hugging Face trainer"};
    std::vector<LossPoint> points;
    for (const Json& record : *history) {
        if (!record.is_object()) continue;
        const auto point = pointOf(m_metric, m_found,
                                   [&](const std::string& name) { return numberOf(record, name); });
        if (point) points.push_back(*point);
    }
    return points;
}

}  // namespace gridscope
