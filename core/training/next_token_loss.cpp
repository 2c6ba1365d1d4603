// SPDX-License-Identifier: GPL-3.0-or-later

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_log_softmax.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>

#include <algorithm>

#include "core/training/next_token_loss_impl.h"
#include "core/training/training_cost.h"

namespace gridscope {

NextTokenLoss::NextTokenLoss(const ModelConfig& config, ParameterBuffers& buffers,
                             std::int64_t length)
    : m_config(config), m_buffers(buffers) {
    m_rotary = makeRotaryTable(config, length, buffers.flatWeights);
}

double NextTokenLoss::head(const at::Tensor& hidden, const at::Tensor& targets, HeadWork work,
                           double weight) {
    const at::NoGradGuard noGradients;
    const at::Tensor& matrix = m_buffers.weights.head;
    const std::int64_t rows = hidden.size(0);
    const std::int64_t vocabulary = matrix.size(0);
    const std::int64_t chunk = headChunkRows(rows, vocabulary);
    if (!m_logits.defined() || m_logits.size(0) != chunk) {
        m_logits = at::empty({chunk, vocabulary}, matrix.options());
        m_probabilities = at::empty({chunk, vocabulary}, matrix.options());
    }
    const double share = weight / static_cast<double>(rows);
    double sum = 0.0;
    for (std::int64_t first = 0; first < rows; first += chunk) {
        const std::int64_t count = std::min(chunk, rows - first);
        const at::Tensor part = hidden.narrow(0, first, count);
        const at::Tensor target = targets.narrow(0, first, count).unsqueeze(1);
        at::Tensor logits = m_logits.narrow(0, 0, count);
        at::Tensor probabilities = m_probabilities.narrow(0, 0, count);
        at::mm_out(logits, part, matrix.t());
        at::_log_softmax_out(probabilities, logits, -1, false);
        sum -= probabilities.gather(1, target).sum(at::kDouble).item<double>();
        if (work == HeadWork::LossOnly) continue;
        // d loss / d logits = softmax - one-hot.
        probabilities.exp_();
        probabilities.scatter_add_(1, target, at::full({count, 1}, -1.0, matrix.options()));
        probabilities.mul_(share);
        m_buffers.headGradient.addmm_(probabilities.t(), part);
        at::Tensor hiddenGradient = m_hiddenGradient.narrow(0, first, count);
        at::mm_out(hiddenGradient, probabilities, matrix);
    }
    return sum / static_cast<double>(rows);
}

std::optional<double> NextTokenLoss::addGradients(const at::Tensor& ids, const at::Tensor& targets,
                                                  double weight, const std::stop_token& stop) {
    const at::AutoGradMode gradients(true);
    const at::Tensor hidden = forwardHidden(m_config, m_buffers.weights, m_rotary, ids, stop);
    if (stop.stop_requested() || !hidden.defined()) return std::nullopt;
    const at::Tensor flat = hidden.detach().view({-1, m_config.hidden});
    if (!m_hiddenGradient.defined() || m_hiddenGradient.size(0) != flat.size(0))
        m_hiddenGradient = at::empty(flat.sizes(), flat.options());
    const double loss = head(flat, targets, HeadWork::LossAndGradients, weight);
    hidden.backward(m_hiddenGradient.view(hidden.sizes()));
    return loss;
}

double NextTokenLoss::value(const at::Tensor& ids, const at::Tensor& targets) {
    const at::NoGradGuard noGradients;
    const at::Tensor hidden =
        forwardHidden(m_config, m_buffers.weights, m_rotary, ids, std::stop_token());
    return head(hidden.view({-1, m_config.hidden}), targets, HeadWork::LossOnly, 1.0);
}

}  // namespace gridscope
