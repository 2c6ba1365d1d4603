// SPDX-License-Identifier: GPL-3.0-or-later

// Random numbers that are the same on every platform, unlike the distributions of <random>.
#pragma once

#include <array>
#include <cstdint>

namespace gridscope {

/// One step of SplitMix64: advances `state` and returns a well-mixed number.
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
std::uint64_t splitMix64(std::uint64_t& state);

/// xoshiro256**, seeded through SplitMix64. Not for secrets. Not thread-safe: one per thread.
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021.
class Random {
public:
    using State = std::array<std::uint64_t, 4>;

    explicit Random(std::uint64_t seed);
    /// Goes on where a generator with this state() stood. All zero is not a state it can have.
    explicit Random(const State& state) : m_state(state) {}

    /// All that is needed to go on later; no value is cached beside it.
    const State& state() const { return m_state; }

    /// 64 random bits.
    std::uint64_t next();
    /// 0..bound-1, every value equally likely (draws are rejected until that holds); bound >= 1.
    std::uint64_t below(std::uint64_t bound);
    /// [0, 1), a multiple of 2^-53.
    double uniform();
    /// Mean 0, variance 1: Box-Muller, cosine branch only, two draws a value. Equal across
    /// machines up to the last bit of the C library's log and cos.
    double normal();

private:
    State m_state;
};

}  // namespace gridscope
