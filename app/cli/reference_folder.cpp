// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/reference_folder.h"

#include <system_error>

namespace gridscope::app {

std::filesystem::path referenceFolder() {
    std::error_code failed;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
    const std::filesystem::path installed =
        program.parent_path().parent_path() / "share/gridscope/reference";
    if (!failed && std::filesystem::is_directory(installed, failed)) return installed;
    return GRIDSCOPE_SOURCE_REFERENCES;
}

}  // namespace gridscope::app
