// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/probe/engine_bench.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <limits>

#include "core/checkpoint/safetensors_writer.h"
#include "core/checkpoint/tensor_source.h"
#include "core/model/model_weights_impl.h"
#include "core/model/scorer.h"
#include "core/model/torch_error_impl.h"
#include "core/model/worker_thread.h"
#include "core/quant/fake_quantize.h"
#include "core/quant/matrix_moments.h"
#include "core/training/training_bench_impl.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kWindowLength = 512;

Expected<ModelConfig> shapeConfig(const std::string& shape) {
    struct Shape {
        std::string_view name;
        std::int64_t layers, hidden, heads;
    };
    for (const Shape& known : {Shape{"pythia-14m", 6, 128, 4}, Shape{"pythia-70m", 6, 512, 8},
                               Shape{"pythia-160m", 12, 768, 12}}) {
        if (known.name != shape) continue;
        ModelConfig config;
        config.modelType = "gpt_neox";
        config.vocabularyRows = 50304;
        config.hidden = known.hidden;
        config.layers = known.layers;
        config.heads = config.keyValueHeads = known.heads;
        config.headDimension = known.hidden / known.heads;
        config.intermediate = 4 * known.hidden;
        config.maxPositions = 2048;
        config.rope.rotaryDimensions = config.headDimension / 4;
        return config;
    }
    return Error{ErrorCode::SettingsRange, "--shape", escapeForDisplay(shape),
                 "Use pythia-14m, pythia-70m or pythia-160m"};
}

std::shared_ptr<const ModelWeights> randomWeights(const ModelConfig& config) {
    auto impl = std::make_unique<ModelWeights::Impl>();
    impl->config = config;
    impl->specs = expectedTensors(config);
    impl->decoder.blocks.resize(static_cast<std::size_t>(config.layers));
    for (const TensorSpec& spec : impl->specs) {
        at::Tensor tensor = at::randn(spec.shape, at::kFloat) * 0.02;
        weightSlot(impl->decoder, spec) = tensor;
        impl->tensors.push_back(tensor);
    }
    return std::make_shared<ModelWeights>(std::move(impl));
}

/// Seconds of the fastest of `repetitions` calls.
double fastest(int repetitions, const std::function<void()>& call) {
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < repetitions; ++i) {
        const auto start = std::chrono::steady_clock::now();
        call();
        best = std::min(
            best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

/// The matrix products of one forward pass with head, alone, at the batch that the sweep uses.
double productSeconds(const ModelConfig& config, std::int64_t tokens) {
    const c10::InferenceMode inference;
    const std::int64_t batch = std::min<std::int64_t>(tokens, 2048);
    const auto timeOf = [&](std::int64_t in, std::int64_t out) {
        const at::Tensor x = at::randn({batch, in});
        const at::Tensor w = at::randn({out, in});
        at::Tensor y = at::empty({batch, out});
        return fastest(3, [&] { at::mm_out(y, x, w.t()); }) * static_cast<double>(tokens) /
               static_cast<double>(batch);
    };
    const double block =
        timeOf(config.hidden, 3 * config.hidden) + timeOf(config.hidden, config.hidden) +
        timeOf(config.hidden, config.intermediate) + timeOf(config.intermediate, config.hidden);
    return static_cast<double>(config.layers) * block +
           timeOf(config.hidden, config.vocabularyRows);
}

EvalWindows benchWindows(std::uint64_t count, std::int64_t vocabulary) {
    EvalWindows windows;
    windows.count = count;
    windows.length = kWindowLength;
    for (std::uint64_t i = 0; i < count * kWindowLength; ++i)
        windows.ids.push_back(
            static_cast<std::uint32_t>((i * 2654435761u) % static_cast<std::uint64_t>(vocabulary)));
    return windows;
}

BenchLine shareOfLimit(std::string what, std::string against, double seconds, double limit,
                       std::string target) {
    return {std::move(what), std::move(against), seconds,
            limit,           std::move(target),  limit / seconds};
}

class Bench {
public:
    Bench(FileOps& ops, BenchSettings settings, ModelConfig config, std::stop_token stop)
        : m_ops(&ops),
          m_settings(std::move(settings)),
          m_config(std::move(config)),
          m_stop(std::move(stop)) {}

    Expected<BenchLine> perplexitySweep() {
        const EvalWindows windows = benchWindows(m_settings.windows, m_config.vocabularyRows);
        GRIDSCOPE_TRY_ASSIGN(scope, scopeTensors(m_weights->specs(), "blocks"));
        Scorer scorer(m_weights, windows, scope, {});
        // One round warms caches and buffers up, the second counts.
        double seconds = 0.0;
        for (int round = 0; round < 2; ++round) {
            const auto start = std::chrono::steady_clock::now();
            GRIDSCOPE_TRY_ASSIGN(reference, scorer.hidden(m_stop));
            std::vector<HiddenStates> variants;
            for (const char* id : {"int4", "int8"}) {
                GRIDSCOPE_TRY_ASSIGN(states, scorer.hiddenQuantized(*parseGrid(id), m_stop));
                variants.push_back(std::move(states));
            }
            GRIDSCOPE_TRY(scorer.score(reference, variants, m_stop));
            seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        }
        const double products =
            3.0 * productSeconds(m_config, static_cast<std::int64_t>(windows.ids.size()));
        return shareOfLimit("perplexity sweep, FP32 + INT4 + INT8", "its matrix products alone",
                            seconds, products, ">= 0.80");
    }

    BenchLine training() {
        constexpr std::int64_t kBatch = 4;
        const std::int64_t tokens = kBatch * static_cast<std::int64_t>(kWindowLength);
        const double seconds =
            trainingPassSeconds(m_config, kBatch, static_cast<std::int64_t>(kWindowLength));
        // The backward pass takes two products for each of the forward pass.
        const double products = 3.0 * productSeconds(m_config, tokens);
        return shareOfLimit("training, forward and backward of 4 x 512 tokens",
                            "its matrix products alone", seconds, products, ">= 0.70");
    }

    Expected<BenchLine> weightSweep() {
        GRIDSCOPE_TRY_ASSIGN(scope, scopeTensors(m_weights->specs(), "blocks"));
        const Grid grid = *parseGrid("int4");
        std::vector<QuantizedCodes> codes(scope.size());
        double bytes = 0.0;
        Expected<void> outcome;
        const auto sweep = [&] {
            for (std::size_t i = 0; i < scope.size(); ++i) {
                const MatrixView view{m_weights->values(scope[i]).data(), m_weights->rows(scope[i]),
                                      m_weights->columns(scope[i])};
                QuantizeOptions options;
                options.codes = &codes[i];
                options.previous = codes[i].codes.empty() ? nullptr : &codes[i];
                options.parallelFor = engineParallelFor();
                if (auto done = quantizeMatrix(view, grid, options); !done) outcome = done.error();
                if (auto done = matrixMoments(view, {}, options.parallelFor); !done)
                    outcome = done.error();
            }
        };
        sweep();
        const double seconds = fastest(3, sweep);
        GRIDSCOPE_TRY(std::move(outcome));
        std::vector<std::vector<float>> copies;
        for (const std::size_t i : scope) {
            copies.emplace_back(m_weights->values(i).size(), 1.0f);
            bytes += static_cast<double>(m_weights->values(i).size_bytes());
        }
        const double copying = fastest(5, [&] {
            for (std::size_t i = 0; i < scope.size(); ++i)
                std::memcpy(copies[i].data(), m_weights->values(scope[i]).data(),
                            m_weights->values(scope[i]).size_bytes());
        });
        return BenchLine{"weight sweep, one grid with all statistics",
                         "memcpy of the same bytes",
                         seconds,
                         copying,
                         "<= 6",
                         seconds / copying};
    }

    Expected<BenchLine> reading() {
        const std::filesystem::path file = m_settings.folder / "gridscope-bench.safetensors";
        std::vector<TensorToWrite> tensors;
        for (std::size_t i = 0; i < m_weights->specs().size(); ++i) {
            const TensorSpec& spec = m_weights->specs()[i];
            tensors.push_back(
                {spec.name, {spec.shape.begin(), spec.shape.end()}, m_weights->values(i)});
        }
        GRIDSCOPE_TRY(writeSafetensors(*m_ops, file, tensors, {}));
        auto line = readingOf(file);
        m_ops->unlink(file);
        return line;
    }

    void makeWeights() { m_weights = randomWeights(m_config); }

private:
    Expected<BenchLine> readingOf(const std::filesystem::path& file) {
        Expected<void> outcome;
        std::vector<float> buffer;
        const auto tensors = [&] {
            auto source = openTensorSource(*m_ops, file);
            if (!source) {
                outcome = source.error();
                return;
            }
            for (std::size_t i = 0; i < (*source)->tensors().size(); ++i) {
                buffer.resize((*source)->tensors()[i].elements);
                if (auto read = (*source)->readFloats(i, buffer); !read) outcome = read.error();
            }
        };
        const auto plain = [&] {
            auto opened = openForReading(*m_ops, file);
            if (!opened) return;
            auto status = opened->status();
            constexpr std::uint64_t kPiece = 16u << 20;
            buffer.resize(kPiece / sizeof(float));
            for (std::uint64_t at = 0; at < status->sizeBytes; at += kPiece) {
                const auto size = std::min(kPiece, status->sizeBytes - at);
                if (auto read =
                        opened->readAt(std::as_writable_bytes(std::span(buffer)).first(size), at);
                    !read)
                    outcome = read.error();
            }
        };
        plain();
        const double limit = fastest(3, plain);
        const double seconds = fastest(3, tensors);
        GRIDSCOPE_TRY(std::move(outcome));
        return shareOfLimit("reading FP32 safetensors, hashed and checked",
                            "plain pread of the file, page cache warm", seconds, limit, ">= 0.80");
    }

    FileOps* m_ops;
    BenchSettings m_settings;
    ModelConfig m_config;
    std::stop_token m_stop;
    std::shared_ptr<const ModelWeights> m_weights;
};

}  // namespace

Expected<std::vector<BenchLine>> runEngineBench(FileOps& ops, const BenchSettings& settings,
                                                ProgressSink& progress, std::stop_token stop) {
    GRIDSCOPE_TRY_ASSIGN(config, shapeConfig(settings.shape));
    GRIDSCOPE_TRY(initEngine());
    initWorkerThread(settings.threads);
    return guardTorch([&]() -> Expected<std::vector<BenchLine>> {
        Bench bench(ops, settings, config, stop);
        bench.makeWeights();
        std::vector<BenchLine> lines;
        const auto part = [&](const char* name) {
            progress.report(
                {"bench", name, lines.size(), 4, std::numeric_limits<double>::quiet_NaN()});
        };
        part("perplexity sweep");
        GRIDSCOPE_TRY_ASSIGN(perplexity, bench.perplexitySweep());
        lines.push_back(std::move(perplexity));
        part("training");
        lines.push_back(bench.training());
        part("weight sweep");
        GRIDSCOPE_TRY_ASSIGN(weights, bench.weightSweep());
        lines.push_back(std::move(weights));
        part("reading");
        GRIDSCOPE_TRY_ASSIGN(reading, bench.reading());
        lines.push_back(std::move(reading));
        return lines;
    });
}

}  // namespace gridscope
