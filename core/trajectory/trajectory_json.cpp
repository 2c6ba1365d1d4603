// SPDX-License-Identifier: GPL-3.0-or-later

#include <nlohmann/json.hpp>

#include "core/trajectory/record_columns_impl.h"
#include "core/trajectory/trajectory_export.h"

namespace gridscope {

namespace {

using Json = nlohmann::ordered_json;  // keys in the order of the documentation

template <class T>
void addNumbers(Json& object, const T& record, std::span<const NumberColumn<T>> columns) {
    for (const auto& column : columns) object[std::string(column.name)] = column.of(record);
}

Json textOrObject(const std::string& text) {
    Json parsed = Json::parse(text, nullptr, false);
    return parsed.is_discarded() ? Json::object() : parsed;
}

Json gridJson(const GridScores& scores) {
    Json grid = Json::object();
    addNumbers(grid, scores, gridColumns());
    grid["status"] = rowStatusName(scores.status);
    grid["windows_used"] = scores.windowsUsed;
    return grid;
}

Json gridLayerJson(const GridScores& scores, std::size_t layer) {
    Json json = Json::object();
    const GridStatistics& statistics = scores.layers[layer];
    addNumbers(json, statistics, gridLayerColumns());
    for (const auto& array : gridLayerArrays()) {
        const auto& values = scores.*array.member;
        if (!values.empty()) json[std::string(array.name)] = values[layer];
    }
    json["residual_histogram"] = statistics.residualHistogram;
    json["code_histogram"] = statistics.codeHistogram;
    return json;
}

Json layersJson(const Trajectory& trajectory, const ProbeRecord& row) {
    Json layers = Json::array();
    for (std::size_t l = 0; l < trajectory.layers.size(); ++l) {
        const LayerInfo& info = trajectory.layers[l];
        Json layer{{"name", info.name},
                   {"rows", info.rows},
                   {"cols", info.columns},
                   {"block", info.block},
                   {"kind", info.kind}};
        static const MatrixMoments kNone;
        addNumbers(layer, row.layers.empty() ? kNone : row.layers[l], layerColumns());
        layer["grids"] = Json::object();
        for (const std::string& id : trajectory.gridIds) {
            const auto found = row.grids.find(id);
            if (found != row.grids.end() && !found->second.layers.empty())
                layer["grids"][id] = gridLayerJson(found->second, l);
        }
        layers.push_back(std::move(layer));
    }
    return layers;
}

Json rowJson(const Trajectory& trajectory, const ProbeRecord& row) {
    Json json{{"label", row.label}};
    json["step"] = row.step < 0 ? Json() : Json(row.step);
    json["stage"] = isTrainingStage(row.stage) ? Json(row.stage) : Json();
    json["tokens_seen"] = row.tokensSeen;
    json["learning_rate"] = row.learningRate;
    json["content_sha256"] = row.contentSha256;
    json["status"] = rowStatusName(row.status);
    json["error"] = row.error;
    json["predecessor"] = row.predecessor;
    json["duplicate_of"] = row.duplicateOf;
    json["source"] = row.source;
    json["storage_dtype"] = row.storageDtype;
    json["seconds"] = row.seconds;
    json["fp32"] = Json::object();
    addNumbers(json["fp32"], row.fp32, fp32Columns());
    json["weights"] = Json::object();
    addNumbers(json["weights"], row, weightColumns());
    json["grids"] = Json::object();
    for (const std::string& id : trajectory.gridIds) {
        const auto found = row.grids.find(id);
        if (found != row.grids.end()) json["grids"][id] = gridJson(found->second);
    }
    return json;
}

}  // namespace

std::string trajectoryToJson(const Trajectory& trajectory, LayerDetail layers) {
    Json document{{"format_version", 1}};
    document["title"] = trajectory.title;
    document["plan"] = textOrObject(trajectory.planJson);
    document["plan_hash"] = trajectory.planHash;
    document["grids"] = trajectory.gridIds;
    document["checkpoints"] = Json::array();
    for (const auto& row : trajectory.rows) {
        Json json = rowJson(trajectory, *row);
        if (layers == LayerDetail::With) json["layers"] = layersJson(trajectory, *row);
        document["checkpoints"].push_back(std::move(json));
    }
    // Replacing keeps a label that is no UTF-8 from being an exception; non-finite becomes null.
    return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gridscope
