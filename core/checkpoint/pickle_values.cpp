// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/pickle_values.h"

#include <cassert>

namespace gridscope {

PickleRef PickleArena::add(PickleKind kind, std::int64_t number, std::uint32_t detail) {
    m_values.push_back({kind, detail, number});
    return static_cast<PickleRef>(m_values.size() - 1);
}

PickleRef PickleArena::addContainer(PickleKind kind, std::uint32_t detail) {
    m_containers.emplace_back();
    return add(kind, static_cast<std::int64_t>(m_containers.size() - 1), detail);
}

PickleRef PickleArena::addText(std::size_t offset, std::size_t length) {
    assert(offset <= m_pickle.size() && length <= m_pickle.size() - offset);
    return add(PickleKind::Text, static_cast<std::int64_t>(offset),
               static_cast<std::uint32_t>(length));
}

PickleRef PickleArena::addTuple(std::span<const PickleRef> items) {
    const auto first = static_cast<std::int64_t>(m_tupleItems.size());
    m_tupleItems.insert(m_tupleItems.end(), items.begin(), items.end());
    return add(PickleKind::Tuple, first, static_cast<std::uint32_t>(items.size()));
}

PickleRef PickleArena::addGlobal(PickleGlobal global, Dtype storageType) {
    return add(PickleKind::Global, static_cast<std::int64_t>(global),
               static_cast<std::uint32_t>(storageType));
}

PickleRef PickleArena::addStorage(const PickledStorage& storage) {
    m_storages.push_back(storage);
    return addStorageRef(m_storages.size() - 1);
}

PickleRef PickleArena::addStorageRef(std::size_t index) {
    return add(PickleKind::Storage, static_cast<std::int64_t>(index), 0);
}

PickleRef PickleArena::addTensor(const PickledTensor& tensor) {
    m_tensors.push_back(tensor);
    return add(PickleKind::Tensor, static_cast<std::int64_t>(m_tensors.size() - 1), 0);
}

void PickleArena::append(PickleRef container, PickleRef item) {
    assert(kind(container) == PickleKind::List || kind(container) == PickleKind::Dict);
    m_containers[index(container)].push_back(item);
}

std::string_view PickleArena::text(PickleRef value) const {
    assert(kind(value) == PickleKind::Text);
    return {reinterpret_cast<const char*>(m_pickle.data()) + index(value), m_values[value].detail};
}

std::span<const PickleRef> PickleArena::items(PickleRef container) const {
    if (kind(container) == PickleKind::Tuple)
        return std::span(m_tupleItems).subspan(index(container), m_values[container].detail);
    assert(kind(container) == PickleKind::List || kind(container) == PickleKind::Dict);
    return m_containers[index(container)];
}

PickleGlobal PickleArena::global(PickleRef value) const {
    assert(kind(value) == PickleKind::Global);
    return static_cast<PickleGlobal>(m_values[value].number);
}

Dtype PickleArena::storageType(PickleRef value) const {
    assert(global(value) == PickleGlobal::StorageType);
    return static_cast<Dtype>(m_values[value].detail);
}

}  // namespace gridscope
