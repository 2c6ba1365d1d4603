// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <array>
#include <span>

#include "core/model/architecture.h"

namespace gridscope {

namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::string_view kGpt2Prefix = "transformer.";
constexpr std::string_view kNeoxHead = "embed_out.weight";
constexpr std::string_view kPlainHead = "lm_head.weight";

enum class BiasUse { None, Present };

BiasUse biasUse(bool present) { return present ? BiasUse::Present : BiasUse::None; }

/// Collects the tensors of one model in order.
class TensorList {
public:
    explicit TensorList(const ModelConfig& config)
        : m_config(config), m_traits(architectureTraits(config.architecture)) {}

    const ArchitectureTraits& traits() const { return m_traits; }

    std::vector<TensorSpec> take() { return std::move(m_specs); }

    void startBlock(std::int64_t block, std::string_view prefix) {
        m_block = static_cast<int>(block);
        m_prefix = std::string(prefix) + std::to_string(block) + ".";
    }
    void endBlocks() {
        m_block = -1;
        m_prefix.clear();
    }
    TensorSpec& add(std::string_view name, Shape shape, TensorRole role, std::string_view kind) {
        m_specs.push_back({m_prefix + std::string(name), std::move(shape), role, m_block,
                           std::string(kind), false, false});
        return m_specs.back();
    }
    void norm(std::string_view name, std::int64_t size, std::string_view kind) {
        add(std::string(name) + ".weight", {size}, TensorRole::Norm, kind);
        if (m_config.norm == NormKind::LayerNorm)
            add(std::string(name) + ".bias", {size}, TensorRole::Norm, kind);
    }
    /// A matrix [out, in] of a block; gpt2 stores [in, out].
    void linear(std::string_view name, std::int64_t out, std::int64_t in, std::string_view kind,
                BiasUse bias) {
        const bool transposed = m_traits.names == TensorNames::Gpt2;
        add(std::string(name) + ".weight", transposed ? Shape{in, out} : Shape{out, in},
            TensorRole::BlockMatrix, kind)
            .transposed = transposed;
        if (bias == BiasUse::Present)
            add(std::string(name) + ".bias", {out}, TensorRole::Bias, kind);
    }
    void head(std::string_view name) {
        add(name, {m_config.vocabularyRows, m_config.hidden}, TensorRole::Head, "head").optional =
            m_config.tiedEmbeddings;
    }

private:
    const ModelConfig& m_config;
    const ArchitectureTraits& m_traits;
    std::vector<TensorSpec> m_specs;
    std::string m_prefix;
    int m_block = -1;
};

void addNeox(const ModelConfig& c, TensorList& list) {
    list.add("gpt_neox.embed_in.weight", {c.vocabularyRows, c.hidden}, TensorRole::Embedding,
             "embed");
    for (std::int64_t i = 0; i < c.layers; ++i) {
        list.startBlock(i, "gpt_neox.layers.");
        list.norm("input_layernorm", c.hidden, "norm.attn");
        list.norm("post_attention_layernorm", c.hidden, "norm.mlp");
        list.linear("attention.query_key_value", 3 * c.hidden, c.hidden, "attn.qkv",
                    biasUse(c.attentionBias));
        list.linear("attention.dense", c.hidden, c.hidden, "attn.out",
                    biasUse(c.attentionOutputBias));
        list.linear("mlp.dense_h_to_4h", c.intermediate, c.hidden, "mlp.up", biasUse(c.mlpBias));
        list.linear("mlp.dense_4h_to_h", c.hidden, c.intermediate, "mlp.down", biasUse(c.mlpBias));
    }
    list.endBlocks();
    list.norm("gpt_neox.final_layer_norm", c.hidden, "norm.final");
    list.head(kNeoxHead);
}

void addGpt2(const ModelConfig& c, TensorList& list) {
    list.add("transformer.wte.weight", {c.vocabularyRows, c.hidden}, TensorRole::Embedding,
             "embed");
    list.add("transformer.wpe.weight", {c.maxPositions, c.hidden}, TensorRole::Position,
             "position");
    for (std::int64_t i = 0; i < c.layers; ++i) {
        list.startBlock(i, "transformer.h.");
        list.norm("ln_1", c.hidden, "norm.attn");
        list.linear("attn.c_attn", 3 * c.hidden, c.hidden, "attn.qkv", BiasUse::Present);
        list.linear("attn.c_proj", c.hidden, c.hidden, "attn.out", BiasUse::Present);
        list.norm("ln_2", c.hidden, "norm.mlp");
        list.linear("mlp.c_fc", c.intermediate, c.hidden, "mlp.up", BiasUse::Present);
        list.linear("mlp.c_proj", c.hidden, c.intermediate, "mlp.down", BiasUse::Present);
    }
    list.endBlocks();
    list.norm("transformer.ln_f", c.hidden, "norm.final");
    list.head(kPlainHead);
}

void addQueryKeyNorms(const ModelConfig& c, TensorList& list) {
    if (list.traits().queryKeyNorm == QueryKeyNorm::None) return;
    const bool perHead = list.traits().queryKeyNorm == QueryKeyNorm::PerHead;
    list.norm("self_attn.q_norm", perHead ? c.headDimension : c.heads * c.headDimension, "norm.q");
    list.norm("self_attn.k_norm", perHead ? c.headDimension : c.keyValueHeads * c.headDimension,
              "norm.k");
}

void addLlamaKind(const ModelConfig& c, TensorList& list) {
    const bool hasNorms = c.norm != NormKind::LayerNormPlain;
    const bool normAfter = list.traits().normPlacement == NormPlacement::AfterPart;
    const std::int64_t queries = c.heads * c.headDimension;
    const std::int64_t keys = c.keyValueHeads * c.headDimension;
    const BiasUse bias = biasUse(c.attentionBias);
    list.add("model.embed_tokens.weight", {c.vocabularyRows, c.hidden}, TensorRole::Embedding,
             "embed");
    for (std::int64_t i = 0; i < c.layers; ++i) {
        list.startBlock(i, "model.layers.");
        if (hasNorms && !normAfter) list.norm("input_layernorm", c.hidden, "norm.attn");
        list.linear("self_attn.q_proj", queries, c.hidden, "attn.q", bias);
        list.linear("self_attn.k_proj", keys, c.hidden, "attn.k", bias);
        list.linear("self_attn.v_proj", keys, c.hidden, "attn.v", bias);
        list.linear("self_attn.o_proj", c.hidden, queries, "attn.out",
                    biasUse(c.attentionOutputBias));
        addQueryKeyNorms(c, list);
        if (hasNorms)
            list.norm("post_attention_layernorm", c.hidden, normAfter ? "norm.attn" : "norm.mlp");
        list.linear("mlp.gate_proj", c.intermediate, c.hidden, "mlp.gate", biasUse(c.mlpBias));
        list.linear("mlp.up_proj", c.intermediate, c.hidden, "mlp.up", biasUse(c.mlpBias));
        list.linear("mlp.down_proj", c.hidden, c.intermediate, "mlp.down", biasUse(c.mlpBias));
        if (normAfter) list.norm("post_feedforward_layernorm", c.hidden, "norm.mlp");
    }
    list.endBlocks();
    if (hasNorms) list.norm("model.norm", c.hidden, "norm.final");
    list.head(kPlainHead);
}

/// True if `name` is prefix + digits + one of `endings`, from first to last character.
bool isBlockBuffer(std::string_view name, std::string_view prefix,
                   std::span<const std::string_view> endings) {
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    if (digits == 0) return false;
    name.remove_prefix(digits);
    return std::find(endings.begin(), endings.end(), name) != endings.end();
}

}  // namespace

std::vector<TensorSpec> expectedTensors(const ModelConfig& config) {
    TensorList list(config);
    switch (list.traits().names) {
    case TensorNames::GptNeox:
        addNeox(config, list);
        break;
    case TensorNames::Gpt2:
        addGpt2(config, list);
        break;
    case TensorNames::Llama:
        addLlamaKind(config, list);
        break;
    }
    return list.take();
}

std::string otherTensorName(Architecture architecture, std::string_view name) {
    const TensorNames names = architectureTraits(architecture).names;
    if (names == TensorNames::GptNeox && name == kNeoxHead) return std::string(kPlainHead);
    if (names == TensorNames::Gpt2 && name.starts_with(kGpt2Prefix))
        return std::string(name.substr(kGpt2Prefix.size()));
    return {};
}

bool isIgnoredBuffer(Architecture architecture, std::string_view tensorName) {
    static constexpr std::array<std::string_view, 3> kNeox{
        ".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.inv_freq"};
    static constexpr std::array<std::string_view, 2> kGpt2{".attn.bias", ".attn.masked_bias"};
    static constexpr std::array<std::string_view, 1> kLlama{".self_attn.rotary_emb.inv_freq"};
    switch (architectureTraits(architecture).names) {
    case TensorNames::GptNeox:
        return isBlockBuffer(tensorName, "gpt_neox.layers.", kNeox);
    case TensorNames::Gpt2:
        return isBlockBuffer(tensorName, "h.", kGpt2) ||
               isBlockBuffer(tensorName, "transformer.h.", kGpt2);
    case TensorNames::Llama:
        return tensorName == "model.rotary_emb.inv_freq" ||
               isBlockBuffer(tensorName, "model.layers.", kLlama);
    }
    return false;
}

}  // namespace gridscope
