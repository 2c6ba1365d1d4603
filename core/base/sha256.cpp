// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/sha256.h"

#include <openssl/evp.h>

#include <array>

namespace gridscope {

struct Sha256::Context {
    EVP_MD_CTX* digest = EVP_MD_CTX_new();
    Context() { EVP_DigestInit_ex(digest, EVP_sha256(), nullptr); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(digest); }
};

Sha256::Sha256() : m_context(std::make_unique<Context>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
    EVP_DigestUpdate(m_context->digest, bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) { update(std::as_bytes(std::span(text))); }

void Sha256::update(std::uint64_t value) {
    std::array<std::byte, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(value >> (8 * i));
    update(bytes);
}

std::string Sha256::finishHex() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(m_context->digest, digest.data(), nullptr);
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * digest.size());
    for (const unsigned byte : digest) {
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15u];
    }
    return hex;
}

std::string sha256Hex(std::string_view text) {
    Sha256 hash;
    hash.update(text);
    return hash.finishHex();
}

}  // namespace gridscope
