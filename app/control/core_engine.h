// SPDX-License-Identifier: GPL-3.0-or-later

// The engine that the program uses: calls of core, nothing else.
#pragma once

#include <map>
#include <mutex>

#include "app/control/engine.h"
#include "core/base/file_ops.h"

namespace gridscope::app {

class CoreEngine final : public Engine {
public:
    explicit CoreEngine(FileOps& ops) : m_ops(&ops) {}

    Expected<CheckpointCatalog> scan(const std::filesystem::path& folder, ProgressSink& progress,
                                     std::stop_token stop) override;
    Expected<AuditReport> audit(const CheckpointCatalog& catalog, AuditLevel level,
                                ProgressSink& progress, std::stop_token stop) override;
    Expected<void> saveAudit(const AuditReport& report, const std::filesystem::path& file) override;
    Expected<LoadedTrajectory> read(const std::filesystem::path& file) override;
    Expected<ProbeReport> probe(const ProbeRequest& request, const OnSnapshot& onSnapshot,
                                ProgressSink& progress, std::stop_token stop) override;
    Expected<void> watch(const views::WatchChoice& choice, const WatchCallbacks& callbacks,
                         ProgressSink& progress, std::stop_token stop) override;
    Expected<ForkPlan> planFork(const views::ForkChoice& choice, ProgressSink& progress,
                                std::stop_token stop) override;
    Expected<ForkOutcome> runFork(const views::ForkChoice& choice, const ForkCallbacks& callbacks,
                                  ProgressSink& progress, std::stop_token stop) override;
    Expected<OpenedFork> openFork(const std::filesystem::path& folder) override;
    Expected<ForkReport> forkReport(const ForkReportRequest& request) override;
    Expected<void> saveOverrides(const std::filesystem::path& file,
                                 const std::string& overridesJson) override;
    Expected<std::vector<ReferenceSeries>> references() override;
    Expected<double> multiplyRate() override;
    QList<views::PresetOffer> presetOffers() const override;
    QList<views::GridOffer> gridOffers() const override;
    QString gridProblem(const QString& id) const override;

private:
    double rateWith(int threads);

    FileOps* m_ops;
    std::mutex m_rateMutex;
    std::map<int, double> m_rates;  ///< of matrix products with that many threads; 0 = all cores
};

}  // namespace gridscope::app
