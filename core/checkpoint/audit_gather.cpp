// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/audit_gather.h"

#include <algorithm>
#include <map>
#include <new>
#include <span>
#include <utility>

#include "core/base/sha256.h"
#include "core/checkpoint/effective_mantissa.h"
#include "core/checkpoint/hub_cache.h"
#include "core/checkpoint/tensor_source.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kLargestTokenizer = std::uint64_t{64} << 20;  // formats.md 9.4

Error cancelled() { return {ErrorCode::RunCancelled, {}, "the audit was cancelled", {}}; }

/// What the reading of one checkpoint shares.
struct Reading {
    FileOps& ops;
    const CheckpointEntry& entry;
    AuditLevel level;
    const std::stop_token& stop;
    CheckpointFacts& facts;
    WeightSample& sample;
};

/// Names as the configuration has them, by the names that a file may use instead.
std::map<std::string, std::string> canonicalNames(const ModelConfig& config) {
    std::map<std::string, std::string> names;
    for (const TensorSpec& spec : expectedTensors(config)) {
        const std::string variant = otherTensorName(config.architecture, spec.name);
        if (!variant.empty()) names.emplace(variant, spec.name);
    }
    return names;
}

/// Indices of the weights in the file; ignored buffers are no part of the model.
std::vector<std::size_t> weightIndices(const Reading& reading, const TensorSource& source) {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < source.tensors().size(); ++i) {
        if (!isIgnoredBuffer(reading.entry.config->architecture, source.tensors()[i].name))
            indices.push_back(i);
    }
    return indices;
}

void addTensors(Reading& reading, const TensorSource& source,
                const std::vector<std::size_t>& indices) {
    const auto names = canonicalNames(*reading.entry.config);
    for (const std::size_t index : indices) {
        const TensorInfo& info = source.tensors()[index];
        TensorFacts tensor;
        const auto known = names.find(info.name);
        tensor.name = known == names.end() ? info.name : known->second;
        tensor.shape = info.shape;
        tensor.elements = info.elements;
        reading.facts.tensors.push_back(std::move(tensor));
    }
}

std::string tensorSetHash(const std::vector<TensorFacts>& tensors) {
    std::vector<const TensorFacts*> ordered;
    for (const TensorFacts& tensor : tensors) ordered.push_back(&tensor);
    std::sort(ordered.begin(), ordered.end(),
              [](const TensorFacts* a, const TensorFacts* b) { return a->name < b->name; });
    Sha256 hash;
    for (const TensorFacts* tensor : ordered) {
        hash.update(static_cast<std::uint64_t>(tensor->name.size()));
        hash.update(std::string_view(tensor->name));
        hash.update(static_cast<std::uint64_t>(tensor->shape.size()));
        for (const std::uint64_t size : tensor->shape) hash.update(size);
    }
    return hash.finishHex();
}

/// Whether the weights are still those of the scan.
Expected<void> checkFile(Reading& reading) {
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(reading.ops, reading.entry.weightsFile));
    const auto status = file.status();
    if (!status) return status.error().inside(reading.entry.weightsFile.string());
    // Of containers of several files the catalogue has the sum.
    if (reading.entry.format != "safetensors" || status->sizeBytes == reading.entry.bytes)
        return {};
    return Error{ErrorCode::FileChanged, reading.entry.weightsFile.string(),
                 "expected " + std::to_string(reading.entry.bytes) + " bytes as scanned, found " +
                     std::to_string(status->sizeBytes),
                 "Scan the folder again"};
}

void hashTokenizer(Reading& reading) {
    const std::filesystem::path file = reading.entry.folder / "tokenizer.json";
    const auto link = checkHubLink(file);
    const auto text = link ? readWholeFile(reading.ops, file, kLargestTokenizer)
                           : Expected<std::string>(link.error());
    if (text)
        reading.facts.tokenizerSha256 = sha256Hex(*text);
    else if (text.error().code != ErrorCode::FileMissing)
        reading.facts.problems.push_back(text.error());
}

std::optional<float> constantOf(std::span<const float> values) {
    if (values.size() < 2) return std::nullopt;
    const float first = values.front();
    const bool same =
        std::all_of(values.begin(), values.end(), [first](float value) { return value == first; });
    return same ? std::optional<float>(first) : std::nullopt;
}

Expected<void> readWeights(Reading& reading, TensorSource& source,
                           const std::vector<std::size_t>& indices) {
    std::vector<float> buffer;
    std::vector<std::pair<std::string, std::string>> hashes;
    EffectiveMantissa mantissa;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        if (reading.stop.stop_requested()) return cancelled();
        TensorFacts& tensor = reading.facts.tensors[i];
        buffer.resize(static_cast<std::size_t>(tensor.elements));
        GRIDSCOPE_TRY_ASSIGN(report, source.readFloats(indices[i], buffer));
        tensor.contentSha256 = report.contentSha256;
        tensor.nonFinite = report.nonFinite;
        tensor.firstNonFinite = report.firstNonFinite;
        tensor.constant = constantOf(buffer);
        hashes.emplace_back(tensor.name, tensor.contentSha256);
        if (reading.level != AuditLevel::Deep) continue;
        mantissa.add(tensor.elements, report);
        reading.sample.add(tensor.name, tensor.shape, buffer);
    }
    GRIDSCOPE_TRY(source.checkUnchanged());
    reading.facts.contentSha256 = modelContentSha256(std::move(hashes));
    if (reading.level != AuditLevel::Deep) return {};
    reading.facts.mantissa = mantissa.value();
    reading.facts.fitsFp16 = mantissa.fitsFp16();
    reading.facts.fitsBf16 = mantissa.fitsBf16();
    return {};
}

Expected<void> readAll(Reading& reading) try {
    GRIDSCOPE_TRY(checkFile(reading));
    hashTokenizer(reading);
    GRIDSCOPE_TRY_ASSIGN(source, openTensorSource(reading.ops, reading.entry.weightsFile));
    const std::vector<std::size_t> indices = weightIndices(reading, *source);
    addTensors(reading, *source, indices);
    reading.facts.tensorSetSha256 = tensorSetHash(reading.facts.tensors);
    if (reading.level == AuditLevel::Quick) return source->checkUnchanged();
    return readWeights(reading, *source, indices);
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::MemoryFailed, reading.entry.weightsFile.string(),
                 "there is not enough memory for the largest tensor", "Close other programs"};
}

}  // namespace

CheckpointFacts catalogFacts(const CheckpointEntry& entry, const std::string& run) {
    CheckpointFacts facts;
    facts.run = run;
    facts.family = findKnownFamily(entry.run, entry.config ? &*entry.config : nullptr);
    facts.label = entry.label.text;
    facts.fileIdentity = entry.weightsIdentity;
    facts.commit = entry.commit;
    if (entry.label.step) facts.step = entry.label.step->value;
    facts.stageRank = entry.label.stageRank;
    facts.ingredient = entry.label.ingredient;
    facts.format = entry.format;
    facts.dtype = entry.dtype;
    if (entry.config) facts.configSha256 = configHash(*entry.config);
    facts.problems = entry.problems;
    return facts;
}

Expected<void> gatherFacts(FileOps& ops, const CheckpointEntry& entry, AuditLevel level,
                           const std::stop_token& stop, CheckpointFacts& facts,
                           WeightSample& sample) {
    Reading reading{ops, entry, level, stop, facts, sample};
    auto outcome = readAll(reading);
    if (stop.stop_requested()) return cancelled();
    if (!outcome) facts.problems.push_back(std::move(outcome).error());
    return {};
}

}  // namespace gridscope
