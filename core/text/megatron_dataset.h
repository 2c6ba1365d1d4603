// SPDX-License-Identifier: GPL-3.0-or-later

// A Megatron dataset (.idx and .bin): its sequences, as windows or as one stream of ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/text/eval_windows.h"
#include "core/text/megatron_data.h"
#include "core/text/megatron_header.h"
#include "core/text/token_file.h"

namespace gridscope {

/// True for names that end in .idx.
bool isMegatronName(const std::filesystem::path& path);

/// The index is checked as a whole when it is opened; neither it nor the data is held in memory.
class MegatronDataset {
public:
    struct StreamSettings {
        std::uint64_t most = kAllIds;  ///< ids to read
        /// Put after each document that does not end with it, but not at the very end; packed
        /// sequences are left as they are.
        std::optional<std::uint32_t> endOfDocument;
        std::uint64_t first = 0;  ///< sequence to begin with
    };

    /// @param index path of the .idx; the data lies beside it (MegatronData::find)
    /// @param given dtype that the user named, if any; must be that of the index
    /// Errors: those of readMegatronHeader; tokens.dtype; tokens.size (a sequence outside the data,
    /// more ids in all than the data holds); tokens.format (negative numbers, document marks that
    /// do not ascend from 0 to the number of sequences, shards); file.*, memory.failed.
    static Expected<MegatronDataset> open(FileOps& ops, const std::filesystem::path& index,
                                          std::optional<TokenDtype> given);

    std::uint64_t sequences() const { return m_header.sequences; }
    std::uint64_t documents() const { return m_header.documentMarks - 1; }
    /// Ids in all.
    std::uint64_t tokens() const { return m_tokens; }
    /// Length of every sequence where all of several are equally long, as in sets packed for
    /// training (2049 in Pythia's); else 0.
    std::uint64_t packedLength() const { return m_packedLength; }

    /// The first `most` sequences [rows, packedLength()], which must not be 0.
    /// Errors: tokens.id-range with the sequence, file.*, memory.failed.
    Expected<TokenArray> readRows(std::uint64_t most);
    /// The sequences in file order as one stream. Errors: as readRows.
    Expected<TokenArray> readStream(const StreamSettings& settings);

private:
    MegatronDataset(File index, MegatronData data, MegatronHeader header, std::string where)
        : m_index(std::move(index)),
          m_data(std::move(data)),
          m_header(header),
          m_where(std::move(where)) {}
    Expected<void> checkSequences();
    Expected<void> checkDocuments();
    struct Sequence {
        std::uint64_t number;
        std::uint64_t offset;  ///< bytes
        std::uint64_t length;  ///< ids
    };
    Expected<void> appendSequence(const Sequence& sequence, std::uint64_t most,
                                  std::vector<std::uint32_t>& ids);

    File m_index;
    MegatronData m_data;
    MegatronHeader m_header;
    std::string m_where;
    std::uint64_t m_tokens = 0;
    std::uint64_t m_packedLength = 0;
};

}  // namespace gridscope
