// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/torch_state_dict.h"

#include <array>
#include <new>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "core/checkpoint/checked_arithmetic.h"

namespace gridscope {

namespace {

constexpr std::size_t kLargestRank = 8;
constexpr std::size_t kLongestName = 1024;
constexpr std::array<std::string_view, 4> kNests{"state_dict", "model_state_dict", "model",
                                                 "module"};

class StateDictReader {
public:
    StateDictReader(const PickleArena& values, std::string_view where)
        : m_values(values), m_where(where) {}

    Expected<TorchStateDict> read(PickleRef root);

private:
    Expected<PickleRef> findStateDict(PickleRef root) const;
    Expected<std::optional<PickleRef>> valueUnder(PickleRef dict, std::string_view key) const;
    Expected<void> addEntry(PickleRef key, PickleRef value);
    Expected<void> addTensor(std::string_view name, const PickledTensor& pickled);
    std::size_t storageIndex(std::size_t pickled);
    Error viewError(std::string_view name, std::string what) const {
        return {
            ErrorCode::PickleView, m_where + ", " + escapeForDisplay(name), std::move(what), {}};
    }
    Expected<std::vector<std::uint64_t>> naturals(PickleRef tuple, std::string_view name,
                                                  std::string_view what) const;

    const PickleArena& m_values;
    std::string m_where;
    TorchStateDict m_dict;
    std::unordered_map<std::size_t, std::size_t> m_used;  ///< pickled storage to its index here
    std::unordered_set<std::string_view> m_names;
};

Expected<std::optional<PickleRef>> StateDictReader::valueUnder(PickleRef dict,
                                                               std::string_view key) const {
    std::optional<PickleRef> value;
    const auto items = m_values.items(dict);
    for (std::size_t i = 0; i < items.size(); i += 2) {
        if (m_values.kind(items[i]) != PickleKind::Text || m_values.text(items[i]) != key) continue;
        if (value)
            return Error{ErrorCode::PickleMalformed,
                         m_where,
                         "the key " + std::string(key) + " occurs more than once",
                         {}};
        value = items[i + 1];
    }
    return value;
}

/// The first key present decides (formats.md 5.2); a tensor under it is one of a plain state dict.
Expected<PickleRef> StateDictReader::findStateDict(PickleRef root) const {
    for (const std::string_view key : kNests) {
        GRIDSCOPE_TRY_ASSIGN(nested, valueUnder(root, key));
        if (!nested) continue;
        if (m_values.kind(*nested) == PickleKind::Tensor) return root;
        if (m_values.kind(*nested) == PickleKind::Dict) return *nested;
        return Error{ErrorCode::PickleUnsupported, m_where,
                     "what stands under " + std::string(key) + " is no dict of tensors",
                     "Save model.state_dict(), or convert to safetensors"};
    }
    return root;
}

/// Storages that only other parts of the file use (an optimizer's) stay out.
std::size_t StateDictReader::storageIndex(std::size_t pickled) {
    const auto known = m_used.emplace(pickled, m_dict.storages.size());
    if (known.second) {
        const PickledStorage& storage = m_values.storages()[pickled];
        m_dict.storages.push_back({std::string(storage.key), storage.dtype, storage.elements});
    }
    return known.first->second;
}

Expected<std::vector<std::uint64_t>> StateDictReader::naturals(PickleRef tuple,
                                                               std::string_view name,
                                                               std::string_view what) const {
    const auto items = m_values.items(tuple);
    if (items.size() > kLargestRank)
        return viewError(name, "more than " + std::to_string(kLargestRank) + " dimensions");
    std::vector<std::uint64_t> numbers;
    for (const PickleRef item : items) {
        const std::int64_t number = m_values.integer(item);
        if (number < 0)
            return viewError(name,
                             "a negative " + std::string(what) + ": " + std::to_string(number));
        numbers.push_back(static_cast<std::uint64_t>(number));
    }
    return numbers;
}

/// Index of the last element of a view that has some; nothing if it is above 2^64.
std::optional<std::uint64_t> lastElement(const StorageView& view,
                                         const std::vector<std::uint64_t>& shape) {
    std::optional<std::uint64_t> last = view.offset;
    for (std::size_t i = 0; i < shape.size() && last; ++i) {
        const auto reach = checkedProduct(shape[i] - 1, view.strides[i]);
        last = reach ? checkedSum(*last, *reach) : std::nullopt;
    }
    return last;
}

/// Product of the sizes; 0 if one of them is, whatever the others are.
std::optional<std::uint64_t> elementCount(const std::vector<std::uint64_t>& shape) {
    std::optional<std::uint64_t> count = 1;
    for (const std::uint64_t size : shape) {
        if (size == 0) return 0;
        if (count) count = checkedProduct(*count, size);
    }
    return count;
}

Expected<void> StateDictReader::addTensor(std::string_view name, const PickledTensor& pickled) {
    const PickledStorage& storage = m_values.storages()[pickled.storage];
    TensorInfo info;
    StorageView view;
    GRIDSCOPE_TRY_ASSIGN(shape, naturals(pickled.sizes, name, "size"));
    GRIDSCOPE_TRY_ASSIGN(strides, naturals(pickled.strides, name, "stride"));
    if (shape.size() != strides.size())
        return viewError(name, std::to_string(shape.size()) + " sizes and " +
                                   std::to_string(strides.size()) + " strides");
    if (pickled.offset < 0)
        return viewError(name, "a negative offset: " + std::to_string(pickled.offset));
    view.offset = static_cast<std::uint64_t>(pickled.offset);
    view.strides = std::move(strides);
    const auto count = elementCount(shape);
    // A view with a stride of 0 repeats elements; it must not be larger than what it repeats.
    if (!count || *count > storage.elements)
        return viewError(name,
                         "more elements than its storage of " + std::to_string(storage.elements));
    const auto last = *count == 0 ? std::optional(view.offset) : lastElement(view, shape);
    if (!last || (*count == 0 ? *last > storage.elements : *last >= storage.elements))
        return viewError(name, "reaches outside its storage of " +
                                   std::to_string(storage.elements) + " elements");
    view.storage = storageIndex(pickled.storage);
    info.name = std::string(name);
    info.dtype = storage.dtype;
    info.shape = std::move(shape);
    info.elements = *count;
    const auto bytes = checkedProduct(*count, dtypeBits(storage.dtype) / 8);
    if (!bytes) return viewError(name, "more than 2^64 bytes");
    info.storedBytes = *bytes;
    m_dict.tensors.push_back(std::move(info));
    m_dict.views.push_back(std::move(view));
    return {};
}

Expected<void> StateDictReader::addEntry(PickleRef key, PickleRef value) {
    const auto malformed = [&](std::string what) {
        return Error{ErrorCode::PickleMalformed, m_where, std::move(what), {}};
    };
    if (m_values.kind(key) != PickleKind::Text)
        return malformed("a key of the state dict is not a text");
    const std::string_view name = m_values.text(key);
    if (name.empty() || name.size() > kLongestName || name.find('\0') != std::string_view::npos)
        return malformed("a tensor name is empty, holds NUL or is longer than 1024 bytes");
    if (!m_names.insert(name).second)
        return malformed("the name " + escapeForDisplay(name) + " occurs more than once");
    if (m_values.kind(value) != PickleKind::Tensor) {
        m_dict.skipped.emplace_back(name);
        return {};
    }
    return addTensor(name, m_values.tensors()[m_values.index(value)]);
}

Expected<TorchStateDict> StateDictReader::read(PickleRef root) {
    const auto noTensors = [&](std::string what) {
        return Error{ErrorCode::PickleUnsupported, m_where, std::move(what),
                     "Save model.state_dict(), or convert to safetensors"};
    };
    if (m_values.kind(root) != PickleKind::Dict)
        return noTensors("holds another value than a dict of tensors");
    GRIDSCOPE_TRY_ASSIGN(dict, findStateDict(root));
    const auto items = m_values.items(dict);
    for (std::size_t i = 0; i < items.size(); i += 2)
        GRIDSCOPE_TRY(addEntry(items[i], items[i + 1]));
    if (m_dict.tensors.empty()) return noTensors("holds no tensor under a known key");
    return std::move(m_dict);
}

}  // namespace

Expected<TorchStateDict> readStateDict(const Unpickled& pickled, std::string_view where) {
    try {
        return StateDictReader(pickled.values, where).read(pickled.root);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, std::string(where), "no memory for the state dict",
                     "Close other programs"};
    }
}

}  // namespace gridscope
