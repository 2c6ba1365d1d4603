// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/text/tokenizer_components_impl.h"

#include "core/text/json_fields_impl.h"
#include "core/text/tokenizer_file_impl.h"
#include "core/text/unicode.h"

namespace gridscope {

namespace {

using nlohmann::json;

// The patterns that have a scanner, as their files spell them (formats.md, 9.4).
constexpr std::string_view kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kMark = "\xE2\x96\x81";  // U+2581

// Steps call each other, one stack frame each; published files have at most four.
constexpr std::size_t kMostSteps = 64;

/// Calls `add(fields, type)` for `component`, or for the members of a Sequence in order.
/// Sequences may hold Sequences (the file reader bounds the depth); `steps` counts over all.
template <class Add>
Expected<void> addSteps(const json& component, const std::string& where, const char* membersKey,
                        const Add& add, std::size_t& steps) {
    GRIDSCOPE_TRY_ASSIGN(fields, JsonFields::of(component, where));
    GRIDSCOPE_TRY_ASSIGN(type, fields.text("type"));
    if (type != "Sequence") {
        if (++steps <= kMostSteps) return add(fields, type);
        return Error{ErrorCode::TokenizerLimit, where,
                     "more than " + std::to_string(kMostSteps) + " steps",
                     "Is this the tokenizer.json that was published?"};
    }
    GRIDSCOPE_TRY_ASSIGN(members, fields.array(membersKey));
    for (std::size_t i = 0; i < members->size(); ++i) {
        if (members->at(i).is_null()) continue;
        GRIDSCOPE_TRY(addSteps(members->at(i), fields.whereOf(membersKey) + "/" + std::to_string(i),
                               membersKey, add, steps));
    }
    return {};
}

/// The same for a component that may be absent or null. Errors also: tokenizer.limit.
template <class Add>
Expected<void> forEachStep(const json* component, const std::string& where, const char* membersKey,
                           const Add& add) {
    if (component == nullptr || component->is_null()) return {};
    std::size_t steps = 0;
    return addSteps(*component, where, membersKey, add, steps);
}

Error unknownType(const JsonFields& fields, const char* kind, const std::string& type) {
    return unsupportedComponent(fields.where(), std::string(kind) + " \"" + type + "\"");
}

/// The text of {"String": text}; patterns with a regular expression are refused.
Expected<ReplaceStep> replaceStep(const JsonFields& fields) {
    const json* pattern = fields.find("pattern");
    if (pattern == nullptr) return fields.wrong("pattern", "a pattern");
    GRIDSCOPE_TRY_ASSIGN(inner, JsonFields::of(*pattern, fields.whereOf("pattern")));
    if (inner.find("Regex") != nullptr)
        return unsupportedComponent(inner.where(), "Replace with a regular expression");
    GRIDSCOPE_TRY_ASSIGN(from, inner.text("String"));
    if (from.empty()) return unsupportedComponent(inner.where(), "Replace of an empty text");
    GRIDSCOPE_TRY_ASSIGN(to, fields.text("content"));
    return ReplaceStep{std::move(from), std::move(to)};
}

Expected<NormalizerStep> normalizerStep(const JsonFields& fields, const std::string& type) {
    if (type == "NFC") return NormalizerStep(NfcStep{});
    if (type == "Prepend") {
        GRIDSCOPE_TRY_ASSIGN(prefix, fields.text("prepend"));
        return NormalizerStep(PrependStep{std::move(prefix)});
    }
    if (type == "Replace") {
        GRIDSCOPE_TRY_ASSIGN(step, replaceStep(fields));
        return NormalizerStep(std::move(step));
    }
    return unknownType(fields, "normalizer", type);
}

Expected<PreTokenizerStep> metaspaceStep(const JsonFields& fields) {
    GRIDSCOPE_TRY_ASSIGN(mark, fields.text("replacement"));
    if (mark != kMark)
        return unsupportedComponent(fields.whereOf("replacement"),
                                    "Metaspace with \"" + mark + "\"");
    // Before there was prepend_scheme, add_prefix_space meant "always" or "never".
    GRIDSCOPE_TRY_ASSIGN(prefix, fields.flagOr("add_prefix_space", true));
    GRIDSCOPE_TRY_ASSIGN(scheme, fields.textOr("prepend_scheme", prefix ? "always" : "never"));
    GRIDSCOPE_TRY_ASSIGN(split, fields.flagOr("split", true));
    MetaspaceStep step;
    step.split = split ? MarkSplit::BeforeMark : MarkSplit::None;
    if (scheme == "always")
        step.prepend = PrependScheme::Always;
    else if (scheme == "first")
        step.prepend = PrependScheme::First;
    else if (scheme == "never")
        step.prepend = PrependScheme::Never;
    else
        return unsupportedComponent(fields.whereOf("prepend_scheme"),
                                    "prepend scheme \"" + scheme + "\"");
    return PreTokenizerStep(step);
}

Expected<PreTokenizerStep> splitStep(const JsonFields& fields) {
    GRIDSCOPE_TRY_ASSIGN(behavior, fields.text("behavior"));
    if (behavior != "Isolated")
        return unsupportedComponent(fields.whereOf("behavior"),
                                    "Split with behavior \"" + behavior + "\"");
    GRIDSCOPE_TRY_ASSIGN(invert, fields.flagOr("invert", false));
    if (invert) return unsupportedComponent(fields.whereOf("invert"), "an inverted Split");
    const json* pattern = fields.find("pattern");
    if (pattern == nullptr) return fields.wrong("pattern", "a pattern");
    GRIDSCOPE_TRY_ASSIGN(inner, JsonFields::of(*pattern, fields.whereOf("pattern")));
    if (inner.find("String") != nullptr) {
        GRIDSCOPE_TRY_ASSIGN(literal, inner.text("String"));
        if (literal.empty()) return unsupportedComponent(inner.where(), "Split by an empty text");
        return PreTokenizerStep(LiteralSplitStep{std::move(literal)});
    }
    GRIDSCOPE_TRY_ASSIGN(regex, inner.text("Regex"));
    if (regex == kQwen2Pattern) return PreTokenizerStep(Llama3SplitStep{DigitRun::One});
    if (regex == kLlama3Pattern) return PreTokenizerStep(Llama3SplitStep{DigitRun::UpToThree});
    return unsupportedComponent(inner.where(), "the pattern " + regex);
}

Expected<PreTokenizerStep> preTokenizerStep(const JsonFields& fields, const std::string& type) {
    if (type == "ByteLevel") {
        GRIDSCOPE_TRY_ASSIGN(prefix, fields.flag("add_prefix_space"));
        GRIDSCOPE_TRY_ASSIGN(split, fields.flagOr("use_regex", true));
        return PreTokenizerStep(ByteLevelStep{prefix ? SpacePrefix::Add : SpacePrefix::Never,
                                              split ? WordSplit::Gpt2 : WordSplit::None});
    }
    if (type == "Digits") {
        GRIDSCOPE_TRY_ASSIGN(single, fields.flag("individual_digits"));
        return PreTokenizerStep(DigitsStep{single ? DigitSplit::Single : DigitSplit::Run});
    }
    if (type == "Metaspace") return metaspaceStep(fields);
    if (type == "Split") return splitStep(fields);
    return unknownType(fields, "pre-tokenizer", type);
}

Expected<DecoderStep> stripStep(const JsonFields& fields) {
    GRIDSCOPE_TRY_ASSIGN(content, fields.text("content"));
    if (content.empty() || codePointAt(content, 0).length != content.size())
        return fields.wrong("content", "one character");
    GRIDSCOPE_TRY_ASSIGN(start, fields.count("start"));
    GRIDSCOPE_TRY_ASSIGN(stop, fields.count("stop"));
    return DecoderStep(StripDecoding{std::move(content), static_cast<std::size_t>(start),
                                     static_cast<std::size_t>(stop)});
}

Expected<DecoderStep> decoderStep(const JsonFields& fields, const std::string& type) {
    if (type == "ByteLevel") return DecoderStep(ByteLevelDecoding{});
    if (type == "ByteFallback") return DecoderStep(ByteFallbackDecoding{});
    if (type == "Fuse") return DecoderStep(FuseDecoding{});
    if (type == "Strip") return stripStep(fields);
    if (type == "Replace") {
        GRIDSCOPE_TRY_ASSIGN(step, replaceStep(fields));
        return DecoderStep(std::move(step));
    }
    return unknownType(fields, "decoder", type);
}

/// Appends the ids of special token `name` as the template's own table gives them.
Expected<void> appendSpecial(const JsonFields& fields, const std::string& name,
                             std::vector<std::uint32_t>& ids) {
    const json* table = fields.find("special_tokens");
    if (table == nullptr) return fields.wrong("special_tokens", "an object");
    GRIDSCOPE_TRY_ASSIGN(tokens, JsonFields::of(*table, fields.whereOf("special_tokens")));
    const json* token = tokens.find(name.c_str());
    if (token == nullptr) return tokens.wrong(name, "a special token");
    GRIDSCOPE_TRY_ASSIGN(entry, JsonFields::of(*token, tokens.whereOf(name)));
    GRIDSCOPE_TRY_ASSIGN(list, entry.array("ids"));
    for (const json& id : *list) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kTokenIdLimit)
            return entry.wrong("ids", "ids from 0 to " + std::to_string(kTokenIdLimit - 1));
        ids.push_back(id.get<std::uint32_t>());
    }
    return {};
}

Expected<void> addTemplate(const JsonFields& fields, TokenTemplate& around) {
    GRIDSCOPE_TRY_ASSIGN(single, fields.array("single"));
    TokenTemplate inner;
    bool textSeen = false;
    for (std::size_t i = 0; i < single->size(); ++i) {
        const std::string where = fields.whereOf("single") + "/" + std::to_string(i);
        GRIDSCOPE_TRY_ASSIGN(item, JsonFields::of(single->at(i), where));
        const json* special = item.find("SpecialToken");
        const json* sequence = item.find("Sequence");
        if ((special == nullptr) == (sequence == nullptr))
            return item.wrong("Sequence", "either SpecialToken or Sequence");
        GRIDSCOPE_TRY_ASSIGN(piece, JsonFields::of(special ? *special : *sequence, where));
        GRIDSCOPE_TRY_ASSIGN(name, piece.text("id"));
        if (special != nullptr) {
            GRIDSCOPE_TRY(appendSpecial(fields, name, textSeen ? inner.after : inner.before));
        } else if (name != "A" || textSeen) {
            return unsupportedComponent(where, "a template with more than one text");
        } else {
            textSeen = true;
        }
    }
    if (!textSeen) return unsupportedComponent(fields.whereOf("single"), "a template without text");
    around.before.insert(around.before.begin(), inner.before.begin(), inner.before.end());
    around.after.insert(around.after.end(), inner.after.begin(), inner.after.end());
    return {};
}

}  // namespace

Expected<Normalizer> makeNormalizer(const json* component, const std::string& where) {
    std::vector<NormalizerStep> steps;
    const auto add = [&](const JsonFields& fields, const std::string& type) -> Expected<void> {
        GRIDSCOPE_TRY_ASSIGN(step, normalizerStep(fields, type));
        steps.push_back(std::move(step));
        return {};
    };
    GRIDSCOPE_TRY(forEachStep(component, where, "normalizers", add));
    return Normalizer(std::move(steps));
}

Expected<PreTokenizer> makePreTokenizer(const json* component, const std::string& where) {
    std::vector<PreTokenizerStep> steps;
    const auto add = [&](const JsonFields& fields, const std::string& type) -> Expected<void> {
        GRIDSCOPE_TRY_ASSIGN(step, preTokenizerStep(fields, type));
        // What follows would see byte characters instead of text.
        if (!steps.empty() && std::holds_alternative<ByteLevelStep>(steps.back()))
            return unsupportedComponent(fields.where(),
                                        "pre-tokenizer \"" + type + "\" after ByteLevel");
        steps.push_back(std::move(step));
        return {};
    };
    GRIDSCOPE_TRY(forEachStep(component, where, "pretokenizers", add));
    return PreTokenizer(std::move(steps));
}

Expected<TokenTemplate> makeTemplate(const json* component, const std::string& where) {
    TokenTemplate around;
    const auto add = [&](const JsonFields& fields, const std::string& type) -> Expected<void> {
        if (type == "ByteLevel") return {};
        if (type == "TemplateProcessing") return addTemplate(fields, around);
        return unknownType(fields, "post-processor", type);
    };
    GRIDSCOPE_TRY(forEachStep(component, where, "processors", add));
    return around;
}

Expected<TokenDecoder> makeDecoder(const json* component, const std::string& where) {
    // Without a decoder the reference puts a space between tokens.
    if (component == nullptr || component->is_null()) return TokenDecoder({}, " ");
    std::vector<DecoderStep> steps;
    const auto add = [&](const JsonFields& fields, const std::string& type) -> Expected<void> {
        GRIDSCOPE_TRY_ASSIGN(step, decoderStep(fields, type));
        steps.push_back(std::move(step));
        return {};
    };
    GRIDSCOPE_TRY(forEachStep(component, where, "decoders", add));
    return TokenDecoder(std::move(steps), {});
}

}  // namespace gridscope
