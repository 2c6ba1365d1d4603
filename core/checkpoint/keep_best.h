// SPDX-License-Identifier: GPL-3.0-or-later

// Keeps the best checkpoint of a run out of reach of a trainer that deletes old ones.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

struct KeptCheckpoint {
    std::filesystem::path folder;  ///< the kept copy
    bool linked = false;           ///< every file is a hard link: no space was used
    bool present = false;          ///< it was there already, nothing was done
};

/// Puts the files of `checkpoint` (a folder; sub-folders are left out) below `into`, under the name
/// of the folder: hard links where the file system allows them, else copies. The folder appears
/// complete or not at all. Hard links share the bytes: a trainer that rewrites a file in place
/// would change the kept one too, one that writes anew or deletes does not.
///
/// With it comes `gridscope-kept.json`, which marks the folder as made here. Once the new one is
/// complete, older marked folders below `into` are removed: the files listed in the mark, then the
/// folder if nothing else is in it. Nothing else is ever deleted.
/// Errors: file.*, output.not-writable, output.exists (a folder of that name that is not marked)
Expected<KeptCheckpoint> keepBest(FileOps& ops, const std::filesystem::path& checkpoint,
                                  const std::filesystem::path& into);

}  // namespace gridscope
