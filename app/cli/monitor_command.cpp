// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "core/analysis/convergence_monitor.h"
#include "core/analysis/loss_log_tail.h"
#include "core/base/clock.h"
#include "core/base/numbers.h"
#include "core/base/step_text.h"
#include "core/probe/event_actions.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string file, metric, command, marker, keepBest;
    MonitorSettings monitor;
    double poll = 5.0;
    bool follow = false;
    bool json = false;
};

/// One run of the command: a log, a monitor, and what is done about it.
class MonitorRun {
public:
    MonitorRun(const Options& options, ConvergenceMonitor monitor, LossLogFormat format)
        : m_options(options),
          m_monitor(std::move(monitor)),
          m_tail(systemFileOps(), options.file, format, options.metric) {}

    Expected<ExitCode> go() {
        for (;;) {
            auto news = m_tail.poll();
            if (!news && !(m_options.follow && news.error().code == ErrorCode::FileMissing))
                return std::move(news).error();
            if (news) take(*news);
            if (!m_options.follow) {
                GRIDSCOPE_TRY_ASSIGN(rest, m_tail.finish());
                take(rest);
                break;
            }
            if (m_ended || finishRowToken().stop_requested()) break;
            if (cancelToken().stop_requested())
                return Error{ErrorCode::RunCancelled, m_options.file, "stopped watching", {}};
            systemClock().wait(m_options.poll, cancelToken());
        }
        return finish();
    }

private:
    void take(const LossLogNews& news) {
        if (news.restarted) printMessage("note: the log was replaced; reading from its start");
        for (const Error& error : news.badLines) printMessage("note: " + error.toText());
        for (const LossPoint& point : news.points) {
            const MonitorState before = m_monitor.verdict().state;
            if (!m_monitor.add(point.step, point.loss)) continue;
            ++m_points;
            const MonitorVerdict verdict = m_monitor.verdict();
            if (verdict.state != before) tell(verdict);
            react(verdict);
            if (m_ended && m_options.follow) break;
        }
        keepNewBest();
    }

    static void tell(const MonitorVerdict& verdict) {
        std::string text = "step " + formatStep(verdict.step) + ": " + verdictText(verdict);
        if (verdict.noise > 0.0)
            text += "; best loss " + formatFixed(verdict.bestLoss, 4) + " at step " +
                    formatStep(verdict.bestStep);
        printMessage(text);
    }

    /// A convergence, or a divergence without one, is acted on once.
    void react(const MonitorVerdict& verdict) {
        const auto& event = m_monitor.event();
        const bool converged = event && event->step != m_lastEvent;
        const bool broken = verdict.state == MonitorState::Diverging && !event && !m_broken;
        if (!converged && !broken) return;
        m_ended = true;
        m_broken = m_broken || broken;
        if (event) m_lastEvent = event->step;
        TrainingEvent told;
        told.kind = monitorStateName(verdict.state);
        told.step = event ? event->step : verdict.step;
        told.noticedAt = verdict.step;
        if (event) told.loss = event->loss;
        told.confidence = verdict.confidence;
        told.source = m_options.file;
        if (event || verdict.noise > 0.0)
            told.bestCheckpoint =
                findCheckpoint(systemFileOps(), std::filesystem::path(m_options.file).parent_path(),
                               event ? event->step : verdict.bestStep);
        for (const std::string& text : carryOut(
                 systemFileOps(), {m_options.command, m_options.marker, m_options.keepBest}, told))
            printMessage(text);
    }

    /// A trainer may delete its best checkpoint before the convergence is certain.
    void keepNewBest() {
        const MonitorVerdict verdict = m_monitor.verdict();
        if (m_options.keepBest.empty() || !(verdict.noise > 0.0) || verdict.bestStep == m_kept)
            return;
        const auto folder = findCheckpoint(
            systemFileOps(), std::filesystem::path(m_options.file).parent_path(), verdict.bestStep);
        if (folder.empty()) return;
        m_kept = verdict.bestStep;
        if (auto text = keepAndTell(systemFileOps(), folder, m_options.keepBest))
            printMessage(*text);
    }

    Expected<ExitCode> finish() {
        if (m_points == 0 && !m_options.follow) {
            std::string names;
            for (const std::string& name : LossLogReader::lossNames())
                names += (names.empty() ? "" : ", ") + name;
            return Error{ErrorCode::ReferenceColumn, m_options.file,
                         m_options.metric.empty()
                             ? "no record has a step and a validation loss (" + names + ")"
                             : "no record has a step and " + escapeForDisplay(m_options.metric),
                         "Name the loss with --metric"};
        }
        const MonitorVerdict verdict = m_monitor.verdict();
        if (m_options.json)
            GRIDSCOPE_TRY(writeOutput(document(verdict)));
        else
            tell(verdict);
        if (verdict.state == MonitorState::Diverging) return ExitCode::Diverging;
        return verdict.state == MonitorState::Converged ? ExitCode::Converged : ExitCode::Done;
    }

    std::string document(const MonitorVerdict& verdict) const {
        using Json = nlohmann::ordered_json;
        const auto& event = m_monitor.event();
        const bool judged = verdict.noise > 0.0;
        const Json json = {{"state", monitorStateName(verdict.state)},
                           {"confidence", verdict.confidence},
                           {"points", verdict.points},
                           {"step", m_points > 0 ? Json(verdict.step) : Json(nullptr)},
                           {"best_step", judged ? Json(verdict.bestStep) : Json(nullptr)},
                           {"best_loss", judged ? Json(verdict.bestLoss) : Json(nullptr)},
                           {"best_ppl", judged ? Json(std::exp(verdict.bestLoss)) : Json(nullptr)},
                           {"noise", judged ? Json(verdict.noise) : Json(nullptr)},
                           {"rise", judged ? Json(verdict.rise) : Json(nullptr)},
                           {"converged_step", event ? Json(event->step) : Json(nullptr)},
                           {"noticed_at", event ? Json(event->noticedAt) : Json(nullptr)},
                           {"metric", m_tail.found()}};
        return json.dump() + "\n";
    }

    const Options& m_options;
    ConvergenceMonitor m_monitor;
    LossLogTail m_tail;
    std::size_t m_points = 0;
    bool m_ended = false;
    bool m_broken = false;
    double m_lastEvent = -1.0;
    double m_kept = -1.0;
};

Expected<ExitCode> run(const Options& options) {
    GRIDSCOPE_TRY_ASSIGN(format, lossLogFormat(options.file));
    GRIDSCOPE_TRY_ASSIGN(monitor, ConvergenceMonitor::make(options.monitor));
    return MonitorRun(options, std::move(monitor), format).go();
}

}  // namespace

void addMonitorCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "monitor", "Say when a validation loss has stopped improving; for use in training scripts");
    command->footer("Exit codes: 0 still improving or a plateau, 10 converged, 11 diverging.");
    command->add_option("file", options->file, "Log: .jsonl, .csv or trainer_state.json")
        ->required();
    command->add_flag("--follow", options->follow, "Wait for more until it converges or diverges");
    command->add_option("--on-converged", options->command,
                        "Shell command to run then; told through GRIDSCOPE_ variables");
    command->add_option("--marker", options->marker, "JSON file to write then");
    command->add_option("--keep-best", options->keepBest,
                        "Folder to keep the best checkpoint in, by hard links or as a copy");
    command->add_option("--patience", options->monitor.patience, "Points that settle a verdict")
        ->capture_default_str();
    command->add_option("--min-steps", options->monitor.minSteps, "No verdict before this step")
        ->capture_default_str();
    command
        ->add_option("--tolerance", options->monitor.tolerance,
                     "Relative change of perplexity that matters")
        ->capture_default_str();
    command->add_option("--metric", options->metric,
                        "Name of the loss in the log; perplexities by ppl or perplexity in it");
    command->add_option("--poll", options->poll, "Seconds between two looks with --follow")
        ->check(CLI::Range(0.01, 86400.0))
        ->capture_default_str();
    command->add_flag("--json", options->json, "One JSON document on stdout");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
