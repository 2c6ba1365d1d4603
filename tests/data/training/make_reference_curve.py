# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes reference_curve.json: 200 steps of a tiny GPT-NeoX in PyTorch's own training loop.

Model: transformers.GPTNeoXForCausalLM; optimizer: torch.optim.AdamW; clipping:
torch.nn.utils.clip_grad_norm_. Nothing of Gridscope is used: starting weights and data order are
computed here from their definitions, which tst_reference_curve.cpp repeats.

    python make_reference_curve.py > reference_curve.json
"""
import json
import math

import torch
import transformers

VOCABULARY, HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 12, 16, 2, 2, 32, 16
STEPS, BATCH, LENGTH, SEED = 200, 4, 12, 5
PATTERN = [0, 1, 2, 0, 5, 7, 0, 11, 0, 3]
TOKENS = [PATTERN[i % 10] for i in range(500)]
MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15
WINDOWS = 0x77696E646F777300


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def counter_bits(seed, stream, index):
    state = mix((seed + GAMMA) & MASK)
    state = mix(((state ^ stream) + GAMMA) & MASK)
    return mix(((state ^ index) + GAMMA) & MASK)


def window_start(step, sample):
    stream = (WINDOWS + step * GAMMA) & MASK
    return counter_bits(SEED, stream, sample) % (len(TOKENS) - LENGTH)


def fill(name, tensor):
    """The i-th weight of a tensor: a saw tooth whose phase comes from the letters of its name.

    Names are those of model.named_parameters(): transformers 5 calls the head lm_head.weight there.
    """
    phase = sum(name.encode())
    i = torch.arange(tensor.numel(), dtype=torch.float64)
    saw = torch.remainder(i * 37 + phase * 101, 1009) / 1009 - 0.5
    base = 1.0 if name.endswith("norm.weight") or "layernorm.weight" in name else 0.0
    tensor.copy_((base + 0.2 * saw).to(torch.float32).view(tensor.shape))


def rate(step):
    return 3e-3 * min(1.0, step / 10.0)


def main():
    torch.set_num_threads(1)
    config = transformers.GPTNeoXConfig(
        vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, intermediate_size=INNER, max_position_embeddings=POSITIONS,
        rotary_pct=0.5, use_parallel_residual=True, tie_word_embeddings=False,
        attention_dropout=0.0, hidden_dropout=0.0, attn_implementation="eager")
    model = transformers.GPTNeoXForCausalLM(config).float()
    decayed, spared = [], []
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            fill(name, parameter)
            (decayed if parameter.dim() == 2 else spared).append(parameter)
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": spared, "weight_decay": 0.0}],
        betas=(0.9, 0.95), eps=1e-8, foreach=False)
    losses, norms = [], []
    for step in range(1, STEPS + 1):
        windows = [TOKENS[s : s + LENGTH + 1]
                   for s in (window_start(step, sample) for sample in range(BATCH))]
        ids = torch.tensor([w[:-1] for w in windows])
        targets = torch.tensor([w[1:] for w in windows])
        logits = model(ids).logits
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, VOCABULARY), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.step()
        losses.append(loss.item())
        norms.append(norm.item())
    assert all(math.isfinite(x) for x in losses)
    print(json.dumps({"torch": torch.__version__, "transformers": transformers.__version__,
                      "loss": [round(x, 7) for x in losses],
                      "gradient_norm": [round(x, 7) for x in norms]}, indent=None))


if __name__ == "__main__":
    main()
