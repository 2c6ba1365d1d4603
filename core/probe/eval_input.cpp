// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/eval_input.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "core/model/model_weights.h"
#include "core/text/eval_preset.h"
#include "core/text/megatron_dataset.h"
#include "core/text/token_file.h"
#include "core/text/tokenize_file.h"

namespace gridscope {

namespace {

std::uint64_t positionLimit(const CheckpointCatalog& catalog) {
    for (const CheckpointEntry& entry : catalog.entries) {
        if (entry.config) return static_cast<std::uint64_t>(entry.config->maxPositions);
    }
    return UINT64_MAX;
}

/// A window of another length keeps the preset's share of scored positions.
std::uint64_t scaledFirstScored(const WindowSettings& preset, std::uint64_t length) {
    return std::max<std::uint64_t>(1, preset.firstScored * length / preset.length);
}

Expected<WindowSettings> windowSettings(const EvalInput& input, const CheckpointCatalog& catalog,
                                        std::vector<std::string>& notes) {
    GRIDSCOPE_TRY_ASSIGN(preset, findEvalPreset(input.preset));
    WindowSettings settings = preset.windows;
    if (input.length) {
        settings.length = *input.length;
        settings.firstScored = scaledFirstScored(preset.windows, settings.length);
    }
    const std::uint64_t limit = positionLimit(catalog);
    if (input.length && *input.length > limit)
        notes.push_back("windows of " + std::to_string(*input.length) + " tokens go beyond the " +
                        std::to_string(limit) + " positions that the model was made for");
    if (!input.length && limit < settings.length) {
        settings.length = limit;
        settings.firstScored = scaledFirstScored(preset.windows, limit);
        notes.push_back("windows of " + std::to_string(limit) + " tokens instead of " +
                        std::to_string(preset.windows.length) +
                        ": the model has no more positions");
    }
    if (!input.windows) return settings;
    if (*input.windows == "all") {
        settings.count = std::nullopt;
        return settings;
    }
    const auto count = parseInteger(*input.windows);
    if (!count || *count < 1)
        return Error{ErrorCode::SettingsRange, "--windows", escapeForDisplay(*input.windows),
                     "Give a number of at least 1, or all"};
    settings.count = static_cast<std::uint64_t>(*count);
    return settings;
}

/// Ids that the windows take from one stream.
std::uint64_t wantedIds(const WindowSettings& settings) {
    const bool countable =
        settings.count && settings.length > 0 && *settings.count <= kAllIds / settings.length;
    return countable ? *settings.count * settings.length : kAllIds;
}

/// The id that ends a document, and how documents are joined for want of one.
struct DocumentEnd {
    std::optional<std::uint32_t> id;
    std::string note;
};

/// That of the tokenizer that is named or lies beside the checkpoints.
Expected<DocumentEnd> endOfDocument(FileOps& ops, const EvalInput& input,
                                    const CheckpointCatalog& catalog) {
    const std::string asTheyStand = "documents are joined as they stand in the file: ";
    std::filesystem::path file = input.tokenizer;
    if (file.empty()) {
        const auto found = findTokenizer(catalog);
        if (!found)
            return DocumentEnd{{},
                               asTheyStand +
                                   "no tokenizer is there to name the "
                                   "end-of-document id"};
        file = *found;
    }
    const auto tokenizer = Tokenizer::load(ops, file);
    if (!tokenizer) {
        if (!input.tokenizer.empty()) return tokenizer.error();
        // One that nobody named is not needed.
        return DocumentEnd{{},
                           asTheyStand +
                               "the tokenizer beside the checkpoints cannot be "
                               "used (" +
                               tokenizer.error().toText() + ")"};
    }
    const auto id = tokenizer->endOfDocumentId();
    if (!id)
        return DocumentEnd{{},
                           asTheyStand + "the tokenizer " + escapeForDisplay(file.string(), 4096) +
                               " has no end-of-document token"};
    return DocumentEnd{id, "documents are joined by id " + std::to_string(*id)};
}

/// Sequences of one length: whole, or cut into shorter windows. `settings.length` becomes theirs
/// unless the user gave one or the model has too few positions (the last id is a target only).
Expected<TokenArray> packedSequences(MegatronDataset& dataset, const EvalInput& input,
                                     const CheckpointCatalog& catalog, WindowSettings& settings,
                                     std::vector<std::string>& notes) {
    const std::uint64_t packed = dataset.packedLength();
    if (!input.length && packed - 1 <= positionLimit(catalog)) {
        settings.firstScored = scaledFirstScored(settings, packed);
        settings.length = packed;
    }
    const std::uint64_t perRow = settings.length > 0 ? packed / settings.length : 0;
    // Nothing to cut: what the windows are cut from says why.
    if (perRow == 0) return dataset.readRows(1);
    notes.push_back("sequences of " + std::to_string(packed) + " ids are " +
                    (perRow == 1 && packed == settings.length
                         ? "the windows"
                         : "cut into " + std::to_string(perRow) + " windows each"));
    const std::uint64_t rows = settings.count ? (*settings.count - 1) / perRow + 1 : kAllIds;
    GRIDSCOPE_TRY_ASSIGN(tokens, dataset.readRows(rows));
    return perRow == 1 && packed == settings.length ? std::move(tokens)
                                                    : splitRows(tokens, settings.length);
}

Expected<TokenArray> readDataset(FileOps& ops, const EvalInput& input,
                                 std::optional<TokenDtype> dtype, const CheckpointCatalog& catalog,
                                 WindowSettings& settings, std::vector<std::string>& notes) {
    GRIDSCOPE_TRY_ASSIGN(dataset, MegatronDataset::open(ops, input.tokens, dtype));
    if (dataset.packedLength() > 0)
        return packedSequences(dataset, input, catalog, settings, notes);
    MegatronDataset::StreamSettings stream{wantedIds(settings), {}};
    if (dataset.documents() > 1) {
        GRIDSCOPE_TRY_ASSIGN(end, endOfDocument(ops, input, catalog));
        stream.endOfDocument = end.id;
        notes.push_back(std::move(end.note));
    }
    return dataset.readStream(stream);
}

Expected<LoadedWindows> windowsOfTokens(FileOps& ops, const EvalInput& input,
                                        const CheckpointCatalog& catalog, WindowSettings settings,
                                        LoadedWindows loaded) {
    std::optional<TokenDtype> dtype;
    if (!input.dtype.empty()) {
        GRIDSCOPE_TRY_ASSIGN(parsed, parseTokenDtype(input.dtype));
        dtype = parsed;
    }
    const bool isDataset = isMegatronName(input.tokens);
    GRIDSCOPE_TRY_ASSIGN(tokens,
                         isDataset ? readDataset(ops, input, dtype, catalog, settings, loaded.notes)
                                   : readTokenFile(ops, input.tokens, dtype, wantedIds(settings)));
    // Rows of a 2-D array are the windows, whatever their length.
    if (tokens.rows > 0 && !input.length && !isDataset) settings.length = tokens.columns;
    GRIDSCOPE_TRY_ASSIGN(windows, cutWindows(tokens, settings, input.tokens.string()));
    loaded.windows = std::move(windows);
    return loaded;
}

Expected<LoadedWindows> windowsOfText(FileOps& ops, const EvalInput& input,
                                      const WindowSettings& settings,
                                      const CheckpointCatalog& catalog, LoadedWindows loaded) {
    std::filesystem::path file = input.tokenizer;
    if (file.empty()) {
        GRIDSCOPE_TRY_ASSIGN(found, findTokenizer(catalog));
        file = found;
        loaded.notes.push_back("tokenizer: " + escapeForDisplay(file.string(), 4096));
    }
    GRIDSCOPE_TRY_ASSIGN(tokenizer, Tokenizer::load(ops, file));
    TokenizeSettings how;
    how.most = wantedIds(settings);
    how.lines = {input.textField, availableMemory() / 4};
    GRIDSCOPE_TRY_ASSIGN(text, tokenizeFile(ops, input.text, tokenizer, how));
    loaded.notes.insert(loaded.notes.end(), text.notes.begin(), text.notes.end());
    TokenArray tokens;
    tokens.ids = std::move(text.ids);
    GRIDSCOPE_TRY_ASSIGN(windows, cutWindows(tokens, settings, input.text.string()));
    windows.tokenizerSha256 = tokenizer.sha256();
    for (std::uint64_t w = 0; w < windows.count; ++w) {
        GRIDSCOPE_TRY_ASSIGN(scored,
                             tokenizer.decode(windows.window(w).subspan(windows.firstScored)));
        windows.textBytes += scored.size();
    }
    loaded.windows = std::move(windows);
    return loaded;
}

}  // namespace

Expected<LoadedWindows> loadEvalWindows(FileOps& ops, const EvalInput& input,
                                        const CheckpointCatalog& catalog) {
    if (input.tokens.empty() == input.text.empty())
        return Error{ErrorCode::SettingsRange, "--tokens, --text",
                     input.tokens.empty() ? "neither token ids nor a text was given"
                                          : "both token ids and a text were given",
                     "Give --tokens FILE (.npy, .bin or .idx) or --text FILE"};
    LoadedWindows loaded;
    GRIDSCOPE_TRY_ASSIGN(settings, windowSettings(input, catalog, loaded.notes));
    return input.text.empty() ? windowsOfTokens(ops, input, catalog, settings, std::move(loaded))
                              : windowsOfText(ops, input, settings, catalog, std::move(loaded));
}

Expected<std::filesystem::path> findTokenizer(const CheckpointCatalog& catalog) {
    std::error_code ignored;
    for (const CheckpointEntry& entry : catalog.entries) {
        const std::filesystem::path here =
            std::filesystem::absolute(entry.folder, ignored).lexically_normal();
        // "a/b/" normalizes to a path that ends in a slash, whose parent is itself.
        const std::filesystem::path own = here.has_filename() ? here : here.parent_path();
        for (const auto& folder : {own, own.parent_path()}) {
            const std::filesystem::path file = folder / "tokenizer.json";
            if (std::filesystem::exists(file, ignored)) return file;
        }
    }
    return Error{ErrorCode::TokenizerMissing, catalog.root.string(),
                 "there is no tokenizer.json beside the checkpoints", "Give --tokenizer FILE"};
}

}  // namespace gridscope
