// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/file_ops.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <algorithm>

#include "core/base/replacement_file.h"

namespace gridscope {

namespace {

constexpr std::size_t kPiece = 16u << 20;

template <class Call>
auto retried(Call call) -> decltype(call()) {
    for (;;) {
        const auto result = call();
        if (result >= 0) return result;
        if (errno != EINTR) return -errno;
    }
}

class SystemFileOps final : public FileOps {
public:
    int open(const std::filesystem::path& path, int flags, unsigned mode) override {
        return retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
    }
    int close(int descriptor) override { return ::close(descriptor) == 0 ? 0 : -errno; }
    long pread(int descriptor, std::span<std::byte> into, std::uint64_t offset) override {
        return retried([&] {
            return ::pread(descriptor, into.data(), into.size(), static_cast<off_t>(offset));
        });
    }
    long pwrite(int descriptor, std::span<const std::byte> from, std::uint64_t offset) override {
        return retried([&] {
            return ::pwrite(descriptor, from.data(), from.size(), static_cast<off_t>(offset));
        });
    }
    int fstat(int descriptor, FileStatus& status) override {
        struct stat raw {};
        if (::fstat(descriptor, &raw) != 0) return -errno;
        status.sizeBytes = static_cast<std::uint64_t>(raw.st_size);
        status.modifiedNanoseconds =
            static_cast<std::int64_t>(raw.st_mtim.tv_sec) * 1'000'000'000 + raw.st_mtim.tv_nsec;
        status.device = raw.st_dev;
        status.inode = raw.st_ino;
        status.isRegular = S_ISREG(raw.st_mode);
        status.isFolder = S_ISDIR(raw.st_mode);
        return 0;
    }
    int fsync(int descriptor) override {
        return retried([&] { return ::fsync(descriptor); });
    }
    int rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
        return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : -errno;
    }
    int link(const std::filesystem::path& from, const std::filesystem::path& to) override {
        return ::link(from.c_str(), to.c_str()) == 0 ? 0 : -errno;
    }
    int unlink(const std::filesystem::path& path) override {
        return ::unlink(path.c_str()) == 0 ? 0 : -errno;
    }
    int makeFolder(const std::filesystem::path& path, unsigned mode) override {
        return ::mkdir(path.c_str(), mode) == 0 ? 0 : -errno;
    }
    int freeBytes(const std::filesystem::path& path, std::uint64_t& bytes) override {
        struct statvfs raw {};
        if (::statvfs(path.c_str(), &raw) != 0) return -errno;
        bytes = static_cast<std::uint64_t>(raw.f_bavail) * raw.f_frsize;
        return 0;
    }
};

ErrorCode codeOfErrno(int errorNumber, ErrorCode otherwise) {
    switch (errorNumber) {
    case ENOENT:
    case ENOTDIR:
        return ErrorCode::FileMissing;
    case EACCES:
    case EPERM:
    case EROFS:
        return ErrorCode::FilePermission;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ErrorCode::FileDiskFull;
    case ENODEV:
    case ENXIO:
        return ErrorCode::FileNotRegular;
    default:
        return otherwise;
    }
}

std::string hintOf(ErrorCode code) {
    switch (code) {
    case ErrorCode::FileMissing:
        return "Check the path";
    case ErrorCode::FilePermission:
        return "Check the permissions, or choose another place";
    case ErrorCode::FileDiskFull:
        return "Free some space, or choose another place";
    default:
        return {};
    }
}

}  // namespace

FileOps& systemFileOps() {
    static SystemFileOps ops;
    return ops;
}

Error fileError(const std::filesystem::path& path, std::string_view doing, int errorNumber) {
    const ErrorCode otherwise = doing == "write" || doing == "rename" || doing == "create"
                                    ? ErrorCode::FileWrite
                                    : ErrorCode::FileRead;
    const ErrorCode code = codeOfErrno(errorNumber, otherwise);
    return {code, path.string(), "cannot " + std::string(doing) + ": " + std::strerror(errorNumber),
            hintOf(code)};
}

File& File::operator=(File&& other) noexcept {
    std::swap(m_ops, other.m_ops);
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

File::~File() {
    if (m_descriptor >= 0) m_ops->close(m_descriptor);
}

Expected<void> File::readAt(std::span<std::byte> into, std::uint64_t offset) const {
    while (!into.empty()) {
        const long got =
            m_ops->pread(m_descriptor, into.first(std::min(into.size(), kPiece)), offset);
        if (got < 0) return fileError({}, "read", static_cast<int>(-got));
        if (got == 0)
            return Error{ErrorCode::FileVanished,
                         {},
                         "the file ends at byte " + std::to_string(offset) + ", " +
                             std::to_string(into.size()) + " more were expected",
                         "It was cut while being read; try again when it is complete"};
        into = into.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return {};
}

Expected<void> File::writeAt(std::span<const std::byte> from, std::uint64_t offset) const {
    while (!from.empty()) {
        const long put =
            m_ops->pwrite(m_descriptor, from.first(std::min(from.size(), kPiece)), offset);
        if (put < 0) return fileError({}, "write", static_cast<int>(-put));
        if (put == 0) return fileError({}, "write", ENOSPC);
        from = from.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return {};
}

Expected<FileStatus> File::status() const {
    FileStatus status;
    if (const int result = m_ops->fstat(m_descriptor, status); result < 0)
        return fileError({}, "inspect", -result);
    return status;
}

Expected<void> File::sync() const {
    if (const int result = m_ops->fsync(m_descriptor); result < 0)
        return fileError({}, "write", -result);
    return {};
}

Expected<File> openForReading(FileOps& ops, const std::filesystem::path& path) {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    const int descriptor = ops.open(path, O_RDONLY | O_NONBLOCK, 0);
    if (descriptor < 0) return fileError(path, "open", -descriptor);
    File file(ops, descriptor);
    const auto status = file.status();
    if (!status) return status.error().inside(path.string());
    if (!status->isRegular)
        return Error{ErrorCode::FileNotRegular,
                     path.string(),
                     status->isFolder ? "is a folder, a file is needed" : "is not a regular file",
                     {}};
    return file;
}

Expected<std::string> readWholeFile(FileOps& ops, const std::filesystem::path& path,
                                    std::uint64_t limitBytes) {
    GRIDSCOPE_TRY_ASSIGN(file, openForReading(ops, path));
    const auto status = file.status();
    if (!status) return status.error().inside(path.string());
    if (status->sizeBytes > limitBytes)
        return Error{ErrorCode::FileTooLarge,
                     path.string(),
                     "has " + std::to_string(status->sizeBytes) + " bytes, at most " +
                         std::to_string(limitBytes) + " are read",
                     {}};
    std::string content(static_cast<std::size_t>(status->sizeBytes), '\0');
    if (auto read = file.readAt(std::as_writable_bytes(std::span(content)), 0); !read)
        return read.error().inside(path.string());
    return content;
}

Expected<void> syncFolder(FileOps& ops, const std::filesystem::path& folder) {
    const std::filesystem::path target = folder.empty() ? std::filesystem::path(".") : folder;
    const int descriptor = ops.open(target, O_RDONLY | O_DIRECTORY, 0);
    if (descriptor < 0) return fileError(target, "open", -descriptor);
    const File handle(ops, descriptor);
    // Some network file systems cannot sync a folder; the rename itself has happened.
    const int result = ops.fsync(descriptor);
    if (result < 0 && result != -EINVAL) return fileError(target, "write", -result);
    return {};
}

Expected<void> writeFileAtomically(FileOps& ops, const std::filesystem::path& path,
                                   std::string_view content) {
    GRIDSCOPE_TRY_ASSIGN(file, ReplacementFile::create(ops, path));
    GRIDSCOPE_TRY(file.writeAt(std::as_bytes(std::span(content)), 0));
    return file.finish();
}

Expected<void> makeFolders(FileOps& ops, const std::filesystem::path& folder) {
    if (folder.empty()) return {};
    const int result = ops.makeFolder(folder, 0777);
    if (result == 0) return {};
    if (result == -EEXIST) {
        std::error_code ignored;
        if (std::filesystem::is_directory(folder, ignored)) return {};
        return Error{ErrorCode::OutputNotWritable, folder.string(), "exists and is not a folder",
                     "Choose another name"};
    }
    if (result == -ENOENT && folder.has_relative_path() && folder.parent_path() != folder) {
        GRIDSCOPE_TRY(makeFolders(ops, folder.parent_path()));
        if (ops.makeFolder(folder, 0777) == 0) return {};
    }
    Error error = fileError(folder, "create", -result);
    if (error.code != ErrorCode::FileDiskFull) error.code = ErrorCode::OutputNotWritable;
    return error;
}

}  // namespace gridscope
