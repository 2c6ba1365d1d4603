// SPDX-License-Identifier: GPL-3.0-or-later

// The crosshair that all step axes share: follows the mouse, snaps to probed checkpoints.
#pragma once

#include <QObject>

#include <optional>
#include <vector>

namespace gridscope::views {

class CursorModel : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Steps that the cursor snaps to, in any order. A cursor that finds none of them is cleared.
    void setSteps(std::vector<double> steps);
    std::optional<double> step() const { return m_step; }
    std::optional<double> pinnedStep() const { return m_pinned; }

    /// Moves to the probed step nearest to `step`.
    void moveTo(double step);
    void clear();
    /// Pins a second cursor where the first one is, or takes the pin away when it is there.
    void togglePin();
    void clearPin();

signals:
    void cursorChanged(std::optional<double> step, std::optional<double> pinnedStep);

private:
    std::optional<double> nearest(double step) const;
    void set(std::optional<double> step, std::optional<double> pinned);

    std::vector<double> m_steps;  ///< ascending
    std::optional<double> m_step;
    std::optional<double> m_pinned;
};

}  // namespace gridscope::views
