// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/test_data.h"

#include <cstdlib>

namespace gridscope::test {

namespace {

std::filesystem::path fromEnvironment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

}  // namespace

std::filesystem::path dataFolder() { return fromEnvironment("GRIDSCOPE_TEST_DATA"); }

std::filesystem::path sharedFolder() {
    const std::filesystem::path folder = fromEnvironment("GRIDSCOPE_SHARED");
    std::error_code ignored;
    return std::filesystem::is_directory(folder / "data", ignored) ? folder
                                                                   : std::filesystem::path();
}

std::filesystem::path binFolder() { return fromEnvironment("GRIDSCOPE_BIN"); }

}  // namespace gridscope::test
