// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/pickle_globals.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

namespace gridscope {

namespace {

constexpr std::size_t kLongestKey = 32;

struct GlobalEntry {
    std::string_view module;
    std::string_view name;
    KnownPickleGlobal global;
};

constexpr std::array<GlobalEntry, 13> kGlobals{{
    {"collections", "OrderedDict", {PickleGlobal::OrderedDict, Dtype::F32}},
    {"torch._utils", "_rebuild_tensor_v2", {PickleGlobal::RebuildTensor, Dtype::F32}},
    {"torch._utils", "_rebuild_parameter", {PickleGlobal::RebuildParameter, Dtype::F32}},
    {"torch", "HalfStorage", {PickleGlobal::StorageType, Dtype::F16}},
    {"torch", "FloatStorage", {PickleGlobal::StorageType, Dtype::F32}},
    {"torch", "BFloat16Storage", {PickleGlobal::StorageType, Dtype::Bf16}},
    {"torch", "DoubleStorage", {PickleGlobal::StorageType, Dtype::F64}},
    {"torch", "LongStorage", {PickleGlobal::StorageType, Dtype::I64}},
    {"torch", "IntStorage", {PickleGlobal::StorageType, Dtype::I32}},
    {"torch", "ShortStorage", {PickleGlobal::StorageType, Dtype::I16}},
    {"torch", "CharStorage", {PickleGlobal::StorageType, Dtype::I8}},
    {"torch", "ByteStorage", {PickleGlobal::StorageType, Dtype::U8}},
    {"torch", "BoolStorage", {PickleGlobal::StorageType, Dtype::Bool}},
}};

Error malformed(std::string what) { return {ErrorCode::PickleMalformed, {}, std::move(what), {}}; }

/// True if the first `kinds.size()` items have these kinds.
bool startWith(const PickleArena& values, std::span<const PickleRef> items,
               std::initializer_list<PickleKind> kinds) {
    if (items.size() < kinds.size()) return false;
    return std::equal(kinds.begin(), kinds.end(), items.begin(),
                      [&](PickleKind kind, PickleRef item) { return values.kind(item) == kind; });
}

bool isDictOrNone(const PickleArena& values, PickleRef value) {
    return values.kind(value) == PickleKind::Dict || values.kind(value) == PickleKind::None;
}

bool holdsIntegers(const PickleArena& values, PickleRef tuple) {
    const auto items = values.items(tuple);
    return std::all_of(items.begin(), items.end(),
                       [&](PickleRef item) { return values.kind(item) == PickleKind::Integer; });
}

/// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])
Expected<PickleRef> rebuildTensor(PickleArena& values, std::span<const PickleRef> arguments) {
    using enum PickleKind;
    const bool fits = (arguments.size() == 6 || arguments.size() == 7) &&
                      startWith(values, arguments, {Storage, Integer, Tuple, Tuple, Boolean}) &&
                      holdsIntegers(values, arguments[2]) && holdsIntegers(values, arguments[3]) &&
                      isDictOrNone(values, arguments[5]) &&
                      (arguments.size() == 6 || isDictOrNone(values, arguments[6]));
    if (!fits)
        return malformed("_rebuild_tensor_v2 is called with other arguments than a tensor's");
    return values.addTensor(
        {values.index(arguments[0]), values.integer(arguments[1]), arguments[2], arguments[3]});
}

}  // namespace

std::optional<KnownPickleGlobal> findPickleGlobal(std::string_view module, std::string_view name) {
    const auto found = std::find_if(
        kGlobals.begin(), kGlobals.end(),
        [&](const GlobalEntry& entry) { return entry.module == module && entry.name == name; });
    if (found == kGlobals.end()) return std::nullopt;
    return found->global;
}

Expected<PickleRef> reducePickled(PickleArena& values, PickleRef callee, PickleRef arguments) {
    if (values.kind(callee) != PickleKind::Global || values.kind(arguments) != PickleKind::Tuple)
        return malformed("REDUCE needs a name and a tuple");
    const auto items = values.items(arguments);
    switch (values.global(callee)) {
    case PickleGlobal::OrderedDict:
        if (!items.empty()) return malformed("OrderedDict is called with arguments");
        return values.addOrderedDict();
    case PickleGlobal::RebuildTensor:
        return rebuildTensor(values, items);
    case PickleGlobal::RebuildParameter:
        // _rebuild_parameter(tensor, requires_grad, hooks)
        if (items.size() != 3 ||
            !startWith(values, items, {PickleKind::Tensor, PickleKind::Boolean}) ||
            !isDictOrNone(values, items[2]))
            return malformed(
                "_rebuild_parameter is called with other arguments than a parameter's");
        return items[0];
    case PickleGlobal::StorageType:
        break;
    }
    return malformed("a storage type is called like a function");
}

Expected<PickleRef> PickledStorages::load(PickleArena& values, PickleRef id) {
    using enum PickleKind;
    const bool isTuple = values.kind(id) == Tuple;
    const auto items = isTuple ? values.items(id) : std::span<const PickleRef>();
    if (items.size() != 5 || !startWith(values, items, {Text, Global, Text, Text, Integer}) ||
        values.text(items[0]) != "storage" || values.global(items[1]) != PickleGlobal::StorageType)
        return malformed("a persistent id is not the tuple of a storage");
    PickledStorage storage;
    storage.key = values.text(items[2]);
    storage.dtype = values.storageType(items[1]);
    const std::int64_t elements = values.integer(items[4]);
    const auto viewError = [&](std::string what) {
        return Error{ErrorCode::PickleView,
                     {},
                     "storage " + escapeForDisplay(storage.key) + " " + std::move(what),
                     {}};
    };
    const bool plainKey = std::all_of(storage.key.begin(), storage.key.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '_';
    });
    if (storage.key.empty() || storage.key.size() > kLongestKey || !plainKey)
        return viewError("has a key that is not 1 to 32 letters, digits and _");
    if (elements < 0) return viewError("has " + std::to_string(elements) + " elements");
    storage.elements = static_cast<std::uint64_t>(elements);
    const auto known = m_indexByKey.find(storage.key);
    if (known == m_indexByKey.end()) {
        m_indexByKey.emplace(storage.key, values.storages().size());
        return values.addStorage(storage);
    }
    const PickledStorage& before = values.storages()[known->second];
    if (before.dtype != storage.dtype || before.elements != storage.elements)
        return viewError("is described in two ways");
    return values.addStorageRef(known->second);
}

}  // namespace gridscope
