// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/progress_line.h"

#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/base/numbers.h"

namespace gridscope::app {

namespace {

constexpr std::chrono::milliseconds kSpacing{50};
constexpr int kBarWidth = 24;

std::string barText(const Progress& progress) {
    const double share = progress.total == 0 ? 0.0
                                             : static_cast<double>(progress.done) /
                                                   static_cast<double>(progress.total);
    const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * kBarWidth);
    std::string text = progress.stage + " [" + std::string(static_cast<std::size_t>(filled), '#') +
                       std::string(static_cast<std::size_t>(kBarWidth - filled), '.') + "] " +
                       formatFixed(100.0 * share, 1) + " %  " + escapeForDisplay(progress.item, 30);
    if (std::isfinite(progress.etaSeconds))
        text += "  " + formatDuration(progress.etaSeconds) + " left";
    else
        text += "  estimating";
    return text;
}

}  // namespace

ProgressLine::ProgressLine() : m_terminal(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::report(const Progress& progress) {
    if (!m_terminal) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - m_lastDrawn < kSpacing) return;
    m_lastDrawn = now;
    m_drawn = true;
    std::fprintf(stderr, "\r\x1b[K%s", barText(progress).c_str());
    std::fflush(stderr);
}

void ProgressLine::event(std::string_view text) {
    clear();
    printMessage(text);
}

void ProgressLine::clear() {
    if (!m_drawn) return;
    std::fputs("\r\x1b[K", stderr);
    m_drawn = false;
}

}  // namespace gridscope::app
