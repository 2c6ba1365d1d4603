// SPDX-License-Identifier: GPL-3.0-or-later

// A BPE tokenizer as a Hugging Face tokenizer.json describes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// Whether the ids of the post-processor's template (such as a begin-of-text id) are put around.
enum class SpecialTokens { Without, With };

/// Immutable; const functions may be used from several threads at once.
class Tokenizer {
public:
    /// @param json  content of a tokenizer.json
    /// @param where name of it in messages
    /// Errors: tokenizer.json, tokenizer.unsupported (type by name), tokenizer.vocabulary,
    /// tokenizer.merges, tokenizer.limit, json.depth, memory.failed. Source: formats.md, section 9.
    static Expected<Tokenizer> parse(std::string_view json, std::string_view where);
    /// The same from a file of at most 64 MiB.
    /// Errors also: tokenizer.missing, file.not-regular (a link out of its cache),
    /// file.lfs-pointer, file.wrong-type, tokenizer.limit, file.*.
    static Expected<Tokenizer> load(FileOps& ops, const std::filesystem::path& path);

    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

    /// Ids of `text` (UTF-8, at most 1 GiB; ill-formed parts are read as U+FFFD).
    /// Added tokens inside the text are recognised. Time: n log n.
    /// Errors: tokenizer.limit (of the text, or of what the normalizer makes of it),
    /// memory.failed.
    Expected<std::vector<std::uint32_t>> encode(std::string_view text, SpecialTokens special) const;

    /// Text of `ids`, special tokens kept; unknown ids are left out, bad UTF-8 becomes U+FFFD.
    /// Errors: tokenizer.limit, memory.failed.
    Expected<std::string> decode(std::span<const std::uint32_t> ids) const;

    /// Largest id of any token, plus one: the least number of embedding rows.
    std::uint64_t vocabularySize() const;
    /// Id of a token or added token, spelled as in the file.
    std::optional<std::uint32_t> tokenId(std::string_view token) const;
    /// The first there is of <|endoftext|>, <|end_of_text|>, </s>, <eos>.
    std::optional<std::uint32_t> endOfDocumentId() const;
    /// Ids that SpecialTokens::With adds to a text.
    std::size_t templateIdCount() const;
    /// 64 hex digits over the bytes of the file.
    const std::string& sha256() const;

private:
    struct Parts;
    explicit Tokenizer(std::unique_ptr<const Parts> parts);
    static Expected<Tokenizer> build(std::string_view json, const std::string& where);

    std::unique_ptr<const Parts> m_parts;
};

}  // namespace gridscope
