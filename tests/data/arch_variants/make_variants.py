# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the folders beside it: tiny models with the settings that the reference folders in
../shared/data/arch do not use, and the logits of the Hugging Face implementation for them.

    python make_variants.py          # torch 2.13.0, transformers 5.23.0, numpy 2.4.6, safetensors

Weights are random (numpy PCG64, seed = position in the list), matrices with standard deviation
0.3, norms around 1, biases 0.3. One thread, FP32, eager attention."""

import json
import pathlib

import numpy
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

VOCABULARY = 31
LENGTH = 24
LLAMA = {
    "model_type": "llama", "vocab_size": VOCABULARY, "hidden_size": 24, "intermediate_size": 20,
    "num_hidden_layers": 2, "num_attention_heads": 3, "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": False}
VARIANTS = {
    # longer than the trained context, so that the base grows
    "llama_dynamic": LLAMA | {
        "max_position_embeddings": 16, "rope_theta": 500.0,
        "rope_scaling": {"type": "dynamic", "factor": 3.0}},
    "llama_yarn": LLAMA | {
        "num_attention_heads": 1, "rope_theta": 300.0,
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0,
                         "original_max_position_embeddings": 16, "beta_fast": 4.0}},
    "llama_yarn_mscale": LLAMA | {
        "num_attention_heads": 1, "rope_theta": 300.0,
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "truncate": False,
                         "original_max_position_embeddings": 20, "beta_fast": 3.0,
                         "beta_slow": 0.7, "mscale": 1.5, "mscale_all_dim": 0.6}},
    "llama_biases": LLAMA | {
        "attention_bias": True, "mlp_bias": True, "hidden_act": "gelu_pytorch_tanh",
        "num_key_value_heads": 1},
    "gpt2_scales": {
        "model_type": "gpt2", "vocab_size": VOCABULARY, "n_embd": 24, "n_layer": 3, "n_head": 2,
        "n_positions": 24, "n_inner": 20, "activation_function": "quick_gelu",
        "scale_attn_weights": False, "scale_attn_by_inverse_layer_idx": True,
        "tie_word_embeddings": False},
    # int(24 * 0.3) = 7: eight channels rotate, with the exponents of seven
    "gpt_neox_odd": {
        "model_type": "gpt_neox", "vocab_size": VOCABULARY, "hidden_size": 48,
        "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 2,
        "max_position_embeddings": 64, "rotary_pct": 0.3, "rotary_emb_base": 10000,
        "hidden_act": "gelu_fast", "use_parallel_residual": True,
        "tie_word_embeddings": True},
    # the second layer slides, over more positions than the sequence has
    "qwen2_sliding": LLAMA | {
        "model_type": "qwen2", "num_key_value_heads": None, "use_sliding_window": True,
        "sliding_window": 32, "max_window_layers": 1, "hidden_act": "relu",
        "tie_word_embeddings": True},
    "olmo_shared_heads": LLAMA | {
        "model_type": "olmo", "num_key_value_heads": 1, "attention_bias": True,
        "tie_word_embeddings": True},
    "olmo2_shared_heads": LLAMA | {
        "model_type": "olmo2", "num_attention_heads": 4, "num_key_value_heads": 2,
        "attention_bias": True},
}


def fill(model, seed):
    random = numpy.random.Generator(numpy.random.PCG64(seed))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.from_numpy(
                random.standard_normal(tuple(parameter.shape)).astype("float32") * 0.3)
            is_norm = parameter.dim() == 1 and name.endswith("weight")
            parameter.copy_(values + 1.0 if is_norm else values)


def make(name, settings, seed):
    folder = pathlib.Path(__file__).parent / name
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
    config = AutoConfig.from_pretrained(folder)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    fill(model, seed)
    tensors = {key: value.contiguous() for key, value in model.state_dict().items()
               if not (config.tie_word_embeddings and key in ("lm_head.weight",
                                                              "embed_out.weight"))}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    random = numpy.random.Generator(numpy.random.PCG64(1000 + seed))
    ids = random.integers(0, VOCABULARY, (2, LENGTH)).astype("int32")
    with torch.no_grad():
        logits = model(torch.from_numpy(ids).long()).logits
    assert torch.isfinite(logits).all()
    numpy.save(folder / "input_ids.npy", ids)
    numpy.save(folder / "logits.npy", logits.numpy())
    loss = torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, VOCABULARY).double(),
        torch.from_numpy(ids[:, 1:].reshape(-1)).long())
    (folder / "ce.json").write_text(json.dumps({"mean_ce": loss.item()}) + "\n")
    print(name, float(logits.abs().max()), loss.item())


torch.set_num_threads(1)
for index, (name, settings) in enumerate(VARIANTS.items()):
    make(name, settings, index)
