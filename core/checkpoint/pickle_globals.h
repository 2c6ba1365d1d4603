// SPDX-License-Identifier: GPL-3.0-or-later

// The few names that the pickle of a state dict may call, and what a call makes.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/base/expected.h"
#include "core/checkpoint/pickle_values.h"

namespace gridscope {

struct KnownPickleGlobal {
    PickleGlobal global = PickleGlobal::OrderedDict;
    Dtype storageType = Dtype::F32;  ///< of PickleGlobal::StorageType
};

/// The entry of the allow-list (formats.md 5.2), compared exactly; nothing for any other name.
std::optional<KnownPickleGlobal> findPickleGlobal(std::string_view module, std::string_view name);

/// What REDUCE makes of `callee` and the tuple `arguments`: an OrderedDict, a tensor view whose
/// numbers are unchecked, or the tensor inside a parameter.
/// Errors: pickle.malformed without a place, for another callee or other argument types.
Expected<PickleRef> reducePickled(PickleArena& values, PickleRef callee, PickleRef arguments);

/// Storages by their key, each described once.
class PickledStorages {
public:
    /// The storage that the persistent id ("storage", type, key, location, elements) names.
    /// Errors without a place: pickle.malformed; pickle.view for a false key or number of
    /// elements, and for a key that has another type or number than before.
    Expected<PickleRef> load(PickleArena& values, PickleRef id);

private:
    std::unordered_map<std::string_view, std::size_t> m_indexByKey;
};

}  // namespace gridscope
