// SPDX-License-Identifier: GPL-3.0-or-later

// .jsonl, and .jsonl.zst where the input starts like a zstd frame.

#include "core/text/json_lines_reader.h"
#include "core/text/unicode.h"
#include "tests/fuzz/fuzz_targets.h"

namespace gridscope::fuzz {

namespace {

/// Small inputs unpack to gigabytes: what is behind this many bytes is not looked at.
constexpr std::size_t kEnoughBytes = std::size_t{4} << 20;

}  // namespace

Outcome fuzzJsonl(std::string_view bytes) {
    const bool packed = bytes.starts_with("\x28\xB5\x2F\xFD");
    const char* name = packed ? "text.jsonl.zst" : "text.jsonl";
    MemoryFileOps ops;
    ops.put(name, bytes);
    auto reader = JsonLinesReader::open(ops, name, {});
    if (!reader) return refused(reader.error(), name);
    Outcome outcome{true, {}};
    std::size_t size = 0;
    while (size < kEnoughBytes) {
        const auto text = reader->next();
        if (!text) return refused(text.error(), name);
        if (!*text) break;
        require(validUtf8Prefix(**text) == (*text)->size(), "texts are UTF-8");
        size += (*text)->size() + 1;
        require(packed || (*text)->size() <= 3 * bytes.size(), "a text is no longer than its line");
        outcome.digest += **text + "\n";
    }
    return outcome;
}

}  // namespace gridscope::fuzz
