// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/probe_plan.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/sha256.h"
#include "core/base/version.h"
#include "core/model/scorer.h"
#include "core/model/worker_thread.h"

namespace gridscope {

namespace {

Expected<std::vector<std::string>> checkedGridIds(const std::vector<Grid>& grids) {
    if (grids.empty())
        return Error{ErrorCode::SettingsRange, "--grid", "no grid was chosen", "Try --grid int4"};
    std::vector<std::string> ids;
    for (const Grid& grid : grids) {
        const std::string id = gridId(grid);
        if (std::find(ids.begin(), ids.end(), id) != ids.end())
            return Error{ErrorCode::SettingsRange, "--grid", id + " was chosen twice",
                         "Name each grid once"};
        ids.push_back(id);
    }
    return ids;
}

/// Marks checkpoints of another model; returns the configuration of the first usable one.
Expected<ModelConfig> oneModel(std::vector<CheckpointEntry>& checkpoints) {
    const CheckpointEntry* first = nullptr;
    std::string hash;
    for (CheckpointEntry& entry : checkpoints) {
        if (!entry.usable()) continue;
        if (first == nullptr) {
            first = &entry;
            hash = configHash(*entry.config);
        } else if (configHash(*entry.config) != hash) {
            entry.problems.push_back({ErrorCode::SuiteMixedModels, entry.configFile.string(),
                                      "is another model than " + first->label.text +
                                          " (configuration " +
                                          configHash(*entry.config).substr(0, 8) + ", expected " +
                                          hash.substr(0, 8) + ")",
                                      "Probe each model into a file of its own"});
        }
    }
    if (first != nullptr) return *first->config;
    if (checkpoints.empty())
        return Error{ErrorCode::ScanEmpty, {}, "no checkpoint was selected", "See --select"};
    return checkpoints.front().problems.front();
}

/// Only what the numbers of a row depend on goes into the hash, so that grids, order and shards
/// may change between runs over one file.
nlohmann::json hashedPart(const ProbePlan& plan) {
    return {{"tokens_sha256", plan.windows.sha256}, {"windows", plan.windows.count},
            {"length", plan.windows.length},        {"first_scored", plan.windows.firstScored},
            {"scope", plan.settings.scope},         {"model_config", configHash(plan.model)}};
}

void writePlan(ProbePlan& plan) {
    nlohmann::json json = hashedPart(plan);
    plan.planHash = sha256Hex(json.dump());
    std::vector<std::string> names;
    for (const std::size_t index : plan.scope) names.push_back(plan.specs[index].name);
    json["scope_hash"] = sha256Hex(nlohmann::json(names).dump());
    json["scope_tensors"] = names;
    json["preset"] = plan.settings.preset;
    json["seed"] = plan.settings.seed;
    json["grids"] = plan.gridIds;
    json["order"] = plan.settings.order == ProbeOrder::Steps ? "steps" : "coarse";
    json["model"] = {{"model_type", plan.model.modelType},
                     {"layers", plan.model.layers},
                     {"hidden", plan.model.hidden},
                     {"heads", plan.model.heads},
                     {"intermediate", plan.model.intermediate},
                     {"vocabulary_rows", plan.model.vocabularyRows}};
    plan.planJson = json.dump();
}

/// What the numbers were computed with, for /environment.
std::string environmentText(const ProbeSettings& settings) {
    nlohmann::json json = {{"producer", std::string("gridscope ") + kVersion},
                           {"device", settings.device},
                           {"threads", settings.threads}};
    if (const auto engine = initEngine()) {
        json["torch"] = engine->torchVersion;
        json["processor"] = engine->deviceName;
        if (settings.device == "auto") json["device"] = engine->device;
        if (settings.threads == 0) json["threads"] = engine->threads;
    }
    return json.dump();
}

/// How much the measured curves bend around the stretch between measured points a and b.
double bend(const std::vector<SweepState>& states, const std::vector<std::size_t>& measured,
            std::size_t position) {
    double change = 0.0;
    for (const auto value : {&SweepState::curve, &SweepState::gap}) {
        const auto at = [&](std::size_t p) { return states[measured[p]].*value; };
        double low = INFINITY, high = -INFINITY;
        for (std::size_t p = 0; p < measured.size(); ++p) {
            if (!std::isfinite(at(p))) continue;
            low = std::fmin(low, at(p));
            high = std::fmax(high, at(p));
        }
        const double step = std::fabs(at(position + 1) - at(position));
        if (high > low && std::isfinite(step)) change += step / (high - low);
    }
    return change;
}

}  // namespace

std::vector<Grid> defaultGrids() { return {*parseGrid("int4"), *parseGrid("int8")}; }

Expected<ProbePlan> makePlan(const CheckpointCatalog& catalog,
                             const std::vector<std::size_t>& selection, EvalWindows windows,
                             ProbeSettings settings) {
    ProbePlan plan;
    plan.settings = std::move(settings);
    plan.windows = std::move(windows);
    GRIDSCOPE_TRY_ASSIGN(ids, checkedGridIds(plan.settings.grids));
    plan.gridIds = std::move(ids);
    GRIDSCOPE_TRY(requireOneRun(catalog, selection));
    for (const std::size_t index : selection) plan.checkpoints.push_back(catalog.entries[index]);
    std::set<std::string> labels;
    for (CheckpointEntry& entry : plan.checkpoints) {
        if (!labels.insert(entry.label.text).second)
            entry.problems.push_back({ErrorCode::SuiteDuplicateStep, entry.folder.string(),
                                      "another checkpoint of this run has the same label",
                                      "Probe one of the folders at a time"});
    }
    GRIDSCOPE_TRY_ASSIGN(model, oneModel(plan.checkpoints));
    plan.model = std::move(model);
    plan.specs = expectedTensors(plan.model);
    GRIDSCOPE_TRY_ASSIGN(scope, scopeTensors(plan.specs, plan.settings.scope));
    plan.scope = std::move(scope);
    GRIDSCOPE_TRY(checkIds(plan.windows, static_cast<std::uint64_t>(plan.model.vocabularyRows)));
    writePlan(plan);
    return plan;
}

Trajectory emptyTrajectory(const ProbePlan& plan) {
    Trajectory trajectory;
    trajectory.environmentJson = environmentText(plan.settings);
    trajectory.producer = std::string("gridscope ") + kVersion;
    trajectory.planJson = plan.planJson;
    trajectory.planHash = plan.planHash;
    trajectory.evalIds = plan.windows.ids;
    trajectory.windows = plan.windows.count;
    trajectory.windowLength = plan.windows.length;
    trajectory.evalSha256 = plan.windows.sha256;
    trajectory.evalSource = plan.windows.source;
    trajectory.tokenizerSha256 = plan.windows.tokenizerSha256;
    trajectory.textBytes = plan.windows.textBytes;
    trajectory.gridIds = plan.gridIds;
    for (const std::size_t index : plan.scope) {
        const TensorSpec& spec = plan.specs[index];
        const auto rows = spec.shape.front(), columns = spec.shape.back();
        trajectory.layers.push_back({spec.name, spec.transposed ? columns : rows,
                                     spec.transposed ? rows : columns, spec.block, spec.kind});
    }
    return trajectory;
}

std::size_t nextCoarseToFine(const std::vector<SweepState>& states) {
    const std::size_t none = states.size();
    std::vector<std::size_t> open, measured;
    for (std::size_t i = 0; i < states.size(); ++i) {
        if (!states[i].done)
            open.push_back(i);
        else if (std::isfinite(states[i].curve))
            measured.push_back(i);
    }
    if (open.empty()) return none;
    if (measured.empty()) return open.front();
    if (open.back() > measured.back()) return open.back();
    if (open.front() < measured.front()) return open.front();
    std::size_t best = none;
    double bestScore = -1.0;
    for (std::size_t p = 0; p + 1 < measured.size(); ++p) {
        const auto from = std::upper_bound(open.begin(), open.end(), measured[p]);
        const auto to = std::lower_bound(from, open.end(), measured[p + 1]);
        if (from == to) continue;
        const auto width = static_cast<double>(to - from);
        const double score = width * (0.5 + bend(states, measured, p));
        if (score > bestScore) {
            bestScore = score;
            best = *(from + (to - from) / 2);
        }
    }
    return best;
}

}  // namespace gridscope
