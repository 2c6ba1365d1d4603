// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/eval_options.h"

#include <CLI/CLI.hpp>

namespace gridscope::app {

void addEvalOptions(CLI::App& command, EvalInput& input) {
    command.add_option_function<std::string>(
        "--tokens", [&input](const std::string& file) { input.tokens = file; },
        "Token ids: .npy (1-D stream, or 2-D rows that are the windows), .bin, or Megatron .idx");
    command.add_option("--dtype", input.dtype, "Type of a .bin: u8, u16, u32, i32 or i64");
    command.add_option_function<std::string>(
        "--text", [&input](const std::string& file) { input.text = file; },
        "UTF-8 text to tokenize: .txt, .jsonl, .txt.zst or .jsonl.zst");
    command.add_option("--text-field", input.textField, "Key of the text in a .jsonl")
        ->capture_default_str();
    command.add_option_function<std::string>(
        "--tokenizer", [&input](const std::string& file) { input.tokenizer = file; },
        "tokenizer.json (default: the checkpoint folder's, else its parent's)");
    command.add_option("--preset", input.preset, "paper (128 x 512), llamacpp-512 or gptq-2048")
        ->capture_default_str();
    command.add_option("--windows", input.windows, "Number of windows, or all (default: preset)");
    command.add_option("--length", input.length, "Tokens per window (default: preset)");
}

}  // namespace gridscope::app
