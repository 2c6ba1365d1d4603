// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/known_families.h"

#include <array>
#include <string>

namespace gridscope {

namespace {

using Steps = std::vector<std::int64_t>;

constexpr double kTwoMiTokens = 2'097'152.0;  // 1024 sequences of 2048
constexpr double kSmolLm3Tokens = 2'359'296.0;
constexpr std::int64_t kSmolLm17Hidden = 2048;  // the 1.7B model

/// first, first + distance, ... up to last.
void addEvery(Steps& steps, std::int64_t distance, std::int64_t first, std::int64_t last) {
    for (std::int64_t step = first; step <= last; step += distance) steps.push_back(step);
}

Steps pythiaSteps(const StepRange&) {
    Steps steps{0};
    for (std::int64_t step = 1; step <= 512; step *= 2) steps.push_back(step);
    addEvery(steps, 1000, 1000, 143'000);
    return steps;
}

Steps pythiaV0Steps(const StepRange&) {
    Steps steps;
    addEvery(steps, 1000, 1000, 143'000);
    return steps;
}

Steps smolLm2Steps(const StepRange&) {
    Steps steps;
    addEvery(steps, 125'000, 125'000, 5'000'000);
    return steps;
}

// Steps count on over the stages: 86, 19 and 13 checkpoints.
Steps smolLm3Steps(const StepRange& range) {
    constexpr std::int64_t kDistance = 40'000;
    constexpr std::array<std::int64_t, 4> kBounds{0, 86 * kDistance, 105 * kDistance,
                                                  118 * kDistance};
    Steps steps;
    const int stage = range.stage.value_or(0);
    if (stage >= 1 && stage <= 3)
        addEvery(steps, kDistance, kBounds[static_cast<std::size_t>(stage) - 1] + kDistance,
                 kBounds[static_cast<std::size_t>(stage)]);
    return steps;
}

// No end is known beforehand, so only what lies between the first and the last one is expected.
Steps olmoSteps(const StepRange& range) {
    Steps steps;
    // A label may claim any number; a list of that length helps nobody.
    constexpr std::int64_t kLargest = 100'000'000;
    if (range.last <= kLargest)
        addEvery(steps, 1000, (range.first + 999) / 1000 * 1000, range.last);
    return steps;
}

Steps crfmSteps(const StepRange&) {
    Steps steps;
    addEvery(steps, 10, 10, 100);
    addEvery(steps, 50, 150, 2'000);
    addEvery(steps, 100, 2'100, 20'000);
    addEvery(steps, 1000, 21'000, 400'000);
    return steps;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string lowered(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

bool isCrfm(std::string_view name) {
    if (!contains(name, "gpt2") && !contains(name, "crfm")) return false;
    for (const std::string_view run :
         {"crfm", "alias", "battlestar", "caprica", "darkmatter", "expanse", "arwen", "beren",
          "celebrimbor", "durin", "eowyn"}) {
        if (contains(name, run)) return true;
    }
    return false;
}

bool isOlmo(std::string_view name) {
    // Of OLMo 3 only the labels are read, OLMoE is another architecture.
    return contains(name, "olmo") && !contains(name, "olmo-3") && !contains(name, "olmo3") &&
           !contains(name, "olmoe");
}

bool speaksAgainst(const ModelConfig* config, std::initializer_list<Architecture> possible) {
    if (config == nullptr) return false;
    for (const Architecture architecture : possible) {
        if (config->architecture == architecture) return false;
    }
    return true;
}

}  // namespace

std::optional<KnownFamily> findKnownFamily(std::string_view runName, const ModelConfig* config) {
    const std::string name = lowered(runName);
    if (contains(name, "pythia")) {
        if (speaksAgainst(config, {Architecture::GptNeox})) return std::nullopt;
        if (contains(name, "-v0") || contains(name, "_v0"))
            return KnownFamily{"Pythia v0", kTwoMiTokens, pythiaV0Steps};
        return KnownFamily{"Pythia", kTwoMiTokens, pythiaSteps};
    }
    if (contains(name, "smollm2")) {
        if (speaksAgainst(config, {Architecture::Llama})) return std::nullopt;
        const bool large =
            config != nullptr ? config->hidden == kSmolLm17Hidden : contains(name, "1.7b");
        return KnownFamily{"SmolLM2", large ? std::optional<double>(kTwoMiTokens) : std::nullopt,
                           smolLm2Steps};
    }
    if (contains(name, "smollm3")) {
        if (speaksAgainst(config, {Architecture::SmolLm3})) return std::nullopt;
        return KnownFamily{"SmolLM3", kSmolLm3Tokens, smolLm3Steps};
    }
    if (isOlmo(name)) {
        if (speaksAgainst(config, {Architecture::Olmo, Architecture::Olmo2})) return std::nullopt;
        return KnownFamily{"OLMo", std::nullopt, olmoSteps};
    }
    if (isCrfm(name)) {
        if (speaksAgainst(config, {Architecture::Gpt2})) return std::nullopt;
        return KnownFamily{"CRFM GPT-2", std::nullopt, crfmSteps};
    }
    return std::nullopt;
}

std::optional<double> familyTokensSeen(std::string_view runName, const ModelConfig* config,
                                       const CheckpointLabel& label) {
    if (label.tokensSeen) return label.tokensSeen;
    if (!label.step) return std::nullopt;
    const auto family = findKnownFamily(runName, config);
    if (!family || !family->tokensPerStep) return std::nullopt;
    return static_cast<double>(label.step->value) * *family->tokensPerStep;
}

}  // namespace gridscope
