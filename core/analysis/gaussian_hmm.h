// SPDX-License-Identifier: GPL-3.0-or-later

// A left-to-right hidden Markov model with Gaussian emissions, fitted by expectation-maximization.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridscope {

/// Observations [points][dimensions], standardized by the caller; all finite.
using Observations = std::vector<std::vector<double>>;

struct HmmFit {
    std::vector<std::vector<double>> means;      ///< [states][dimensions]
    std::vector<std::vector<double>> variances;  ///< [states][dimensions], >= kVarianceFloor
    std::vector<double> stay;                    ///< [states] chance to stay; 1 for the last
    std::vector<std::size_t> path;               ///< [points] Viterbi states, ascending from 0
    double logLikelihood = 0.0;
    /// -2 logLikelihood + p ln n, p = states (2 dimensions + 1) - 1 free numbers.
    double bic = 0.0;
};

/// A state's variance is at least this: of standardized data, 5 % of the spread of a metric.
inline constexpr double kVarianceFloor = 0.0025;

/// Left to right: the path starts in the first state, ends in the last and never goes back.
/// Training passes through its phases once, and an ergodic model of the same data spends its
/// freedom on flickering between states of similar level, which are no boundaries; a metric that
/// does return to an earlier level simply begins another state.
/// @param states 1..points
/// @param starts random segmentations tried beside the even one, all drawn from `seed`
/// Complexity: O(starts x iterations x points x states x dimensions).
HmmFit fitHmm(const Observations& data, std::size_t states, int starts, std::uint64_t seed);

/// EM from the parameters of `from` on other data of the same dimensions, `iterations` at most.
HmmFit refitHmm(const Observations& data, const HmmFit& from, int iterations);

}  // namespace gridscope
