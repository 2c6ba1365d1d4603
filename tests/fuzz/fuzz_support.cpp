// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/fuzz/fuzz_support.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace gridscope::fuzz {

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz: does not hold: %s\n", what);
    std::abort();
}

Outcome refused(const Error& error, std::string_view where) {
    const auto fail = [&](const char* what) {
        std::fprintf(stderr, "fuzz: %s\n", error.toText().c_str());
        require(false, what);
    };
    if (!error.where.starts_with(where)) fail("the error names the file");
    const auto characters = std::count_if(error.what.begin(), error.what.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
    });
    if (characters == 0 || characters > 300) fail("the error says what, in a sentence");
    const ErrorFamily family = errorFamily(error.code);
    if (family != ErrorFamily::Format && family != ErrorFamily::Io && family != ErrorFamily::Model)
        fail("the error is one of the input");
    return {};
}

int MemoryFileOps::open(const std::filesystem::path& path, int, unsigned) {
    const auto found = m_files.find(path.string());
    if (found == m_files.end()) return -ENOENT;
    m_open[m_next] = found->second;
    return m_next++;
}

int MemoryFileOps::close(int descriptor) { return m_open.erase(descriptor) == 1 ? 0 : -EBADF; }

long MemoryFileOps::pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) {
    const auto found = m_open.find(descriptor);
    if (found == m_open.end()) return -EBADF;
    const std::string_view bytes = found->second;
    if (offset >= bytes.size()) return 0;
    const std::size_t count =
        std::min(into.size(), bytes.size() - static_cast<std::size_t>(offset));
    std::memcpy(into.data(), bytes.data() + offset, count);
    return static_cast<long>(count);
}

int MemoryFileOps::fstat(int descriptor, FileStatus& status) {
    const auto found = m_open.find(descriptor);
    if (found == m_open.end()) return -EBADF;
    status = {};
    status.sizeBytes = found->second.size();
    status.isRegular = true;
    return 0;
}

long MemoryFileOps::pwrite(int, std::span<const std::byte>, std::uint64_t) { return -EROFS; }
int MemoryFileOps::fsync(int) { return -EROFS; }
int MemoryFileOps::rename(const std::filesystem::path&, const std::filesystem::path&) {
    return -EROFS;
}
int MemoryFileOps::link(const std::filesystem::path&, const std::filesystem::path&) {
    return -EROFS;
}
int MemoryFileOps::unlink(const std::filesystem::path&) { return -EROFS; }
int MemoryFileOps::makeFolder(const std::filesystem::path&, unsigned) { return -EROFS; }
int MemoryFileOps::freeBytes(const std::filesystem::path&, std::uint64_t&) { return -EROFS; }

}  // namespace gridscope::fuzz
