// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/training_settings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>

#include "core/base/numbers.h"
#include "core/base/sha256.h"
#include "core/training/gpt_neox_parameters_impl.h"

namespace gridscope {

namespace {

/// Multiplications of a matrix product below which a second thread costs more than it brings.
constexpr std::int64_t kSmallProduct = std::int64_t{1} << 25;
/// Far above any run; keeps products of two of them inside 64 bits.
constexpr std::int64_t kLargestCount = std::int64_t{1} << 31;
/// Threads that the system does not give end the process without a word.
constexpr int kMostThreads = 1024;

Error rangeError(std::string_view where, const std::string& what) {
    return {ErrorCode::SettingsRange, std::string(where), what, {}};
}

Expected<void> checkCount(std::string_view where, std::int64_t value, std::int64_t least) {
    if (value >= least && value <= kLargestCount) return {};
    return rangeError(where, "expected " + std::to_string(least) + " to " +
                                 std::to_string(kLargestCount) + ", found " +
                                 std::to_string(value));
}

Expected<void> checkFactor(std::string_view where, double value, double low, double below) {
    if (value >= low && value < below) return {};
    return rangeError(where, "expected at least " + formatNumber(low) + " and below " +
                                 formatNumber(below) + ", found " + formatNumber(value));
}

Expected<void> checkModel(const ModelConfig& model) {
    if (model.architecture != Architecture::GptNeox)
        return Error{ErrorCode::ConfigUnsupported, "model_type",
                     "expected gpt_neox, found " + model.modelType,
                     "Training knows the GPT-NeoX architecture"};
    if (model.hidden < 1 || model.layers < 1 || model.heads < 1 || model.vocabularyRows < 1 ||
        model.intermediate < 1 || model.heads * model.headDimension != model.hidden)
        return Error{ErrorCode::ConfigRange, "config",
                     "hidden " + std::to_string(model.hidden) + ", layers " +
                         std::to_string(model.layers) + ", heads " + std::to_string(model.heads) +
                         " of " + std::to_string(model.headDimension) + ", intermediate " +
                         std::to_string(model.intermediate) + ", vocabulary " +
                         std::to_string(model.vocabularyRows) + " make no GPT-NeoX model",
                     "All must be positive, and heads times their width give hidden"};
    if (model.rope.type != RopeType::Default)
        return Error{ErrorCode::ConfigUnsupported,
                     "rope_scaling",
                     "training knows the plain rotary embedding only",
                     {}};
    return {};
}

Expected<void> checkTokens(const TrainingSettings& settings) {
    const auto needed = static_cast<std::size_t>(settings.length) + 1;
    if (settings.tokens.size() < needed)
        return Error{ErrorCode::TokensTooFew, "training tokens",
                     "a window needs " + std::to_string(needed) + " tokens, there are " +
                         std::to_string(settings.tokens.size()),
                     "Give more text, or a smaller length"};
    const auto rows = static_cast<std::uint64_t>(settings.model.vocabularyRows);
    const auto bad = std::find_if(settings.tokens.begin(), settings.tokens.end(),
                                  [&](std::uint32_t id) { return id >= rows; });
    if (bad != settings.tokens.end())
        return Error{
            ErrorCode::TokensIdRange,
            "training tokens, " + std::to_string(bad - settings.tokens.begin()),
            "expected ids below " + std::to_string(rows) + ", found " + std::to_string(*bad),
            "Use the tokenizer that belongs to the model"};
    return {};
}

Expected<void> checkSteps(const TrainingSettings& settings) {
    if (!std::is_sorted(settings.saveSteps.begin(), settings.saveSteps.end()))
        return rangeError("save steps", "the steps must ascend");
    for (const std::int64_t step : settings.saveSteps) {
        if (step < settings.firstStep || step > settings.lastStep())
            return rangeError("save steps", "expected " + std::to_string(settings.firstStep) +
                                                " to " + std::to_string(settings.lastStep()) +
                                                ", found " + std::to_string(step));
    }
    return {};
}

Expected<void> checkStartingWeights(const TrainingSettings& settings) {
    if (settings.startingWeights.empty()) return {};
    std::map<std::string_view, const NamedTensor*> given;
    for (const NamedTensor& tensor : settings.startingWeights) given[tensor.name] = &tensor;
    const FlatLayout layout = gptNeoxLayout(settings.model);
    for (const FlatParameter& parameter : layout.parameters) {
        const auto found = given.find(parameter.name);
        if (found == given.end())
            return Error{ErrorCode::ModelTensors, parameter.name,
                         "is not among the starting weights",
                         "Fork from a checkpoint of the same configuration"};
        if (found->second->shape != parameter.shape ||
            found->second->values.size() != static_cast<std::size_t>(parameter.size))
            return Error{ErrorCode::ModelShape, parameter.name,
                         "expected " + std::to_string(parameter.size) +
                             " values of the model's shape, found " +
                             std::to_string(found->second->values.size()),
                         "Fork from a checkpoint of the same configuration"};
    }
    if (given.size() != layout.parameters.size() ||
        settings.startingWeights.size() != layout.parameters.size())
        return Error{ErrorCode::ModelTensors,
                     "starting weights",
                     "expected " + std::to_string(layout.parameters.size()) + " tensors, found " +
                         std::to_string(settings.startingWeights.size()),
                     {}};
    return {};
}

/// The resolved values that change the function, as text.
std::string modelText(const ModelConfig& model) {
    std::string text = "gpt_neox";
    for (const std::int64_t value :
         {model.vocabularyRows, model.hidden, model.layers, model.heads, model.headDimension,
          model.intermediate, static_cast<std::int64_t>(model.activation),
          model.rope.rotaryDimensions, std::int64_t{model.parallelResidual},
          std::int64_t{model.attentionBias}, std::int64_t{model.attentionOutputBias},
          std::int64_t{model.tiedEmbeddings}})
        text += " " + std::to_string(value);
    return text + " " + formatNumber(model.normEpsilon) + " " + formatNumber(model.rope.theta);
}

}  // namespace

Expected<void> checkTrainingSettings(const TrainingSettings& settings) {
    constexpr double kNoLimit = std::numeric_limits<double>::infinity();
    GRIDSCOPE_TRY(checkModel(settings.model));
    GRIDSCOPE_TRY(checkCount("first step", settings.firstStep, 0));
    GRIDSCOPE_TRY(checkCount("steps", settings.steps, 0));
    GRIDSCOPE_TRY(checkCount("batch", settings.batch, 1));
    GRIDSCOPE_TRY(checkCount("length", settings.length, 1));
    GRIDSCOPE_TRY(checkCount("accumulate", settings.accumulate, 1));
    GRIDSCOPE_TRY(checkCount("threads", settings.threads, 0));
    if (settings.threads > kMostThreads)
        return rangeError("threads", "expected 0 to " + std::to_string(kMostThreads) + ", found " +
                                         std::to_string(settings.threads));
    GRIDSCOPE_TRY(checkCount("state every", settings.stateEvery, 1));
    GRIDSCOPE_TRY(checkCount("first window", settings.fileOrder.first, 0));
    GRIDSCOPE_TRY(checkCount("window stride", settings.fileOrder.stride, 1));
    if (settings.length > settings.model.maxPositions)
        return rangeError("length", "the model has " + std::to_string(settings.model.maxPositions) +
                                        " positions, found " + std::to_string(settings.length));
    GRIDSCOPE_TRY(checkFactor("weight decay", settings.weightDecay, 0.0, kNoLimit));
    GRIDSCOPE_TRY(checkFactor("beta1", settings.beta1, 0.0, 1.0));
    GRIDSCOPE_TRY(checkFactor("beta2", settings.beta2, 0.0, 1.0));
    GRIDSCOPE_TRY(
        checkFactor("epsilon", settings.epsilon, std::numeric_limits<float>::min(), kNoLimit));
    GRIDSCOPE_TRY(checkFactor("clip", settings.clip, std::numeric_limits<float>::min(), kNoLimit));
    GRIDSCOPE_TRY(checkSteps(settings));
    GRIDSCOPE_TRY(checkTokens(settings));
    return checkStartingWeights(settings);
}

std::string trainingSettingsHash(const TrainingSettings& settings) {
    Sha256 hash;
    hash.update(modelText(settings.model) + "\n" + settings.scheduleText + "\n");
    hash.update(std::uint64_t{settings.tokens.size()});
    hash.update(std::as_bytes(std::span(settings.tokens)));
    for (const std::int64_t value :
         {settings.firstStep, settings.batch, settings.length, settings.accumulate})
        hash.update(static_cast<std::uint64_t>(value));
    hash.update(settings.seed);
    for (const double value :
         {settings.weightDecay, settings.beta1, settings.beta2, settings.epsilon, settings.clip})
        hash.update(formatNumber(value) + "\n");
    if (settings.dataOrder == DataOrder::File) {
        hash.update(std::string(dataOrderName(settings.dataOrder)));
        hash.update(static_cast<std::uint64_t>(settings.fileOrder.first));
        hash.update(static_cast<std::uint64_t>(settings.fileOrder.stride));
    }
    for (const NamedTensor& tensor : settings.startingWeights) {
        hash.update(tensor.name + "\n");
        hash.update(std::as_bytes(tensor.values));
    }
    return hash.finishHex();
}

int resolveTrainingThreads(const TrainingSettings& settings, int available) {
    if (settings.threads > 0) return settings.threads;
    const std::int64_t product =
        settings.batch * settings.length * settings.model.hidden * settings.model.intermediate;
    return product < kSmallProduct ? 1 : std::max(available, 1);
}

}  // namespace gridscope
