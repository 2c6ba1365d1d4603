// SPDX-License-Identifier: GPL-3.0-or-later

// Bytes that a parser may look at in any order: those of a file, or of memory in tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

class ByteSource {
public:
    virtual ~ByteSource() = default;
    virtual std::uint64_t sizeBytes() const = 0;
    /// Fills `into` with the bytes from `offset` on. Errors: file.read; file.vanished when the
    /// range does not lie inside the source.
    virtual Expected<void> readAt(std::span<std::byte> into, std::uint64_t offset) const = 0;
};

/// An open file. Refers to it; does not own it.
class FileBytes final : public ByteSource {
public:
    FileBytes(const File& file, std::uint64_t sizeBytes) : m_file(&file), m_size(sizeBytes) {}

    std::uint64_t sizeBytes() const override { return m_size; }
    Expected<void> readAt(std::span<std::byte> into, std::uint64_t offset) const override {
        return m_file->readAt(into, offset);
    }

private:
    const File* m_file;
    std::uint64_t m_size;
};

/// Bytes in memory that belong to the caller.
class MemoryBytes final : public ByteSource {
public:
    explicit MemoryBytes(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    std::uint64_t sizeBytes() const override { return m_bytes.size(); }
    Expected<void> readAt(std::span<std::byte> into, std::uint64_t offset) const override;

private:
    std::span<const std::byte> m_bytes;
};

}  // namespace gridscope
