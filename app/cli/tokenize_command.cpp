// SPDX-License-Identifier: GPL-3.0-or-later

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "core/model/model_weights.h"
#include "core/text/npy_writer.h"
#include "core/text/tokenize_file.h"

namespace gridscope::app {

namespace {

struct Options {
    std::string tokenizer;
    std::string text;
    std::string textField = "text";
    std::string out;
    bool addSpecial = false;
    bool json = false;
};

Expected<ExitCode> run(const Options& options) {
    FileOps& ops = systemFileOps();
    if (options.out.empty() && !options.json)
        return Error{ErrorCode::SettingsRange, "--out", "no place for the ids was given",
                     "Give --out FILE.npy, or --json"};
    GRIDSCOPE_TRY_ASSIGN(tokenizer, Tokenizer::load(ops, options.tokenizer));
    TokenizeSettings how;
    how.special = options.addSpecial ? SpecialTokens::With : SpecialTokens::Without;
    how.lines = {options.textField, availableMemory() / 4};
    GRIDSCOPE_TRY_ASSIGN(text, tokenizeFile(ops, options.text, tokenizer, how));
    const std::vector<std::uint32_t>& ids = text.ids;
    if (!options.out.empty()) {
        // Two bytes where they suffice, as published token files have them.
        const NpyDtype dtype = tokenizer.vocabularySize() <= 65536 ? NpyDtype::U16 : NpyDtype::U32;
        GRIDSCOPE_TRY(writeNpyIds(ops, options.out, ids, dtype));
    }
    for (const std::string& note : text.notes) printMessage("note: " + note);
    if (options.json)
        GRIDSCOPE_TRY(writeOutput(nlohmann::json{{"ids", ids}}.dump() + "\n"));
    else
        printMessage(std::to_string(ids.size()) + " ids written to " +
                     escapeForDisplay(options.out, 4096));
    return ExitCode::Done;
}

}  // namespace

void addTokenizeCommand(CLI::App& app, CommandChoice& choice) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("tokenize", "Turn text into token ids");
    command->add_option("--tokenizer", options->tokenizer, "tokenizer.json")->required();
    command->add_option("--text", options->text, ".txt, .jsonl, also .zst")->required();
    command->add_option("--text-field", options->textField, "Key of the text in a .jsonl")
        ->capture_default_str();
    command->add_option("--out", options->out, "Ids as .npy");
    command->add_flag("--add-special", options->addSpecial, "With the template's ids, such as BOS");
    command->add_flag("--json", options->json, "{\"ids\":[...]} on stdout");
    command->callback([options, &choice] {
        choice = {[options] { return run(*options); }, &options->json};
    });
}

}  // namespace gridscope::app
