// SPDX-License-Identifier: GPL-3.0-or-later

// Copies a view whose elements do not lie in row-major order out of its storage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/expected.h"
#include "core/checkpoint/byte_source.h"
#include "core/checkpoint/torch_archive.h"

namespace gridscope {

/// True if the elements of the view follow each other without gaps in row-major order.
bool isRowMajor(const std::vector<std::uint64_t>& shape, const StorageView& view);

/// The stored bytes of a view (of one that readStateDict has checked) in row-major order, read in
/// the order of the storage through a window that grows while the elements lie near each other.
/// Errors: those of ByteSource::readAt.
Expected<std::vector<std::byte>> gatherView(const ByteSource& bytes, const StorageRecord& storage,
                                            const TensorInfo& info, const StorageView& view);

}  // namespace gridscope
