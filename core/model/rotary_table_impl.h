// SPDX-License-Identifier: GPL-3.0-or-later

// The angles of the rotary position embedding, for every type that configurations name.
#pragma once

#include "core/model/model_config.h"
#include "core/model/torch_backend_impl.h"

namespace gridscope {

/// Cosines and sines of the rotary embedding, FP32 [length, pairs of channels]; undefined for
/// models without one.
struct RotaryTable {
    at::Tensor cosine, sine;
};

/// The table for sequences of `length` tokens, on the device of `like`. Depends on the length
/// beyond its size for the dynamic type alone.
/// Source: formats.md 6.2.
RotaryTable makeRotaryTable(const ModelConfig& config, std::int64_t length, const at::Tensor& like);

}  // namespace gridscope
