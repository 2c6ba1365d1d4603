// SPDX-License-Identifier: GPL-3.0-or-later

// Megatron .idx with .bin, and raw .bin. An input is a u16 length of the index, the index, and the
// data; with length 0 it is raw, and the next byte chooses the type.

#include <algorithm>

#include "core/text/megatron_dataset.h"
#include "tests/fuzz/fuzz_targets.h"

namespace gridscope::fuzz {

namespace {

std::string digestOf(const TokenArray& tokens) {
    std::string digest = std::to_string(tokens.rows);
    for (const std::uint32_t id : tokens.ids) digest += " " + std::to_string(id);
    return digest;
}

Outcome readRaw(std::string_view bytes) {
    if (bytes.empty()) return {};
    const TokenDtype dtype =
        kTokenDtypes[static_cast<unsigned char>(bytes[0]) % kTokenDtypes.size()];
    const std::string_view data = bytes.substr(1);
    MemoryFileOps ops;
    ops.put("ids.bin", data);
    const auto tokens = readTokenFile(ops, "ids.bin", dtype);
    if (!tokens) return refused(tokens.error(), "ids.bin");
    // The magic of .npy counts more than the name.
    require(tokens->rows > 0 || data.starts_with("\x93NUMPY") ||
                tokens->ids.size() * tokenDtypeBytes(dtype) == data.size(),
            "every byte is part of an id");
    return {true, digestOf(*tokens)};
}

}  // namespace

Outcome fuzzIdx(std::string_view bytes) {
    if (bytes.size() < 2) return {};
    const std::size_t length = static_cast<unsigned char>(bytes[0]) |
                               (std::size_t{static_cast<unsigned char>(bytes[1])} << 8);
    bytes.remove_prefix(2);
    if (length == 0) return readRaw(bytes);
    const std::size_t split = std::min(length, bytes.size());
    const std::string_view data = bytes.substr(split);
    MemoryFileOps ops;
    ops.put("set.idx", bytes.substr(0, split));
    ops.put("set.bin", data);
    auto dataset = MegatronDataset::open(ops, "set.idx", std::nullopt);
    if (!dataset) return refused(dataset.error(), "set.");
    require(dataset->tokens() <= data.size(), "an id takes at least a byte");
    const auto stream = dataset->readStream({});
    if (!stream) return refused(stream.error(), "set.");
    require(stream->ids.size() == dataset->tokens(), "all ids are read");
    const auto joined = dataset->readStream({kAllIds, 1});
    require(joined && joined->ids.size() <= dataset->tokens() + dataset->documents(),
            "at most one id between two documents");
    const auto some = dataset->readStream({3, 1});
    require(some && some->ids.size() == std::min<std::size_t>(3, joined->ids.size()) &&
                std::equal(some->ids.begin(), some->ids.end(), joined->ids.begin()),
            "the first ids are the first ids");
    if (dataset->packedLength() > 0) {
        const auto rows = dataset->readRows(2);
        require(rows && rows->ids.size() == 2 * dataset->packedLength() && rows->rows == 2,
                "rows are whole");
    }
    return {true, digestOf(*stream)};
}

}  // namespace gridscope::fuzz
