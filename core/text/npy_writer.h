// SPDX-License-Identifier: GPL-3.0-or-later

// Writes a .npy file piece by piece, so that it need not be in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

enum class NpyDtype { U16, U32, I32, F32 };

/// Writes beside the target and renames at the end, so the target is complete or untouched.
/// Dropped before `finish`, it leaves nothing behind. One thread; `ops` must outlive it.
class NpyWriter {
public:
    /// @param shape [..], row-major; fixed from the start. Errors: output.not-writable,
    /// file.disk-full, file.write.
    static Expected<NpyWriter> create(FileOps& ops, const std::filesystem::path& path,
                                      NpyDtype dtype, std::vector<std::uint64_t> shape);
    NpyWriter(NpyWriter&& other) noexcept;
    NpyWriter& operator=(NpyWriter&&) = delete;
    ~NpyWriter();

    /// The next values of an F32 file. Errors: npy.dtype, npy.size (more than the shape holds),
    /// file.*.
    Expected<void> append(std::span<const float> values);
    /// The next ids of an integer file. Errors also: tokens.id-range (id too large for the dtype).
    Expected<void> append(std::span<const std::uint32_t> ids);
    /// Flushes, renames. Errors: npy.size (fewer values than the shape holds), file.*.
    Expected<void> finish();

private:
    NpyWriter(FileOps& ops, File file, std::filesystem::path path, std::filesystem::path temporary)
        : m_ops(&ops),
          m_file(std::move(file)),
          m_path(std::move(path)),
          m_temporary(std::move(temporary)) {}
    Expected<void> checkRoom(std::uint64_t count) const;
    Expected<void> write(std::span<const std::byte> bytes, std::uint64_t count);

    FileOps* m_ops;
    File m_file;
    std::filesystem::path m_path;
    std::filesystem::path m_temporary;  // empty once renamed or moved from
    NpyDtype m_dtype = NpyDtype::F32;
    std::uint64_t m_offset = 0;  // bytes written
    std::uint64_t m_left = 0;    // values still to come
};

/// `ids` as a one-dimensional file. Errors: those of NpyWriter.
Expected<void> writeNpyIds(FileOps& ops, const std::filesystem::path& path,
                           std::span<const std::uint32_t> ids, NpyDtype dtype);

}  // namespace gridscope
