// SPDX-License-Identifier: GPL-3.0-or-later

// Checkpoints of a model of a few hundred weights in every container, for tests of the scan.
#pragma once

#include <cstdint>
#include <filesystem>

namespace gridscope::test {

/// gpt_neox, one layer, hidden size 4.
inline constexpr const char* kTinyConfig =
    R"({"model_type":"gpt_neox","vocab_size":8,"hidden_size":4,"num_hidden_layers":1,
        "num_attention_heads":1,"intermediate_size":8,"rotary_pct":0.5})";

/// Weights that count up from `first` in each tensor, as one .safetensors file.
void writeTinyWeights(const std::filesystem::path& file, float first);
/// The same as an archive of torch.save.
void writeTinyArchive(const std::filesystem::path& file, float first);
/// A folder with config.json and model.safetensors.
void writeTinyCheckpoint(const std::filesystem::path& folder, float first);
/// A folder with config.json and two shards under an index.
void writeTinyShards(const std::filesystem::path& folder, float first);
/// How many weights the model has.
std::uint64_t tinyParameters();

}  // namespace gridscope::test
