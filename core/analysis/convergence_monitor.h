// SPDX-License-Identifier: GPL-3.0-or-later

// Watches a validation loss as it comes and says when FP32 training has stopped improving.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/expected.h"

namespace gridscope {

enum class MonitorState {
    Learning,   ///< still improving, or too early to tell
    Plateau,    ///< changes by less than the tolerance; nothing lost by going on
    Converged,  ///< later points lie above the best ones, beyond tolerance and noise
    Diverging,  ///< the newest points lie far above the best ones, or the loss is not finite
};
/// "learning", "plateau", "converged", "diverging"
std::string_view monitorStateName(MonitorState state);

struct MonitorSettings {
    int patience = 5;           ///< points of a window, and points needed after the best; 2..1000
    double minSteps = 0.0;      ///< no event is noticed before this step, >= 0
    double tolerance = 0.01;    ///< relative change of perplexity that matters, 0..1
    double divergence = 0.1;    ///< relative rise of perplexity that is divergence, >= tolerance
    double plateauShare = 0.1;  ///< share of the steps so far that a plateau must last, 0..1
    /// Chance that noise alone is taken for a rise, about that of a whole run; 0..1 exclusive.
    double luckLimit = 0.01;
};

/// FP32 convergence as it was noticed.
struct MonitorEvent {
    double step = 0.0;       ///< lowest loss inside the best window
    double loss = 0.0;       ///< there, nats per token
    double noticedAt = 0.0;  ///< step of the point that settled it
};

/// Where a stream stands after its newest point.
struct MonitorVerdict {
    MonitorState state = MonitorState::Learning;
    /// Chance, by the noise estimated from the stream, that what defines the state is true:
    /// falling over the last two windows and to the best one; changed by less than the tolerance since the plateau
    /// began; risen above the best. 0 while it cannot be told.
    double confidence = 0.0;
    std::size_t points = 0;  ///< finite points taken so far
    double step = 0.0;       ///< of the newest point
    double bestStep = 0.0;   ///< lowest loss inside the best window; 0 before the first window
    double bestLoss = 0.0;
    double noise = 0.0;  ///< standard deviation of one loss, nats; 0 while unknown
    double rise = 0.0;   ///< mean of the points after the best window above it, nats
};

/// The state and how certain it is, for people: "converged, confidence 99 %".
std::string verdictText(const MonitorVerdict& verdict);

/// Feed it one validation loss after the other; ask for the verdict at any time.
///
/// The last `patience` losses form a window; the best window is the one with the lowest mean.
/// Noise comes from how far each loss lies off the straight line (over ln(1 + step)) through its
/// neighbours: an order statistic of at most 256 in the last 85 % of the steps, widened by
/// 1 + 1/sqrt(their number).
/// Luck is what noise alone can do. Every point is a test, so the difference of two stretches
/// counts only beyond d standard errors, d^2 = 2 ln(pairs / 2 luckLimit), where pairs =
/// (points / patience)^2: as windows overlap, twice the pairs of windows beside each other.
/// Converged: at least `patience` points after the best window, whose mean lies above it by more
/// than ln(1 + tolerance) and than luck.
/// Diverging: the newest window lies above the best one by more than ln(1 + divergence) and than
/// luck; or the loss is not finite.
/// Plateau: no window has been lower by more than the tolerance for `patience` points and for
/// `plateauShare` of all steps.
/// A lower window ends Converged and Diverging: the stream may converge again, at a later step.
///
/// Keeps 2 x patience losses and 256 deviations, whatever the length of the stream: O(1) memory and
/// time a point. Takes the errors of the points as independent: a loss that wanders slowly needs
/// more patience. Not thread-safe. Source: science.md sections 2.1 and 3.
class ConvergenceMonitor {
public:
    /// Errors: settings.range, `where` names the field.
    static Expected<ConvergenceMonitor> make(MonitorSettings settings = {});

    /// Takes the validation loss of `step` (nats per token; ln of a perplexity). A step that is
    /// not behind the newest one is left out: a resumed run reports steps again.
    /// @return false if the point was left out
    bool add(double step, double loss);

    MonitorVerdict verdict() const { return m_verdict; }
    /// The latest convergence of the stream. Once there it stays; a later one may replace it,
    /// never an earlier one.
    const std::optional<MonitorEvent>& event() const { return m_event; }
    const MonitorSettings& settings() const { return m_settings; }

private:
    struct Point {
        double step = 0.0, loss = 0.0;
    };
    explicit ConvergenceMonitor(MonitorSettings settings) : m_settings(settings) {}

    void addDeviation();
    double noise() const;
    double windowMean(std::size_t first) const;
    void updateBest();
    void judge();
    bool judgeRise();
    double luckyDepth() const;
    double windowPairs() const;
    double inErrorsOf(double rise, std::size_t count) const;
    double certainty(double errors) const;

    MonitorSettings m_settings;
    MonitorVerdict m_verdict;
    std::optional<MonitorEvent> m_event;
    double m_riseConfidence = 0.0;   ///< highest since the event was noticed
    std::deque<Point> m_last;        ///< at most 2 x patience, the newest at the back
    std::deque<Point> m_deviations;  ///< at most 256; `loss` is the deviation
    bool m_hasBest = false;
    double m_bestMean = 0.0;  ///< of the best window
    Point m_best;             ///< its lowest point
    std::size_t m_later = 0;  ///< points after the best window
    double m_laterMean = 0.0;
    double m_anchorMean = 0.0;  ///< best window when the loss last fell by the tolerance
    double m_anchorStep = 0.0;
    std::size_t m_anchorPoints = 0;  ///< points since
};

}  // namespace gridscope
