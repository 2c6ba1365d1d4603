// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/navigation_control.h"

#include <algorithm>
#include <cmath>

namespace gridscope::app {

using views::AxisGroup;
using views::AxisRange;
using views::NavigationState;

namespace {

constexpr std::size_t kOverlayLimit = 8;

int wrapped(int value, int count) { return ((value % count) + count) % count; }

/// `wanted`, or the first grid of a run that was measured on others only.
QString gridOf(const RunSession& run, const QString& wanted) {
    const Trajectory* trajectory = run.trajectory();
    if (trajectory == nullptr || trajectory->gridIds.empty()) return wanted;
    const auto& grids = trajectory->gridIds;
    const bool has = std::find(grids.begin(), grids.end(), wanted.toStdString()) != grids.end();
    return has ? wanted : QString::fromStdString(grids.front());
}

}  // namespace

NavigationControl::NavigationControl(SessionList& sessions, views::NavigationHistory& history,
                                     QObject* parent)
    : QObject(parent), m_sessions(sessions), m_history(history) {}

const RunSession* NavigationControl::session() const {
    return m_sessions.find(m_history.state().run);
}

int NavigationControl::currentRow() const {
    const RunSession* run = session();
    if (run == nullptr || run->table == nullptr || run->table->rowCount() == 0) return -1;
    const auto& key = m_history.state().checkpoint;
    const auto& rows = run->table->trajectory().rows;
    if (!key) {
        for (std::size_t i = rows.size(); i-- > 0;)
            if (rows[i]->status == RowStatus::Complete || rows[i]->status == RowStatus::Weights)
                return static_cast<int>(i);
        return -1;
    }
    const std::string hash = key->hash.toStdString();
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (run->table->steps()[i] == key->step && rows[i]->contentSha256 == hash)
            return static_cast<int>(i);
    return run->table->nearestRow(key->step);
}

void NavigationControl::activateRun(views::RunId run) {
    if (run == m_history.state().run) return;
    NavigationState next = m_history.state();
    next.run = run;
    next.checkpoint.reset();
    next.phase.reset();
    next.layer.reset();
    next.ranges.clear();
    if (const RunSession* session = m_sessions.find(run)) next.grid = gridOf(*session, next.grid);
    // Before the first run there was nothing that Back could show.
    if (session() == nullptr)
        m_history.amend(std::move(next));
    else
        m_history.go(std::move(next));
}

void NavigationControl::activateCheckpoint(int row) {
    const RunSession* run = session();
    if (run == nullptr || run->table == nullptr || row < 0 ||
        row >= static_cast<int>(run->table->rowCount()))
        return;
    const auto i = static_cast<std::size_t>(row);
    NavigationState next = m_history.state();
    next.checkpoint = views::CheckpointKey{
        run->table->steps()[i], QString::fromStdString(run->table->row(i).contentSha256)};
    m_history.go(std::move(next));
}

void NavigationControl::goToStep(double step) {
    if (const RunSession* run = session(); run != nullptr && run->table)
        activateCheckpoint(run->table->nearestRow(step));
}

void NavigationControl::activatePhase(int phase) {
    const RunSession* run = session();
    if (run == nullptr) return;
    NavigationState next = m_history.state();
    next.phase.reset();
    if (phase >= 0 && phase < static_cast<int>(run->bands.names.size())) next.phase = phase;
    m_history.go(std::move(next));
}

void NavigationControl::zoomToPhase(int phase) {
    const RunSession* run = session();
    if (run == nullptr || run->table == nullptr || run->table->rowCount() == 0) return;
    NavigationState next = m_history.state();
    next.phase.reset();
    const bool log = next.stepScale == views::StepScale::Logarithmic;
    const AxisGroup group = log ? AxisGroup::StepLog : AxisGroup::Step;
    const auto& bounds = run->bands.boundaries;
    if (phase < 0 || phase >= static_cast<int>(run->bands.names.size())) {
        next.ranges.erase(group);
    } else {
        const auto i = static_cast<std::size_t>(phase);
        const auto& steps = run->table->steps();
        double low = i == 0 ? *std::min_element(steps.begin(), steps.end()) : bounds[i - 1].step;
        const double high =
            i < bounds.size() ? bounds[i].step : *std::max_element(steps.begin(), steps.end());
        if (log) low = std::max(low, 0.5);  // step 0 is drawn there
        if (!(low < high)) return;
        next.phase = phase;
        next.ranges[group] = {low, high};
    }
    m_history.go(std::move(next));
}

void NavigationControl::activateLayer(int layer) {
    const RunSession* run = session();
    NavigationState next = m_history.state();
    next.layer.reset();
    if (run != nullptr && run->table && layer >= 0 &&
        layer < static_cast<int>(run->table->trajectory().layers.size()))
        next.layer = layer;
    m_history.go(std::move(next));
}

void NavigationControl::setRange(AxisGroup group, AxisRange range) {
    if (!std::isfinite(range.low) || !std::isfinite(range.high) || range.low >= range.high) return;
    NavigationState next = m_history.state();
    next.ranges[group] = range;
    m_history.go(std::move(next));
}

void NavigationControl::fitAll() {
    NavigationState next = m_history.state();
    next.ranges.clear();
    m_history.go(std::move(next));
    emit valuesFitRequested();
}

void NavigationControl::clearSelection() {
    NavigationState next = m_history.state();
    if (next.phase) {
        next.phase.reset();
    } else if (next.layer) {
        next.layer.reset();
    } else {
        next.checkpoint.reset();
    }
    m_history.go(std::move(next));
}

void NavigationControl::stepCheckpoint(int delta) {
    const RunSession* run = session();
    if (run == nullptr || run->table == nullptr || run->table->rowCount() == 0) return;
    const int last = static_cast<int>(run->table->rowCount()) - 1;
    activateCheckpoint(std::clamp(std::max(currentRow(), 0) + delta, 0, last));
}

void NavigationControl::stepLayer(int delta) {
    const RunSession* run = session();
    if (run == nullptr || run->table == nullptr) return;
    const int count = static_cast<int>(run->table->trajectory().layers.size());
    // -1, the aggregate, stands before the first matrix.
    const int now = m_history.state().layer.value_or(-1);
    activateLayer(std::clamp(now + delta, -1, count - 1));
}

void NavigationControl::stepPhase(int delta) {
    const RunSession* run = session();
    if (run == nullptr) return;
    const int count = static_cast<int>(run->bands.names.size());
    activatePhase(std::clamp(m_history.state().phase.value_or(-1) + delta, -1, count - 1));
}

void NavigationControl::stepGrid(int delta) {
    const RunSession* run = session();
    if (run == nullptr || run->table == nullptr) return;
    const auto& grids = run->table->trajectory().gridIds;
    if (grids.empty()) return;
    const auto now = std::find(grids.begin(), grids.end(), m_history.state().grid.toStdString());
    const int at = now == grids.end() ? 0 : static_cast<int>(now - grids.begin()) + delta;
    setGrid(QString::fromStdString(
        grids[static_cast<std::size_t>(wrapped(at, static_cast<int>(grids.size())))]));
}

void NavigationControl::stepMetric(int delta) {
    const auto& metrics = metricTable();
    const std::string id = m_history.state().metric.toStdString();
    const auto now = std::find_if(metrics.begin(), metrics.end(),
                                  [&id](const MetricInfo& metric) { return metric.id == id; });
    const int at = now == metrics.end() ? 0 : static_cast<int>(now - metrics.begin()) + delta;
    const std::string_view next =
        metrics[static_cast<std::size_t>(wrapped(at, static_cast<int>(metrics.size())))].id;
    setMetric(QString::fromUtf8(next.data(), static_cast<qsizetype>(next.size())));
}

void NavigationControl::setGrid(const QString& grid) {
    NavigationState next = m_history.state();
    next.grid = grid;
    m_history.go(std::move(next));
}

void NavigationControl::adoptGrid() {
    const RunSession* run = session();
    if (run == nullptr) return;
    NavigationState next = m_history.state();
    next.grid = gridOf(*run, next.grid);
    if (next != m_history.state()) m_history.amend(std::move(next));
}

void NavigationControl::setMetric(const QString& metric) {
    NavigationState next = m_history.state();
    next.metric = metric;
    m_history.go(std::move(next));
}

void NavigationControl::toggleStepScale() {
    NavigationState next = m_history.state();
    next.stepScale = next.stepScale == views::StepScale::Linear ? views::StepScale::Logarithmic
                                                                : views::StepScale::Linear;
    m_history.go(std::move(next));
}

void NavigationControl::toggleOverlay(int row) {
    const RunSession* run = session();
    if (run == nullptr || row < 0) return;
    std::vector<int> rows = run->overlay;
    if (std::erase(rows, row) == 0 && rows.size() < kOverlayLimit) rows.push_back(row);
    m_sessions.setOverlay(run->id, std::move(rows));
}

void NavigationControl::goToMinimumPerplexity() {
    const RunSession* run = session();
    if (run == nullptr || run->table == nullptr) return;
    const std::vector<double> ppl = run->table->series("fp32_ppl").values;
    int best = -1;
    for (std::size_t i = 0; i < ppl.size(); ++i)
        if (std::isfinite(ppl[i]) && (best < 0 || ppl[i] < ppl[static_cast<std::size_t>(best)]))
            best = static_cast<int>(i);
    activateCheckpoint(best);
}

}  // namespace gridscope::app
