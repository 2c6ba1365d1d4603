// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli/command.h"
#include "core/base/numbers.h"
#include "core/training/schedule_export.h"
#include "core/training/schedule_text.h"

namespace gridscope::app {

namespace {

constexpr std::int64_t kMostListed = 10'000'000;

struct Options {
    std::string form;
    std::string exportAs;
    std::vector<std::int64_t> steps;
    ScheduleSettings settings;
    bool json = false;
};

std::vector<std::int64_t> allSteps(std::int64_t total) {
    std::vector<std::int64_t> steps(static_cast<std::size_t>(total) + 1);
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = static_cast<std::int64_t>(i);
    return steps;
}

std::string toText(const Schedule& schedule, const std::vector<std::int64_t>& steps) {
    std::string text;
    for (const std::int64_t step : steps) {
        const double rate = schedule.learningRate(step);
        text += std::to_string(step) + "  " + formatNumber(rate) + "  " +
                formatFixed(100.0 * rate / schedule.settings().lrMax, 2) + " %  " +
                std::string(scheduleKindName(schedule.kind(step))) + "\n";
    }
    return text;
}

Expected<ExitCode> run(const Options& options) {
    GRIDSCOPE_TRY_ASSIGN(schedule, parseSchedule(options.form, options.settings));
    std::string text;
    if (options.exportAs == "python") {
        GRIDSCOPE_TRY(writeOutput(scheduleToPython(schedule)));
        return ExitCode::Done;
    }
    const std::int64_t total = schedule.settings().totalSteps;
    if (options.steps.empty() && total > kMostListed)
        return Error{ErrorCode::SettingsRange, "--total",
                     "a list of " + std::to_string(total) + " steps is too long",
                     "Name steps with --step, or use --export python"};
    const std::vector<std::int64_t> steps = options.steps.empty() ? allSteps(total) : options.steps;
    if (options.exportAs == "csv")
        text = scheduleToCsv(schedule, steps);
    else if (options.json || options.exportAs == "json")
        text = scheduleToJson(schedule, steps) + "\n";
    else if (options.steps.empty())
        return Error{ErrorCode::SettingsRange, "--step", "no step was given",
                     "Give --step A,B,..., or --export csv for all steps"};
    else
        text = toText(schedule, steps);
    GRIDSCOPE_TRY(writeOutput(text));
    return ExitCode::Done;
}

}  // namespace

void addScheduleCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("schedule", "Learning rates of a schedule");
    command
        ->add_option("--form", options->form,
                     "neox-2023 (cosine), neox-v1.0, sgdr:period=N, oli:eta=X,bump=N,cool=N, "
                     "wsd, constant or linear")
        ->required();
    command->add_option("--lr-max", options->settings.lrMax, "Largest rate")->required();
    command->add_option("--lr-min", options->settings.lrMin, "Smallest rate")->required();
    command->add_option("--warmup", options->settings.warmupSteps, "Warm-up steps")->required();
    command->add_option("--total", options->settings.totalSteps, "Steps in all")->required();
    command->add_option("--fork-step", options->settings.forkStep,
                        "Step from which the periods of sgdr and oli count");
    command->add_option("--step", options->steps, "Steps to print, joined by commas")
        ->delimiter(',')
        ->allow_extra_args(false);
    command->add_option("--export", options->exportAs, "csv, json or python (a LambdaLR function)")
        ->check(CLI::IsMember({"csv", "json", "python"}));
    command->add_flag("--json", options->json, "One JSON document on stdout");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
