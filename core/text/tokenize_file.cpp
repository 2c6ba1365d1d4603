// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/tokenize_file.h"

#include <new>

#include "core/text/text_file.h"

namespace gridscope {

namespace {

void noteReplaced(std::uint64_t replaced, TokenizedText& result) {
    if (replaced == 0) return;
    result.notes.push_back(std::to_string(replaced) +
                           " ill-formed UTF-8 sequences of the text became U+FFFD");
}

Expected<TokenizedText> tokenizeLines(FileOps& ops, const std::filesystem::path& path,
                                      const Tokenizer& tokenizer,
                                      const TokenizeSettings& settings) {
    GRIDSCOPE_TRY_ASSIGN(reader, JsonLinesReader::open(ops, path, settings.lines));
    TokenizedText result;
    const auto endOfDocument = tokenizer.endOfDocumentId();
    while (result.ids.size() < settings.most) {
        GRIDSCOPE_TRY_ASSIGN(text, reader.next());
        if (!text) break;
        GRIDSCOPE_TRY_ASSIGN(ids, tokenizer.encode(*text, settings.special));
        if (ids.empty()) continue;
        if (result.documents > 0 && endOfDocument) result.ids.push_back(*endOfDocument);
        result.ids.insert(result.ids.end(), ids.begin(), ids.end());
        ++result.documents;
    }
    noteReplaced(reader.replaced(), result);
    if (result.documents > 1 && !endOfDocument)
        result.notes.push_back(
            "the documents follow each other without a mark: the tokenizer has no "
            "end-of-document token");
    return result;
}

}  // namespace

Expected<TokenizedText> tokenizeFile(FileOps& ops, const std::filesystem::path& path,
                                     const Tokenizer& tokenizer,
                                     const TokenizeSettings& settings) try {
    if (isJsonLinesName(path)) return tokenizeLines(ops, path, tokenizer, settings);
    GRIDSCOPE_TRY_ASSIGN(document, readTextFile(ops, path, settings.lines.windowBytes));
    TokenizedText result;
    GRIDSCOPE_TRY_ASSIGN(ids, tokenizer.encode(document.text, settings.special));
    result.ids = std::move(ids);
    result.documents = result.ids.empty() ? 0 : 1;
    noteReplaced(document.replaced, result);
    return result;
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::MemoryFailed, path.string(), "there is not enough memory for the ids",
                 "Use a smaller file"};
}

}  // namespace gridscope
