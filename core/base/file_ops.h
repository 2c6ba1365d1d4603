// SPDX-License-Identifier: GPL-3.0-or-later

// The one interface through which core touches files, so that tests can fail any call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/expected.h"

namespace gridscope {

/// What fstat says of an open file; two equal values mean "not changed meanwhile".
struct FileStatus {
    std::uint64_t sizeBytes = 0;
    std::int64_t modifiedNanoseconds = 0;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool isRegular = false;
    bool isFolder = false;
    bool operator==(const FileStatus&) const = default;
};

/// POSIX calls. Every int or long result is >= 0 or -errno; none throws, none sets errno.
class FileOps {
public:
    virtual ~FileOps() = default;
    virtual int open(const std::filesystem::path& path, int flags, unsigned mode) = 0;
    virtual int close(int descriptor) = 0;
    virtual long pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) = 0;
    virtual long pwrite(int descriptor, std::span<const std::byte> from, std::uint64_t offset) = 0;
    virtual int fstat(int descriptor, FileStatus& status) = 0;
    virtual int fsync(int descriptor) = 0;
    virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    virtual int link(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
    virtual int unlink(const std::filesystem::path& path) = 0;
    virtual int makeFolder(const std::filesystem::path& path, unsigned mode) = 0;
    /// Bytes an unprivileged writer may still put on the file system of `path`.
    virtual int freeBytes(const std::filesystem::path& path, std::uint64_t& bytes) = 0;
};

/// The operating system's calls. Stateless, may be used from any thread.
FileOps& systemFileOps();

/// An open descriptor that closes itself.
class File {
public:
    File(FileOps& ops, int descriptor) : m_ops(&ops), m_descriptor(descriptor) {}
    File(File&& other) noexcept
        : m_ops(other.m_ops), m_descriptor(std::exchange(other.m_descriptor, -1)) {}
    File& operator=(File&& other) noexcept;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();

    int descriptor() const { return m_descriptor; }
    /// Reads exactly `into.size()` bytes at `offset`, in pieces of at most 16 MiB.
    /// Errors: file.read; file.vanished if the file ends before.
    Expected<void> readAt(std::span<std::byte> into, std::uint64_t offset) const;
    /// Writes all of `from` at `offset`. Errors: file.disk-full, file.write.
    Expected<void> writeAt(std::span<const std::byte> from, std::uint64_t offset) const;
    Expected<FileStatus> status() const;
    Expected<void> sync() const;

private:
    FileOps* m_ops;
    int m_descriptor;
};

/// Opens a regular file for reading (O_NONBLOCK, O_CLOEXEC, then fstat).
/// Errors: file.missing, file.permission, file.not-regular, file.read.
Expected<File> openForReading(FileOps& ops, const std::filesystem::path& path);

/// The whole file, if it is at most `limitBytes` long.
/// Errors: those of openForReading, file.too-large.
Expected<std::string> readWholeFile(FileOps& ops, const std::filesystem::path& path,
                                    std::uint64_t limitBytes);

/// Makes `path` hold `content`, completely or not at all (ReplacementFile). An existing file is
/// replaced.
/// Errors: output.not-writable, file.disk-full, file.write.
Expected<void> writeFileAtomically(FileOps& ops, const std::filesystem::path& path,
                                   std::string_view content);

/// fsync of a folder, so that a rename in it survives a power loss.
Expected<void> syncFolder(FileOps& ops, const std::filesystem::path& folder);

/// Makes `folder` and the folders above it. Errors: output.not-writable, file.disk-full.
Expected<void> makeFolders(FileOps& ops, const std::filesystem::path& folder);

/// The error of a failed call on `path`; `doing` such as "open" becomes part of `what`.
Error fileError(const std::filesystem::path& path, std::string_view doing, int errorNumber);

}  // namespace gridscope
