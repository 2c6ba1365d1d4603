// SPDX-License-Identifier: GPL-3.0-or-later

// Compares the tensors of a file with those the configuration calls for; nothing is filled in.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/checkpoint/tensor_source.h"
#include "core/model/model_config.h"

namespace gridscope {

/// Index of the tensor that plays the part of `spec`, under its name or its variant
/// (otherTensorName); nothing if the file has neither.
std::optional<std::size_t> findTensor(const std::vector<TensorInfo>& tensors,
                                      const ModelConfig& config, const TensorSpec& spec);

/// Strict check of formats.md 7.3: every tensor there once, none beside them but the ignored
/// buffers, element types of weights, shapes as configured. With tied embeddings either the head or
/// the embedding may be absent.
/// Errors: model.tensors with the missing and the unexpected names, model.shape with both shapes,
/// safetensors.dtype.
Expected<void> checkTensors(const ModelConfig& config, const std::vector<TensorInfo>& tensors,
                            std::string_view where);

}  // namespace gridscope
