// SPDX-License-Identifier: GPL-3.0-or-later

// Made-up trajectories with every field set, and a comparison that knows NaN.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/trajectory/record.h"

namespace gridscope::test {

struct SyntheticSize {
    std::size_t layers = 3;
    std::size_t windows = 4;
    std::size_t windowLength = 8;
    std::vector<std::string> gridIds{"a4g128:minmax", "s8channel:absmax"};
};

/// Plan, tokens and layers without rows.
Trajectory syntheticPlan(const SyntheticSize& size = {});
/// A complete row; different steps give different numbers everywhere.
std::shared_ptr<ProbeRecord> syntheticRow(const Trajectory& plan, std::int64_t step);

/// Empty if the rows agree in every stored field, else the name of the first field that differs.
std::string firstDifference(const ProbeRecord& a, const ProbeRecord& b);

}  // namespace gridscope::test

/// Fails the current test function with the error's text if `expression`, which is evaluated
/// once, gives no value. For calls that do something, such as a commit.
#define GRIDSCOPE_DO_OK(expression) \
    do { \
        const auto& gridscopeDone = (expression); \
        QVERIFY2(static_cast<bool>(gridscopeDone), \
                 gridscopeDone ? "" : gridscopeDone.error().toText().c_str()); \
    } while (false)
