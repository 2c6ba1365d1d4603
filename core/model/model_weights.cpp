// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/model/model_weights.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>

#include "core/base/numbers.h"
#include "core/checkpoint/checkpoint_check.h"
#include "core/checkpoint/effective_mantissa.h"
#include "core/checkpoint/tensor_source.h"
#include "core/model/model_weights_impl.h"
#include "core/model/torch_error_impl.h"

namespace gridscope {

namespace {

/// What the tensors of a checkpoint add up to while they are read.
struct ReadTally {
    std::vector<std::pair<std::string, std::string>> hashes;
    std::set<std::string> dtypes;
    EffectiveMantissa mantissa;
    std::uint64_t nonFinite = 0, rounded = 0;
};

std::string joined(const std::set<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : "+") + part;
    return text;
}

Error notFinite(const TensorSpec& spec, const TensorReadReport& report) {
    return {ErrorCode::WeightsNotFinite, spec.name,
            std::to_string(report.nonFinite) + " values are NaN or infinite, the first at index " +
                std::to_string(report.firstNonFinite),
            "The checkpoint may be damaged or the run have diverged; --allow-nonfinite measures it "
            "anyway"};
}

Expected<void> checkMemory(const ModelConfig& config) {
    const std::uint64_t needed = weightBytes(config);
    const std::uint64_t available = availableMemory();
    if (needed <= available / 10 * 8) return {};
    return Error{ErrorCode::MemoryEstimate,
                 {},
                 "the weights need " + formatBytes(needed) + " as FP32, " + formatBytes(available) +
                     " are free",
                 "Close other programs, or use a machine with more memory"};
}

Expected<at::Tensor> readTensor(TensorSource& source, std::size_t index, const TensorSpec& spec,
                                NonFinitePolicy policy, ReadTally& tally) {
    const TensorInfo& info = source.tensors()[index];
    at::Tensor tensor = at::empty(spec.shape, at::kFloat);
    const std::span<float> into(tensor.data_ptr<float>(), info.elements);
    GRIDSCOPE_TRY_ASSIGN(report, source.readFloats(index, into));
    if (report.nonFinite > 0 && policy == NonFinitePolicy::Refuse) return notFinite(spec, report);
    tally.hashes.emplace_back(spec.name, report.contentSha256);
    tally.dtypes.emplace(dtypeName(info.dtype));
    tally.mantissa.add(info.elements, report);
    tally.nonFinite += report.nonFinite;
    tally.rounded += report.valuesRounded;
    return spec.transposed ? tensor.t().contiguous() : tensor;
}

void addWarnings(const ReadTally& tally, ModelWeights::Impl& impl) {
    if (tally.nonFinite > 0)
        impl.warnings.push_back({ErrorCode::WeightsNotFinite,
                                 {},
                                 std::to_string(tally.nonFinite) +
                                     " values are NaN or infinite, measured all the same"});
    if (tally.rounded > 0)
        impl.warnings.push_back(
            {ErrorCode::SafetensorsDtype,
             {},
             std::to_string(tally.rounded) + " F64 values were rounded to FP32"});
}

std::size_t indexOf(const std::vector<TensorSpec>& specs, TensorRole role) {
    const auto found = std::find_if(specs.begin(), specs.end(),
                                    [&](const TensorSpec& spec) { return spec.role == role; });
    return static_cast<std::size_t>(found - specs.begin());
}

bool sameBits(const at::Tensor& a, const at::Tensor& b) {
    return std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0;
}

/// A tied pair is one tensor: the half that the file lacks is the other one, and equal halves are
/// kept once. Halves that differ are not tied, whatever the configuration says (formats.md 7.3).
void resolveTied(ModelWeights::Impl& impl) {
    if (!impl.config.tiedEmbeddings) return;
    const std::size_t embed = indexOf(impl.specs, TensorRole::Embedding);
    const std::size_t head = indexOf(impl.specs, TensorRole::Head);
    const at::Tensor embedding = impl.tensors[embed], output = impl.tensors[head];
    if (embedding.defined() && output.defined() && !sameBits(embedding, output)) {
        impl.warnings.push_back({ErrorCode::ModelTensors, impl.specs[head].name,
                                 "differs from the embedding although the configuration ties "
                                 "them; it is used as it is"});
        return;
    }
    for (const std::size_t part : {embed, head}) {
        impl.tensors[part] = embedding.defined() ? embedding : output;
        weightSlot(impl.decoder, impl.specs[part]) = impl.tensors[part];
    }
}

Expected<std::unique_ptr<ModelWeights::Impl>> readAll(FileOps& ops, const CheckpointEntry& entry,
                                                      NonFinitePolicy policy,
                                                      const std::stop_token& stop) {
    auto impl = std::make_unique<ModelWeights::Impl>();
    impl->config = *entry.config;
    impl->specs = expectedTensors(impl->config);
    impl->decoder.blocks.resize(static_cast<std::size_t>(impl->config.layers));
    GRIDSCOPE_TRY_ASSIGN(source, openTensorSource(ops, entry.weightsFile));
    GRIDSCOPE_TRY(checkTensors(impl->config, source->tensors(), entry.weightsFile.string()));

    ReadTally tally;
    for (const TensorSpec& spec : impl->specs) {
        if (stop.stop_requested()) return Error{ErrorCode::RunCancelled, {}, "cancelled", {}};
        impl->tensors.emplace_back();
        const auto index = findTensor(source->tensors(), impl->config, spec);
        // One half of a tied pair: checkTensors has refused everything else.
        if (!index) continue;
        auto tensor = readTensor(*source, *index, spec, policy, tally);
        if (!tensor) return tensor.error().inside(entry.weightsFile.string());
        weightSlot(impl->decoder, spec) = *tensor;
        impl->tensors.back() = *std::move(tensor);
    }
    resolveTied(*impl);
    GRIDSCOPE_TRY(source->checkUnchanged());
    impl->contentSha256 = modelContentSha256(std::move(tally.hashes));
    impl->storageDtype = joined(tally.dtypes);
    impl->effectiveMantissa = mantissaText(tally.mantissa.value());
    addWarnings(tally, *impl);
    return impl;
}

}  // namespace

ModelWeights::ModelWeights(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
ModelWeights::~ModelWeights() = default;

const ModelConfig& ModelWeights::config() const { return m_impl->config; }
const std::vector<TensorSpec>& ModelWeights::specs() const { return m_impl->specs; }
const std::string& ModelWeights::contentSha256() const { return m_impl->contentSha256; }
const std::string& ModelWeights::storageDtype() const { return m_impl->storageDtype; }
const std::vector<Warning>& ModelWeights::warnings() const { return m_impl->warnings; }
const std::string& ModelWeights::effectiveMantissa() const { return m_impl->effectiveMantissa; }

std::span<const float> ModelWeights::values(std::size_t index) const {
    const at::Tensor& tensor = m_impl->tensors[index];
    return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

std::int64_t ModelWeights::rows(std::size_t index) const { return m_impl->tensors[index].size(0); }

std::int64_t ModelWeights::columns(std::size_t index) const {
    return m_impl->tensors[index].size(-1);
}

Expected<std::shared_ptr<const ModelWeights>> loadModelWeights(FileOps& ops,
                                                               const CheckpointEntry& entry,
                                                               NonFinitePolicy policy,
                                                               std::stop_token stop) {
    if (!entry.usable()) return entry.problems.front();
    GRIDSCOPE_TRY(checkMemory(*entry.config));
    return guardTorch([&]() -> Expected<std::shared_ptr<const ModelWeights>> {
        GRIDSCOPE_TRY_ASSIGN(impl, readAll(ops, entry, policy, stop));
        return std::shared_ptr<const ModelWeights>(std::make_shared<ModelWeights>(std::move(impl)));
    });
}

std::uint64_t weightBytes(const ModelConfig& config) {
    std::uint64_t values = 0;
    for (const TensorSpec& spec : expectedTensors(config)) {
        std::uint64_t elements = 1;
        for (const std::int64_t size : spec.shape) elements *= static_cast<std::uint64_t>(size);
        values += elements;
    }
    return values * sizeof(float);
}

std::uint64_t availableMemory() {
    std::uint64_t available = UINT64_MAX;
    std::ifstream info("/proc/meminfo");
    for (std::string key, unit; info >> key;) {
        std::uint64_t kibibytes = 0;
        info >> kibibytes;
        std::getline(info, unit);
        if (key == "MemAvailable:") available = kibibytes * 1024;
    }
    std::uint64_t limit = 0, used = 0;
    std::ifstream limitFile("/sys/fs/cgroup/memory.max");
    std::ifstream usedFile("/sys/fs/cgroup/memory.current");
    if (limitFile >> limit && usedFile >> used)
        available = std::min(available, limit > used ? limit - used : 0);
    return available;
}

}  // namespace gridscope
