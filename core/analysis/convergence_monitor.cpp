// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/convergence_monitor.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/base/numbers.h"

namespace gridscope {

namespace {

constexpr std::size_t kDeviations = 64;
/// Fewer deviations cannot tell the noise.
constexpr std::size_t kMinDeviations = 8;
/// Changes of the loss below this are rounding.
constexpr double kRounding = 1e-12;

double normalCdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

/// z errors of `difference`, with a noise that may be zero.
double inErrors(double difference, double error) {
    if (error > 0.0) return difference / error;
    if (std::abs(difference) <= kRounding) return 0.0;
    return difference > 0.0 ? HUGE_VAL : -HUGE_VAL;
}

}  // namespace

std::string_view monitorStateName(MonitorState state) {
    switch (state) {
    case MonitorState::Learning:
        return "learning";
    case MonitorState::Plateau:
        return "plateau";
    case MonitorState::Converged:
        return "converged";
    case MonitorState::Diverging:
        return "diverging";
    }
    return {};
}

Expected<ConvergenceMonitor> ConvergenceMonitor::make(MonitorSettings settings) {
    struct Rule {
        bool holds;
        const char* field;
        const char* expected;
        double found;
    };
    // Written as "holds", so that NaN fails every rule.
    const Rule rules[] = {
        {settings.patience >= 2 && settings.patience <= 1000, "patience", "2 to 1000",
         double(settings.patience)},
        {settings.minSteps >= 0.0, "minSteps", "at least 0", settings.minSteps},
        {settings.tolerance >= 0.0 && settings.tolerance <= 1.0, "tolerance", "0 to 1",
         settings.tolerance},
        {settings.divergence >= settings.tolerance, "divergence", "at least the tolerance",
         settings.divergence},
        {settings.plateauShare >= 0.0 && settings.plateauShare <= 1.0, "plateauShare", "0 to 1",
         settings.plateauShare},
        {settings.luckLimit > 0.0 && settings.luckLimit < 1.0, "luckLimit", "between 0 and 1",
         settings.luckLimit},
    };
    for (const Rule& rule : rules) {
        if (!rule.holds)
            return Error{
                ErrorCode::SettingsRange,
                rule.field,
                std::string("expected ") + rule.expected + ", found " + formatNumber(rule.found),
                {}};
    }
    return ConvergenceMonitor(settings);
}

bool ConvergenceMonitor::add(double step, double loss) {
    if (!std::isfinite(step) || step < 0.0) return false;
    const bool started = m_verdict.points > 0 || m_verdict.state == MonitorState::Diverging;
    if (started && step <= m_verdict.step) return false;
    m_verdict.step = step;
    if (!std::isfinite(loss)) {
        m_verdict.state = MonitorState::Diverging;
        m_verdict.confidence = 1.0;
        return true;
    }
    ++m_verdict.points;
    m_last.push_back({step, loss});
    if (m_last.size() > 2 * static_cast<std::size_t>(m_settings.patience)) m_last.pop_front();
    addDeviation();
    updateBest();
    judge();
    return true;
}

/// How far the last but one point lies off the line through its neighbours, in errors of a point.
void ConvergenceMonitor::addDeviation() {
    if (m_last.size() < 3) return;
    const Point& a = m_last[m_last.size() - 3];
    const Point& b = m_last[m_last.size() - 2];
    const Point& c = m_last.back();
    const double share =
        (std::log1p(b.step) - std::log1p(a.step)) / (std::log1p(c.step) - std::log1p(a.step));
    const double off = b.loss - (1.0 - share) * a.loss - share * c.loss;
    m_deviations.push_back(off / std::sqrt(1.0 + share * share + (1.0 - share) * (1.0 - share)));
    if (m_deviations.size() > kDeviations) m_deviations.pop_front();
}

/// The steep start of training leaves large deviations that are curve, not noise; an order
/// statistic near one standard deviation forgets them sooner than a mean of squares.
double ConvergenceMonitor::noise() const {
    if (m_deviations.size() < kMinDeviations) return std::nan("");
    std::vector<double> sizes;
    sizes.reserve(m_deviations.size());
    for (const double deviation : m_deviations) sizes.push_back(std::abs(deviation));
    // P(|x| < 1.175 sigma) = 0.76 for a normal x.
    const auto rank =
        static_cast<std::ptrdiff_t>(0.76 * static_cast<double>(sizes.size() - 1) + 0.5);
    std::nth_element(sizes.begin(), sizes.begin() + rank, sizes.end());
    // The fewer deviations, the more easily their spread comes out too small.
    const double caution = 1.0 + 1.0 / std::sqrt(static_cast<double>(sizes.size()));
    return caution * sizes[static_cast<std::size_t>(rank)] / 1.175;
}

double ConvergenceMonitor::windowMean(std::size_t first) const {
    double sum = 0.0;
    const auto count = static_cast<std::size_t>(m_settings.patience);
    for (std::size_t i = first; i < first + count; ++i) sum += m_last[i].loss;
    return sum / static_cast<double>(count);
}

void ConvergenceMonitor::updateBest() {
    const auto count = static_cast<std::size_t>(m_settings.patience);
    const Point& newest = m_last.back();
    ++m_later;
    m_laterMean += (newest.loss - m_laterMean) / static_cast<double>(m_later);
    ++m_anchorPoints;
    if (m_last.size() < count) return;
    const std::size_t first = m_last.size() - count;
    const double mean = windowMean(first);
    if (m_hasBest && mean >= m_bestMean) return;
    m_bestMean = mean;
    m_best = m_last[first];
    for (std::size_t i = first; i < m_last.size(); ++i) {
        if (m_last[i].loss < m_best.loss) m_best = m_last[i];
    }
    m_later = 0;
    m_laterMean = 0.0;
    if (!m_hasBest || mean < m_anchorMean - std::log1p(m_settings.tolerance) ||
        m_settings.tolerance == 0.0) {
        m_anchorMean = mean;
        m_anchorStep = newest.step;
        m_anchorPoints = 0;
    }
    m_hasBest = true;
}

/// How many errors the mean of a stretch may lie off by luck: one of `points` normal values lies
/// beyond it with chance luckLimit, from the bound P(x > z) <= exp(-z^2 / 2) / 2.
double ConvergenceMonitor::luckyDepth() const {
    const auto points = static_cast<double>(m_verdict.points);
    return std::sqrt(2.0 * std::log(std::max(points, 1.0) / (2.0 * m_settings.luckLimit)));
}

/// `rise` of the mean of `count` points above the best window, in units of what luck can explain:
/// the best window may lie too low and the later points too high.
double ConvergenceMonitor::inLuck(double rise, std::size_t count) const {
    const double luck =
        m_verdict.noise * (1.0 / std::sqrt(static_cast<double>(m_settings.patience)) +
                           1.0 / std::sqrt(static_cast<double>(count)));
    return inErrors(rise, luck);
}

double ConvergenceMonitor::certainty(double errors) const {
    const double chance = static_cast<double>(m_verdict.points) * normalCdf(-errors);
    return std::clamp(1.0 - chance, 0.0, 1.0);
}

void ConvergenceMonitor::judge() {
    MonitorVerdict& verdict = m_verdict;
    verdict.state = MonitorState::Learning;
    verdict.confidence = 0.0;
    const double sigma = noise();
    if (m_last.size() < 2 * static_cast<std::size_t>(m_settings.patience) || std::isnan(sigma))
        return;
    verdict.noise = sigma;
    verdict.bestStep = m_best.step;
    verdict.bestLoss = m_best.loss;
    verdict.rise = m_later > 0 ? m_laterMean - m_bestMean : 0.0;

    const auto patience = static_cast<std::size_t>(m_settings.patience);
    const double older = windowMean(0);
    const double newer = windowMean(patience);
    if (m_later >= patience && verdict.step >= m_settings.minSteps) {
        const double luck = luckyDepth();
        const double laterZ = inLuck(verdict.rise, m_later);
        const double newestZ = inLuck(newer - m_bestMean, patience);
        const bool rises = laterZ > luck && verdict.rise > std::log1p(m_settings.tolerance);
        const bool diverges =
            newestZ > luck && newer - m_bestMean > std::log1p(m_settings.divergence);
        if (rises || diverges) {
            verdict.state = diverges ? MonitorState::Diverging : MonitorState::Converged;
            verdict.confidence = certainty(diverges ? newestZ : laterZ);
            if (!m_event || m_event->step < m_best.step)
                m_event = MonitorEvent{m_best.step, m_best.loss, verdict.step};
            return;
        }
    }
    const double windowError = sigma * std::sqrt(2.0 / static_cast<double>(patience));
    const double tolerance = std::log1p(m_settings.tolerance);
    const bool lasting = m_anchorPoints >= static_cast<std::size_t>(m_settings.patience) &&
                         verdict.step - m_anchorStep >= m_settings.plateauShare * verdict.step;
    if (lasting) {
        verdict.state = MonitorState::Plateau;
        const double change = newer - m_anchorMean;
        verdict.confidence = normalCdf(inErrors(tolerance - change, windowError)) -
                             normalCdf(inErrors(-tolerance - change, windowError));
        return;
    }
    verdict.confidence = normalCdf(inErrors(older - newer, windowError));
}

}  // namespace gridscope
