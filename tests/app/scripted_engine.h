// SPDX-License-Identifier: GPL-3.0-or-later

// An engine whose answers a test decides; what is not decided fails loudly.
#pragma once

#include <atomic>
#include <functional>

#include "app/control/engine.h"

namespace gridscope::test {

class ScriptedEngine final : public app::Engine {
public:
    std::function<Expected<CheckpointCatalog>(ProgressSink&, std::stop_token)> onScan;
    std::function<Expected<AuditReport>(const CheckpointCatalog&, AuditLevel, ProgressSink&,
                                        std::stop_token)>
        onAudit;
    std::function<Expected<void>(const AuditReport&, const std::filesystem::path&)> onSaveAudit;
    std::function<Expected<LoadedTrajectory>()> onRead;
    std::function<Expected<app::ProbeReport>(const app::ProbeRequest&, const OnSnapshot&,
                                             ProgressSink&, std::stop_token)>
        onProbe;

    std::function<Expected<void>(const std::filesystem::path&, const std::string&)> onSaveOverrides;
    std::function<Expected<void>(const views::WatchChoice&, const app::WatchCallbacks&,
                                 ProgressSink&, std::stop_token)>
        onWatch;
    std::vector<ReferenceSeries> knownReferences;
    std::function<Expected<app::ForkPlan>(const views::ForkChoice&)> onPlanFork =
        [](const views::ForkChoice&) -> Expected<app::ForkPlan> {
        return Error{ErrorCode::Internal, {}, "no plan was scripted", {}};
    };
    std::function<Expected<ForkOutcome>(const views::ForkChoice&, const ForkCallbacks&,
                                        ProgressSink&, std::stop_token)>
        onRunFork;
    std::function<Expected<app::OpenedFork>(const std::filesystem::path&)> onOpenFork;
    std::function<Expected<ForkReport>(const app::ForkReportRequest&)> onForkReport =
        [](const app::ForkReportRequest&) -> Expected<ForkReport> {
        return Error{ErrorCode::ForkMissing, {}, "no report was scripted", {}};
    };

    Expected<CheckpointCatalog> scan(const std::filesystem::path&, ProgressSink& progress,
                                     std::stop_token stop) override {
        return onScan(progress, std::move(stop));
    }
    Expected<AuditReport> audit(const CheckpointCatalog& catalog, AuditLevel level,
                                ProgressSink& progress, std::stop_token stop) override {
        return onAudit(catalog, level, progress, std::move(stop));
    }
    Expected<void> saveAudit(const AuditReport& report,
                             const std::filesystem::path& file) override {
        return onSaveAudit(report, file);
    }
    Expected<LoadedTrajectory> read(const std::filesystem::path&) override { return onRead(); }
    Expected<app::ProbeReport> probe(const app::ProbeRequest& request, const OnSnapshot& snapshot,
                                     ProgressSink& progress, std::stop_token stop) override {
        return onProbe(request, snapshot, progress, std::move(stop));
    }
    Expected<void> watch(const views::WatchChoice& choice, const app::WatchCallbacks& callbacks,
                         ProgressSink& progress, std::stop_token stop) override {
        return onWatch(choice, callbacks, progress, std::move(stop));
    }
    Expected<app::ForkPlan> planFork(const views::ForkChoice& choice, ProgressSink&,
                                     std::stop_token) override {
        return onPlanFork(choice);
    }
    Expected<ForkOutcome> runFork(const views::ForkChoice& choice, const ForkCallbacks& callbacks,
                                  ProgressSink& progress, std::stop_token stop) override {
        return onRunFork(choice, callbacks, progress, std::move(stop));
    }
    Expected<app::OpenedFork> openFork(const std::filesystem::path& folder) override {
        return onOpenFork(folder);
    }
    Expected<ForkReport> forkReport(const app::ForkReportRequest& request) override {
        return onForkReport(request);
    }
    Expected<void> saveOverrides(const std::filesystem::path& file,
                                 const std::string& json) override {
        return onSaveOverrides(file, json);
    }
    Expected<std::vector<ReferenceSeries>> references() override { return knownReferences; }
    Expected<double> multiplyRate() override { return 5e10; }
    QList<views::PresetOffer> presetOffers() const override {
        return {{QStringLiteral("paper"), 128, 512}};
    }
    QList<views::GridOffer> gridOffers() const override {
        return {{QStringLiteral("a4g128:minmax"), QStringLiteral("int4"), {}, true},
                {QStringLiteral("s8channel:absmax"), QStringLiteral("int8"), {}, true}};
    }
    QString gridProblem(const QString& id) const override {
        return id.startsWith(QLatin1Char('a')) ? QString() : QStringLiteral("not a grid");
    }
};

/// `count` usable checkpoints at steps 0, 100, 200, ...
inline CheckpointCatalog scriptedCatalog(int count) {
    CheckpointCatalog catalog;
    catalog.runName = "scripted";
    for (int i = 0; i < count; ++i) {
        CheckpointEntry entry;
        entry.label.text = "step" + std::to_string(100 * i);
        entry.label.step = TrainingStep{100 * i};
        entry.parameters = 1000;
        entry.bytes = 2000;
        entry.dtype = "F16";
        catalog.entries.push_back(std::move(entry));
    }
    return catalog;
}

/// A trajectory of `count` rows with values that rise.
inline std::shared_ptr<const Trajectory> scriptedTrajectory(int count, RowStatus status) {
    auto trajectory = std::make_shared<Trajectory>();
    trajectory->gridIds = {"a4g128:minmax"};
    trajectory->layers = {{"h.0.attn", 8, 8, 0, "attn.qkv"}, {"h.1.attn", 8, 8, 1, "attn.qkv"}};
    for (int i = 0; i < count; ++i) {
        auto row = std::make_shared<ProbeRecord>();
        row->label = "step" + std::to_string(100 * i);
        row->step = 100 * i;
        row->status = status;
        row->contentSha256 = std::string(64, static_cast<char>('a' + i));
        if (status == RowStatus::Complete) {
            row->fp32.ppl = 100.0 / (1 + i);
            row->kurtosisMean = 1.0 + i;
            row->layers.resize(2);
            GridScores& scores = row->grids["a4g128:minmax"];
            scores.status = status;
            scores.gapPercent = {2.0 + i, 1.5 + i, 2.5 + i};
            scores.layers.resize(2);
        }
        trajectory->rows.push_back(std::move(row));
    }
    return trajectory;
}

}  // namespace gridscope::test
