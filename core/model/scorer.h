// SPDX-License-Identifier: GPL-3.0-or-later

// Scores a model and quantized variants of it on the same windows, side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/model/model_weights.h"
#include "core/quant/grid.h"
#include "core/text/eval_windows.h"

namespace gridscope {

/// Final hidden states of all scored positions of a window set, kept on the device.
class HiddenStates {
public:
    struct Impl;
    explicit HiddenStates(std::shared_ptr<const Impl> impl) : m_impl(std::move(impl)) {}
    const Impl& impl() const { return *m_impl; }

private:
    std::shared_ptr<const Impl> m_impl;
};

/// Scores of one model on the windows; sums over the scored positions of each window.
struct WindowScores {
    std::vector<double> nll;        ///< [windows] nats
    std::vector<double> kl;         ///< [windows] KL(FP32 || this), nats; empty for FP32
    std::uint64_t top1Matches = 0;  ///< positions whose most likely token is FP32's
};

struct ScorerOptions {
    std::string device = "cpu";  ///< "cpu", "cuda:0", ...
    int threads = 0;             ///< cores to use; 0 = all
    std::uint64_t batchTokens =
        2048;                ///< tokens of one forward batch (whole windows, at least one)
    std::uint64_t seed = 1;  ///< of the control grids
    /// Called after every batch of work with the share done of this call, 0..1; may block (pause).
    std::function<void(double)> onProgress = [](double) {};
};

/// One model on one window set. Used by one thread at a time.
/// All functions give run.cancelled when the stop token is set, memory.* and device.* on failure.
class Scorer {
public:
    /// `scope` lists the tensors of weights->specs() that quantization replaces.
    Scorer(std::shared_ptr<const ModelWeights> weights, const EvalWindows& windows,
           std::vector<std::size_t> scope, ScorerOptions options);
    ~Scorer();
    Scorer(const Scorer&) = delete;
    Scorer& operator=(const Scorer&) = delete;

    /// Forward pass with the weights as they are.
    Expected<HiddenStates> hidden(const std::stop_token& stop);
    /// Forward pass with the scope rounded to `grid`.
    Expected<HiddenStates> hiddenQuantized(const Grid& grid, const std::stop_token& stop);
    /// Applies the heads chunk by chunk, FP32 once beside all variants; never a full logits
    /// tensor. The first result is FP32, then the variants in order.
    Expected<std::vector<WindowScores>> score(const HiddenStates& reference,
                                              std::span<const HiddenStates> variants,
                                              const std::stop_token& stop);
    /// Logits of every position, window by window: `receive` gets [length * vocabulary].
    Expected<void> logits(const std::function<Expected<void>(std::span<const float>)>& receive,
                          const std::stop_token& stop);

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

/// Indices into weights.specs() that a scope ("blocks", "blocks+embed", "blocks+head",
/// "blocks+embed+head") quantizes, in network order. Errors: settings.syntax.
Expected<std::vector<std::size_t>> scopeTensors(const std::vector<TensorSpec>& specs,
                                                std::string_view scope);

}  // namespace gridscope
