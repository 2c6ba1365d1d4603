// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/checkpoint_check.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace gridscope {

namespace {

constexpr std::size_t kNamesShown = 3;

using TensorIndex = std::unordered_map<std::string_view, std::size_t>;

TensorIndex indexByName(const std::vector<TensorInfo>& tensors) {
    TensorIndex index;
    for (std::size_t i = 0; i < tensors.size(); ++i) index.emplace(tensors[i].name, i);
    return index;
}

std::optional<std::size_t> findIn(const TensorIndex& index, const ModelConfig& config,
                                  const TensorSpec& spec) {
    const auto direct = index.find(spec.name);
    if (direct != index.end()) return direct->second;
    const std::string variant = otherTensorName(config.architecture, spec.name);
    const auto other = variant.empty() ? index.end() : index.find(variant);
    if (other != index.end()) return other->second;
    return std::nullopt;
}

std::string listed(const std::vector<std::string>& names) {
    if (names.empty()) return "none";
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
        text += (i == 0 ? "" : ", ") + escapeForDisplay(names[i], 60);
    if (names.size() > kNamesShown)
        text += " and " + std::to_string(names.size() - kNamesShown) + " more";
    return text;
}

template <class Integer>
std::string shapeText(const std::vector<Integer>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return text + "]";
}

bool sameShape(const TensorInfo& tensor, const TensorSpec& spec) {
    return std::equal(tensor.shape.begin(), tensor.shape.end(), spec.shape.begin(),
                      spec.shape.end(), [](std::uint64_t found, std::int64_t expected) {
                          return found == static_cast<std::uint64_t>(expected);
                      });
}

Expected<void> checkOne(const TensorInfo& tensor, const TensorSpec& spec, std::string_view where) {
    const std::string place = std::string(where) + ", " + escapeForDisplay(tensor.name);
    if (!isWeightDtype(tensor.dtype))
        return Error{
            ErrorCode::SafetensorsDtype,
            place,
            "weights must be F16, BF16, F32 or F64, found " + std::string(dtypeName(tensor.dtype)),
            {}};
    if (sameShape(tensor, spec)) return {};
    return Error{ErrorCode::ModelShape, place,
                 "expected " + shapeText(spec.shape) + " by the configuration, found " +
                     shapeText(tensor.shape),
                 "Use the config.json that belongs to these weights"};
}

/// Specs without a tensor; the absence of one side of a tied pair is none.
std::vector<std::string> missingNames(const std::vector<TensorSpec>& specs,
                                      const std::vector<std::optional<std::size_t>>& found,
                                      const ModelConfig& config) {
    bool hasHead = false;
    bool hasEmbedding = false;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        hasHead |= specs[i].role == TensorRole::Head && found[i].has_value();
        hasEmbedding |= specs[i].role == TensorRole::Embedding && found[i].has_value();
    }
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (found[i]) continue;
        const bool partner = (specs[i].role == TensorRole::Head && hasEmbedding) ||
                             (specs[i].role == TensorRole::Embedding && hasHead);
        if (!(config.tiedEmbeddings && partner)) missing.push_back(specs[i].name);
    }
    return missing;
}

}  // namespace

std::optional<std::size_t> findTensor(const std::vector<TensorInfo>& tensors,
                                      const ModelConfig& config, const TensorSpec& spec) {
    const std::string variant = otherTensorName(config.architecture, spec.name);
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (tensors[i].name == spec.name) return i;
        if (!variant.empty() && tensors[i].name == variant) found = i;
    }
    return found;
}

Expected<void> checkTensors(const ModelConfig& config, const std::vector<TensorInfo>& tensors,
                            std::string_view where) {
    const std::vector<TensorSpec> specs = expectedTensors(config);
    const TensorIndex index = indexByName(tensors);
    std::vector<std::optional<std::size_t>> found;
    std::vector<bool> used(tensors.size(), false);
    for (const TensorSpec& spec : specs) {
        found.push_back(findIn(index, config, spec));
        if (found.back()) used[*found.back()] = true;
    }
    const std::vector<std::string> missing = missingNames(specs, found, config);
    std::vector<std::string> unexpected;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (!used[i] && !isIgnoredBuffer(config.architecture, tensors[i].name))
            unexpected.push_back(tensors[i].name);
    }
    if (!missing.empty() || !unexpected.empty())
        return Error{ErrorCode::ModelTensors, std::string(where),
                     "missing: " + listed(missing) + "; unexpected: " + listed(unexpected),
                     "Use the config.json that belongs to these weights"};
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (found[i]) GRIDSCOPE_TRY(checkOne(tensors[*found[i]], specs[i], where));
    }
    return {};
}

}  // namespace gridscope
