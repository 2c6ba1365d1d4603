// SPDX-License-Identifier: GPL-3.0-or-later

// What a pickle of torch.save holds: values in one flat arena that refer to each other by index.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/checkpoint/tensor_source.h"

namespace gridscope {

using PickleRef = std::uint32_t;

enum class PickleKind : std::uint8_t {
    None,
    Boolean,
    Integer,
    Real,
    Text,
    Tuple,
    List,
    Dict,
    Global,
    Storage,
    Tensor
};

/// The only names a pickle may refer to (formats.md 5.2); nothing of Python is ever called.
enum class PickleGlobal { OrderedDict, RebuildTensor, RebuildParameter, StorageType };

/// A storage as the pickle describes it; whether its record exists is not known here.
struct PickledStorage {
    std::string_view key;
    Dtype dtype = Dtype::F32;
    std::uint64_t elements = 0;
};

/// A view into a storage before any of its numbers has been checked.
struct PickledTensor {
    std::size_t storage = 0;  ///< index into PickleArena::storages
    std::int64_t offset = 0;  ///< in elements
    PickleRef sizes = 0;      ///< a tuple of integers
    PickleRef strides = 0;    ///< a tuple of integers
};

/// Values made by a pickle. Containers hold indices, so cycles are harmless and freeing is flat.
/// Texts are views into the pickle, which must stay alive.
class PickleArena {
public:
    explicit PickleArena(std::span<const std::byte> pickle) : m_pickle(pickle) {}

    PickleKind kind(PickleRef value) const { return m_values[value].kind; }
    bool boolean(PickleRef value) const { return m_values[value].number != 0; }
    std::int64_t integer(PickleRef value) const { return m_values[value].number; }
    std::string_view text(PickleRef value) const;
    /// Elements of a tuple or list; of a dict keys and values in turn.
    std::span<const PickleRef> items(PickleRef container) const;
    PickleGlobal global(PickleRef value) const;
    /// Element type of a global of kind StorageType.
    Dtype storageType(PickleRef value) const;
    /// Index into storages() of a Storage, into tensors() of a Tensor.
    std::size_t index(PickleRef value) const {
        return static_cast<std::size_t>(m_values[value].number);
    }
    bool madeByOrderedDict(PickleRef value) const { return m_values[value].detail != 0; }

    const std::vector<PickledStorage>& storages() const { return m_storages; }
    const std::vector<PickledTensor>& tensors() const { return m_tensors; }

    PickleRef addNone() { return add(PickleKind::None, 0, 0); }
    PickleRef addBoolean(std::int64_t value) { return add(PickleKind::Boolean, value, 0); }
    PickleRef addInteger(std::int64_t value) { return add(PickleKind::Integer, value, 0); }
    /// The value of a float plays no part in a state dict; only its kind is kept.
    PickleRef addReal() { return add(PickleKind::Real, 0, 0); }
    PickleRef addText(std::size_t offset, std::size_t length);
    PickleRef addTuple(std::span<const PickleRef> items);
    PickleRef addList() { return addContainer(PickleKind::List, 0); }
    PickleRef addDict() { return addContainer(PickleKind::Dict, 0); }
    PickleRef addOrderedDict() { return addContainer(PickleKind::Dict, 1); }
    PickleRef addGlobal(PickleGlobal global, Dtype storageType);
    PickleRef addStorage(const PickledStorage& storage);
    PickleRef addStorageRef(std::size_t index);
    PickleRef addTensor(const PickledTensor& tensor);
    /// `container` is a list or a dict.
    void append(PickleRef container, PickleRef item);

private:
    struct Value {
        PickleKind kind = PickleKind::None;
        std::uint32_t detail = 0;  ///< length of a text or tuple; flag of a dict; storage type
        std::int64_t number = 0;   ///< the integer, or an offset or index by kind
    };

    PickleRef add(PickleKind kind, std::int64_t number, std::uint32_t detail);
    PickleRef addContainer(PickleKind kind, std::uint32_t detail);

    std::span<const std::byte> m_pickle;
    std::vector<Value> m_values;
    std::vector<PickleRef> m_tupleItems;
    std::vector<std::vector<PickleRef>> m_containers;  ///< lists and dicts
    std::vector<PickledStorage> m_storages;
    std::vector<PickledTensor> m_tensors;
};

}  // namespace gridscope
