// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/training_tokens.h"

#include <optional>

#include "core/model/model_weights.h"
#include "core/text/megatron_dataset.h"
#include "core/text/token_file.h"
#include "core/text/tokenize_file.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kTokenizerBytes = 64 << 20;

Expected<std::vector<std::uint32_t>> readIds(FileOps& ops, const TrainingInput& input) {
    std::optional<TokenDtype> dtype;
    if (!input.dtype.empty()) {
        GRIDSCOPE_TRY_ASSIGN(parsed, parseTokenDtype(input.dtype));
        dtype = parsed;
    }
    if (!isMegatronName(input.tokens)) {
        GRIDSCOPE_TRY_ASSIGN(tokens, readTokenFile(ops, input.tokens, dtype));
        return std::move(tokens.ids);
    }
    GRIDSCOPE_TRY_ASSIGN(dataset, MegatronDataset::open(ops, input.tokens, dtype));
    MegatronDataset::StreamSettings stream;
    if (!input.tokenizer.empty()) {
        GRIDSCOPE_TRY_ASSIGN(tokenizer, Tokenizer::load(ops, input.tokenizer));
        stream.endOfDocument = tokenizer.endOfDocumentId();
    }
    GRIDSCOPE_TRY_ASSIGN(tokens, dataset.readStream(stream));
    return std::move(tokens.ids);
}

}  // namespace

Expected<TrainingTokens> loadTrainingTokens(FileOps& ops, const TrainingInput& input) {
    if (input.tokens.empty() == input.text.empty())
        return Error{ErrorCode::SettingsRange, "training tokens or text",
                     input.tokens.empty() ? "neither token ids nor a text was given"
                                          : "both token ids and a text were given",
                     "Give --tokens FILE, or --text FILE --tokenizer FILE"};
    TrainingTokens training;
    if (!input.tokens.empty()) {
        GRIDSCOPE_TRY_ASSIGN(ids, readIds(ops, input));
        training.ids = std::move(ids);
        return training;
    }
    if (input.tokenizer.empty())
        return Error{ErrorCode::TokenizerMissing, "tokenizer", "a text needs a tokenizer",
                     "Give --tokenizer FILE"};
    GRIDSCOPE_TRY_ASSIGN(json, readWholeFile(ops, input.tokenizer, kTokenizerBytes));
    GRIDSCOPE_TRY_ASSIGN(tokenizer, Tokenizer::parse(json, input.tokenizer.string()));
    TokenizeSettings how;
    how.lines = {input.textField, availableMemory() / 4};
    GRIDSCOPE_TRY_ASSIGN(text, tokenizeFile(ops, input.text, tokenizer, how));
    training.ids = std::move(text.ids);
    training.notes = std::move(text.notes);
    training.tokenizerJson = std::move(json);
    return training;
}

}  // namespace gridscope
