// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/training_tokens.h"

#include <algorithm>
#include <optional>

#include "core/model/model_weights.h"
#include "core/text/megatron_dataset.h"
#include "core/text/token_file.h"
#include "core/text/tokenize_file.h"

namespace gridscope {

namespace {

Expected<void> readMegatron(FileOps& ops, const TrainingInput& input,
                            std::optional<TokenDtype> dtype, TrainingTokens& training) {
    GRIDSCOPE_TRY_ASSIGN(dataset, MegatronDataset::open(ops, input.tokens, dtype));
    MegatronDataset::StreamSettings stream;
    if (!input.tokenizer.empty()) {
        GRIDSCOPE_TRY_ASSIGN(tokenizer, Tokenizer::load(ops, input.tokenizer));
        stream.endOfDocument = tokenizer.endOfDocumentId();
    }
    training.sequenceLength = dataset.packedLength();
    if (training.sequenceLength > 0) {
        if (input.firstSequence >= dataset.sequences())
            return Error{ErrorCode::TokensTooFew, input.tokens.string(),
                         "expected a sequence " + std::to_string(input.firstSequence) +
                             ", the file has " + std::to_string(dataset.sequences()),
                         "Begin with an earlier window"};
        stream.first = input.firstSequence;
        training.firstSequence = input.firstSequence;
        if (input.sequences)
            stream.most = std::min(*input.sequences, dataset.sequences()) * training.sequenceLength;
    }
    GRIDSCOPE_TRY_ASSIGN(tokens, dataset.readStream(stream));
    training.ids = std::move(tokens.ids);
    return {};
}

Expected<void> readIds(FileOps& ops, const TrainingInput& input, TrainingTokens& training) {
    std::optional<TokenDtype> dtype;
    if (!input.dtype.empty()) {
        GRIDSCOPE_TRY_ASSIGN(parsed, parseTokenDtype(input.dtype));
        dtype = parsed;
    }
    if (isMegatronName(input.tokens)) return readMegatron(ops, input, dtype, training);
    GRIDSCOPE_TRY_ASSIGN(tokens, readTokenFile(ops, input.tokens, dtype));
    training.sequenceLength = tokens.rows > 0 ? tokens.columns : 0;
    training.ids = std::move(tokens.ids);
    return {};
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
        GRIDSCOPE_TRY(readIds(ops, input, training));
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

Expected<FileOrder> fileOrderOf(const TrainingTokens& tokens, std::int64_t length,
                                std::int64_t first) {
    if (tokens.sequenceLength == 0) return FileOrder{first, length};
    const auto sequence = static_cast<std::int64_t>(tokens.sequenceLength);
    if (length >= sequence)
        return Error{ErrorCode::SettingsRange,
                     "length",
                     "the sequences have " + std::to_string(sequence) +
                         " ids, of which the last is only predicted: expected at most " +
                         std::to_string(sequence - 1) + ", found " + std::to_string(length),
                     {}};
    return FileOrder{first - static_cast<std::int64_t>(tokens.firstSequence), sequence};
}

}  // namespace gridscope
