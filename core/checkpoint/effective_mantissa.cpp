// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/effective_mantissa.h"

#include <algorithm>

namespace gridscope {

namespace {

double share(std::uint64_t part, std::uint64_t whole) {
    return static_cast<double>(part) / static_cast<double>(std::max<std::uint64_t>(whole, 1));
}

}  // namespace

std::string_view mantissaText(Mantissa mantissa) {
    switch (mantissa) {
    case Mantissa::Bf16:
        return "bf16";
    case Mantissa::Fp16:
        return "fp16";
    case Mantissa::Fp32:
        return "fp32";
    case Mantissa::Unknown:
        break;
    }
    return {};
}

void EffectiveMantissa::add(std::uint64_t elements, const TensorReadReport& report) {
    const std::uint64_t finite = elements - report.nonFinite;
    m_values += finite;
    m_fp16 += report.fitsF16;
    m_bf16 += report.fitsBf16;
    const Mantissa needed = report.fitsBf16 == finite  ? Mantissa::Bf16
                            : report.fitsF16 == finite ? Mantissa::Fp16
                                                       : Mantissa::Fp32;
    m_largest = std::max(m_largest, needed);
}

double EffectiveMantissa::fitsFp16() const { return share(m_fp16, m_values); }
double EffectiveMantissa::fitsBf16() const { return share(m_bf16, m_values); }

}  // namespace gridscope
