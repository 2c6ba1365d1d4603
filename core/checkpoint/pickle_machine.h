// SPDX-License-Identifier: GPL-3.0-or-later

// Runs the pickle of a torch.save file without running any Python (formats.md 5.2).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "core/base/expected.h"
#include "core/checkpoint/pickle_values.h"

namespace gridscope {

struct Unpickled {
    PickleArena values;
    PickleRef root = 0;
};

/// The value that the pickle `bytes` describes, which must outlive the result. Iterative; memory
/// grows with the number of opcodes, never with a length that the pickle claims.
/// Errors: pickle.global (a name outside the allow-list), pickle.malformed, pickle.unsupported
/// (another protocol or opcode, limits); pickle.view for one storage described in two ways.
Expected<Unpickled> unpickle(std::span<const std::byte> bytes, std::string_view where);

}  // namespace gridscope
