// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/image_shape_impl.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include "core/trajectory/record_columns_impl.h"

namespace gridscope {

namespace {

template <class T>
bool allMissing(const T& record, std::span<const NumberColumn<T>> columns) {
    return std::all_of(columns.begin(), columns.end(),
                       [&](const auto& column) { return std::isnan(column.of(record)); });
}

template <class Values>
bool allZero(const Values& values) {
    return std::all_of(values.begin(), values.end(), [](auto value) { return value == 0; });
}

Error misfit(const ProbeRecord& row, const std::string& what) {
    return {ErrorCode::Internal, "row " + escapeForDisplay(row.label), what,
            "Please report this; the file was left as it was"};
}

/// An array is either absent or complete.
Expected<void> checkLength(const ProbeRecord& row, std::string_view name, std::size_t found,
                           std::size_t expected) {
    if (found == 0 || found == expected) return {};
    return misfit(row, std::string(name) + ": expected " + std::to_string(expected) +
                           " values, found " + std::to_string(found));
}

Expected<void> checkScoresFit(const ProbeRecord& row, const GridScores& scores,
                              const ImageShape& shape, std::size_t codes) {
    GRIDSCOPE_TRY(checkLength(row, "grid layers", scores.layers.size(), shape.layers));
    for (const auto& array : gridWindowArrays())
        GRIDSCOPE_TRY(checkLength(row, array.name, (scores.*array.member).size(), shape.windows));
    for (const auto& array : gridLayerArrays())
        GRIDSCOPE_TRY(checkLength(row, array.name, (scores.*array.member).size(), shape.layers));
    for (const auto& array : gridBlockArrays())
        GRIDSCOPE_TRY(checkLength(row, array.name, (scores.*array.member).size(), shape.blocks));
    for (const GridStatistics& layer : scores.layers) {
        if (codes != 0)
            GRIDSCOPE_TRY(checkLength(row, "code_histogram", layer.codeHistogram.size(), codes));
    }
    return {};
}

}  // namespace

int bitsOfGridId(std::string_view id) {
    if (id.starts_with("nf4")) return 4;
    if (id.size() < 2 || (id[0] != 'a' && id[0] != 's')) return 0;
    const int bits = id[1] - '0';
    return bits >= 2 && bits <= 8 ? bits : 0;
}

ImageShape shapeOf(const Trajectory& trajectory) {
    ImageShape shape;
    shape.rows = trajectory.rows.size();
    shape.windows = trajectory.windows;
    shape.layers = trajectory.layers.size();
    for (const LayerInfo& layer : trajectory.layers)
        shape.blocks =
            std::max(shape.blocks, static_cast<std::size_t>(std::max(layer.block, -1) + 1));
    for (std::size_t g = 0; g < trajectory.gridIds.size(); ++g) {
        const int bits = bitsOfGridId(trajectory.gridIds[g]);
        std::size_t codes = bits == 0 ? 0 : std::size_t{1} << bits;
        for (const auto& row : trajectory.rows) {
            const auto found = row->grids.find(trajectory.gridIds[g]);
            if (found == row->grids.end()) continue;
            for (const GridStatistics& layer : found->second.layers)
                codes = std::max(codes, layer.codeHistogram.size());
        }
        shape.codes.push_back(codes);
        shape.histograms.push_back(g < kHistogramGrids);
    }
    return shape;
}

Expected<void> checkRowFits(const ProbeRecord& row, const Trajectory& plan,
                            const ImageShape& shape) {
    if (row.label.empty()) return misfit(row, "a row without a label cannot be stored");
    if (row.step < -1)
        return misfit(row, "step " + std::to_string(row.step) + " is below -1 (unknown)");
    for (const auto& text : checkpointTexts()) {
        if ((row.*text.member).find('\0') != std::string::npos)
            return misfit(row, std::string(text.name) + " holds a NUL character");
    }
    GRIDSCOPE_TRY(checkLength(row, "layers", row.layers.size(), shape.layers));
    GRIDSCOPE_TRY(checkLength(row, "window_nll", row.fp32.windowNll.size(), shape.windows));
    for (const auto& [id, scores] : row.grids) {
        const auto found = std::find(plan.gridIds.begin(), plan.gridIds.end(), id);
        if (found == plan.gridIds.end())
            return misfit(row, "grid " + escapeForDisplay(id) + " is not in the plan");
        const auto index = static_cast<std::size_t>(found - plan.gridIds.begin());
        GRIDSCOPE_TRY(checkScoresFit(row, scores, shape, shape.codes[index]));
    }
    return {};
}

void sortRows(std::vector<std::shared_ptr<const ProbeRecord>>& rows) {
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        return std::tie(a->stage, a->step, a->label) < std::tie(b->stage, b->step, b->label);
    });
}

bool isEmptyMoments(const std::vector<MatrixMoments>& layers) {
    return std::all_of(layers.begin(), layers.end(), [](const MatrixMoments& layer) {
        return allMissing(layer, layerColumns());
    });
}

bool isEmptyStatistics(const std::vector<GridStatistics>& layers) {
    return std::all_of(layers.begin(), layers.end(), [](const GridStatistics& layer) {
        return allMissing(layer, gridLayerColumns()) && allZero(layer.residualHistogram) &&
               allZero(layer.codeHistogram);
    });
}

bool isEmptyArray(const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return std::isnan(value); });
}

bool isEmptyScores(const GridScores& scores) {
    if (scores.status != RowStatus::Planned || scores.windowsUsed != 0) return false;
    if (!allMissing(scores, gridColumns()) || !isEmptyStatistics(scores.layers)) return false;
    for (const auto arrays : {gridWindowArrays(), gridLayerArrays(), gridBlockArrays()}) {
        for (const auto& array : arrays) {
            if (!isEmptyArray(scores.*array.member)) return false;
        }
    }
    return true;
}

}  // namespace gridscope
