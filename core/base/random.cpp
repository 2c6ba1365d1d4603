// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/random.h"

#include <bit>
#include <cassert>
#include <cmath>
#include <numbers>

namespace gridscope {

std::uint64_t splitMix64(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15u;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

Random::Random(std::uint64_t seed) : m_state{} {
    for (std::uint64_t& word : m_state) word = splitMix64(seed);
}

std::uint64_t Random::next() {
    const std::uint64_t result = std::rotl(m_state[1] * 5, 7) * 9;
    const std::uint64_t shifted = m_state[1] << 17;
    m_state[2] ^= m_state[0];
    m_state[3] ^= m_state[1];
    m_state[1] ^= m_state[2];
    m_state[0] ^= m_state[3];
    m_state[2] ^= shifted;
    m_state[3] = std::rotl(m_state[3], 45);
    return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
    assert(bound >= 1);
    if (bound <= 1) return 0;
    // The highest bits are the best mixed; taking only as many as needed rejects at most half.
    const int unusedBits = std::countl_zero(bound - 1);
    for (;;) {
        const std::uint64_t candidate = next() >> unusedBits;
        if (candidate < bound) return candidate;
    }
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

double Random::normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace gridscope
