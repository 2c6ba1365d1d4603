// SPDX-License-Identifier: GPL-3.0-or-later

// .npy token files: as many ids as the shape says, and no more than there are bytes.

#include <algorithm>

#include "core/text/token_file.h"
#include "tests/fuzz/fuzz_targets.h"

namespace gridscope::fuzz {

Outcome fuzzNpy(std::string_view bytes) {
    MemoryFileOps ops;
    ops.put("ids.npy", bytes);
    const auto tokens = readTokenFile(ops, "ids.npy", std::nullopt);
    if (!tokens) return refused(tokens.error(), "ids.npy");
    require(tokens->ids.size() <= bytes.size(), "an id takes at least a byte");
    if (tokens->rows > 0)
        require(tokens->columns > 0 && tokens->ids.size() == tokens->rows * tokens->columns,
                "rows are whole");
    const auto some = readTokenFile(ops, "ids.npy", std::nullopt, 1);
    require(static_cast<bool>(some), "the first id alone is read as well");
    require(tokens->rows > 0 || some->ids.size() == std::min<std::size_t>(1, tokens->ids.size()),
            "no more than asked for");
    Outcome outcome{true, std::to_string(tokens->rows) + "x" + std::to_string(tokens->columns)};
    for (const std::uint32_t id : tokens->ids) outcome.digest += " " + std::to_string(id);
    return outcome;
}

}  // namespace gridscope::fuzz
