// SPDX-License-Identifier: GPL-3.0-or-later

// data.pkl of torch.save: no view of what is accepted leaves its storage.

#include "core/checkpoint/torch_state_dict.h"
#include "tests/fuzz/fuzz_targets.h"

namespace gridscope::fuzz {

namespace {

/// formats.md 5.3, computed wide enough that nothing can wrap round unseen.
void checkView(const TensorInfo& tensor, const StorageView& view, const TorchStorage& storage) {
    require(tensor.shape.size() <= 8 && view.strides.size() == tensor.shape.size(), "rank");
    require(tensor.elements <= storage.elements, "no more elements than the storage has");
    require(tensor.dtype == storage.dtype, "type of the storage");
    long double last = static_cast<long double>(view.offset);
    long double elements = 1;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
        elements *= static_cast<long double>(tensor.shape[i]);
        if (tensor.shape[i] > 0)
            last += static_cast<long double>(tensor.shape[i] - 1) *
                    static_cast<long double>(view.strides[i]);
    }
    require(elements == static_cast<long double>(tensor.elements), "product of the shape");
    const auto available = static_cast<long double>(storage.elements);
    if (tensor.elements == 0)
        require(static_cast<long double>(view.offset) <= available, "offset of an empty view");
    else
        require(last < available, "the last element lies in the storage");
}

}  // namespace

Outcome fuzzPickle(std::string_view bytes) {
    const auto pickled = unpickle(std::as_bytes(std::span(bytes)), "data.pkl");
    if (!pickled) return refused(pickled.error(), "data.pkl");
    const auto dict = readStateDict(*pickled, "data.pkl");
    if (!dict) return refused(dict.error(), "data.pkl");
    require(dict->views.size() == dict->tensors.size(), "one view a tensor");
    Outcome outcome{true, {}};
    for (std::size_t i = 0; i < dict->tensors.size(); ++i) {
        const TensorInfo& tensor = dict->tensors[i];
        const StorageView& view = dict->views[i];
        require(view.storage < dict->storages.size(), "the storage of a view");
        checkView(tensor, view, dict->storages[view.storage]);
        outcome.digest += tensor.name + " " + std::string(dtypeName(tensor.dtype)) + " " +
                          dict->storages[view.storage].key + " " + std::to_string(view.offset);
        for (const std::uint64_t extent : tensor.shape)
            outcome.digest += " " + std::to_string(extent);
        for (const std::uint64_t stride : view.strides)
            outcome.digest += "/" + std::to_string(stride);
        outcome.digest += "\n";
    }
    return outcome;
}

}  // namespace gridscope::fuzz
