// SPDX-License-Identifier: GPL-3.0-or-later

// The reader items of reliability.md 3: one generated bad input each, with the code it must give.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace gridscope::test {

/// One bad input: what is done to a healthy checkpoint folder (writeTinyCheckpoint).
struct BadCheckpoint {
    std::function<void(const std::filesystem::path& folder)> build;
    const char* code = "";   ///< of the first problem of the checkpoint
    const char* where = "";  ///< below its folder; empty = the folder itself
};

/// By catalogue id and name, such as "S05 holes".
std::map<std::string, BadCheckpoint> badCheckpoints();

}  // namespace gridscope::test
