// SPDX-License-Identifier: GPL-3.0-or-later

// How long work tells the outside how far it is; also the gate where a paused job waits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace gridscope {

struct Progress {
    std::string stage;        ///< "weights", "perplexity", ...
    std::string item;         ///< what is being worked on, such as "step1000"
    std::uint64_t done = 0;   ///< work units finished, never falling within a stage
    std::uint64_t total = 0;  ///< work units in all; 0 = unknown
    /// Seconds left over all stages; NaN while it cannot be told.
    double etaSeconds = 0.0;
};

/// Receives progress. `report` may block: that is how a job is paused (style.md, section 7).
/// Called from the thread that does the work, as often as the work likes; receivers throttle.
class ProgressSink {
public:
    virtual ~ProgressSink() = default;
    virtual void report(const Progress& progress) = 0;
};

/// A sink that ignores everything.
class NullProgress final : public ProgressSink {
public:
    void report(const Progress&) override {}
};

/// A sink that calls a function.
class CallbackProgress final : public ProgressSink {
public:
    explicit CallbackProgress(std::function<void(const Progress&)> callback)
        : m_callback(std::move(callback)) {}
    void report(const Progress& progress) override { m_callback(progress); }

private:
    std::function<void(const Progress&)> m_callback;
};

}  // namespace gridscope
