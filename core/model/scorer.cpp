// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/scorer.h"

#include <ATen/ATen.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>

#include "core/model/head_scoring_impl.h"
#include "core/model/model_weights_impl.h"
#include "core/model/torch_error_impl.h"
#include "core/quant/fake_quantize.h"
#include "core/quant/reference_quantize_impl.h"

namespace gridscope {

namespace {

Error cancelled() { return {ErrorCode::RunCancelled, {}, "cancelled", {}}; }

}  // namespace

class Scorer::Impl {
public:
    Impl(std::shared_ptr<const ModelWeights> weights, const EvalWindows& windows,
         std::vector<std::size_t> scope, ScorerOptions options)
        : m_weights(std::move(weights)),
          m_windows(windows),
          m_scope(std::move(scope)),
          m_options(std::move(options)) {}

    Expected<void> prepare() {
        if (m_ids.defined()) return {};
        GRIDSCOPE_TRY(checkIds(m_windows, static_cast<std::uint64_t>(config().vocabularyRows)));
        GRIDSCOPE_TRY(checkSequenceLength(config(), m_windows.length));
        m_device = at::Device(m_options.device);
        m_decoder = m_weights->impl().decoder;
        if (!m_device.is_cpu())
            forEachTensor(m_decoder, [&](at::Tensor& tensor) { tensor = tensor.to(m_device); });
        const auto count = static_cast<std::int64_t>(m_windows.count);
        const auto length = static_cast<std::int64_t>(m_windows.length);
        const at::Tensor ids = at::empty({count, length}, at::kLong);
        std::copy(m_windows.ids.begin(), m_windows.ids.end(), ids.mutable_data_ptr<std::int64_t>());
        m_rotary = makeRotaryTable(config(), length, m_decoder.embedding);
        m_ids = ids.to(m_device);
        return {};
    }

    Expected<HiddenStates> hidden(const DecoderWeights& decoder, const std::stop_token& stop) {
        auto states = forwardAll(decoder, m_options.batchTokens, stop);
        if (states || states.error().code != ErrorCode::MemoryFailed) return states;
        // Out of memory: give the cache back and try once with half the batch.
        if (!m_device.is_cpu()) c10::getDeviceAllocator(m_device.type())->emptyCache();
        return forwardAll(decoder, m_options.batchTokens / 2, stop);
    }

    const DecoderWeights& decoder() const { return m_decoder; }

    Expected<DecoderWeights> quantized(const Grid& grid, const std::stop_token& stop) {
        DecoderWeights decoder = m_decoder;
        m_rounded.resize(m_scope.size());
        for (std::size_t i = 0; i < m_scope.size(); ++i) {
            if (stop.stop_requested()) return cancelled();
            const TensorSpec& spec = m_weights->specs()[m_scope[i]];
            at::Tensor& slot = weightSlot(decoder, spec);
            // A head leaves with the hidden states and needs memory of its own.
            at::Tensor& rounded = m_rounded[i];
            if (!rounded.defined() || spec.role == TensorRole::Head) rounded = at::empty_like(slot);
            auto done = roundTensor(slot, grid, spec, rounded);
            if (!done) return done.error().inside(spec.name);
            slot = rounded;
        }
        return decoder;
    }

    Expected<std::vector<WindowScores>> score(const HiddenStates& reference,
                                              std::span<const HiddenStates> variants,
                                              const std::stop_token& stop) {
        HeadScoringInput input;
        input.reference = &reference.impl();
        for (const HiddenStates& variant : variants) input.variants.push_back(&variant.impl());
        input.scoredPerWindow = m_windows.scoredPerWindow();
        for (std::uint64_t w = 0; w < m_windows.count; ++w) {
            const auto scored = m_windows.window(w).subspan(m_windows.firstScored);
            input.targets.insert(input.targets.end(), scored.begin(), scored.end());
        }
        return scoreHeads(input, m_options.onProgress, stop);
    }

    Expected<void> logits(const std::function<Expected<void>(std::span<const float>)>& receive,
                          const std::stop_token& stop) {
        for (std::int64_t w = 0; w < m_ids.size(0); ++w) {
            const at::Tensor states =
                forwardHidden(config(), m_decoder, m_rotary, m_ids.narrow(0, w, 1), stop);
            if (!states.defined()) return cancelled();
            const at::Tensor all = at::linear(states, m_decoder.head).to(at::kCPU).contiguous();
            GRIDSCOPE_TRY(
                receive({all.const_data_ptr<float>(), static_cast<std::size_t>(all.numel())}));
        }
        return {};
    }

private:
    const ModelConfig& config() const { return m_weights->config(); }

    Expected<void> roundTensor(const at::Tensor& from, const Grid& grid, const TensorSpec& spec,
                               const at::Tensor& into) {
        if (!from.is_cpu()) {
            into.copy_(fakeQuantizeTensor(from, grid, matrixSeed(m_options.seed, spec.name)));
            return {};
        }
        QuantizeOptions options;
        options.dequantized = {into.mutable_data_ptr<float>(),
                               static_cast<std::size_t>(into.numel())};
        options.statistics = StatisticsMode::None;
        options.seed = matrixSeed(m_options.seed, spec.name);
        options.parallelFor = engineParallelFor();
        const MatrixView view{from.const_data_ptr<float>(), from.size(0), from.size(1)};
        GRIDSCOPE_TRY(quantizeMatrix(view, grid, options));
        return {};
    }

    Expected<HiddenStates> forwardAll(const DecoderWeights& decoder, std::uint64_t batchTokens,
                                      const std::stop_token& stop) {
        return guardTorch([&]() -> Expected<HiddenStates> {
            const auto count = m_ids.size(0);
            const auto length = m_ids.size(1);
            const auto scored = static_cast<std::int64_t>(m_windows.scoredPerWindow());
            const auto firstKept = static_cast<std::int64_t>(m_windows.firstScored) - 1;
            const std::int64_t batch =
                std::max<std::int64_t>(1, static_cast<std::int64_t>(batchTokens) / length);
            auto states = std::make_shared<HiddenStates::Impl>();
            states->head = decoder.head;
            states->rows =
                at::empty({count * scored, config().hidden}, decoder.embedding.options());
            for (std::int64_t first = 0; first < count; first += batch) {
                const std::int64_t size = std::min(batch, count - first);
                const at::Tensor x =
                    forwardHidden(config(), decoder, m_rotary, m_ids.narrow(0, first, size), stop);
                if (!x.defined()) return cancelled();
                states->rows.narrow(0, first * scored, size * scored)
                    .view({size, scored, config().hidden})
                    .copy_(x.narrow(1, firstKept, scored));
                m_options.onProgress(static_cast<double>(first + size) /
                                     static_cast<double>(count));
            }
            return HiddenStates(std::move(states));
        });
    }

    std::shared_ptr<const ModelWeights> m_weights;
    EvalWindows m_windows;
    std::vector<std::size_t> m_scope;
    ScorerOptions m_options;
    at::Device m_device = at::kCPU;
    DecoderWeights m_decoder;
    RotaryTable m_rotary;
    at::Tensor m_ids;                   ///< [windows, length] int64, on the device
    std::vector<at::Tensor> m_rounded;  ///< by scope entry, reused from grid to grid
};

Scorer::Scorer(std::shared_ptr<const ModelWeights> weights, const EvalWindows& windows,
               std::vector<std::size_t> scope, ScorerOptions options)
    : m_impl(std::make_unique<Impl>(std::move(weights), windows, std::move(scope),
                                    std::move(options))) {}

Scorer::~Scorer() = default;

Expected<HiddenStates> Scorer::hidden(const std::stop_token& stop) {
    return guardTorch([&]() -> Expected<HiddenStates> {
        const c10::InferenceMode inference;
        GRIDSCOPE_TRY(m_impl->prepare());
        return m_impl->hidden(m_impl->decoder(), stop);
    });
}

Expected<HiddenStates> Scorer::hiddenQuantized(const Grid& grid, const std::stop_token& stop) {
    return guardTorch([&]() -> Expected<HiddenStates> {
        const c10::InferenceMode inference;
        GRIDSCOPE_TRY(m_impl->prepare());
        GRIDSCOPE_TRY_ASSIGN(decoder, m_impl->quantized(grid, stop));
        return m_impl->hidden(decoder, stop);
    });
}

Expected<std::vector<WindowScores>> Scorer::score(const HiddenStates& reference,
                                                  std::span<const HiddenStates> variants,
                                                  const std::stop_token& stop) {
    return guardTorch([&]() -> Expected<std::vector<WindowScores>> {
        const c10::InferenceMode inference;
        return m_impl->score(reference, variants, stop);
    });
}

Expected<void> Scorer::logits(const std::function<Expected<void>(std::span<const float>)>& receive,
                              const std::stop_token& stop) {
    return guardTorch([&]() -> Expected<void> {
        const c10::InferenceMode inference;
        GRIDSCOPE_TRY(m_impl->prepare());
        return m_impl->logits(receive, stop);
    });
}

Expected<std::vector<std::size_t>> scopeTensors(const std::vector<TensorSpec>& specs,
                                                std::string_view scope) {
    static constexpr std::array<std::string_view, 4> kScopes{"blocks", "blocks+embed",
                                                             "blocks+head", "blocks+embed+head"};
    if (std::find(kScopes.begin(), kScopes.end(), scope) == kScopes.end())
        return Error{ErrorCode::SettingsSyntax, "--scope",
                     "unknown scope " + escapeForDisplay(scope),
                     "Use blocks, blocks+embed, blocks+head or blocks+embed+head"};
    const bool embedding = scope.find("+embed") != std::string_view::npos;
    const bool head = scope.find("+head") != std::string_view::npos;
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const TensorRole role = specs[i].role;
        if (role == TensorRole::BlockMatrix || (role == TensorRole::Embedding && embedding) ||
            (role == TensorRole::Head && head))
            chosen.push_back(i);
    }
    return chosen;
}

}  // namespace gridscope
