// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/fork_folder.h"

#include <array>

#include "core/training/fork_json_impl.h"
#include "core/training/schedule_text.h"

namespace gridscope {

namespace {

using Json = nlohmann::ordered_json;  // keys in one order, so that texts can be compared

constexpr const char* kFormat = "gridscope-fork";
constexpr std::int64_t kVersion = 1;
constexpr std::uint64_t kMaxBytes = 4u << 20;
constexpr std::array kStates{ForkRunState::Planned, ForkRunState::Complete, ForkRunState::Stopped,
                             ForkRunState::Diverged};

std::string dumped(const Json& document) {
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json designJson(const ForkDesign& design) {
    Json json{{"fork_step", design.forkStep}, {"steps", design.steps}};
    json["conditions"] = Json::array();
    for (const ForkCondition& condition : design.conditions)
        json["conditions"].push_back(
            {{"name", condition.name}, {"schedule", fullScheduleText(condition.schedule)}});
    json["seeds"] = design.seeds;
    if (design.dataOrder == DataOrder::File) {
        json["data_order"] = dataOrderName(design.dataOrder);
        json["first_window"] = design.firstWindow;
    }
    json["probing"] = {{"placement", probePlacementName(design.probing.placement)},
                       {"every", design.probing.every},
                       {"offset", design.probing.offset},
                       {"timing", probeTimingName(design.probing.timing)}};
    json["batch"] = design.batch;
    json["length"] = design.length;
    json["accumulate"] = design.accumulate;
    json["rewarm_steps"] = design.rewarmSteps;
    json["weight_decay"] = design.weightDecay;
    json["clip"] = design.clip;
    return json;
}

Expected<void> checkVersion(const ForkJson& document) {
    GRIDSCOPE_TRY_ASSIGN(format, document.text("format"));
    if (format != kFormat) return document.wrong("format", kFormat);
    GRIDSCOPE_TRY_ASSIGN(version, document.integer("format_version"));
    if (version == kVersion) return {};
    Error error = document.wrong("format_version", std::to_string(kVersion));
    error.hint = "A newer Gridscope wrote this experiment; read it with that one";
    return error;
}

Expected<std::vector<ForkCondition>> conditionsOf(const ForkJson& design) {
    GRIDSCOPE_TRY_ASSIGN(array, design.array("conditions"));
    std::vector<ForkCondition> conditions;
    for (const nlohmann::json& entry : *array) {
        GRIDSCOPE_TRY_ASSIGN(object, ForkJson::of(entry, design.where() + "/conditions/" +
                                                             std::to_string(conditions.size())));
        GRIDSCOPE_TRY_ASSIGN(name, object.text("name"));
        GRIDSCOPE_TRY_ASSIGN(text, object.text("schedule"));
        const auto schedule = parseSchedule(text, {});
        if (!schedule)
            return Error{
                ErrorCode::ForkFormat, object.where() + "/schedule", schedule.error().what, {}};
        conditions.push_back({std::move(name), schedule->settings()});
    }
    return conditions;
}

Expected<std::vector<std::uint64_t>> seedsOf(const ForkJson& design) {
    GRIDSCOPE_TRY_ASSIGN(array, design.array("seeds"));
    std::vector<std::uint64_t> seeds;
    for (const nlohmann::json& entry : *array) {
        if (!entry.is_number_unsigned())
            return design.wrong("seeds", "whole numbers that are not negative");
        seeds.push_back(entry.get<std::uint64_t>());
    }
    return seeds;
}

Expected<ForkProbing> probingOf(const ForkJson& design) {
    GRIDSCOPE_TRY_ASSIGN(json, design.object("probing"));
    GRIDSCOPE_TRY_ASSIGN(placement, json.text("placement"));
    GRIDSCOPE_TRY_ASSIGN(timing, json.text("timing"));
    GRIDSCOPE_TRY_ASSIGN(every, json.integer("every"));
    GRIDSCOPE_TRY_ASSIGN(offset, json.integer("offset"));
    ForkProbing probing{ProbePlacement::Interval, every, offset, ProbeTiming::AfterUpdate};
    if (placement == probePlacementName(ProbePlacement::CoolEnd))
        probing.placement = ProbePlacement::CoolEnd;
    if (placement != probePlacementName(probing.placement))
        return json.wrong("placement", "interval or cool-end");
    if (timing == probeTimingName(ProbeTiming::BeforeUpdate))
        probing.timing = ProbeTiming::BeforeUpdate;
    if (timing != probeTimingName(probing.timing))
        return json.wrong("timing", "after-update or before-update");
    return probing;
}

/// Windows at random places are the rule and not written out.
Expected<void> readDataOrder(const ForkJson& json, ForkDesign& design) {
    if (!json.has("data_order")) return {};
    GRIDSCOPE_TRY_ASSIGN(order, json.text("data_order"));
    if (order != dataOrderName(DataOrder::File))
        return json.wrong("data_order", std::string(dataOrderName(DataOrder::File)));
    GRIDSCOPE_TRY_ASSIGN(first, json.integer("first_window"));
    design.dataOrder = DataOrder::File;
    design.firstWindow = first;
    return {};
}

Expected<ForkDesign> designOf(const ForkJson& json) {
    ForkDesign design;
    const std::pair<const char*, std::int64_t*> integers[] = {
        {"fork_step", &design.forkStep},    {"steps", &design.steps},
        {"batch", &design.batch},           {"length", &design.length},
        {"accumulate", &design.accumulate}, {"rewarm_steps", &design.rewarmSteps},
    };
    for (const auto& [key, field] : integers) {
        GRIDSCOPE_TRY_ASSIGN(value, json.integer(key));
        *field = value;
    }
    GRIDSCOPE_TRY_ASSIGN(weightDecay, json.number("weight_decay"));
    GRIDSCOPE_TRY_ASSIGN(clip, json.number("clip"));
    GRIDSCOPE_TRY_ASSIGN(conditions, conditionsOf(json));
    GRIDSCOPE_TRY_ASSIGN(seeds, seedsOf(json));
    GRIDSCOPE_TRY_ASSIGN(probing, probingOf(json));
    GRIDSCOPE_TRY(readDataOrder(json, design));
    design.weightDecay = weightDecay;
    design.clip = clip;
    design.conditions = std::move(conditions);
    design.seeds = std::move(seeds);
    design.probing = probing;
    const auto checked = checkForkDesign(design);
    if (!checked) {
        Error error = checked.error().inside(json.where());
        error.code = ErrorCode::ForkFormat;
        return error;
    }
    return design;
}

}  // namespace

std::string_view forkRunStateName(ForkRunState state) {
    switch (state) {
    case ForkRunState::Planned:
        return "planned";
    case ForkRunState::Complete:
        return "complete";
    case ForkRunState::Stopped:
        return "stopped";
    case ForkRunState::Diverged:
        return "diverged";
    }
    return {};
}

std::string forkRecordToJson(const ForkRecord& record) {
    Json document{{"format", kFormat}, {"format_version", kVersion}};
    document["checkpoint"] = {{"path", record.checkpoint},
                              {"label", record.checkpointLabel},
                              {"sha256", record.checkpointSha256}};
    document["training_sha256"] = record.trainingSha256;
    document["evaluation"] = record.evaluation;
    if (!record.evaluationSha256.empty()) document["evaluation_sha256"] = record.evaluationSha256;
    document["design"] = designJson(record.design);
    return dumped(document);
}

Expected<ForkRecord> parseForkRecord(std::string_view text, const std::string& name) {
    GRIDSCOPE_TRY_ASSIGN(parsed, parseForkJson(text, name));
    GRIDSCOPE_TRY_ASSIGN(document, ForkJson::of(parsed, name));
    GRIDSCOPE_TRY(checkVersion(document));
    GRIDSCOPE_TRY_ASSIGN(checkpoint, document.object("checkpoint"));
    GRIDSCOPE_TRY_ASSIGN(path, checkpoint.text("path"));
    GRIDSCOPE_TRY_ASSIGN(label, checkpoint.text("label"));
    GRIDSCOPE_TRY_ASSIGN(sha256, checkpoint.text("sha256"));
    GRIDSCOPE_TRY_ASSIGN(training, document.text("training_sha256"));
    GRIDSCOPE_TRY_ASSIGN(evaluation, document.text("evaluation"));
    GRIDSCOPE_TRY_ASSIGN(object, document.object("design"));
    GRIDSCOPE_TRY_ASSIGN(design, designOf(object));
    ForkRecord record{std::move(design), std::move(path),     std::move(label),
                      std::move(sha256), std::move(training), std::move(evaluation)};
    if (document.has("evaluation_sha256")) {
        GRIDSCOPE_TRY_ASSIGN(windows, document.text("evaluation_sha256"));
        record.evaluationSha256 = std::move(windows);
    }
    return record;
}

Expected<std::optional<ForkRecord>> ForkFolder::readRecord() const {
    auto text = readWholeFile(*m_ops, designFile(), kMaxBytes);
    if (!text && text.error().code == ErrorCode::FileMissing) return std::optional<ForkRecord>();
    if (!text) return text.error();
    GRIDSCOPE_TRY_ASSIGN(record, parseForkRecord(*text, designFile().string()));
    return std::optional(std::move(record));
}

Expected<void> ForkFolder::writeRecord(const ForkRecord& record) const {
    GRIDSCOPE_TRY(makeFolders(*m_ops, m_root));
    return writeFileAtomically(*m_ops, designFile(), forkRecordToJson(record));
}

Expected<ForkRunStatus> ForkFolder::readStatus(const std::string& run) const {
    const std::string name = statusFile(run).string();
    auto text = readWholeFile(*m_ops, statusFile(run), kMaxBytes);
    if (!text && text.error().code == ErrorCode::FileMissing) return ForkRunStatus{};
    if (!text) return text.error();
    GRIDSCOPE_TRY_ASSIGN(parsed, parseForkJson(*text, name));
    GRIDSCOPE_TRY_ASSIGN(document, ForkJson::of(parsed, name));
    GRIDSCOPE_TRY_ASSIGN(state, document.text("state"));
    GRIDSCOPE_TRY_ASSIGN(step, document.integer("step"));
    GRIDSCOPE_TRY_ASSIGN(note, document.text("note"));
    for (const ForkRunState known : kStates) {
        if (state == forkRunStateName(known)) return ForkRunStatus{known, step, std::move(note)};
    }
    return document.wrong("state", "planned, complete, stopped or diverged");
}

Expected<void> ForkFolder::writeStatus(const std::string& run, const ForkRunStatus& status) const {
    return writeFileAtomically(*m_ops, statusFile(run),
                               dumped({{"state", forkRunStateName(status.state)},
                                       {"step", status.step},
                                       {"note", status.note}}));
}

}  // namespace gridscope
