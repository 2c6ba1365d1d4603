// SPDX-License-Identifier: GPL-3.0-or-later

// What a torch.save archive holds: its tensors, and where their storages lie in the file.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/checkpoint/byte_source.h"
#include "core/checkpoint/torch_state_dict.h"

namespace gridscope {

/// The bytes of one storage in the archive.
struct StorageRecord {
    std::uint64_t offset = 0;
    std::uint64_t sizeBytes = 0;
    std::uint32_t crc32 = 0;
};

struct TorchArchive {
    TorchStateDict dict;
    std::vector<StorageRecord> records;  ///< [dict.storages]
    bool hasChecksums = true;            ///< false: the writer left them out
};

/// Rules of formats.md 5 for a whole archive. Reads the directory and the pickle, no tensor.
/// Errors: zip.*, pickle.*, file.read, file.vanished.
Expected<TorchArchive> readTorchArchive(const ByteSource& archive, std::string_view where);

}  // namespace gridscope
