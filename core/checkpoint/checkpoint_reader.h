// SPDX-License-Identifier: GPL-3.0-or-later

// Reads what a scan tells about one checkpoint: configuration, headers, sizes; no tensor.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/expected.h"
#include "core/checkpoint/catalog.h"
#include "core/checkpoint/weights_choice.h"

namespace gridscope {

/// Where a checkpoint was found and what it is called.
struct CheckpointPlace {
    std::filesystem::path folder;
    CheckpointLabel label;
    std::string run;
    std::string commit;                ///< of a Hugging Face cache, else empty
    std::vector<std::string> aliases;  ///< further refs of the same commit
};

/// The entry with its problems and warnings. Its files may not be links that lead out of the
/// models-- folder of a cache.
/// @param choice the weights among the files of the folder, nothing where it has none
CheckpointEntry readCheckpoint(FileOps& ops, const CheckpointPlace& place,
                               const Expected<std::optional<WeightsChoice>>& choice);

/// An entry that could not be looked at.
CheckpointEntry unreadableCheckpoint(const CheckpointPlace& place, const Error& problem);

}  // namespace gridscope
