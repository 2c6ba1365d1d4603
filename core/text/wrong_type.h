// SPDX-License-Identifier: GPL-3.0-or-later

// Recognises files that stand in place of the wanted ones.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/expected.h"

namespace gridscope {

/// Errors: file.lfs-pointer if `content` is a Git-LFS pointer; file.wrong-type if it is a
/// saved web page. Success says nothing else about it.
Expected<void> refuseStandIn(std::string_view content, const std::filesystem::path& path);

}  // namespace gridscope
