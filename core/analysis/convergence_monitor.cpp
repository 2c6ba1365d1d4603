// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/convergence_monitor.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/base/numbers.h"
#include "core/base/range_rule.h"

namespace gridscope {

namespace {

constexpr std::size_t kDeviations = 256;
/// Fewer deviations cannot tell the noise.
constexpr std::size_t kMinDeviations = 8;
/// P(|x| < 1.175) = 0.76 for a normal x of variance 1.
constexpr double kRankShare = 0.76, kNormalRank = 1.175;
/// Deviations before this share of the steps count as early (the rest is science.md's last 85 %).
constexpr double kEarlyShare = 0.15;
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

std::string verdictText(const MonitorVerdict& verdict) {
    std::string text(monitorStateName(verdict.state));
    if (verdict.confidence == 0.0 && verdict.noise == 0.0) return text + ", too early to tell";
    if (verdict.confidence < 0.5) text += ", in doubt";
    return text + ", confidence " + formatFixed(100.0 * verdict.confidence, 0) + " %";
}

Expected<ConvergenceMonitor> ConvergenceMonitor::make(MonitorSettings settings) {
    const auto checked = checkRules({
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
    });
    if (!checked) return checked.error();
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
    m_deviations.push_back(
        {b.step, off / std::sqrt(1.0 + share * share + (1.0 - share) * (1.0 - share))});
    if (m_deviations.size() > kDeviations) m_deviations.pop_front();
}

/// The steep start of training leaves large deviations that are curve, not noise: they are left
/// out as soon as enough later ones are there, and an order statistic near one standard deviation
/// minds the rest less than a mean of squares.
double ConvergenceMonitor::noise() const {
    if (m_deviations.size() < kMinDeviations) return std::nan("");
    std::vector<double> sizes;
    sizes.reserve(m_deviations.size());
    for (auto deviation = m_deviations.rbegin(); deviation != m_deviations.rend(); ++deviation) {
        const bool early = deviation->step < kEarlyShare * m_verdict.step;
        if (early && sizes.size() >= kMinDeviations) break;
        sizes.push_back(std::abs(deviation->loss));
    }
    const auto rank = sizes.begin() + static_cast<std::ptrdiff_t>(
                                          kRankShare * static_cast<double>(sizes.size() - 1) + 0.5);
    std::nth_element(sizes.begin(), rank, sizes.end());
    // The fewer deviations, the more easily their spread comes out too small.
    const double caution = 1.0 + 1.0 / std::sqrt(static_cast<double>(sizes.size()));
    return caution * *rank / kNormalRank;
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

/// How many standard errors the difference of two stretches may reach by luck: one of windowPairs()
/// pairs goes beyond with chance luckLimit, from the bound
/// P(x > z) <= exp(-z^2 / 2) / 2 of the normal law.
double ConvergenceMonitor::luckyDepth() const {
    return std::sqrt(2.0 * std::log(windowPairs() / (2.0 * m_settings.luckLimit)));
}

double ConvergenceMonitor::windowPairs() const {
    const double windows = static_cast<double>(m_verdict.points) / m_settings.patience;
    return std::max(windows * windows, 1.0);
}

/// `rise` of the mean of `count` points above the best window, in standard errors.
double ConvergenceMonitor::inErrorsOf(double rise, std::size_t count) const {
    const double windowShare = 1.0 / m_settings.patience;
    return inErrors(rise,
                    m_verdict.noise * std::sqrt(windowShare + 1.0 / static_cast<double>(count)));
}

double ConvergenceMonitor::certainty(double errors) const {
    const double chance = windowPairs() * normalCdf(-errors);
    return std::clamp(1.0 - chance, 0.0, 1.0);
}

/// Notices a rise above the best window, or keeps one that was noticed before.
bool ConvergenceMonitor::judgeRise() {
    MonitorVerdict& verdict = m_verdict;
    const auto patience = static_cast<std::size_t>(m_settings.patience);
    if (m_later < patience || verdict.step < m_settings.minSteps) return false;
    const double luck = luckyDepth();
    const double newest = windowMean(patience) - m_bestMean;
    const double laterErrors = inErrorsOf(verdict.rise, m_later);
    const double newestErrors = inErrorsOf(newest, patience);
    const bool rises = laterErrors > luck && verdict.rise > std::log1p(m_settings.tolerance);
    const bool diverges = newestErrors > luck && newest > std::log1p(m_settings.divergence);
    // What was noticed stands until a lower window comes: later noise does not take it back.
    const bool noticed = m_event && m_event->step == m_best.step;
    if (!rises && !diverges && !noticed) return false;
    verdict.state = diverges ? MonitorState::Diverging : MonitorState::Converged;
    const double chance = certainty(diverges ? newestErrors : laterErrors);
    m_riseConfidence = noticed ? std::max(m_riseConfidence, chance) : chance;
    verdict.confidence = m_riseConfidence;
    if (!noticed) m_event = MonitorEvent{m_best.step, m_best.loss, verdict.step};
    return true;
}

void ConvergenceMonitor::judge() {
    MonitorVerdict& verdict = m_verdict;
    verdict.state = MonitorState::Learning;
    verdict.confidence = 0.0;
    const auto patience = static_cast<std::size_t>(m_settings.patience);
    const double sigma = noise();
    if (m_last.size() < 2 * patience || std::isnan(sigma)) return;
    verdict.noise = sigma;
    verdict.bestStep = m_best.step;
    verdict.bestLoss = m_best.loss;
    verdict.rise = m_later > 0 ? m_laterMean - m_bestMean : 0.0;
    if (judgeRise()) return;

    const double newer = windowMean(patience);
    const double error = sigma * std::sqrt(2.0 / static_cast<double>(patience));
    const bool lasting = m_anchorPoints >= patience &&
                         verdict.step - m_anchorStep >= m_settings.plateauShare * verdict.step;
    if (!lasting) {
        verdict.confidence = normalCdf(inErrors(windowMean(0) - newer, error));
        // Saved steps may lie far apart: below the window before it, and still above the best one.
        if (m_later > 0)
            verdict.confidence =
                std::min(verdict.confidence, normalCdf(inErrors(m_bestMean - newer, error)));
        return;
    }
    verdict.state = MonitorState::Plateau;
    const double tolerance = std::log1p(m_settings.tolerance);
    const double change = newer - m_anchorMean;
    verdict.confidence = normalCdf(inErrors(tolerance - change, error)) -
                         normalCdf(inErrors(-tolerance - change, error));
}

}  // namespace gridscope
