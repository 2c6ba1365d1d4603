// SPDX-License-Identifier: GPL-3.0-or-later

// What the fuzz harnesses share: the outcome of one input, checks that stop the program, files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/file_ops.h"

namespace gridscope::fuzz {

struct Outcome {
    bool accepted = false;
    /// What was read, in some canonical text: equal results have equal digests.
    std::string digest;
};

/// One harness: reads `bytes` as its format, checks what must hold for every input, and stops the
/// program where it does not.
using Harness = Outcome (*)(std::string_view bytes);

/// Says `what` and stops the program unless `holds`.
void require(bool holds, const char* what);

/// The outcome of a refused input. Requires that the error is one that users may see: a place that
/// starts with `where`, a sentence of at most 300 characters, and a code that is no internal one.
Outcome refused(const Error& error, std::string_view where);

/// Read-only files that exist in memory only. Everything that would write fails with EROFS.
class MemoryFileOps final : public FileOps {
public:
    /// The bytes must outlive this object.
    void put(const std::string& path, std::string_view bytes) { m_files[path] = bytes; }

    int open(const std::filesystem::path& path, int flags, unsigned mode) override;
    int close(int descriptor) override;
    long pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) override;
    long pwrite(int descriptor, std::span<const std::byte> from, std::uint64_t offset) override;
    int fstat(int descriptor, FileStatus& status) override;
    int fsync(int descriptor) override;
    int rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    int link(const std::filesystem::path& from, const std::filesystem::path& to) override;
    int unlink(const std::filesystem::path& path) override;
    int makeFolder(const std::filesystem::path& path, unsigned mode) override;
    int freeBytes(const std::filesystem::path& path, std::uint64_t& bytes) override;

private:
    std::map<std::string, std::string_view> m_files;
    std::map<int, std::string_view> m_open;
    int m_next = 3;
};

}  // namespace gridscope::fuzz
