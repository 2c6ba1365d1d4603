#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the torch.save archives of this folder and what is in them (contents.json).

Made once with torch 2.13.0; needs torch only. Every value comes from the generator below, and the
content hashes from hashlib, so nothing of Gridscope takes part in what its reader is tested with.
"""

import collections
import hashlib
import json
import struct
import sys

import torch


def content_hash(tensor):
    """SHA-256 of rank and dims (u64) and the values as F32 bytes (row-major)."""
    flat = tensor.detach().float().contiguous().flatten().tolist()
    digest = hashlib.sha256(struct.pack(f"<{1 + tensor.dim()}Q", tensor.dim(), *tensor.shape))
    digest.update(struct.pack(f"<{len(flat)}f", *flat))
    return digest.hexdigest()


def describe(tensors):
    names = {torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32",
             torch.float64: "F64", torch.int64: "I64", torch.bool: "BOOL"}
    rows = []
    for name, tensor in tensors.items():
        row = {"name": name, "dtype": names[tensor.dtype], "shape": list(tensor.shape)}
        if tensor.is_floating_point():
            row["content_sha256"] = content_hash(tensor)
        rows.append(row)
    return rows


def main():
    torch.manual_seed(20261122)
    base = torch.randn(6, 10)
    big = torch.randn(5, 7, 3)
    tensors = collections.OrderedDict()
    tensors["embed.weight"] = base
    tensors["head.weight"] = base  # tied: one storage under two names
    tensors["transposed"] = base.t()
    tensors["slice"] = base[1:4, 2:9]
    tensors["every.third"] = big.permute(2, 0, 1)[1, ::2, 1::3]
    tensors["expanded"] = torch.randn(4)[1:3].unsqueeze(0).expand(2, 2)
    tensors["half"] = torch.randn(33).half()
    tensors["brain"] = torch.randn(3, 5).bfloat16()
    tensors["double"] = torch.randn(2, 4, dtype=torch.float64)
    tensors["scalar"] = torch.tensor(-0.0)
    tensors["empty"] = torch.zeros(0, 7)
    tensors["parameter"] = torch.nn.Parameter(torch.randn(3, 2))
    tensors["buffer.count"] = torch.tensor([1, -2, 3])
    tensors["buffer.mask"] = torch.tensor([[True, False], [False, True]])

    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.LayerNorm(3))
    plain = {name: value.clone() for name, value in module.state_dict().items()}
    optimizer = torch.optim.AdamW(module.parameters())
    module(torch.randn(2, 4)).sum().backward()
    optimizer.step()

    torch.save(tensors, "ordered.bin")
    torch.save(module.state_dict(), "module.pt")  # an OrderedDict with _metadata
    torch.save({"step": 1000, "lr": 3e-4, "model": plain, "optimizer": optimizer.state_dict(),
                "name": "run", "done": False, "note": None, "seed": 2**40}, "nested.pth")
    torch.serialization.set_crc32_options(False)
    torch.save(plain, "unchecked.bin")

    contents = {"torch": torch.__version__,
                "ordered.bin": describe(tensors),
                "module.pt": describe(module.state_dict()),
                "nested.pth": describe(plain),
                "unchecked.bin": describe(plain)}
    with open("contents.json", "w", encoding="utf-8") as file:
        json.dump(contents, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    sys.exit(main())
