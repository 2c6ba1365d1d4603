// SPDX-License-Identifier: GPL-3.0-or-later

// The tensors behind ModelWeights, for the .cpp files of core that compute with them.
#pragma once

#include "core/model/decoder_impl.h"
#include "core/model/model_weights.h"

namespace gridscope {

struct ModelWeights::Impl {
    ModelConfig config;
    std::vector<TensorSpec> specs;
    std::vector<at::Tensor> tensors;  ///< by spec; linear weights [out, in]
    DecoderWeights decoder;           ///< shares the tensors
    std::string contentSha256;
    std::string storageDtype;
    std::string effectiveMantissa;
    std::vector<Warning> warnings;
};

}  // namespace gridscope
