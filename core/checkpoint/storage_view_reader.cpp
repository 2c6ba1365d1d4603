// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/storage_view_reader.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace gridscope {

namespace {

constexpr std::size_t kSmallestWindowBytes = std::size_t{4} << 10;
constexpr std::size_t kLargestWindowBytes = std::size_t{256} << 10;

struct Dimension {
    std::uint64_t size = 1;
    std::uint64_t stride = 0;     ///< elements in the storage
    std::uint64_t outStride = 0;  ///< elements in row-major order
};

/// The dimensions with several elements, the widest stride first: walked in this order, the views
/// that torch makes (transposed, sliced, expanded) go through their storage once, forwards.
std::vector<Dimension> inStorageOrder(const std::vector<std::uint64_t>& shape,
                                      const StorageView& view) {
    std::vector<Dimension> dimensions;
    std::uint64_t outStride = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
        if (shape[i] > 1) dimensions.push_back({shape[i], view.strides[i], outStride});
        outStride *= shape[i];
    }
    std::stable_sort(dimensions.begin(), dimensions.end(),
                     [](const Dimension& a, const Dimension& b) { return a.stride > b.stride; });
    return dimensions;
}

/// Elements of a storage, read ahead of the walk.
class Window {
public:
    Window(const ByteSource& bytes, const StorageRecord& storage, std::size_t itemBytes)
        : m_bytes(bytes), m_storage(storage), m_itemBytes(itemBytes) {}

    Expected<const std::byte*> at(std::uint64_t element) {
        const std::uint64_t offset = element * m_itemBytes;
        if (offset < m_first || offset - m_first >= m_held.size()) GRIDSCOPE_TRY(refill(offset));
        return m_held.data() + (offset - m_first);
    }

private:
    Expected<void> refill(std::uint64_t offset) {
        // Far jumps would otherwise read a full window for one element each.
        const std::uint64_t end = m_first + m_held.size();
        const bool near = offset >= end && offset - end < m_held.size();
        m_size = near ? std::min(2 * m_size, kLargestWindowBytes) : kSmallestWindowBytes;
        m_held.resize(static_cast<std::size_t>(
            std::min<std::uint64_t>(m_size, m_storage.sizeBytes - offset)));
        m_first = offset;
        return m_bytes.readAt(m_held, m_storage.offset + offset);
    }

    const ByteSource& m_bytes;
    const StorageRecord& m_storage;
    std::size_t m_itemBytes;
    std::size_t m_size = kSmallestWindowBytes;
    std::uint64_t m_first = 0;  ///< byte of the storage that m_held starts with
    std::vector<std::byte> m_held;
};

/// Counts through the dimensions, the last one fastest. False after the last element.
bool advance(const std::vector<Dimension>& dimensions, std::vector<std::uint64_t>& position,
             std::uint64_t& element, std::uint64_t& out) {
    for (std::size_t d = dimensions.size(); d-- > 0;) {
        const Dimension& dimension = dimensions[d];
        if (++position[d] < dimension.size) {
            element += dimension.stride;
            out += dimension.outStride;
            return true;
        }
        element -= (dimension.size - 1) * dimension.stride;
        out -= (dimension.size - 1) * dimension.outStride;
        position[d] = 0;
    }
    return false;
}

}  // namespace

bool isRowMajor(const std::vector<std::uint64_t>& shape, const StorageView& view) {
    std::uint64_t expected = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
        if (shape[i] == 0) return true;
        if (shape[i] > 1 && view.strides[i] != expected) return false;
        expected *= shape[i];
    }
    return true;
}

Expected<std::vector<std::byte>> gatherView(const ByteSource& bytes, const StorageRecord& storage,
                                            const TensorInfo& info, const StorageView& view) {
    std::vector<std::byte> gathered(static_cast<std::size_t>(info.storedBytes));
    if (gathered.empty()) return gathered;
    const std::size_t itemBytes = dtypeBits(info.dtype) / 8;
    const std::vector<Dimension> dimensions = inStorageOrder(info.shape, view);
    std::vector<std::uint64_t> position(dimensions.size(), 0);
    Window window(bytes, storage, itemBytes);
    std::uint64_t element = view.offset;
    std::uint64_t out = 0;
    do {
        GRIDSCOPE_TRY_ASSIGN(from, window.at(element));
        std::memcpy(gathered.data() + out * itemBytes, from, itemBytes);
    } while (advance(dimensions, position, element, out));
    return gathered;
}

}  // namespace gridscope
