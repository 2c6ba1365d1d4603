// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/audit_facts.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace gridscope {

std::uint64_t CheckpointFacts::elements() const {
    std::uint64_t sum = 0;
    for (const TensorFacts& tensor : tensors) sum += tensor.elements;
    return sum;
}

std::vector<std::vector<std::size_t>> checkpointSeries(const std::vector<CheckpointFacts>& facts) {
    std::map<std::tuple<std::string, int, std::string>, std::vector<std::size_t>> series;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        if (facts[i].step)
            series[{facts[i].run, facts[i].stageRank, facts[i].ingredient}].push_back(i);
    }
    std::vector<std::vector<std::size_t>> ordered;
    for (auto& [key, members] : series) {
        std::stable_sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
            return *facts[a].step < *facts[b].step;
        });
        ordered.push_back(std::move(members));
    }
    return ordered;
}

}  // namespace gridscope
