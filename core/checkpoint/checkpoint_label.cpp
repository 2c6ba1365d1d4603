// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/checkpoint_label.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/numbers.h"

namespace gridscope {

namespace {

constexpr int kRankExtension = 1000;
constexpr int kRankLongContext = 2000;
constexpr int kRankPost = 3000;
constexpr int kRankUnresolved = 4000;
constexpr int kLargestStageRank = kRankExtension - 1;

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWordCharacter(char c) { return isDigit(c) || (c >= 'a' && c <= 'z') || c == '_'; }

/// Walks over a lower-cased name; every method moves on only when it matches.
class NameScanner {
public:
    explicit NameScanner(std::string_view text) : m_rest(text) {}

    bool atEnd() const { return m_rest.empty(); }
    bool literal(std::string_view text) {
        if (!m_rest.starts_with(text)) return false;
        m_rest.remove_prefix(text.size());
        return true;
    }
    /// 1 to 18 decimal digits.
    std::optional<std::int64_t> number() {
        const std::size_t digits = runLength(isDigit);
        if (digits == 0 || digits > 18) return std::nullopt;
        return parseInteger(take(digits));
    }
    std::optional<std::string_view> word() {
        const std::size_t length = runLength(isWordCharacter);
        if (length == 0) return std::nullopt;
        return take(length);
    }
    /// A number of tokens such as "189b".
    std::optional<double> tokens() {
        const auto count = number();
        if (!count) return std::nullopt;
        const double value = static_cast<double>(*count);
        if (literal("m")) return value * 1e6;
        if (literal("b")) return value * 1e9;
        if (literal("t")) return value * 1e12;
        return std::nullopt;
    }

private:
    std::size_t runLength(bool (*accept)(char)) const {
        std::size_t length = 0;
        while (length < m_rest.size() && accept(m_rest[length])) ++length;
        return length;
    }
    std::string_view take(std::size_t length) {
        const std::string_view taken = m_rest.substr(0, length);
        m_rest.remove_prefix(length);
        return taken;
    }

    std::string_view m_rest;
};

/// Thousands, unless that leaves the range of a step.
std::optional<TrainingStep> thousands(std::int64_t count) {
    if (count > std::numeric_limits<std::int64_t>::max() / 1000) return std::nullopt;
    return TrainingStep{count * 1000};
}

/// A step number with an optional final "k".
std::optional<TrainingStep> scanStep(NameScanner& scan) {
    const auto count = scan.number();
    if (!count) return std::nullopt;
    if (scan.literal("k")) return thousands(*count);
    return TrainingStep{*count};
}

bool setStage(CheckpointLabel& label, std::int64_t number) {
    if (number > std::numeric_limits<int>::max()) return false;
    label.stage = static_cast<int>(number);
    label.stageRank = std::min(*label.stage, kLargestStageRank);
    return true;
}

bool matchStaged(NameScanner scan, CheckpointLabel& label) {
    if (!scan.literal("stage")) return false;
    const auto stage = scan.number();
    if (!stage || !setStage(label, *stage)) return false;
    if (scan.literal("-ingredient")) {
        for (bool first = true; first || scan.literal("+"); first = false) {
            const auto part = scan.number();
            if (!part) return false;
            label.ingredient += (first ? "" : "+") + std::to_string(*part);
        }
    }
    if (!scan.literal("-step")) return false;
    label.restartsWithStage = !scan.literal("-");
    const auto step = scan.number();
    if (!step) return false;
    label.step = TrainingStep{*step};
    if (scan.literal("-tokens")) {
        label.tokensSeen = scan.tokens();
        if (!label.tokensSeen) return false;
    }
    return scan.atEnd();
}

/// 0 to 999, rising with a length in tokens from 256 to 2^33: lengths 2 % apart differ.
int rankOfLength(double tokens) {
    constexpr double kPerOctave = 40.0, kShortest = 256.0, kMost = 999.0;
    const double rank = kPerOctave * std::log2(std::max(tokens, kShortest) / kShortest);
    return static_cast<int>(std::lround(std::min(rank, kMost)));
}

bool matchLongContext(NameScanner scan, CheckpointLabel& label) {
    if (!scan.literal("lc-") || !scan.word() || !scan.literal("-to-")) return false;
    const auto target = scan.word();
    if (!target || !scan.literal("-step-")) return false;
    const auto step = scan.number();
    if (!step) return false;
    label.step = TrainingStep{*step};
    NameScanner length(*target);
    const double count = static_cast<double>(length.number().value_or(0));
    const double unit = length.literal("m") ? 1048576.0 : length.literal("k") ? 1024.0 : 1.0;
    label.stageRank = kRankLongContext + rankOfLength(count * unit);
    return scan.atEnd();
}

bool matchPost(NameScanner scan, CheckpointLabel& label) {
    label.stageRank = kRankPost;
    return scan.literal("it-") && !scan.atEnd();
}

bool matchMultiBert(NameScanner scan, CheckpointLabel& label) {
    if (!scan.literal("seed_") || !scan.number() || !scan.literal("-step_")) return false;
    const auto count = scan.number();
    if (!count || !scan.literal("k")) return false;
    label.step = thousands(*count);
    return label.step && scan.atEnd();
}

bool matchPhase(NameScanner scan, CheckpointLabel& label) {
    if (!scan.literal("phase")) return false;
    const auto phase = scan.number();
    if (!phase || !setStage(label, *phase) || !scan.literal("_checkpoint_")) return false;
    const auto step = scan.number();
    if (!step) return false;
    label.step = TrainingStep{*step};
    return scan.atEnd();
}

bool matchGaperon(NameScanner scan, CheckpointLabel& label) {
    if (!scan.literal("step-")) return false;
    const auto step = scan.number();
    if (!step || !scan.literal("_tokens-")) return false;
    const auto billions = scan.number();
    if (!billions || !scan.literal("b-") || !scan.word()) return false;
    label.step = TrainingStep{*step};
    label.tokensSeen = static_cast<double>(*billions) * 1e9;
    return scan.atEnd();
}

void skipStepSeparator(NameScanner& scan) {
    if (!scan.literal("-")) scan.literal("_");
}

bool matchTokens(NameScanner scan, CheckpointLabel& label) {
    if (!scan.literal("step")) return false;
    skipStepSeparator(scan);
    label.step = scanStep(scan);
    if (!label.step || !scan.literal("-")) return false;
    if (scan.literal("token")) {
        scan.literal("s");
        scan.literal("-");
    }
    label.tokensSeen = scan.tokens();
    return label.tokensSeen && scan.atEnd();
}

bool matchSeeded(NameScanner scan, CheckpointLabel& label) {
    if (!scan.literal("step")) return false;
    const auto step = scan.number();
    if (!step || !scan.literal("-seed-") || !scan.word()) return false;
    label.step = TrainingStep{*step};
    return scan.atEnd();
}

bool matchPlain(NameScanner scan, CheckpointLabel& label) {
    if (scan.literal("checkpoint")) {
        if (!scan.literal("-") && !scan.literal("_")) return false;
    } else if (!scan.literal("iter_")) {
        if (scan.literal("extension_"))
            label.stageRank = kRankExtension;
        else if (!scan.literal("global_"))
            scan.literal("ckpt_");
        if (!scan.literal("step")) return false;
        skipStepSeparator(scan);
        label.step = scanStep(scan);
        return label.step && scan.atEnd();
    }
    const auto step = scan.number();
    if (!step) return false;
    label.step = TrainingStep{*step};
    return scan.atEnd();
}

bool matchIndex(NameScanner scan, CheckpointLabel& label) {
    label.stageRank = kRankUnresolved;
    return (scan.literal("ckpt-") || scan.literal("ckpt_")) && scan.number() && scan.atEnd();
}

bool matchSpecial(NameScanner scan, CheckpointLabel& label) {
    label.stageRank = kRankUnresolved;
    for (const std::string_view name : {"main", "final", "latest", "last"}) {
        if (scan.literal(name)) return scan.atEnd();
    }
    return false;
}

bool matchNumber(NameScanner scan, CheckpointLabel& label) {
    const auto step = scan.number();
    if (!step) return false;
    label.step = TrainingStep{*step};
    return scan.atEnd();
}

enum class Start { WholeName, AfterSeparator };

struct LabelRule {
    bool (*match)(NameScanner, CheckpointLabel&);
    Start start;
};

// formats.md 1.1, in its order: the first rule that matches wins.
constexpr std::array<LabelRule, 12> kRules{{
    {matchStaged, Start::AfterSeparator},
    {matchLongContext, Start::AfterSeparator},
    {matchPost, Start::WholeName},
    {matchMultiBert, Start::AfterSeparator},
    {matchPhase, Start::AfterSeparator},
    {matchGaperon, Start::AfterSeparator},
    {matchTokens, Start::AfterSeparator},
    {matchSeeded, Start::AfterSeparator},
    {matchPlain, Start::AfterSeparator},
    {matchIndex, Start::WholeName},
    {matchSpecial, Start::WholeName},
    {matchNumber, Start::WholeName},
}};

bool mayStartAt(std::string_view name, std::size_t position, Start start) {
    if (position == 0) return true;
    const char before = name[position - 1];
    return start == Start::AfterSeparator && (before == '-' || before == '_' || before == '.');
}

std::string normalized(std::string_view name) {
    std::string lower(name);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    for (const std::string_view extension : {".safetensors", ".pth", ".bin", ".pt"}) {
        if (lower.ends_with(extension)) {
            lower.resize(lower.size() - extension.size());
            break;
        }
    }
    return lower;
}

}  // namespace

CheckpointLabel parseCheckpointLabel(std::string_view name) {
    const std::string lower = normalized(name);
    for (const LabelRule& rule : kRules) {
        for (std::size_t i = 0; i < lower.size(); ++i) {
            if (!mayStartAt(lower, i, rule.start)) continue;
            CheckpointLabel label;
            if (rule.match(NameScanner(std::string_view(lower).substr(i)), label)) {
                label.text = std::string(name);
                if (i > 0) label.prefix = label.text.substr(0, i - 1);
                return label;
            }
        }
    }
    CheckpointLabel none;
    none.text = std::string(name);
    none.stageRank = kRankUnresolved;
    return none;
}

bool isAliasName(std::string_view name) {
    const std::string lower = normalized(name);
    CheckpointLabel unused;
    return matchSpecial(NameScanner(lower), unused);
}

bool naturallyBefore(std::string_view a, std::string_view b) {
    std::size_t i = 0;
    std::size_t j = 0;
    const auto digitRun = [](std::string_view text, std::size_t& position) {
        while (position < text.size() && text[position] == '0') ++position;
        const std::size_t first = position;
        while (position < text.size() && isDigit(text[position])) ++position;
        return text.substr(first, position - first);
    };
    while (i < a.size() && j < b.size()) {
        if (isDigit(a[i]) && isDigit(b[j])) {
            const std::string_view left = digitRun(a, i);
            const std::string_view right = digitRun(b, j);
            if (left.size() != right.size()) return left.size() < right.size();
            if (left != right) return left < right;
        } else {
            if (a[i] != b[j])
                return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
            ++i;
            ++j;
        }
    }
    if ((i == a.size()) != (j == b.size())) return i == a.size();
    return a < b;  // only leading zeros differ
}

bool labelComesBefore(const CheckpointLabel& a, const CheckpointLabel& b) {
    if (a.stageRank != b.stageRank) return a.stageRank < b.stageRank;
    if (a.step != b.step) return !b.step || (a.step && *a.step < *b.step);
    if (a.ingredient != b.ingredient) return naturallyBefore(a.ingredient, b.ingredient);
    return naturallyBefore(a.text, b.text);
}

}  // namespace gridscope
