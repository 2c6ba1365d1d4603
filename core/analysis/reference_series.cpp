// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/reference_series.h"

#include <algorithm>

#include "core/analysis/reference_table.h"
#include "core/training/schedule.h"

namespace gridscope {

namespace {

using SeriesList = std::vector<ReferenceSeries>;

/// What a column of a table stands for.
struct ColumnUse {
    const char* column;
    const char* title;
    const char* metric;
    const char* grid;
    const char* unit;
};

constexpr ColumnUse kTableOne[] = {
    {"fp32_ppl", "Table 1: FP32 perplexity", "fp32_ppl", "", ""},
    {"a4g128:minmax.gap_percent", "Table 1: INT4 gap", "gap_percent", "a4g128:minmax", "%"},
    {"s8channel:absmax.gap_percent", "Table 1: INT8 gap", "gap_percent", "s8channel:absmax", "%"},
    {"learning_rate_percent", "Table 1: learning rate", "learning_rate", "", "% of maximum"},
};

ReferenceSeries seriesOf(const ReferenceTable& table, const ColumnUse& use) {
    ReferenceSeries series;
    series.title = use.title;
    series.metric = use.metric;
    series.grid = use.grid;
    series.unit = use.unit;
    series.notes = table.notes;
    series.sources = table.sources;
    return series;
}

Expected<void> addTableOne(FileOps& ops, const std::filesystem::path& folder, SeriesList& list) {
    GRIDSCOPE_TRY_ASSIGN(table, readReferenceTable(ops, folder / "table1.csv"));
    for (const ColumnUse& use : kTableOne) {
        ReferenceSeries series = seriesOf(table, use);
        series.id = std::string("table1.") + use.column;
        GRIDSCOPE_TRY_ASSIGN(steps, table.numbers("step"));
        GRIDSCOPE_TRY_ASSIGN(values, table.numbers(use.column));
        series.steps = std::move(steps);
        series.values = std::move(values);
        list.push_back(std::move(series));
    }
    return {};
}

/// The fork experiment ends at step 100,000; audit and fork are never joined, so each condition
/// is a curve of one point.
Expected<void> addTableTwo(FileOps& ops, const std::filesystem::path& folder, SeriesList& list) {
    constexpr double kEnd = 100'000;
    GRIDSCOPE_TRY_ASSIGN(table, readReferenceTable(ops, folder / "table2.csv"));
    GRIDSCOPE_TRY_ASSIGN(conditions, table.texts("condition"));
    GRIDSCOPE_TRY_ASSIGN(probes, table.texts("probes"));
    GRIDSCOPE_TRY_ASSIGN(gaps, table.numbers("gap_percent"));
    GRIDSCOPE_TRY_ASSIGN(spreads, table.numbers("gap_percent_sd"));
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        ReferenceSeries series = seriesOf(table, {"", "", "gap_percent", "a4g128:minmax", "%"});
        series.id = "table2." + conditions[i] + "." + probes[i];
        series.title = "Table 2: condition " + conditions[i] + ", " + probes[i] + " probes";
        series.steps = {kEnd};
        series.values = {gaps[i]};
        series.low = {gaps[i] - spreads[i]};
        series.high = {gaps[i] + spreads[i]};
        list.push_back(std::move(series));
    }
    return {};
}

/// One curve for each distinct text in `key`.
Expected<void> addGroups(const ReferenceTable& table, const std::string& key,
                         const std::string& prefix, const ColumnUse& use, SeriesList& list) {
    GRIDSCOPE_TRY_ASSIGN(names, table.texts(key));
    std::vector<std::string> seen;
    for (const std::string& name : names) {
        if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
        seen.push_back(name);
        GRIDSCOPE_TRY_ASSIGN(rows, table.where(key, name));
        ReferenceSeries series = seriesOf(table, use);
        series.id = prefix + "." + name + "." + use.metric;
        series.title = use.title + name;
        GRIDSCOPE_TRY_ASSIGN(steps, rows.numbers("step"));
        GRIDSCOPE_TRY_ASSIGN(values, rows.numbers(use.column));
        series.steps = std::move(steps);
        series.values = std::move(values);
        list.push_back(std::move(series));
    }
    return {};
}

/// Learning rate of Pythia-160m in percent of its maximum, every 1,000 steps.
Expected<void> addLearningRates(SeriesList& list) {
    constexpr std::int64_t kTotal = 143'000, kEvery = 1'000;
    for (const ScheduleForm form : {ScheduleForm::Neox2023, ScheduleForm::NeoxV10}) {
        ScheduleSettings settings;
        settings.form = form;
        settings.lrMax = 6e-4;
        settings.lrMin = 6e-5;
        settings.warmupSteps = 1'430;
        settings.totalSteps = kTotal;
        GRIDSCOPE_TRY_ASSIGN(schedule, Schedule::make(settings));
        ReferenceSeries series;
        const std::string name(scheduleFormName(form));
        series.id = "learning-rate." + name;
        series.title = "Learning rate of Pythia-160m, " + name;
        series.metric = "learning_rate";
        series.unit = "% of maximum";
        series.sources = {"computed: warm-up 1,430, total 143,000, minimum a tenth of the maximum"};
        series.notes = {form == ScheduleForm::Neox2023
                            ? "The form that the paper states."
                            : "The form that the published checkpoints were most likely trained "
                              "with: it falls faster and reaches its floor at step 115,139."};
        for (std::int64_t step = 0; step <= kTotal; step += kEvery) {
            series.steps.push_back(static_cast<double>(step));
            series.values.push_back(100.0 * schedule.learningRate(step) / settings.lrMax);
        }
        list.push_back(std::move(series));
    }
    return {};
}

}  // namespace

Expected<std::vector<ReferenceSeries>> loadReferenceSeries(FileOps& ops,
                                                           const std::filesystem::path& folder) {
    SeriesList list;
    GRIDSCOPE_TRY(addTableOne(ops, folder, list));
    GRIDSCOPE_TRY(addTableTwo(ops, folder, list));
    GRIDSCOPE_TRY_ASSIGN(lambada, readReferenceTable(ops, folder / "pythia_lambada.csv"));
    GRIDSCOPE_TRY(addGroups(lambada, "model", "lambada",
                            {"lambada_openai_ppl", "LAMBADA perplexity, ", "fp32_ppl", "", ""},
                            list));
    GRIDSCOPE_TRY_ASSIGN(maps, readReferenceTable(ops, folder / "polypythias_training_maps.csv"));
    GRIDSCOPE_TRY(addGroups(maps, "seed", "training-map",
                            {"state", "Training map, seed ", "state", "", ""}, list));
    GRIDSCOPE_TRY(addLearningRates(list));
    return list;
}

}  // namespace gridscope
