// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/byte_source.h"

#include <algorithm>
#include <string>

namespace gridscope {

Expected<void> MemoryBytes::readAt(std::span<std::byte> into, std::uint64_t offset) const {
    if (offset > m_bytes.size() || into.size() > m_bytes.size() - offset)
        return Error{ErrorCode::FileVanished,
                     {},
                     std::to_string(into.size()) + " bytes from byte " + std::to_string(offset) +
                         " on do not lie inside " + std::to_string(m_bytes.size()) + " bytes",
                     {}};
    const auto from = m_bytes.subspan(static_cast<std::size_t>(offset), into.size());
    std::copy(from.begin(), from.end(), into.begin());
    return {};
}

}  // namespace gridscope
