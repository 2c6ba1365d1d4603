#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the seed inputs of the fuzz targets into tests/fuzz/corpus.

    tests/fuzz/make_corpus.py        (run it again after changing it, and commit what it wrote)

valid_* must be read by the harness, bad_* must be refused (tst_fuzz_corpus). Valid files have at
most 2 KiB, because the test reads every prefix and every one-bit flip of them. "lines" and "raw"
in a name mark files that are whole in parts. Everything here is made from scratch.
"""

import json
import pathlib
import struct
import subprocess
import zlib

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def put(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def compact(value):
    return json.dumps(value, separators=(",", ":"))


# --- config.json -------------------------------------------------------------------------------
NEOX = {"model_type": "gpt_neox", "vocab_size": 97, "hidden_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 6, "intermediate_size": 96, "rotary_pct": 0.25,
        "rotary_emb_base": 10000, "hidden_act": "gelu", "use_parallel_residual": True}
LLAMA = {"model_type": "llama", "vocab_size": 97, "hidden_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 6, "num_key_value_heads": 2, "intermediate_size": 96,
         "rms_norm_eps": 1e-5, "tie_word_embeddings": True}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64,
        "beta_fast": 32, "beta_slow": 1, "truncate": False, "mscale": 2, "mscale_all_dim": 1}
LLAMA3 = {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
          "original_max_position_embeddings": 16}


def configs():
    put("config", "valid_neox.json", compact(NEOX))
    put("config", "valid_neox_indented.json", json.dumps(NEOX, indent=2) + "\n")
    put("config", "valid_gpt2.json", compact({"model_type": "gpt2", "vocab_size": 97, "n_embd": 48,
                                              "n_layer": 2, "n_head": 6, "n_positions": 64,
                                              "n_inner": None}))
    put("config", "valid_llama_yarn.json", compact({**LLAMA, "rope_scaling": YARN}))
    put("config", "valid_llama3.json", compact({**LLAMA, "rope_parameters":
                                                {"full_attention": LLAMA3}}))
    for kind in ("olmo", "olmo2", "qwen2", "qwen3", "smollm3"):
        more = {"olmo": {"clip_qkv": 8.0}, "smollm3": {"no_rope_layers": [1, 0]},
                "qwen3": {"head_dim": 16}}.get(kind, {})
        put("config", f"valid_{kind}.json", compact({**LLAMA, "model_type": kind, **more}))
    put("config", "bad_nan.json", compact({**NEOX, "layer_norm_eps": float("nan")}))
    put("config", "bad_1e400.json", compact(NEOX)[:-1] + ',"layer_norm_eps":1e400}')
    put("config", "bad_twice.json", compact(NEOX)[:-1] + ',"hidden_size":64}')
    put("config", "bad_layers.json", compact({**NEOX, "num_hidden_layers": 10 ** 9}))
    put("config", "bad_type.json", compact({**NEOX, "model_type": "bloom"}))
    put("config", "bad_deep.json", '{"x":' + "[" * 200 + "]" * 200 + "}")
    put("config", "bad_sliding.json", compact({**LLAMA, "layer_types": ["sliding_attention"] * 2,
                                               "sliding_window": 8}))


# --- tokenizer.json ----------------------------------------------------------------------------
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
VOCABULARY = {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4, "\u0120": 5, "\u0120a": 6, "1": 7, "x": 8}
ADDED = [{"id": 9, "content": "<|endoftext|>", "single_word": False, "lstrip": False,
          "rstrip": False, "normalized": False, "special": True},
         {"id": 10, "content": "  ", "single_word": False, "lstrip": False, "rstrip": False,
          "normalized": True, "special": False}]
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" \
       r"\s*[\r\n]+|\s+(?!\S)|\s+"


def tokenizer(pre, model=None, **parts):
    document = {"version": "1.0", "added_tokens": ADDED, "normalizer": {"type": "NFC"},
                "pre_tokenizer": pre, "post_processor": None, "decoder": {"type": "ByteLevel"},
                "model": {"type": "BPE", "vocab": VOCABULARY,
                          "merges": ["a b", "ab c", "\u0120 a"], **(model or {})}}
    document.update(parts)
    return compact(document)


def tokenizers():
    put("tokenizer", "valid_bytes.json", tokenizer(BYTES))
    put("tokenizer", "valid_pairs.json",
        tokenizer(BYTES, {"merges": [["a", "b"], ["ab", "c"]], "ignore_merges": True}))
    put("tokenizer", "valid_qwen.json", tokenizer({"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": QWEN}, "behavior": "Isolated", "invert": False},
        {**BYTES, "use_regex": False}]}))
    put("tokenizer", "valid_digits.json", tokenizer({"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": True}, BYTES]}))
    mark = "\u2581"
    pieces = {"<unk>": 0, "<s>": 1, mark: 2, "a": 3, mark + "a": 4, "<0xCC>": 5, "<0x81>": 6}
    put("tokenizer", "valid_pieces.json", tokenizer(
        None, {"vocab": pieces, "merges": [mark + " a"], "unk_token": "<unk>", "fuse_unk": True,
               "byte_fallback": True},
        added_tokens=[],
        normalizer={"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": mark},
            {"type": "Replace", "pattern": {"String": " "}, "content": mark}]},
        post_processor={"type": "TemplateProcessing",
                        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                   {"Sequence": {"id": "A", "type_id": 0}}],
                        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        decoder={"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": mark}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}))
    put("tokenizer", "valid_metaspace.json", tokenizer(
        {"type": "Metaspace", "replacement": mark, "prepend_scheme": "first", "split": True},
        {"vocab": pieces, "merges": []}, added_tokens=[], normalizer=None, decoder=None))
    put("tokenizer", "bad_equal_ids.json", tokenizer(BYTES, {"vocab": {"a": 0, "b": 0},
                                                             "merges": []}))
    put("tokenizer", "bad_merge.json", tokenizer(BYTES, {"merges": ["a z"]}))
    put("tokenizer", "bad_component.json", tokenizer({"type": "Punctuation"}))
    put("tokenizer", "bad_added.json",
        tokenizer(BYTES, added_tokens=[{**ADDED[0], "id": 0}, ADDED[1]]))
    growth = [{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}] * 40
    put("tokenizer", "grows_normalizer.json", tokenizer(
        BYTES, added_tokens=[], normalizer={"type": "Sequence", "normalizers": growth}))
    put("tokenizer", "grows_decoder.json", tokenizer(
        BYTES, decoder={"type": "Sequence", "decoders": growth}))
    put("tokenizer", "bad_growing_token.json", tokenizer(
        BYTES, added_tokens=[ADDED[0], {**ADDED[1], "content": "ba"}],
        normalizer={"type": "Sequence", "normalizers": growth}))
    put("tokenizer", "bad_steps.json", tokenizer({"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": False}] * 65}))
    put("tokenizer", "bad_utf8.json", tokenizer(BYTES).encode().replace(b'"x"', b'"\xff"'))


# --- .npy --------------------------------------------------------------------------------------
def npy(descr, shape, data, order="False", major=1):
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    length = struct.pack("<H" if major == 1 else "<I", len(header) + 1)
    return b"\x93NUMPY" + bytes([major, 0]) + length + header.encode() + b"\n" + data


def arrays():
    put("npy", "valid_u2.npy", npy("'<u2'", "(3,)", struct.pack("<3H", 5, 513, 65535)))
    put("npy", "valid_rows.npy", npy("'|u1'", "(2, 3)", b"abcdef"))
    put("npy", "valid_i8.npy", npy("'<i8'", "(1,)", struct.pack("<q", 2 ** 31), major=2))
    put("npy", "valid_i4.npy", npy("'<i4'", "(2,)", struct.pack("<2i", 0, 7), major=3))
    put("npy", "bad_order.npy", npy("'<u2'", "(1, 2)", b"abcd", order="True"))
    put("npy", "bad_float.npy", npy("'<f4'", "(1,)", b"abcd"))
    put("npy", "bad_shape.npy", npy("'<u2'", "(4294967296, 4294967296)", b"abcd"))
    put("npy", "bad_negative.npy", npy("'<i4'", "(1,)", b"\xff\xff\xff\xff"))
    put("npy", "bad_header.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff")


# --- Megatron .idx with .bin, raw .bin (see fuzz_idx.cpp for how both lie in one input) --------
def dataset(lengths, offsets, documents, data, code=8, magic=b"MMIDIDX\0\0", counts=None):
    n, m = counts or (len(lengths), len(documents))
    index = magic + struct.pack("<QBQQ", 1, code, n, m)
    index += struct.pack(f"<{len(lengths)}i", *lengths)
    index += struct.pack(f"<{len(offsets)}q", *offsets)
    index += struct.pack(f"<{len(documents)}q", *documents)
    return struct.pack("<H", len(index)) + index + data


def datasets():
    six = struct.pack("<6H", 5, 6, 7, 8, 9, 513)
    put("idx", "valid_documents.bin", dataset([3, 2, 1], [0, 6, 10], [0, 1, 3, 3], six))
    put("idx", "valid_packed.bin", dataset([3, 3], [0, 6], [0, 1, 2], six))
    put("idx", "valid_i32.bin", dataset([2], [0], [0, 1], struct.pack("<2i", 1, 2), code=4))
    put("idx", "valid_raw_u16.bin", b"\0\0\x01" + six)
    put("idx", "valid_raw_i64.bin", b"\0\0\x04" + struct.pack("<2q", 1, 2 ** 32 - 1))
    put("idx", "bad_older.bin", dataset([3], [0], [0, 1], six, magic=b"TNTIDX\0\0\0"))
    put("idx", "bad_type.bin", dataset([3], [0], [0, 1], six, code=6))
    put("idx", "bad_counts.bin", dataset([3], [0], [0, 1], six, counts=(2 ** 62, 2)))
    put("idx", "bad_overlap.bin", dataset([6, 6], [0, 0], [0, 2], six))
    put("idx", "bad_offset.bin", dataset([3, 3], [0, 2 ** 62], [0, 2], six))
    put("idx", "bad_negative.bin", dataset([3, -3], [0, 6], [0, 2], six))
    put("idx", "bad_documents.bin", dataset([3, 3], [0, 6], [0, 2, 1], six))
    put("idx", "bad_raw_odd.bin", b"\0\0\x01abc")


# --- .jsonl and .jsonl.zst ---------------------------------------------------------------------
def packed(content, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=content, check=True,
                          stdout=subprocess.PIPE).stdout


def lines():
    two = '{"text":"a\\n\u00e9\\ud83d\\ude00"}\r\n\n{"meta":[{"x":null}],"text":"b"}\n'.encode()
    put("jsonl", "valid_lines.jsonl", two)
    put("jsonl", "valid_lines_mark.jsonl", b"\xef\xbb\xbf" + two)
    put("jsonl", "valid_lines_mended.jsonl", b'{"text":"caf\xe9"}')
    put("jsonl", "valid_packed_lines.zst", packed(two))
    put("jsonl", "valid_packed_lines_frames.zst", packed(two[:9], "--no-check") + packed(two[9:]))
    put("jsonl", "bad_line.jsonl", two + b"plain text\n")
    put("jsonl", "bad_key.jsonl", b'{"content":"a"}\n')
    put("jsonl", "bad_deep.jsonl", b'{"text":' + b"[" * 300)
    put("jsonl", "bad_cut.zst", packed(two)[:-3])
    # By hand: a frame whose window is 2^(10 + 21) bytes, then an empty last block.
    put("jsonl", "bad_window.zst", b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00")
    put("jsonl", "bad_checksum.zst", packed(two)[:-1] + b"\0")


# --- safetensors -------------------------------------------------------------------------------
def safetensors(header, data, length=None):
    text = header if isinstance(header, bytes) else compact(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def tensors():
    two = {"__metadata__": {"format": "pt"}, "w": entry("F32", [2, 2], 0, 16),
           "b": entry("F16", [3], 16, 22)}
    data = struct.pack("<4f3e", 1, -2.5, float("inf"), 0, 1, 2, float("nan"))
    put("safetensors", "valid_two.safetensors", safetensors(two, data))
    put("safetensors", "valid_padded.safetensors",
        safetensors(compact({"a": entry("BF16", [], 0, 2)}).encode() + b" " * 7, b"\x80\x3f"))
    put("safetensors", "valid_empty_tensor.safetensors",
        safetensors({"a": entry("F64", [0, 4], 0, 0), "m": entry("BOOL", [2], 0, 2)}, b"\0\1"))
    put("safetensors", "valid_none.safetensors", safetensors({}, b""))
    put("safetensors", "bad_hole.safetensors",
        safetensors({"a": entry("U8", [1], 0, 1), "b": entry("U8", [1], 2, 3)}, b"abc"))
    put("safetensors", "bad_overlap.safetensors",
        safetensors({"a": entry("U8", [2], 0, 2), "b": entry("U8", [2], 1, 3)}, b"abc"))
    put("safetensors", "bad_shape.safetensors",
        safetensors({"a": entry("F32", [2 ** 62, 4], 0, 16)}, data[:16]))
    put("safetensors", "bad_length.safetensors", safetensors(two, data, 2 ** 63))
    put("safetensors", "bad_tail.safetensors", safetensors(two, data + b"x"))
    put("safetensors", "bad_twice.safetensors",
        safetensors(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
                    b'"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"x"))
    put("safetensors", "bad_deep.safetensors", safetensors(b'{"a":' + b"[" * 500, b""))


# --- index of shards ---------------------------------------------------------------------------
def shards():
    two = {"metadata": {"total_size": 24}, "weight_map": {"b": "model-00002-of-00002.safetensors",
                                                          "a": "model-00001-of-00002.safetensors"}}
    put("shards", "valid_two.json", compact(two))
    put("shards", "valid_indented.json", json.dumps(two, indent=2) + "\n")
    put("shards", "valid_no_metadata.json", compact({"weight_map": {"a": "pytorch_model.bin"}}))
    for name, file in {"up": "../a.bin", "absolute": "/a.bin", "drive": "C:a.bin",
                       "back": "a\\b.bin", "nul": "a\0.bin", "dots": "..", "empty": ""}.items():
        put("shards", f"bad_{name}.json", compact({"weight_map": {"a": file}}))
    put("shards", "bad_twice.json", '{"weight_map":{"a":"x.bin","a":"y.bin"}}')
    put("shards", "bad_number.json", '{"weight_map":{"a":1}}')
    put("shards", "bad_no_map.json", '{"metadata":{}}')
    put("shards", "bad_deep.json", '{"weight_map":' + '{"a":' * 300)


# --- pickle of a state dict, opcode by opcode (formats.md 5.2) ----------------------------------
def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    return b"K" + bytes([value]) if value < 256 else b"J" + struct.pack("<i", value)


def numbers(values):
    return b"(" + b"".join(number(v) for v in values) + b"t"


def called(module, name):
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


ORDERED = called("collections", "OrderedDict") + b")R"


def tensor(key, count, shape, strides, offset=0, kind="FloatStorage"):
    storage = b"(" + text("storage") + called("torch", kind) + text(key) + text("cpu") + \
        number(count) + b"tQ"
    return called("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + number(offset) + \
        numbers(shape) + numbers(strides) + b"\x89" + ORDERED + b"tR"


def state_dict(entries, start=b"\x80\x02"):
    return start + ORDERED + b"(" + b"".join(text(n) + t for n, t in entries.items()) + b"u."


TWO = {"w": tensor("0", 4, [2, 2], [2, 1]), "b": tensor("1", 3, [2], [1], offset=1,
                                                        kind="HalfStorage")}


def pickles():
    put("pickle", "valid_two.pkl", state_dict(TWO))
    put("pickle", "valid_tied.pkl",
        state_dict({"a": tensor("0", 6, [2, 3], [3, 1]), "b": tensor("0", 6, [3, 2], [1, 3])}))
    # As old scripts saved it: a plain dict around the state dict, names kept in the memo.
    inner = b"}q\x00(" + text("w") + b"q\x01" + TWO["w"] + b"u"
    put("pickle", "valid_inside.pkl", b"\x80\x02}(" + text("epoch") + number(3) +
        text("rate") + b"G" + struct.pack(">d", 0.5) + text("model") + inner + text("again") +
        b"h\x01" + b"u.")
    put("pickle", "valid_parameter.pkl", state_dict(
        {"p": called("torch._utils", "_rebuild_parameter") + b"(" + TWO["w"] + b"\x88" + ORDERED +
         b"tR"}))
    for module, name in (("os", "system"), ("builtins", "eval"), ("torch", "load")):
        put("pickle", f"bad_{module}_{name}.pkl",
            b"\x80\x02" + called(module, name) + b"(" + text("true") + b"tR.")
    put("pickle", "bad_underflow.pkl", b"\x80\x02R.")
    put("pickle", "bad_no_mark.pkl", b"\x80\x02K\x01t.")
    put("pickle", "bad_memo.pkl", b"\x80\x02h\x07.")
    put("pickle", "bad_text.pkl", b"\x80\x02X\xff\xff\xff\x7f.")
    put("pickle", "bad_no_stop.pkl", state_dict(TWO)[:-1])
    put("pickle", "bad_itself.pkl", b"\x80\x02]q\x00h\x00a.")
    put("pickle", "bad_nested.pkl", b"\x80\x02" + b"]" * 2000 + b"a" * 1999 + b".")
    put("pickle", "bad_view.pkl", state_dict({"w": tensor("0", 4, [2, 3], [2, 1])}))
    put("pickle", "bad_stride.pkl", state_dict({"w": tensor("0", 4, [100, 100], [0, 0])}))
    put("pickle", "bad_protocol.pkl", state_dict(TWO, b"\x80\x05"))


# --- torch.save archives ------------------------------------------------------------------------
def archive(members, torch_like=True, **spoil):
    """A ZIP of stored members; torch writes flag bits 3 and 11, local zeros, padding and ZIP64."""
    body, central = b"", b""
    flags = spoil.get("flags", 0x0808 if torch_like else 0)
    for name, data in members.items():
        crc = spoil.get("crc", zlib.crc32(data))
        start = len(body)
        raw = name.encode()
        extra = b""
        if torch_like:
            gap = -(start + 30 + len(raw) + 4) % 64
            extra = struct.pack("<HH", 0x4246, gap) + b"Z" * gap
        local = (0, 0, 0) if torch_like else (crc, len(data), len(data))
        method = spoil.get("method", 0)
        body += struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, flags, method, 0, 0, *local, len(raw),
                            len(extra)) + raw + extra + data
        if torch_like:
            body += struct.pack("<IIII", 0x08074B50, crc, len(data), len(data))
        central += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, flags, method, 0, 0, crc,
                               len(data), len(data), len(raw), 0, 0, 0, 0, 0,
                               start + spoil.get("shift", 0)) + raw
    begin, count = len(body), len(members)
    end = b""
    if torch_like:
        end = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(central),
                          begin)
        end += struct.pack("<IIQI", 0x07064B50, 0, begin + len(central), 1)
    end += struct.pack("<IHHHHIIH", 0x06054B50, spoil.get("disk", 0), 0, count, count,
                       len(central), begin, 0)
    return body + central + end


def archives():
    members = {"m/data.pkl": state_dict(TWO), "m/byteorder": b"little",
               "m/data/0": struct.pack("<4f", 1, -2.5, 0, 4),
               "m/data/1": struct.pack("<3e", 1, 2, 3), "m/version": b"3\n"}
    put("zip", "valid_torch.pt", archive(members))
    put("zip", "valid_plain.pt", archive(members, torch_like=False))
    put("zip", "valid_unchecked.pt", archive(members, crc=0))
    put("zip", "bad_crc.pt", archive(members, crc=1))
    put("zip", "bad_method.pt", archive(members, method=8))
    put("zip", "bad_encrypted.pt", archive(members, flags=0x0809))
    put("zip", "bad_disk.pt", archive(members, torch_like=False, disk=1))
    put("zip", "bad_shift.pt", archive(members, shift=1))
    put("zip", "bad_order.pt", archive({**members, "m/byteorder": b"big"}))
    put("zip", "bad_up.pt", archive({"../m/data.pkl": b"x", **members}))
    put("zip", "bad_no_pickle.pt", archive({"m/data/0": b"abcd"}))
    put("zip", "bad_script.pt", archive({**members, "m/constants.pkl": b"x"}))
    put("zip", "bad_short_record.pt", archive({**members, "m/data/1": b"xx"}))


if __name__ == "__main__":
    configs()
    tokenizers()
    arrays()
    datasets()
    lines()
    tensors()
    shards()
    pickles()
    archives()
