// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/catalog.h"

#include "core/checkpoint/checkpoint_runs.h"
#include "core/checkpoint/folder_lister.h"
#include "core/checkpoint/folder_scan.h"

namespace gridscope {

Expected<CheckpointCatalog> scanFolder(FileOps& ops, const std::filesystem::path& folder,
                                       ProgressSink& progress, std::stop_token stop) {
    GRIDSCOPE_TRY_ASSIGN(entries, collectCheckpoints(ops, folder, progress, stop));
    if (entries.empty())
        return Error{ErrorCode::ScanEmpty, folder.string(), "no checkpoint was found",
                     "Choose a folder whose sub-folders hold config.json and weights, or a Hugging "
                     "Face cache"};
    CheckpointCatalog catalog;
    catalog.root = folder;
    catalog.entries = std::move(entries);
    arrangeRuns(catalog);
    catalog.runName = catalog.runs.size() == 1 ? catalog.runs[0].name : leafName(folder);
    return catalog;
}

}  // namespace gridscope
