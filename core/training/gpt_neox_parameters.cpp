// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <cstddef>
#include <utility>

#include "core/training/data_order.h"
#include "core/training/gpt_neox_parameters_impl.h"

namespace gridscope {

namespace {

constexpr std::int64_t kAlignment = 16;
constexpr std::uint64_t kWeightStream = 0x7765696768747300u;  // keeps weights apart from windows

using Parameters = std::vector<FlatParameter>;

void addMatrix(Parameters& matrices, std::string name, std::int64_t rows, std::int64_t columns,
               double deviation) {
    matrices.push_back({std::move(name), {rows, columns}, 0, rows * columns, deviation, 0.0F});
}

void addVector(Parameters& vectors, std::string name, std::int64_t size, float value) {
    vectors.push_back({std::move(name), {size}, 0, size, 0.0, value});
}

void addNorm(Parameters& vectors, const std::string& name, std::int64_t size) {
    addVector(vectors, name + ".weight", size, 1.0F);
    addVector(vectors, name + ".bias", size, 0.0F);
}

/// Gives each parameter the next aligned place from `offset`; returns the end.
std::int64_t place(Parameters& parameters, std::int64_t offset) {
    for (FlatParameter& parameter : parameters) {
        parameter.offset = offset;
        offset += (parameter.size + kAlignment - 1) / kAlignment * kAlignment;
    }
    return offset;
}

}  // namespace

FlatLayout gptNeoxLayout(const ModelConfig& config) {
    const std::int64_t d = config.hidden;
    const std::int64_t inner = config.heads * config.headDimension;
    const double small = std::sqrt(2.0 / (5.0 * static_cast<double>(d)));
    const double wang =
        2.0 / (static_cast<double>(config.layers) * std::sqrt(static_cast<double>(d)));
    Parameters matrices;
    Parameters vectors;
    addMatrix(matrices, "gpt_neox.embed_in.weight", config.vocabularyRows, d, small);
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string block = "gpt_neox.layers." + std::to_string(layer) + ".";
        addNorm(vectors, block + "input_layernorm", d);
        addNorm(vectors, block + "post_attention_layernorm", d);
        addMatrix(matrices, block + "attention.query_key_value.weight", 3 * inner, d, small);
        addMatrix(matrices, block + "attention.dense.weight", d, inner, wang);
        addMatrix(matrices, block + "mlp.dense_h_to_4h.weight", config.intermediate, d, small);
        addMatrix(matrices, block + "mlp.dense_4h_to_h.weight", d, config.intermediate, wang);
        if (config.attentionBias)
            addVector(vectors, block + "attention.query_key_value.bias", 3 * inner, 0.0F);
        if (config.attentionOutputBias) addVector(vectors, block + "attention.dense.bias", d, 0.0F);
        addVector(vectors, block + "mlp.dense_h_to_4h.bias", config.intermediate, 0.0F);
        addVector(vectors, block + "mlp.dense_4h_to_h.bias", d, 0.0F);
    }
    addNorm(vectors, "gpt_neox.final_layer_norm", d);
    if (!config.tiedEmbeddings)
        addMatrix(matrices, "embed_out.weight", config.vocabularyRows, d, small);

    FlatLayout layout;
    layout.decayedSize = place(matrices, 0);
    layout.totalSize = place(vectors, layout.decayedSize);
    layout.parameters = std::move(matrices);
    layout.parameters.insert(layout.parameters.end(), vectors.begin(), vectors.end());
    return layout;
}

void initialiseParameters(const FlatLayout& layout, std::uint64_t seed, std::span<float> flat) {
    for (std::size_t p = 0; p < layout.parameters.size(); ++p) {
        const FlatParameter& parameter = layout.parameters[p];
        const auto values = flat.subspan(static_cast<std::size_t>(parameter.offset),
                                         static_cast<std::size_t>(parameter.size));
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = parameter.initialDeviation == 0.0
                            ? parameter.initialValue
                            : static_cast<float>(parameter.initialDeviation *
                                                 counterNormal(seed, kWeightStream + p, i));
        }
    }
}

}  // namespace gridscope
