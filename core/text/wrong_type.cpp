// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/wrong_type.h"

#include <algorithm>
#include <string>

namespace gridscope {

Expected<void> refuseStandIn(std::string_view content, const std::filesystem::path& path) {
    if (content.starts_with("version https://git-lfs.github.com/spec/"))
        return Error{ErrorCode::FileLfsPointer, path.string(),
                     "is a Git-LFS pointer, not the file itself", "Run \"git lfs pull\" there"};
    std::string start(content.substr(0, std::min<std::size_t>(content.size(), 256)));
    start.erase(0, std::min(start.find_first_not_of(" \t\r\n"), start.size()));
    std::transform(start.begin(), start.end(), start.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (start.starts_with("<!doctype html") || start.starts_with("<html"))
        return Error{ErrorCode::FileWrongType, path.string(),
                     "is a saved web page, not the file itself", "Download it again"};
    return {};
}

}  // namespace gridscope
