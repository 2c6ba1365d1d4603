// SPDX-License-Identifier: GPL-3.0-or-later

// Mean next-token cross-entropy and its gradients, the head in row chunks.
#pragma once

#include <optional>
#include <stop_token>

#include "core/training/parameter_buffers_impl.h"

namespace gridscope {

/// Forward and backward pass of one micro-batch. The head's gradient is written out by hand:
/// softmax minus one-hot, chunk by chunk, so that neither logits nor probabilities of all rows
/// exist at once; autograd carries the gradient of the hidden states through the blocks.
class NextTokenLoss {
public:
    /// @param buffers must outlive this object
    NextTokenLoss(const ModelConfig& config, ParameterBuffers& buffers, std::int64_t length);

    /// Adds the gradients of `weight` times the mean cross-entropy to the flat gradients.
    /// @param ids     [batch, length] int64
    /// @param targets [batch * length] int64
    /// @return the mean cross-entropy in nats per token; nothing if `stop` was requested
    std::optional<double> addGradients(const at::Tensor& ids, const at::Tensor& targets,
                                       double weight, const std::stop_token& stop);

    /// The mean cross-entropy alone.
    double value(const at::Tensor& ids, const at::Tensor& targets);

private:
    enum class HeadWork { LossOnly, LossAndGradients };
    double head(const at::Tensor& hidden, const at::Tensor& targets, HeadWork work, double weight);

    const ModelConfig& m_config;
    ParameterBuffers& m_buffers;
    RotaryTable m_rotary;
    at::Tensor m_logits;          ///< [rows of a chunk, vocabulary]
    at::Tensor m_probabilities;   ///< same shape: log-softmax, then the gradient of the logits
    at::Tensor m_hiddenGradient;  ///< [batch * length, hidden]
};

}  // namespace gridscope
