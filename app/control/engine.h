// SPDX-License-Identifier: GPL-3.0-or-later

// What the window asks of core, as one seam: tests put a scripted engine in its place.
#pragma once

#include <QList>
#include <QString>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/analysis/reference_series.h"
#include "core/analysis/watch_alerts.h"
#include "core/base/expected.h"
#include "core/base/progress.h"
#include "core/checkpoint/audit.h"
#include "core/checkpoint/catalog.h"
#include "core/probe/storage_answer.h"
#include "core/training/fork_report.h"
#include "core/trajectory/trajectory_store.h"
#include "views/dialogs/probe_choice.h"
#include "views/pages/fork_choice.h"
#include "views/pages/watch_choice.h"

namespace gridscope::app {

struct ProbeRequest {
    std::shared_ptr<const CheckpointCatalog> catalog;
    std::vector<std::size_t> selection;  ///< indices into the catalogue
    views::ProbeChoice choice;
    /// Asked on the worker thread when rows cannot be written.
    AskAboutStorage onStorageFailure = [](const Error&) { return StorageAnswer{}; };
};

struct ProbeReport {
    std::shared_ptr<const Trajectory> trajectory;
    std::size_t complete = 0, failed = 0, skipped = 0;
    std::vector<Error> failures;
    std::vector<std::string> notes;  ///< for the log
};

/// What a watch tells while it runs, on the worker thread.
struct WatchCallbacks {
    /// New rows; with the findings after each checkpoint, without while one is measured.
    std::function<void(std::shared_ptr<const Trajectory>, const std::optional<WatchFindings>&)>
        onRows;
    std::function<void(std::string)> tell;  ///< a sentence for people
};

/// What is known of a fork experiment before it runs.
struct ForkPlan {
    ForkCost cost;
    std::vector<std::string> notes;       ///< what was chosen without being asked
    std::vector<views::ForkRunRow> runs;  ///< as far as the folder has come
};

struct OpenedFork {
    views::ForkChoice choice;
    std::vector<views::ForkRunRow> runs;
};

struct ForkReportRequest {
    std::filesystem::path folder;
    std::string grid;                          ///< empty = the first
    std::shared_ptr<const SeriesTable> audit;  ///< run that the checkpoint is of; null = unknown
    std::string auditName;
};

/// All but the offers and gridProblem are called on worker threads.
class Engine {
public:
    using OnSnapshot = std::function<void(std::shared_ptr<const Trajectory>)>;
    virtual ~Engine() = default;

    virtual Expected<CheckpointCatalog> scan(const std::filesystem::path& folder,
                                             ProgressSink& progress, std::stop_token stop) = 0;
    virtual Expected<AuditReport> audit(const CheckpointCatalog& catalog, AuditLevel level,
                                        ProgressSink& progress, std::stop_token stop) = 0;
    /// Markdown or CSV by the extension of `file`.
    virtual Expected<void> saveAudit(const AuditReport& report,
                                     const std::filesystem::path& file) = 0;
    virtual Expected<LoadedTrajectory> read(const std::filesystem::path& file) = 0;
    /// `onSnapshot` is called on the worker thread after each commit.
    virtual Expected<ProbeReport> probe(const ProbeRequest& request, const OnSnapshot& onSnapshot,
                                        ProgressSink& progress, std::stop_token stop) = 0;
    /// Probes the checkpoints of a growing folder until it is stopped (error run.cancelled).
    virtual Expected<void> watch(const views::WatchChoice& choice, const WatchCallbacks& callbacks,
                                 ProgressSink& progress, std::stop_token stop) = 0;
    virtual Expected<ForkPlan> planFork(const views::ForkChoice& choice, ProgressSink& progress,
                                        std::stop_token stop) = 0;
    /// Runs what is missing of a fork experiment; `callbacks` are called on the worker thread.
    virtual Expected<ForkOutcome> runFork(const views::ForkChoice& choice,
                                          const ForkCallbacks& callbacks, ProgressSink& progress,
                                          std::stop_token stop) = 0;
    virtual Expected<OpenedFork> openFork(const std::filesystem::path& folder) = 0;
    virtual Expected<ForkReport> forkReport(const ForkReportRequest& request) = 0;
    /// Stores what the user moved in `file`, and nothing else. Errors: those of TrajectoryStore.
    virtual Expected<void> saveOverrides(const std::filesystem::path& file,
                                         const std::string& overridesJson) = 0;
    /// The published curves that come with the program.
    virtual Expected<std::vector<ReferenceSeries>> references() = 0;
    /// FLOP/s that matrix products of this machine reach on all cores (takes some 0.1 s).
    virtual Expected<double> multiplyRate() = 0;
    /// What the probe dialog offers by name.
    virtual QList<views::PresetOffer> presetOffers() const = 0;
    virtual QList<views::GridOffer> gridOffers() const = 0;
    /// Empty when `id` names a grid, else why not.
    virtual QString gridProblem(const QString& id) const = 0;
};

}  // namespace gridscope::app
