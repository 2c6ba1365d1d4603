# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-entropy of stories260K.bin on stories260K_val.txt, for tst_core_llama2c.

    python reference.py ../../../../shared/data        # numpy

A forward pass in double precision on the weights as they stand in the llama2.c file: rotary
embedding over neighbouring channels, no permutation, no checkpoint folder in between. The text is
cut by the scores of tok512.bin, best pair first, behind the beginning-of-text token 1."""

import math
import pathlib
import struct
import sys

import numpy

folder = pathlib.Path(sys.argv[1])
raw = (folder / "stories260K.bin").read_bytes()
hidden, inner, layers, heads, shared, vocabulary, positions = struct.unpack("7i", raw[:28])
numbers = numpy.frombuffer(raw, numpy.float32, offset=28).astype(numpy.float64)
width = hidden // heads


def take(*shape):
    global numbers
    count = math.prod(shape)
    values, numbers = numbers[:count].reshape(shape), numbers[count:]
    return values


embedding = take(vocabulary, hidden)
norm1 = take(layers, hidden)
query, key = take(layers, hidden, hidden), take(layers, shared * width, hidden)
value, output = take(layers, shared * width, hidden), take(layers, hidden, hidden)
norm2 = take(layers, hidden)
gate, down = take(layers, inner, hidden), take(layers, hidden, inner)
up = take(layers, inner, hidden)
norm3 = take(hidden)
tables = take(2, positions, width // 2)
assert numbers.size == 0

pieces, raw = [], (folder / "tok512.bin").read_bytes()[4:]
while raw:
    score, length = struct.unpack("fi", raw[:8])
    pieces.append((raw[8:8 + length], score))
    raw = raw[8 + length:]
index = {piece: i for i, (piece, _) in reversed(list(enumerate(pieces)))}
ids = []
for character in " " + (folder / "stories260K_val.txt").read_text():
    code = character.encode()
    ids += [index[code]] if code in index else [byte + 3 for byte in code]
while True:
    pairs = [(pieces[index[pair]][1], -at) for at in range(len(ids) - 1)
             if (pair := pieces[ids[at]][0] + pieces[ids[at + 1]][0]) in index]
    if not pairs:
        break
    at = -max(pairs)[1]
    ids[at:at + 2] = [index[pieces[ids[at]][0] + pieces[ids[at + 1]][0]]]
ids = [1] + ids
count = len(ids)


def rms(x, weight):
    return x / numpy.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * weight


angle = numpy.outer(numpy.arange(count), 10000.0 ** (-numpy.arange(0, width, 2) / width))[:, None]
assert abs(numpy.cos(angle[:, 0]) - tables[0][:count]).max() < 1e-5


def rotate(u):
    turned = numpy.empty_like(u)
    even, odd = u[..., 0::2], u[..., 1::2]
    turned[..., 0::2] = even * numpy.cos(angle) - odd * numpy.sin(angle)
    turned[..., 1::2] = even * numpy.sin(angle) + odd * numpy.cos(angle)
    return turned


x = embedding[ids]
for i in range(layers):
    z = rms(x, norm1[i])
    q = rotate((z @ query[i].T).reshape(count, heads, width))
    k = rotate((z @ key[i].T).reshape(count, shared, width)).repeat(heads // shared, 1)
    v = (z @ value[i].T).reshape(count, shared, width).repeat(heads // shared, 1)
    weight = numpy.einsum("thd,shd->hts", q, k) / math.sqrt(width)
    weight = numpy.exp(weight + numpy.triu(numpy.full((count, count), -numpy.inf), 1))
    weight /= weight.sum(-1, keepdims=True)
    x = x + numpy.einsum("hts,shd->thd", weight, v).reshape(count, hidden) @ output[i].T
    z = rms(x, norm2[i])
    g = z @ gate[i].T
    x = x + (g / (1 + numpy.exp(-g)) * (z @ up[i].T)) @ down[i].T
logits = rms(x, norm3) @ embedding.T
loss = numpy.log(numpy.exp(logits).sum(-1))[:-1] - logits[numpy.arange(count - 1), ids[1:]]
print(count, "tokens, cross-entropy", loss.mean())
