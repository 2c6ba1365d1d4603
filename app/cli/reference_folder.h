// SPDX-License-Identifier: GPL-3.0-or-later

// Where the published tables lie.
#pragma once

#include <filesystem>

namespace gridscope::app {

/// share/gridscope/reference beside the installed program, else the folder in the source tree that
/// the program was built from.
std::filesystem::path referenceFolder();

}  // namespace gridscope::app
