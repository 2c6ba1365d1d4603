// SPDX-License-Identifier: GPL-3.0-or-later

// The index of a sharded checkpoint: every file that is accepted is a plain name in the folder.

#include <algorithm>

#include "core/checkpoint/shard_index.h"
#include "tests/fuzz/fuzz_targets.h"

namespace gridscope::fuzz {

Outcome fuzzShards(std::string_view bytes) {
    using namespace std::string_view_literals;
    const auto index = parseShardIndex(bytes, "index.json");
    if (!index) return refused(index.error(), "index.json");
    require(index->weightMap.size() <= 1'000'000, "entries");
    Outcome outcome{true, {}};
    std::string previous;
    for (const auto& [tensor, file] : index->weightMap) {
        require(outcome.digest.empty() || previous < tensor, "sorted, each tensor once");
        require(std::find(index->files.begin(), index->files.end(), file) != index->files.end(),
                "every file is listed");
        outcome.digest += tensor + "=" + file + "\n";
        previous = tensor;
    }
    for (const std::string& file : index->files) {
        require(!file.empty() && file != "." && file != "..", "a file name");
        require(file.find_first_of("/\\:\0"sv) == std::string::npos, "one path component");
        require(std::count(index->files.begin(), index->files.end(), file) == 1, "listed once");
    }
    return outcome;
}

}  // namespace gridscope::fuzz
