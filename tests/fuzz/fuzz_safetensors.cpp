// SPDX-License-Identifier: GPL-3.0-or-later

// Whole safetensors files: the tensors that are accepted tile the data, and can be read.

#include <vector>

#include "core/checkpoint/safetensors_source.h"
#include "tests/fuzz/fuzz_targets.h"

namespace gridscope::fuzz {

namespace {

void checkShape(const TensorInfo& tensor) {
    require(!tensor.name.empty() && tensor.name.size() <= 1024, "length of the name");
    require(tensor.shape.size() <= 8, "rank");
    std::uint64_t elements = 1;
    for (const std::uint64_t extent : tensor.shape) elements *= extent;
    require(elements == tensor.elements, "elements are the product of the shape");
    require(tensor.storedBytes == elements * dtypeBits(tensor.dtype) / 8, "bytes of the elements");
}

}  // namespace

Outcome fuzzSafetensors(std::string_view bytes) {
    MemoryFileOps ops;
    ops.put("model.safetensors", bytes);
    const auto source = SafetensorsSource::open(ops, "model.safetensors");
    if (!source) return refused(source.error(), "model.safetensors");
    std::uint64_t total = 0;
    Outcome outcome{true, {}};
    for (const TensorInfo& tensor : (*source)->tensors()) {
        checkShape(tensor);
        total += tensor.storedBytes;
        outcome.digest += tensor.name + " " + std::string(dtypeName(tensor.dtype));
        for (const std::uint64_t extent : tensor.shape)
            outcome.digest += " " + std::to_string(extent);
        outcome.digest += "\n";
    }
    require(total <= bytes.size(), "tensors lie inside the file");
    for (std::size_t i = 0; i < (*source)->tensors().size(); ++i) {
        const TensorInfo& tensor = (*source)->tensors()[i];
        std::vector<float> values(static_cast<std::size_t>(tensor.elements));
        const auto report = (*source)->readFloats(i, values);
        require(static_cast<bool>(report) == isWeightDtype(tensor.dtype),
                "weights and nothing else are read");
        if (!report) continue;
        require(report->contentSha256.size() == 64 && report->nonFinite <= tensor.elements,
                "report of a tensor");
        outcome.digest += report->contentSha256;
    }
    return outcome;
}

}  // namespace gridscope::fuzz
