// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/gaussian_hmm.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/base/random.h"

namespace gridscope {

namespace {

using Eigen::ArrayXd;
using Eigen::ArrayXXd;
using Eigen::Index;

constexpr int kIterations = 60;
/// A gain of the log likelihood below this ends the iterations.
constexpr double kConverged = 1e-6;
constexpr double kImpossible = -std::numeric_limits<double>::infinity();
/// A chance to stay is kept off 0 and 1, so that a state can always be reached and left.
constexpr double kLeastChance = 1e-3;

struct Parameters {
    ArrayXXd means, variances;  ///< [states, dimensions]
    ArrayXd stay;               ///< [states]
};

ArrayXXd toArray(const std::vector<std::vector<double>>& rows) {
    ArrayXXd array(static_cast<Index>(rows.size()), static_cast<Index>(rows.front().size()));
    for (Index r = 0; r < array.rows(); ++r)
        for (Index c = 0; c < array.cols(); ++c)
            array(r, c) = rows[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
    return array;
}

std::vector<std::vector<double>> fromArray(const ArrayXXd& array) {
    std::vector<std::vector<double>> rows(static_cast<std::size_t>(array.rows()));
    for (Index r = 0; r < array.rows(); ++r)
        for (Index c = 0; c < array.cols(); ++c)
            rows[static_cast<std::size_t>(r)].push_back(array(r, c));
    return rows;
}

double logSum(double a, double b) {
    const double high = std::max(a, b);
    return high == kImpossible ? high : high + std::log1p(std::exp(std::min(a, b) - high));
}

/// Log densities [points, states].
ArrayXXd logDensities(const ArrayXXd& data, const Parameters& p) {
    ArrayXXd result(data.rows(), p.means.rows());
    for (Index s = 0; s < p.means.rows(); ++s) {
        const ArrayXXd off = data.rowwise() - p.means.row(s);
        const double norm = (2.0 * std::numbers::pi * p.variances.row(s)).log().sum();
        result.col(s) =
            -0.5 * (((off.square()).rowwise() / p.variances.row(s)).rowwise().sum() + norm);
    }
    return result;
}

/// Posterior weights of states [points, states] and of staying [points - 1, states] (the chance
/// to be in a state at a point and at the next), by forward and backward sums in logarithms.
struct Posterior {
    ArrayXXd state, stayed;
    double logLikelihood = 0.0;
};

Posterior posteriorOf(const ArrayXXd& densities, const Parameters& p) {
    const Index points = densities.rows(), states = densities.cols();
    const ArrayXd logStay = p.stay.log(), logLeave = (1.0 - p.stay).log();
    ArrayXXd forward = ArrayXXd::Constant(points, states, kImpossible);
    ArrayXXd backward = ArrayXXd::Constant(points, states, kImpossible);
    forward(0, 0) = densities(0, 0);
    for (Index t = 1; t < points; ++t) {
        for (Index s = 0; s < states; ++s) {
            double reached = forward(t - 1, s) + logStay(s);
            if (s > 0) reached = logSum(reached, forward(t - 1, s - 1) + logLeave(s - 1));
            forward(t, s) = reached + densities(t, s);
        }
    }
    backward(points - 1, states - 1) = 0.0;
    for (Index t = points - 1; t-- > 0;) {
        for (Index s = 0; s < states; ++s) {
            double after = backward(t + 1, s) + logStay(s) + densities(t + 1, s);
            if (s + 1 < states)
                after =
                    logSum(after, backward(t + 1, s + 1) + logLeave(s) + densities(t + 1, s + 1));
            backward(t, s) = after;
        }
    }
    Posterior posterior;
    posterior.logLikelihood = forward(points - 1, states - 1);
    posterior.state = (forward + backward - posterior.logLikelihood).exp();
    posterior.stayed = ArrayXXd::Zero(points - 1, states);
    for (Index t = 0; t + 1 < points; ++t)
        posterior.stayed.row(t) = (forward.row(t) + logStay.transpose() + densities.row(t + 1) +
                                   backward.row(t + 1) - posterior.logLikelihood)
                                      .exp();
    return posterior;
}

/// The M step: weighted means, variances and shares of staying.
void maximize(const ArrayXXd& data, const Posterior& posterior, Parameters& p) {
    const Index last = data.rows() - 1;
    for (Index s = 0; s < p.means.rows(); ++s) {
        const ArrayXd weight = posterior.state.col(s);
        const double sum = weight.sum();
        if (!(sum > 1e-9)) continue;  // a state that no point belongs to stays where it is
        p.means.row(s) = (data.colwise() * weight).colwise().sum() / sum;
        const ArrayXXd off = data.rowwise() - p.means.row(s);
        p.variances.row(s) =
            ((off.square().colwise() * weight).colwise().sum() / sum).max(kVarianceFloor);
        const double leaving = weight.head(last).sum();
        if (s + 1 < p.means.rows() && leaving > 1e-9)
            p.stay(s) = std::clamp(posterior.stayed.col(s).sum() / leaving, kLeastChance,
                                   1.0 - kLeastChance);
    }
}

std::vector<std::size_t> viterbi(const ArrayXXd& densities, const Parameters& p) {
    const Index points = densities.rows(), states = densities.cols();
    ArrayXXd best = ArrayXXd::Constant(points, states, kImpossible);
    Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic> entered(points, states);
    entered.setConstant(false);
    best(0, 0) = densities(0, 0);
    for (Index t = 1; t < points; ++t) {
        for (Index s = 0; s < states; ++s) {
            const double stayed = best(t - 1, s) + std::log(p.stay(s));
            const double came =
                s == 0 ? kImpossible : best(t - 1, s - 1) + std::log(1.0 - p.stay(s - 1));
            entered(t, s) = came > stayed;
            best(t, s) = std::max(stayed, came) + densities(t, s);
        }
    }
    std::vector<std::size_t> path(static_cast<std::size_t>(points));
    Index state = states - 1;
    for (Index t = points; t-- > 0;) {
        path[static_cast<std::size_t>(t)] = static_cast<std::size_t>(state);
        if (entered(t, state)) --state;
    }
    return path;
}

HmmFit iterate(const ArrayXXd& data, Parameters p, int iterations) {
    ArrayXXd densities = logDensities(data, p);
    Posterior posterior = posteriorOf(densities, p);
    for (int i = 0; i < iterations; ++i) {
        const double before = posterior.logLikelihood;
        maximize(data, posterior, p);
        densities = logDensities(data, p);
        posterior = posteriorOf(densities, p);
        if (!(posterior.logLikelihood - before > kConverged)) break;
    }
    HmmFit fit;
    fit.path = viterbi(densities, p);
    fit.means = fromArray(p.means);
    fit.variances = fromArray(p.variances);
    fit.stay.assign(p.stay.data(), p.stay.data() + p.stay.size());
    fit.logLikelihood = posterior.logLikelihood;
    const auto states = static_cast<double>(data.rows() > 0 ? p.means.rows() : 0);
    const double free = states * (2.0 * static_cast<double>(data.cols()) + 1.0) - 1.0;
    fit.bic = -2.0 * fit.logLikelihood + free * std::log(static_cast<double>(data.rows()));
    return fit;
}

/// Parameters of the segments that begin at `firsts` (the first is 0).
Parameters fromSegments(const ArrayXXd& data, const std::vector<Index>& firsts) {
    const auto states = static_cast<Index>(firsts.size());
    Parameters p{ArrayXXd(states, data.cols()), ArrayXXd(states, data.cols()),
                 ArrayXd::Ones(states)};
    for (Index s = 0; s < states; ++s) {
        const Index first = firsts[static_cast<std::size_t>(s)];
        const Index end = s + 1 == states ? data.rows() : firsts[static_cast<std::size_t>(s + 1)];
        const auto part = data.middleRows(first, end - first);
        p.means.row(s) = part.colwise().mean();
        // A start is blurred, or the first iterations could not move a border.
        p.variances.row(s) = (part.rowwise() - p.means.row(s)).square().colwise().mean().max(0.05);
        if (s + 1 < states)
            p.stay(s) = std::clamp(1.0 - 1.0 / static_cast<double>(end - first), kLeastChance,
                                   1.0 - kLeastChance);
    }
    return p;
}

/// `states` distinct beginnings, the first of them 0.
std::vector<Index> randomSegments(Index points, std::size_t states, Random& random) {
    std::vector<Index> firsts{0};
    while (firsts.size() < states) {
        const auto first =
            static_cast<Index>(1 + random.below(static_cast<std::uint64_t>(points - 1)));
        if (std::find(firsts.begin(), firsts.end(), first) == firsts.end()) firsts.push_back(first);
    }
    std::sort(firsts.begin(), firsts.end());
    return firsts;
}

}  // namespace

HmmFit fitHmm(const Observations& data, std::size_t states, int starts, std::uint64_t seed) {
    const ArrayXXd array = toArray(data);
    std::vector<Index> even;
    for (std::size_t s = 0; s < states; ++s)
        even.push_back(static_cast<Index>(s * data.size() / states));
    HmmFit best = iterate(array, fromSegments(array, even), kIterations);
    Random random(seed);
    for (int start = 0; states > 1 && start < starts; ++start) {
        HmmFit fit = iterate(
            array, fromSegments(array, randomSegments(array.rows(), states, random)), kIterations);
        if (fit.logLikelihood > best.logLikelihood) best = std::move(fit);
    }
    return best;
}

HmmFit refitHmm(const Observations& data, const HmmFit& from, int iterations) {
    Parameters p{toArray(from.means), toArray(from.variances), ArrayXd()};
    p.stay = Eigen::Map<const ArrayXd>(from.stay.data(), static_cast<Index>(from.stay.size()));
    return iterate(toArray(data), std::move(p), iterations);
}

}  // namespace gridscope
