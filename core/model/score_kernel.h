// SPDX-License-Identifier: GPL-3.0-or-later

// One pass over a cache-resident block of logits: softmax sums, target, KL and top-1 together.
#pragma once

#include <cstdint>
#include <limits>

namespace gridscope {

/// Running softmax sums of one row of logits, taken in column block by column block.
struct RowScore {
    float maximum = -std::numeric_limits<float>::infinity();
    float rescale = 1.0f;     ///< factor that the last block put on the sums before it
    double sum = 0.0;         ///< of exp(logit - maximum)
    double cross = 0.0;       ///< of exp(reference - its maximum) * (reference - logit)
    std::int64_t argmax = 0;  ///< lowest column on a tie
    float target = 0.0f;      ///< logit of the target token

    double logSumExp() const;
    /// Negative log-likelihood of the target, nats.
    double nll() const { return logSumExp() - static_cast<double>(target); }
};

/// KL(reference || variant) of one token, nats, after all columns.
double rowDivergence(const RowScore& reference, const RowScore& variant);

/// Takes in columns first..first+count-1 of the reference row.
/// @param logits [count]
/// @param exponentials [count] out: exp(logit - maximum so far), for addVariantBlock
void addReferenceBlock(const float* logits, std::int64_t count, std::int64_t first,
                       std::int64_t target, float* exponentials, RowScore& row);

/// Takes in the same columns of a variant row, after addReferenceBlock.
void addVariantBlock(const float* logits, const float* referenceLogits, const float* exponentials,
                     std::int64_t count, std::int64_t first, std::int64_t target,
                     const RowScore& reference, RowScore& row);

}  // namespace gridscope
