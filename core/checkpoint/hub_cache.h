// SPDX-License-Identifier: GPL-3.0-or-later

// The folder layout of the Hugging Face cache: repositories, refs, snapshots and their links.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/checkpoint/folder_lister.h"

namespace gridscope {

/// "ORG/NAME" for a folder called models--ORG--NAME; nothing for any other name.
std::optional<std::string> hubRepositoryName(std::string_view folderName);

/// The models-- folder that `folder` is a snapshot of or lies in a snapshot of, or nothing.
std::optional<std::filesystem::path> hubModelFolder(const std::filesystem::path& folder);

/// The folder that links of files in `folder` may not lead out of: the models-- folder inside a
/// cache, `folder` itself elsewhere (formats.md 2.2 and 4).
std::filesystem::path linkBoundary(const std::filesystem::path& folder);

/// True if the file that `file` names, links followed, lies below `boundary`, or cannot be opened
/// anyhow.
bool staysInside(const std::filesystem::path& file, const std::filesystem::path& boundary);

/// file.not-regular for a link in a snapshot of a models-- folder that leads out of it (formats.md 2.2).
Expected<void> checkHubLink(const std::filesystem::path& file);

/// The name of the blob that `file` links to, 40 or 64 hex digits, or empty. Such names are hashes:
/// equal ones prove equal content.
std::string hubBlobName(const std::filesystem::path& file);

/// A name under refs/ ("main", "pr/1") and the commit it stands for.
struct HubRef {
    std::string name;
    std::string commit;            ///< 40 hex digits
    std::optional<Error> problem;  ///< the file does not hold a commit
};

/// All refs of a models-- folder in natural order; none where it has no folder refs.
/// Errors: scan.too-large, file.*.
Expected<std::vector<HubRef>> readHubRefs(FileOps& ops, FolderLister& lister,
                                          const std::filesystem::path& modelFolder);

}  // namespace gridscope
