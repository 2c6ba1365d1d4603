// SPDX-License-Identifier: GPL-3.0-or-later

#include <ATen/ATen.h>

#include <algorithm>

#include "core/model/head_scoring_impl.h"
#include "core/model/score_kernel.h"
#include "core/quant/parallel_for.h"

namespace gridscope {

namespace {

// A chunk of rows times a block of columns of logits stays in the L2 cache (2 MB), while its
// matrix products are still large enough to run at full speed (measured on two cores).
constexpr std::int64_t kChunkRows = 256;
constexpr std::int64_t kBlockColumns = 2048;
constexpr std::int64_t kReferenceChunkRows = 64;

Error cancelled() { return {ErrorCode::RunCancelled, {}, "cancelled", {}}; }

/// Adds the per-row results of one chunk to the sums of the windows they belong to, in row order.
class Collector {
public:
    Collector(const HeadScoringInput& input)
        : m_scored(input.scoredPerWindow), m_scores(input.variants.size() + 1) {
        const std::uint64_t windows = input.targets.size() / input.scoredPerWindow;
        for (std::size_t i = 0; i < m_scores.size(); ++i) {
            m_scores[i].nll.assign(windows, 0.0);
            if (i > 0) m_scores[i].kl.assign(windows, 0.0);
        }
    }
    void add(std::size_t variant, std::int64_t row, double nll) {
        m_scores[variant].nll[windowOf(row)] += nll;
    }
    void addDivergence(std::size_t variant, std::int64_t row, double kl, bool sameTop) {
        m_scores[variant].kl[windowOf(row)] += kl;
        m_scores[variant].top1Matches += sameTop ? 1 : 0;
    }
    std::vector<WindowScores> take() { return std::move(m_scores); }

private:
    std::size_t windowOf(std::int64_t row) const {
        return static_cast<std::size_t>(row) / m_scored;
    }
    std::size_t m_scored;
    std::vector<WindowScores> m_scores;
};

/// Buffers of one chunk, reused for all chunks.
struct ChunkBuffers {
    at::Tensor reference, variant, exponentials;  ///< [chunk rows, block columns]
    std::vector<std::vector<RowScore>> rows;      ///< [1 + variants][chunk rows]
};

/// logits [rows, columns] of one chunk and column block, into the front of `buffer`.
at::Tensor blockLogits(const HiddenStates::Impl& states, std::int64_t firstRow, std::int64_t rows,
                       std::int64_t firstColumn, std::int64_t columns, const at::Tensor& buffer) {
    at::Tensor out = buffer.flatten().narrow(0, 0, rows * columns).view({rows, columns});
    at::mm_out(out, states.rows.narrow(0, firstRow, rows),
               states.head.narrow(0, firstColumn, columns).t());
    return out;
}

template <class PerRow>
void forRows(std::int64_t rows, const PerRow& perRow) {
    static const ParallelFor parallelFor = engineParallelFor();
    parallelFor(rows, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) perRow(row);
    });
}

Expected<void> scoreChunk(const HeadScoringInput& input, std::int64_t firstRow, std::int64_t rows,
                          ChunkBuffers& buffers, const std::stop_token& stop) {
    for (auto& scores : buffers.rows) scores.assign(static_cast<std::size_t>(rows), RowScore{});
    const std::int64_t vocabulary = input.reference->head.size(0);
    const std::int64_t* targets = input.targets.data() + firstRow;
    for (std::int64_t first = 0; first < vocabulary; first += kBlockColumns) {
        const std::int64_t columns = std::min(kBlockColumns, vocabulary - first);
        if (stop.stop_requested()) return cancelled();
        const at::Tensor logits =
            blockLogits(*input.reference, firstRow, rows, first, columns, buffers.reference);
        const float* reference = logits.const_data_ptr<float>();
        float* exponentials = buffers.exponentials.mutable_data_ptr<float>();
        std::vector<RowScore>& referenceRows = buffers.rows[0];
        forRows(rows, [&](std::int64_t row) {
            addReferenceBlock(reference + row * columns, columns, first, targets[row],
                              exponentials + row * columns,
                              referenceRows[static_cast<std::size_t>(row)]);
        });
        for (std::size_t v = 0; v < input.variants.size(); ++v) {
            if (stop.stop_requested()) return cancelled();
            const at::Tensor changed =
                blockLogits(*input.variants[v], firstRow, rows, first, columns, buffers.variant);
            const float* variant = changed.const_data_ptr<float>();
            std::vector<RowScore>& variantRows = buffers.rows[v + 1];
            forRows(rows, [&](std::int64_t row) {
                const auto i = static_cast<std::size_t>(row);
                addVariantBlock(variant + row * columns, reference + row * columns,
                                exponentials + row * columns, columns, first, targets[row],
                                referenceRows[i], variantRows[i]);
            });
        }
    }
    return {};
}

Expected<std::vector<WindowScores>> scoreHeadsFused(const HeadScoringInput& input,
                                                    const std::function<void(double)>& onProgress,
                                                    const std::stop_token& stop) {
    const std::int64_t total = input.reference->rows.size(0);
    const at::TensorOptions options = input.reference->rows.options();
    ChunkBuffers buffers{at::empty({kChunkRows, kBlockColumns}, options),
                         at::empty({kChunkRows, kBlockColumns}, options),
                         at::empty({kChunkRows, kBlockColumns}, options),
                         std::vector<std::vector<RowScore>>(input.variants.size() + 1)};
    Collector collector(input);
    for (std::int64_t first = 0; first < total; first += kChunkRows) {
        const std::int64_t rows = std::min(kChunkRows, total - first);
        GRIDSCOPE_TRY(scoreChunk(input, first, rows, buffers, stop));
        for (std::int64_t row = 0; row < rows; ++row) {
            const auto i = static_cast<std::size_t>(row);
            const RowScore& reference = buffers.rows[0][i];
            collector.add(0, first + row, reference.nll());
            for (std::size_t v = 1; v < buffers.rows.size(); ++v) {
                const RowScore& variant = buffers.rows[v][i];
                collector.add(v, first + row, variant.nll());
                collector.addDivergence(v, first + row, rowDivergence(reference, variant),
                                        reference.argmax == variant.argmax);
            }
        }
        onProgress(static_cast<double>(first + rows) / static_cast<double>(total));
    }
    return collector.take();
}

}  // namespace

Expected<std::vector<WindowScores>> scoreHeadsReference(
    const HeadScoringInput& input, const std::function<void(double)>& onProgress,
    const std::stop_token& stop) {
    const std::int64_t total = input.reference->rows.size(0);
    const at::Tensor targets =
        at::tensor(at::ArrayRef<std::int64_t>(input.targets)).to(input.reference->rows.device());
    Collector collector(input);
    for (std::int64_t first = 0; first < total; first += kReferenceChunkRows) {
        if (stop.stop_requested()) return cancelled();
        const std::int64_t rows = std::min(kReferenceChunkRows, total - first);
        const at::Tensor target = targets.narrow(0, first, rows).unsqueeze(1);
        const auto logProbabilities = [&](const HiddenStates::Impl& states) {
            return at::log_softmax(at::mm(states.rows.narrow(0, first, rows), states.head.t()), 1);
        };
        const auto collect = [&](std::size_t variant, const at::Tensor& values, auto&& take) {
            const at::Tensor host = values.to(at::kCPU, at::kDouble).contiguous();
            for (std::int64_t row = 0; row < rows; ++row)
                take(variant, first + row, host.const_data_ptr<double>()[row]);
        };
        const auto addNll = [&](std::size_t variant, std::int64_t row, double value) {
            collector.add(variant, row, -value);
        };
        const at::Tensor reference = logProbabilities(*input.reference);
        collect(0, reference.gather(1, target).squeeze(1), addNll);
        const at::Tensor best = reference.argmax(1);
        for (std::size_t v = 0; v < input.variants.size(); ++v) {
            const at::Tensor variant = logProbabilities(*input.variants[v]);
            collect(v + 1, variant.gather(1, target).squeeze(1), addNll);
            const at::Tensor kl =
                (reference.exp() * (reference - variant)).sum(1, false, at::kDouble);
            const at::Tensor same = (variant.argmax(1) == best).to(at::kCPU).contiguous();
            collect(v + 1, kl, [&](std::size_t i, std::int64_t row, double value) {
                collector.addDivergence(i, row, value, same.const_data_ptr<bool>()[row - first]);
            });
        }
        onProgress(static_cast<double>(first + rows) / static_cast<double>(total));
    }
    return collector.take();
}

Expected<std::vector<WindowScores>> scoreHeads(const HeadScoringInput& input,
                                               const std::function<void(double)>& onProgress,
                                               const std::stop_token& stop) {
    return input.reference->rows.is_cpu() ? scoreHeadsFused(input, onProgress, stop)
                                          : scoreHeadsReference(input, onProgress, stop);
}

}  // namespace gridscope
