// SPDX-License-Identifier: GPL-3.0-or-later

// Looks at every object of a file before any of its data is read, and refuses what could lead out
// of the file, run foreign code or ask for absurd amounts of memory.
#pragma once

#include <string>

#include "core/base/expected.h"
#include "core/trajectory/hdf5_gate_impl.h"

namespace gridscope {

/// Walks all links from the root: only hard links to groups and datasets; no external storage,
/// virtual layout or filter other than shuffle and deflate; rank at most 4, at most 1e9 elements,
/// chunks of at most 64 MiB, and no more elements than the stored bytes can unfold to.
/// `object` follows along for the caller's error. Complexity: linear in the number of objects.
/// Errors: trajectory.damaged, trajectory.limit.
Expected<void> checkImageStructure(const H5::H5File& file, std::string& object);

}  // namespace gridscope
