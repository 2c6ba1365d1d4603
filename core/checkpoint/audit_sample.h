// SPDX-License-Identifier: GPL-3.0-or-later

// The fixed sample of weights by which checkpoints are compared without keeping them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridscope {

inline constexpr std::size_t kLargestTensorSample = 4096;

/// Positions of the sample in a tensor, ascending: all of a small one, else one drawn from each of
/// 4096 equal parts. The draw is seeded by name and shape, so that every checkpoint of a run gives
/// the same positions.
std::vector<std::uint64_t> samplePositions(std::string_view name,
                                           const std::vector<std::uint64_t>& shape);

/// Sampled values of the matrices of one checkpoint. Norms and biases are left out: gains near
/// one outweigh every matrix in a sum of squares and look alike in unrelated models.
class WeightSample {
public:
    /// @param values [elements] row-major; tensors of rank below 2 are passed over
    void add(const std::string& name, const std::vector<std::uint64_t>& shape,
             std::span<const float> values);
    bool empty() const { return m_tensors.empty(); }

    /// |b - a| / |a| over the positions that both have with finite values, sums in double;
    /// nothing if there are none or `a` is zero.
    friend std::optional<double> relativeChange(const WeightSample& a, const WeightSample& b);
    /// Cosine of the angle between the two, over the same positions.
    friend std::optional<double> cosine(const WeightSample& a, const WeightSample& b);

private:
    struct Tensor {
        std::string name;
        std::vector<std::uint64_t> shape;
        std::vector<float> values;
    };
    struct Sums {
        double a = 0.0, b = 0.0, product = 0.0, difference = 0.0;  ///< of squares; of products
    };
    static Sums sumsOf(const WeightSample& a, const WeightSample& b);

    std::vector<Tensor> m_tensors;  ///< by name
};

std::optional<double> relativeChange(const WeightSample& a, const WeightSample& b);
std::optional<double> cosine(const WeightSample& a, const WeightSample& b);

}  // namespace gridscope
