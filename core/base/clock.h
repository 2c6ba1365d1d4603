// SPDX-License-Identifier: GPL-3.0-or-later

// Time as the program sees it, so that tests need not wait.
#pragma once

#include <stop_token>

namespace gridscope {

class Clock {
public:
    virtual ~Clock() = default;
    /// Seconds that never jump, from an arbitrary start.
    virtual double steadySeconds() const = 0;
    /// Waits, at most until `stop` is requested.
    virtual void wait(double seconds, const std::stop_token& stop) = 0;
};

/// The machine's clock. Stateless, may be used from any thread.
Clock& systemClock();

}  // namespace gridscope
