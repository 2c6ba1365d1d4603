// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/audit_sample.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/random.h"
#include "core/base/sha256.h"

namespace gridscope {

namespace {

std::uint64_t seedOf(std::string_view name, const std::vector<std::uint64_t>& shape) {
    Sha256 hash;
    hash.update(static_cast<std::uint64_t>(name.size()));
    hash.update(name);
    for (const std::uint64_t size : shape) hash.update(size);
    const std::string hex = hash.finishHex();
    std::uint64_t seed = 0;
    std::from_chars(hex.data(), hex.data() + 16, seed, 16);
    return seed;
}

std::uint64_t elementsOf(const std::vector<std::uint64_t>& shape) {
    std::uint64_t elements = 1;
    for (const std::uint64_t size : shape) elements *= size;
    return elements;
}

}  // namespace

std::vector<std::uint64_t> samplePositions(std::string_view name,
                                           const std::vector<std::uint64_t>& shape) {
    const std::uint64_t elements = elementsOf(shape);
    const std::uint64_t count = std::min<std::uint64_t>(elements, kLargestTensorSample);
    std::vector<std::uint64_t> positions(static_cast<std::size_t>(count));
    if (count == 0) return positions;
    Random random(seedOf(name, shape));
    // The remainder widens the first parts by one, so that every element can be drawn.
    const std::uint64_t width = elements / count;
    const std::uint64_t wider = elements % count;
    std::uint64_t start = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t size = width + (i < wider ? 1u : 0u);
        positions[static_cast<std::size_t>(i)] = start + random.below(size);
        start += size;
    }
    return positions;
}

void WeightSample::add(const std::string& name, const std::vector<std::uint64_t>& shape,
                       std::span<const float> values) {
    if (shape.size() < 2) return;
    Tensor tensor{name, shape, {}};
    for (const std::uint64_t position : samplePositions(name, shape))
        tensor.values.push_back(values[static_cast<std::size_t>(position)]);
    const auto place =
        std::upper_bound(m_tensors.begin(), m_tensors.end(), name,
                         [](const std::string& n, const Tensor& t) { return n < t.name; });
    m_tensors.insert(place, std::move(tensor));
}

WeightSample::Sums WeightSample::sumsOf(const WeightSample& a, const WeightSample& b) {
    Sums sums;
    auto right = b.m_tensors.begin();
    for (const Tensor& left : a.m_tensors) {
        while (right != b.m_tensors.end() && right->name < left.name) ++right;
        if (right == b.m_tensors.end()) break;
        if (right->name != left.name || right->shape != left.shape) continue;
        for (std::size_t i = 0; i < left.values.size(); ++i) {
            const double x = static_cast<double>(left.values[i]);
            const double y = static_cast<double>(right->values[i]);
            if (!std::isfinite(x) || !std::isfinite(y)) continue;
            sums.a += x * x;
            sums.b += y * y;
            sums.product += x * y;
            sums.difference += (y - x) * (y - x);
        }
    }
    return sums;
}

std::optional<double> relativeChange(const WeightSample& a, const WeightSample& b) {
    const WeightSample::Sums sums = WeightSample::sumsOf(a, b);
    if (!(sums.a > 0.0)) return std::nullopt;
    return std::sqrt(sums.difference / sums.a);
}

std::optional<double> cosine(const WeightSample& a, const WeightSample& b) {
    const WeightSample::Sums sums = WeightSample::sumsOf(a, b);
    if (!(sums.a > 0.0) || !(sums.b > 0.0)) return std::nullopt;
    return sums.product / (std::sqrt(sums.a) * std::sqrt(sums.b));
}

}  // namespace gridscope
