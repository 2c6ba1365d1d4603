// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include "core/base/numbers.h"
#include "core/trajectory/record_columns_impl.h"
#include "core/trajectory/trajectory_export.h"

namespace gridscope {

namespace {

/// Builds lines of comma-separated fields.
class CsvLines {
public:
    void text(std::string_view value) {
        separate();
        if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
            m_text += value;
            return;
        }
        m_text += '"';
        for (const char c : value) {
            if (c == '"') m_text += '"';
            m_text += c;
        }
        m_text += '"';
    }
    void number(double value) { text(std::isnan(value) ? std::string() : formatNumber(value)); }
    void integer(std::int64_t value) { text(std::to_string(value)); }
    template <class T>
    void names(std::string_view prefix, std::span<const NumberColumn<T>> columns) {
        for (const auto& column : columns) text(std::string(prefix) + std::string(column.name));
    }
    template <class T>
    void numbers(const T& record, std::span<const NumberColumn<T>> columns) {
        for (const auto& column : columns) number(column.of(record));
    }
    void endLine() {
        m_text += '\n';
        m_fresh = true;
    }
    std::string take() { return std::move(m_text); }

private:
    void separate() {
        if (!m_fresh) m_text += ',';
        m_fresh = false;
    }
    std::string m_text;
    bool m_fresh = true;
};

void step(CsvLines& out, const ProbeRecord& row) {
    out.text(row.step < 0 ? std::string() : std::to_string(row.step));
}

const GridScores& scoresOf(const ProbeRecord& row, const std::string& id) {
    static const GridScores kNone;
    const auto found = row.grids.find(id);
    return found == row.grids.end() ? kNone : found->second;
}

void checkpointLines(CsvLines& out, const Trajectory& trajectory) {
    out.text("label");
    out.text("step");
    out.text("stage");
    out.text("status");
    out.names("", checkpointNumbers());
    for (const auto& text : checkpointTexts().subspan(1)) out.text(text.name);
    out.names("fp32_", fp32Columns());
    out.names("", weightColumns());
    for (const std::string& id : trajectory.gridIds) {
        out.text(id + ".status");
        out.text(id + ".windows_used");
        out.names(id + ".", gridColumns());
    }
    out.endLine();
    for (const auto& row : trajectory.rows) {
        out.text(row->label);
        step(out, *row);
        out.text(isTrainingStage(row->stage) ? std::to_string(row->stage) : "");
        out.text(rowStatusName(row->status));
        out.numbers(*row, checkpointNumbers());
        for (const auto& text : checkpointTexts().subspan(1)) out.text((*row).*text.member);
        out.numbers(row->fp32, fp32Columns());
        out.numbers(*row, weightColumns());
        for (const std::string& id : trajectory.gridIds) {
            const GridScores& scores = scoresOf(*row, id);
            out.text(rowStatusName(scores.status));
            out.integer(scores.windowsUsed);
            out.numbers(scores, gridColumns());
        }
        out.endLine();
    }
}

void layerLines(CsvLines& out, const Trajectory& trajectory) {
    for (const char* name :
         {"label", "step", "stage", "layer", "name", "rows", "cols", "block", "kind"})
        out.text(name);
    out.names("", layerColumns());
    for (const std::string& id : trajectory.gridIds) {
        out.names(id + ".", gridLayerColumns());
        for (const auto& array : gridLayerArrays()) out.text(id + "." + std::string(array.name));
    }
    out.endLine();
    static const MatrixMoments kNoMoments;
    static const GridStatistics kNoStatistics;
    for (const auto& row : trajectory.rows) {
        for (std::size_t l = 0; l < trajectory.layers.size(); ++l) {
            const LayerInfo& info = trajectory.layers[l];
            out.text(row->label);
            step(out, *row);
            out.text(isTrainingStage(row->stage) ? std::to_string(row->stage) : "");
            out.integer(static_cast<std::int64_t>(l));
            out.text(info.name);
            out.integer(info.rows);
            out.integer(info.columns);
            out.integer(info.block);
            out.text(info.kind);
            out.numbers(row->layers.empty() ? kNoMoments : row->layers[l], layerColumns());
            for (const std::string& id : trajectory.gridIds) {
                const GridScores& scores = scoresOf(*row, id);
                out.numbers(scores.layers.empty() ? kNoStatistics : scores.layers[l],
                            gridLayerColumns());
                for (const auto& array : gridLayerArrays()) {
                    const auto& values = scores.*array.member;
                    out.number(values.empty() ? kNotMeasured : static_cast<double>(values[l]));
                }
            }
            out.endLine();
        }
    }
}

}  // namespace

std::string trajectoryToCsv(const Trajectory& trajectory, LayerDetail layers) {
    CsvLines out;
    if (layers == LayerDetail::With)
        layerLines(out, trajectory);
    else
        checkpointLines(out, trajectory);
    return out.take();
}

}  // namespace gridscope
