// SPDX-License-Identifier: GPL-3.0-or-later

// Small value types that keep quantities of one kind from being taken for another.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace gridscope {

/// Optimizer updates since the start of training; 0 = initial weights.
struct TrainingStep {
    std::int64_t value = 0;
    auto operator<=>(const TrainingStep&) const = default;
};

/// A size in bytes, in files or in memory.
struct ByteCount {
    std::uint64_t value = 0;
    auto operator<=>(const ByteCount&) const = default;
};

/// Bits of one quantized weight.
struct BitWidth {
    int value = 4;
    auto operator<=>(const BitWidth&) const = default;
};

/// One matrix of the model: transformer block and role within it ("attn.qkv", "mlp.down", ...).
/// An empty role stands for the whole block, block -1 for tensors outside the blocks.
struct LayerRef {
    int block = -1;
    std::string role;
    auto operator<=>(const LayerRef&) const = default;
};

}  // namespace gridscope
