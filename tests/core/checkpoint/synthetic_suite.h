// SPDX-License-Identifier: GPL-3.0-or-later

// Tiny runs of a GPT-NeoX model whose weights walk at random, written as checkpoint folders.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <QtGlobal>

#include "core/base/random.h"
#include "core/checkpoint/safetensors_writer.h"
#include "core/model/model_config.h"

namespace gridscope::test {

/// Weights by tensor name.
using SuiteModel = std::map<std::string, std::vector<float>>;

inline constexpr const char* kSuiteConfig =
    R"({"model_type":"gpt_neox","vocab_size":48,"hidden_size":16,"num_hidden_layers":2,
        "num_attention_heads":2,"intermediate_size":32,"rotary_pct":0.5})";

inline const std::vector<TensorSpec>& suiteSpecs() {
    static const std::vector<TensorSpec> specs =
        expectedTensors(parseModelConfig(kSuiteConfig, "config.json").value());
    return specs;
}

/// A run: initialization as usual (normal matrices, norms one, biases zero), then noise.
class RandomWalk {
public:
    explicit RandomWalk(std::uint64_t seed) : m_random(seed) {
        for (const TensorSpec& spec : suiteSpecs()) {
            std::size_t count = 1;
            for (const std::int64_t size : spec.shape) count *= static_cast<std::size_t>(size);
            auto& values = m_model[spec.name];
            const bool isNorm = spec.name.find("norm") != std::string::npos;
            for (std::size_t i = 0; i < count; ++i)
                values.push_back(spec.shape.size() >= 2
                                     ? static_cast<float>(0.02 * m_random.normal())
                                 : isNorm && spec.name.ends_with(".weight") ? 1.0f
                                                                            : 0.0f);
        }
    }
    const SuiteModel& model() const { return m_model; }
    /// Noise of `steps` updates: its size grows with the root of their number.
    void advance(double steps, double rate = 2e-4) {
        for (auto& [name, values] : m_model) {
            for (float& value : values)
                value += static_cast<float>(rate * std::sqrt(steps) * m_random.normal());
        }
    }
    /// Every weight the same way, as in warm-up: the change grows with the number of updates.
    void drift(double steps, double rate) {
        Random direction(7);
        for (auto& [name, values] : m_model) {
            for (float& value : values)
                value += static_cast<float>(rate * steps * direction.normal());
        }
    }

private:
    Random m_random;
    SuiteModel m_model;
};

inline void writeText(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

inline void writeCheckpoint(const std::filesystem::path& folder, const SuiteModel& model,
                            const std::string& config = kSuiteConfig) {
    std::filesystem::create_directories(folder);
    writeText(folder / "config.json", config);
    std::vector<TensorToWrite> tensors;
    for (const TensorSpec& spec : suiteSpecs()) {
        TensorToWrite tensor{spec.name, {}, model.at(spec.name)};
        for (const std::int64_t size : spec.shape)
            tensor.shape.push_back(static_cast<std::uint64_t>(size));
        tensors.push_back(std::move(tensor));
    }
    const auto written =
        writeSafetensors(systemFileOps(), folder / "model.safetensors", tensors, {});
    if (!written) qFatal("%s", written.error().toText().c_str());
}

inline std::string stepName(std::int64_t step) { return "step" + std::to_string(step); }

/// Models of one run at `steps`, by step.
inline std::map<std::int64_t, SuiteModel> walkedModels(std::uint64_t seed,
                                                       const std::vector<std::int64_t>& steps) {
    RandomWalk walk(seed);
    std::map<std::int64_t, SuiteModel> models;
    std::int64_t at = 0;
    for (const std::int64_t step : steps) {
        if (step > at) walk.advance(static_cast<double>(step - at));
        at = step;
        models[step] = walk.model();
    }
    return models;
}

inline void writeSuite(const std::filesystem::path& root,
                       const std::map<std::int64_t, SuiteModel>& models) {
    for (const auto& [step, model] : models) writeCheckpoint(root / stepName(step), model);
}

}  // namespace gridscope::test
