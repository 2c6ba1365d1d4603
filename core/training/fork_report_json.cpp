// SPDX-License-Identifier: GPL-3.0-or-later

#include <nlohmann/json.hpp>

#include "core/training/fork_report.h"
#include "core/training/schedule_text.h"

namespace gridscope {

namespace {

using Json = nlohmann::ordered_json;  // keys in the order of the documentation

Json experimentJson(const ForkResults& results) {
    const ForkRecord& record = results.record;
    const ForkDesign& design = record.design;
    Json json{{"checkpoint", record.checkpoint},
              {"checkpoint_label", record.checkpointLabel},
              {"checkpoint_sha256", record.checkpointSha256},
              {"training_sha256", record.trainingSha256},
              {"evaluation", record.evaluation},
              {"fork_step", design.forkStep},
              {"steps", design.steps},
              {"tokens_per_run", design.tokensPerRun()},
              {"seeds", design.seeds}};
    json["conditions"] = Json::array();
    for (const ForkCondition& condition : design.conditions)
        json["conditions"].push_back(
            {{"name", condition.name}, {"schedule", fullScheduleText(condition.schedule)}});
    json["probing"] = {{"placement", probePlacementName(design.probing.placement)},
                       {"every", design.probing.every},
                       {"offset", design.probing.offset},
                       {"timing", probeTimingName(design.probing.timing)},
                       {"warning", aliasingWarning(design)}};
    json["grid"] = results.gridId;
    json["grids"] = results.grids;
    return json;
}

Json runJson(const ForkResults& results, const ForkRunResult& run) {
    Json json{{"name", run.name},
              {"condition", results.record.design.conditions[run.condition].name},
              {"seed", run.seed},
              {"state", forkRunStateName(run.status.state)},
              {"step", run.status.state == ForkRunState::Planned ? Json() : Json(run.status.step)},
              {"note", run.status.note}};
    json["probes"] = Json::array();
    for (const ForkProbe& probe : run.probes)
        json["probes"].push_back({{"step", probe.step},
                                  {"kind", scheduleKindName(probe.kind)},
                                  {"lr", probe.learningRate},
                                  {"gap_percent", probe.gapPercent},
                                  {"fp32_ppl", probe.fp32Ppl},
                                  {"ppl", probe.quantizedPpl}});
    return json;
}

Json meanJson(const MeanSd& value) {
    return {{"mean", value.mean}, {"sd", value.sd}, {"count", value.count}};
}

Json permutationJson(const std::optional<PermutationTest>& test) {
    if (!test) return {};
    return {{"p_lower", test->pLower},
            {"p_two_sided", test->pTwoSided},
            {"smallest_lower", test->smallestLower},
            {"smallest_two_sided", test->smallestTwoSided},
            {"deals", test->deals}};
}

Json rowJson(const ForkResults& results, const ForkRow& row) {
    return {{"condition", results.record.design.conditions[row.condition].name},
            {"probes", probeClassName(row.probes)},
            {"final_gap_percent", meanJson(row.finalGap)},
            {"final_fp32_ppl", meanJson(row.finalPpl)},
            {"mean_gap_percent", meanJson(row.meanGap)},
            {"mean_fp32_ppl", meanJson(row.meanPpl)},
            {"control_gap_percent", meanJson(row.controlGap)},
            {"wins", row.wins},
            {"pairs", row.pairs},
            {"welch",
             {{"t", row.overProbes.t},
              {"degrees", row.overProbes.degrees},
              {"p", row.overProbes.p},
              {"count", row.overProbes.countA},
              {"control_count", row.overProbes.countB}}},
            {"permutation", permutationJson(row.overSeeds)}};
}

Json auditJson(const std::optional<AuditDistance>& audit) {
    if (!audit) return {};
    return {{"name", audit->name},
            {"label", audit->label},
            {"step", audit->auditStep},
            {"gap_percent", audit->auditGap},
            {"control_step", audit->controlStep},
            {"control_gap_percent", audit->controlGap},
            {"control_seeds", audit->seeds},
            {"difference_points", audit->points()}};
}

Json paperJson(const std::optional<PaperFork>& paper) {
    if (!paper) return {};
    Json json{{"rows", Json::array()}};
    for (const PaperForkRow& row : paper->rows)
        json["rows"].push_back({{"condition", row.condition},
                                {"schedule", row.schedule},
                                {"probes", row.probes},
                                {"gap_percent", row.gapPercent},
                                {"gap_percent_sd", row.gapSd},
                                {"fp32_ppl", row.fp32Ppl},
                                {"wins", row.wins},
                                {"pairs", row.pairs},
                                {"control_gap_percent", row.controlGap},
                                {"t", row.t},
                                {"p_below", row.pBelow}});
    json["audit_step"] = paper->auditStep;
    json["audit_gap_percent"] = paper->auditGap;
    json["notes"] = paper->notes;
    json["sources"] = paper->sources;
    return json;
}

}  // namespace

std::string forkReportToJson(const ForkReport& report) {
    const ForkResults& results = report.results;
    Json document{{"format_version", 1}, {"experiment", experimentJson(results)}};
    document["runs"] = Json::array();
    for (const ForkRunResult& run : results.runs) document["runs"].push_back(runJson(results, run));
    document["rows"] = Json::array();
    for (const ForkRow& row : report.comparison.rows)
        document["rows"].push_back(rowJson(results, row));
    document["wins"] = Json::array();
    for (const auto& cells : report.comparison.wins) {
        Json line = Json::array();
        for (const WinsCell& cell : cells)
            line.push_back({{"wins", cell.wins}, {"losses", cell.losses}, {"pairs", cell.pairs}});
        document["wins"].push_back(std::move(line));
    }
    document["trade"] = Json::array();
    for (const TradePoint& point : report.trade)
        document["trade"].push_back(
            {{"condition", results.record.design.conditions[point.condition].name},
             {"probes", probeClassName(point.probes)},
             {"gap_percent", point.gapPercent},
             {"ppl_percent", point.pplPercent},
             {"on_front", point.onFront}});
    document["remarks"] = report.comparison.remarks;
    document["audit"] = auditJson(report.audit);
    document["paper"] = paperJson(report.paper);
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gridscope
