// SPDX-License-Identifier: GPL-3.0-or-later

// SHA-256 of bytes that arrive in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gridscope {

class Sha256 {
public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    /// Little-endian, as all integers that Gridscope hashes.
    void update(std::uint64_t value);
    /// 64 lower-case hex digits of everything so far; the object is used up.
    std::string finishHex();

private:
    struct Context;
    std::unique_ptr<Context> m_context;
};

/// 64 lower-case hex digits of `text`.
std::string sha256Hex(std::string_view text);

}  // namespace gridscope
