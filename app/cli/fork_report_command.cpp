// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/reference_folder.h"
#include "core/training/fork_report.h"
#include "core/trajectory/trajectory_store.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string folder;
    std::string grid;
    std::string audit;
    std::string out;
    bool json = false;
    bool latex = false;
};

/// The paper's numbers are an extra: without them the report is whole.
void addPaper(ForkReport& report) {
    auto paper = readPaperFork(systemFileOps(), referenceFolder());
    if (paper)
        report.paper = std::move(*paper);
    else
        printMessage("without the paper's numbers: " + paper.error().toText());
}

Expected<ExitCode> run(const Options& options) {
    FileOps& ops = systemFileOps();
    GRIDSCOPE_TRY_ASSIGN(results, readForkResults(ops, options.folder, options.grid));
    ForkReport report = makeForkReport(std::move(results));
    if (!options.audit.empty()) {
        GRIDSCOPE_TRY_ASSIGN(loaded, readTrajectory(ops, options.audit));
        GRIDSCOPE_TRY_ASSIGN(
            distance, auditDistance(report.results, SeriesTable(loaded.trajectory), options.audit));
        report.audit = std::move(distance);
    }
    addPaper(report);
    const std::string text = options.json    ? forkReportToJson(report)
                             : options.latex ? forkReportToLatex(report)
                                             : forkReportToText(report);
    if (options.out.empty())
        GRIDSCOPE_TRY(writeOutput(text));
    else
        GRIDSCOPE_TRY(writeFileAtomically(ops, options.out, text));
    return ExitCode::Done;
}

}  // namespace

void addForkReportCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "fork-report", "Table of a fork experiment: gaps per condition, wins and tests");
    command->add_option("folder", options->folder, "Folder of the experiment (fork --out)")
        ->required();
    command->add_option("--grid", options->grid,
                        "Grid whose gap is compared (default: the first of the runs)");
    command->add_option("--audit", options->audit,
                        "Trajectory (.h5) of the run that was never forked, to compare the "
                        "control with");
    CLI::Option* json =
        command->add_flag("--json", options->json, "One JSON document instead of text");
    command->add_flag("--latex", options->latex, "A LaTeX tabular instead of text")->excludes(json);
    command->add_option("--out", options->out, "File to write to instead of stdout");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
