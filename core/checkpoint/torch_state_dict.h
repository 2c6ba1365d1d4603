// SPDX-License-Identifier: GPL-3.0-or-later

// The named tensors of an unpickled torch.save file as checked views into storages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/checkpoint/pickle_machine.h"
#include "core/checkpoint/tensor_source.h"

namespace gridscope {

/// A flat run of elements that one or several tensors look into.
struct TorchStorage {
    std::string key;  ///< of the record data/<key>
    Dtype dtype = Dtype::F32;
    std::uint64_t elements = 0;
};

/// Where a tensor lies in its storage; every element it has is inside.
struct StorageView {
    std::size_t storage = 0;
    std::uint64_t offset = 0;            ///< elements
    std::vector<std::uint64_t> strides;  ///< elements, one per dimension
};

struct TorchStateDict {
    std::vector<TensorInfo> tensors;     ///< in the order of the dict
    std::vector<StorageView> views;      ///< [tensors]
    std::vector<TorchStorage> storages;  ///< those that a tensor uses
    std::vector<std::string> skipped;    ///< names of entries that are no tensors
};

/// The state dict that `pickled` is, or that lies under its key state_dict, model_state_dict, model
/// or module (first present; formats.md 5.2), with the rules for views of formats.md 5.3.
/// Errors: pickle.malformed (a repeated or impossible name), pickle.unsupported (no dict of
/// tensors), pickle.view with the tensor's name.
Expected<TorchStateDict> readStateDict(const Unpickled& pickled, std::string_view where);

}  // namespace gridscope
