// SPDX-License-Identifier: GPL-3.0-or-later

// The narrowest type that keeps the values of a checkpoint, from the counts of its tensors.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/checkpoint/tensor_source.h"

namespace gridscope {

/// Fewest bits of significand that keep the values (formats.md 11), in rising order.
enum class Mantissa { Unknown, Bf16, Fp16, Fp32 };
std::string_view mantissaText(Mantissa mantissa);  ///< "bf16", "fp16", "fp32", "" if unknown

/// Adds up tensor by tensor: of each the smallest type that keeps every finite value counts, of
/// the checkpoint the largest of these. So bf16 beside fp16 tensors need fp16, not fp32.
class EffectiveMantissa {
public:
    /// @param elements of the tensor that `report` is of
    void add(std::uint64_t elements, const TensorReadReport& report);

    Mantissa value() const { return m_largest; }  ///< Unknown before the first tensor
    double fitsFp16() const;                      ///< share of the finite values, 0..1
    double fitsBf16() const;

private:
    std::uint64_t m_values = 0, m_fp16 = 0, m_bf16 = 0;
    Mantissa m_largest = Mantissa::Unknown;
};

}  // namespace gridscope
