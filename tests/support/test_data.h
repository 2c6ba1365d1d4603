// SPDX-License-Identifier: GPL-3.0-or-later

// Where tests find their fixtures.
#pragma once

#include <filesystem>
#include <string>

namespace gridscope::test {

/// tests/data of the source tree.
std::filesystem::path dataFolder();
/// The reference data beside the checkout, or an empty path when absent.
std::filesystem::path sharedFolder();
/// Folder of the built programs.
std::filesystem::path binFolder();

}  // namespace gridscope::test

/// Skips the current test function, loudly, when the reference data beside the checkout is absent.
#define GRIDSCOPE_NEED_SHARED() \
    do { \
        if (gridscope::test::sharedFolder().empty()) \
            QSKIP("SKIPPED: the reference data (../shared) is not beside this checkout"); \
    } while (false)

/// Fails the current test function with the error's text if `expression`, evaluated once, gives
/// an Expected without a value.
#define GRIDSCOPE_VERIFY_OK(expression) \
    do { \
        const auto& gridscopeOutcome = (expression); \
        QVERIFY2(static_cast<bool>(gridscopeOutcome), \
                 gridscopeOutcome ? "" : gridscopeOutcome.error().toText().c_str()); \
    } while (false)
