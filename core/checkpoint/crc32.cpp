// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/crc32.h"

#include <array>

#include "core/checkpoint/little_endian.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gridscope {

namespace {

constexpr std::uint32_t kPolynomial = 0xEDB88320u;  // 0x04C11DB7 with its bits reflected

/// One step of the division: the reflected remainder times x.
constexpr std::uint32_t timesX(std::uint32_t remainder) {
    return (remainder >> 1) ^ ((remainder & 1u) != 0 ? kPolynomial : 0u);
}

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

/// tables[k][b]: what byte b contributes when k more bytes follow it.
constexpr Tables makeTables() {
    Tables tables{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t remainder = b;
        for (int bit = 0; bit < 8; ++bit) remainder = timesX(remainder);
        tables[0][b] = remainder;
    }
    for (std::size_t k = 1; k < tables.size(); ++k) {
        for (std::size_t b = 0; b < 256; ++b) {
            const std::uint32_t before = tables[k - 1][b];
            tables[k][b] = (before >> 8) ^ tables[0][before & 0xFFu];
        }
    }
    return tables;
}

constexpr Tables kTables = makeTables();

std::uint32_t updateByTable(std::uint32_t state, std::span<const std::byte> bytes) {
    std::size_t at = 0;
    for (; bytes.size() - at >= 8; at += 8) {
        const auto both = littleEndianAt<std::uint64_t>(bytes, at) ^ state;
        state = 0;
        for (std::size_t k = 0; k < 8; ++k) state ^= kTables[7 - k][(both >> (8 * k)) & 0xFFu];
    }
    for (; at < bytes.size(); ++at)
        state =
            (state >> 8) ^ kTables[0][(state ^ std::to_integer<std::uint32_t>(bytes[at])) & 0xFFu];
    return state;
}

#if defined(__x86_64__)

/// x^exponent modulo the polynomial, reflected into 33 bits as the carry-less product wants it.
constexpr std::uint64_t foldConstant(unsigned exponent) {
    std::uint32_t remainder = 0x80000000u;  // x^0
    for (unsigned i = 0; i < exponent; ++i) remainder = timesX(remainder);
    return static_cast<std::uint64_t>(remainder) << 1;
}

// Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel,
// 2009): a register of 128 bits moves n bits ahead by the products of its halves with x^(n+32) and
// x^(n-32). The two numbers printed there check the function above.
static_assert(foldConstant(4 * 128 + 32) == 0x154442BD4u);
static_assert(foldConstant(128 - 32) == 0x0CCAA009Eu);

constexpr std::size_t kLaneBytes = 16;
constexpr std::size_t kStrideBytes = 4 * kLaneBytes;

__attribute__((target("pclmul"))) inline __m128i fold(__m128i lane, __m128i by, __m128i next) {
    const __m128i low = _mm_clmulepi64_si128(lane, by, 0x00);
    const __m128i high = _mm_clmulepi64_si128(lane, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

inline __m128i laneAt(const std::byte* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

inline __m128i distance(unsigned bits) {
    return _mm_set_epi64x(static_cast<long long>(foldConstant(bits - 32)),
                          static_cast<long long>(foldConstant(bits + 32)));
}

/// Folds all whole strides of `bytes` (at least one) to 16 bytes with the same remainder, which
/// the table then takes together with the rest.
__attribute__((target("pclmul"))) std::uint32_t updateByFolding(std::uint32_t state,
                                                                std::span<const std::byte> bytes) {
    const std::byte* from = bytes.data();
    // Four named lanes stay in registers; an array of them does not.
    __m128i a = _mm_xor_si128(laneAt(from), _mm_cvtsi32_si128(static_cast<int>(state)));
    __m128i b = laneAt(from + kLaneBytes);
    __m128i c = laneAt(from + 2 * kLaneBytes);
    __m128i d = laneAt(from + 3 * kLaneBytes);
    std::size_t at = kStrideBytes;
    const __m128i byStride = distance(8 * kStrideBytes);
    for (; bytes.size() - at >= kStrideBytes; at += kStrideBytes) {
        a = fold(a, byStride, laneAt(from + at));
        b = fold(b, byStride, laneAt(from + at + kLaneBytes));
        c = fold(c, byStride, laneAt(from + at + 2 * kLaneBytes));
        d = fold(d, byStride, laneAt(from + at + 3 * kLaneBytes));
    }
    const __m128i byLane = distance(8 * kLaneBytes);
    const __m128i all = fold(fold(fold(a, byLane, b), byLane, c), byLane, d);
    std::array<std::byte, kLaneBytes> rest;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rest.data()), all);
    return updateByTable(updateByTable(0, rest), bytes.subspan(at));
}

#endif

}  // namespace

void Crc32::update(std::span<const std::byte> bytes) {
#if defined(__x86_64__)
    static const bool kHasProduct = __builtin_cpu_supports("pclmul") > 0;
    if (kHasProduct && bytes.size() >= kStrideBytes) {
        m_state = updateByFolding(m_state, bytes);
        return;
    }
#endif
    m_state = updateByTable(m_state, bytes);
}

}  // namespace gridscope
