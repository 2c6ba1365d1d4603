// SPDX-License-Identifier: GPL-3.0-or-later

// Progress on stderr: a line redrawn in place on a terminal, nothing but events elsewhere.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/progress.h"

namespace gridscope::app {

class ProgressLine final : public ProgressSink {
public:
    ProgressLine();
    ~ProgressLine() override;

    /// Redraws at most 20 times a second.
    void report(const Progress& progress) override;
    /// A lasting line above the bar.
    void event(std::string_view text);

private:
    void clear();

    bool m_terminal;
    bool m_drawn = false;
    std::chrono::steady_clock::time_point m_lastDrawn;
};

}  // namespace gridscope::app
