// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/core/trajectory/synthetic_trajectory.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/sha256.h"

namespace gridscope::test {

namespace {

/// Numbers without pattern, so that swapped fields show.
class Numbers {
public:
    explicit Numbers(std::uint64_t seed) : m_state(seed * 2654435761u + 12345u) {}
    std::uint32_t integer(std::uint32_t below) {
        m_state = m_state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>(m_state >> 33) % below;
    }
    double real() { return integer(1'000'000) / 3.0e5 + 0.001; }
    Estimate estimate() { return {real(), real(), real()}; }
    std::vector<float> floats(std::size_t count) {
        std::vector<float> values(count);
        for (float& value : values) value = static_cast<float>(real());
        return values;
    }

private:
    std::uint64_t m_state;
};

MatrixMoments moments(Numbers& next) {
    MatrixMoments m;
    for (double MatrixMoments::*member :
         {&MatrixMoments::sd, &MatrixMoments::absmax, &MatrixMoments::kurtosis,
          &MatrixMoments::norm, &MatrixMoments::rangeOverRmsMean, &MatrixMoments::rangeOverRmsP99,
          &MatrixMoments::movement})
        m.*member = next.real();
    return m;
}

constexpr double GridStatistics::*kStatistics[] = {
    &GridStatistics::sqnrDb,         &GridStatistics::meanAbsResidual, &GridStatistics::rmsResidual,
    &GridStatistics::edgeMass,       &GridStatistics::codeEntropy,     &GridStatistics::exactGroups,
    &GridStatistics::flipRate,       &GridStatistics::levelFlipRate,   &GridStatistics::scaleChange,
    &GridStatistics::zeroPointChange};

GridScores scores(Numbers& next, const Trajectory& plan, std::size_t codes) {
    GridScores s;
    s.status = RowStatus::Complete;
    s.ce = next.estimate();
    s.ppl = next.real();
    s.gapPercent = next.estimate();
    s.deltaCe = next.estimate();
    s.relativeCe = next.real();
    s.kl = next.estimate();
    s.top1Agreement = next.real();
    s.sqnrDb = next.real();
    s.flipRate = next.real();
    s.levelFlipRate = next.real();
    s.windowsUsed = static_cast<std::int32_t>(plan.windows);
    s.windowNll = next.floats(plan.windows);
    s.windowKl = next.floats(plan.windows);
    s.sensitivityOnly = next.floats(plan.layers.size());
    s.sensitivityExcept = next.floats(plan.layers.size());
    const auto blocks = static_cast<std::size_t>(plan.layers.back().block + 1);
    s.blockSensitivityOnly = next.floats(blocks);
    s.blockSensitivityExcept = next.floats(blocks);
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
        GridStatistics statistics;
        for (const auto member : kStatistics) statistics.*member = next.real();
        for (auto& count : statistics.residualHistogram) count = next.integer(100'000);
        statistics.codeHistogram.resize(codes);
        for (auto& count : statistics.codeHistogram) count = next.integer(100'000);
        s.layers.push_back(statistics);
    }
    return s;
}

bool same(double a, double b) {
    return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}
bool same(float a, float b) {
    return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}
bool same(const Estimate& a, const Estimate& b) {
    return same(a.value, b.value) && same(a.low, b.low) && same(a.high, b.high);
}
bool same(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!same(a[i], b[i])) return false;
    }
    return true;
}
bool same(const MatrixMoments& a, const MatrixMoments& b) {
    return same(a.sd, b.sd) && same(a.absmax, b.absmax) && same(a.kurtosis, b.kurtosis) &&
           same(a.norm, b.norm) && same(a.rangeOverRmsMean, b.rangeOverRmsMean) &&
           same(a.rangeOverRmsP99, b.rangeOverRmsP99) && same(a.movement, b.movement);
}
bool same(const GridStatistics& a, const GridStatistics& b) {
    for (const auto member : kStatistics) {
        if (!same(a.*member, b.*member)) return false;
    }
    return a.residualHistogram == b.residualHistogram && a.codeHistogram == b.codeHistogram;
}
template <class T>
bool sameAll(const std::vector<T>& a, const std::vector<T>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!same(a[i], b[i])) return false;
    }
    return true;
}

std::string differenceOf(const GridScores& a, const GridScores& b) {
    if (a.status != b.status || a.windowsUsed != b.windowsUsed) return "status or windows";
    if (!same(a.ce, b.ce) || !same(a.ppl, b.ppl)) return "ce or ppl";
    if (!same(a.gapPercent, b.gapPercent) || !same(a.deltaCe, b.deltaCe)) return "gap or delta";
    if (!same(a.relativeCe, b.relativeCe) || !same(a.kl, b.kl)) return "relative_ce or kl";
    if (!same(a.top1Agreement, b.top1Agreement) || !same(a.sqnrDb, b.sqnrDb)) return "top1 or sqnr";
    if (!same(a.flipRate, b.flipRate) || !same(a.levelFlipRate, b.levelFlipRate)) return "flips";
    if (!same(a.windowNll, b.windowNll) || !same(a.windowKl, b.windowKl)) return "windows";
    if (!same(a.sensitivityOnly, b.sensitivityOnly) ||
        !same(a.sensitivityExcept, b.sensitivityExcept) ||
        !same(a.blockSensitivityOnly, b.blockSensitivityOnly) ||
        !same(a.blockSensitivityExcept, b.blockSensitivityExcept))
        return "sensitivity";
    return sameAll(a.layers, b.layers) ? "" : "layers";
}

}  // namespace

Trajectory syntheticPlan(const SyntheticSize& size) {
    Trajectory plan;
    plan.title = "Synthetic \xC3\xA9";
    plan.planJson = R"({"grids":["a4g128:minmax","s8channel:absmax"],"scope":"blocks"})";
    plan.planHash = "plan-1";
    plan.environmentJson = R"({"device":"cpu"})";
    plan.windows = size.windows;
    plan.windowLength = size.windowLength;
    for (std::size_t i = 0; i < size.windows * size.windowLength; ++i)
        plan.evalIds.push_back(static_cast<std::uint32_t>(i * 7919 % 50'000));
    Sha256 hash;
    hash.update(std::as_bytes(std::span(plan.evalIds)));
    plan.evalSha256 = hash.finishHex();
    plan.evalSource = "text.jsonl";
    plan.tokenizerSha256 = std::string(64, 'b');
    plan.textBytes = 12'345;
    for (std::size_t l = 0; l < size.layers; ++l)
        plan.layers.push_back({"layers." + std::to_string(l) + ".weight", 64 + static_cast<int>(l),
                               128, static_cast<int>(l / 2), l % 2 == 0 ? "attn.qkv" : "mlp.up"});
    plan.gridIds = size.gridIds;
    plan.phasesJson = R"({"phases":[]})";
    plan.overridesJson = "{}";
    plan.notes = "line one\nline two";
    return plan;
}

std::shared_ptr<ProbeRecord> syntheticRow(const Trajectory& plan, std::int64_t step) {
    Numbers next(static_cast<std::uint64_t>(step) + 1);
    auto row = std::make_shared<ProbeRecord>();
    row->label = "step" + std::to_string(step);
    row->step = step;
    row->tokensSeen = static_cast<double>(step) * 2'097'152.0;
    row->learningRate = next.real() * 1e-4;
    row->contentSha256 = sha256Hex(row->label);
    row->predecessor = step > 0 ? "step" + std::to_string(step - 1) : "";
    row->source = "/models/" + row->label;
    row->storageDtype = "F16";
    row->status = RowStatus::Complete;
    row->seconds = next.real();
    row->fp32 = {next.estimate(), next.real(), next.floats(plan.windows)};
    row->kurtosisMean = next.real();
    row->kurtosisPooled = next.real();
    row->kurtosisMax = next.real();
    for (std::size_t l = 0; l < plan.layers.size(); ++l) row->layers.push_back(moments(next));
    for (const std::string& id : plan.gridIds)
        row->grids[id] = scores(next, plan, id[1] == '8' ? 256 : 16);
    return row;
}

std::string firstDifference(const ProbeRecord& a, const ProbeRecord& b) {
    if (a.label != b.label || a.step != b.step || a.stage != b.stage) return "label, step, stage";
    if (!same(a.tokensSeen, b.tokensSeen) || !same(a.learningRate, b.learningRate))
        return "tokens_seen or learning_rate";
    if (a.contentSha256 != b.contentSha256 || a.predecessor != b.predecessor ||
        a.duplicateOf != b.duplicateOf)
        return "content, predecessor or duplicate";
    if (a.source != b.source || a.storageDtype != b.storageDtype) return "source or dtype";
    if (a.status != b.status || a.error != b.error || !same(a.seconds, b.seconds))
        return "status, error or seconds";
    if (!same(a.fp32.ce, b.fp32.ce) || !same(a.fp32.ppl, b.fp32.ppl) ||
        !same(a.fp32.windowNll, b.fp32.windowNll))
        return "fp32";
    if (!same(a.kurtosisMean, b.kurtosisMean) || !same(a.kurtosisPooled, b.kurtosisPooled) ||
        !same(a.kurtosisMax, b.kurtosisMax))
        return "kurtosis";
    if (!sameAll(a.layers, b.layers)) return "layers";
    if (a.grids.size() != b.grids.size()) return "number of grids";
    for (const auto& [id, mine] : a.grids) {
        const auto other = b.grids.find(id);
        if (other == b.grids.end()) return id;
        if (const std::string difference = differenceOf(mine, other->second); !difference.empty())
            return id + " " + difference;
    }
    return {};
}

}  // namespace gridscope::test
