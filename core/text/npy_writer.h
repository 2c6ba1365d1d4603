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
#include "core/base/replacement_file.h"

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
    NpyWriter(NpyWriter&&) noexcept = default;

    /// The next values of an F32 file. Errors: npy.dtype, npy.size (more than the shape holds),
    /// file.*.
    Expected<void> append(std::span<const float> values);
    /// The next ids of an integer file. Errors also: tokens.id-range (id too large for the dtype).
    Expected<void> append(std::span<const std::uint32_t> ids);
    /// Flushes, renames. Errors: npy.size (fewer values than the shape holds), file.*.
    Expected<void> finish();

private:
    NpyWriter(ReplacementFile file, NpyDtype dtype, std::uint64_t values)
        : m_file(std::move(file)), m_dtype(dtype), m_left(values) {}
    Expected<void> checkRoom(std::uint64_t count) const;
    Expected<void> write(std::span<const std::byte> bytes, std::uint64_t count);

    ReplacementFile m_file;
    NpyDtype m_dtype;
    std::uint64_t m_offset = 0;  // bytes written
    std::uint64_t m_left;        // values still to come
};

/// `ids` as a one-dimensional file. Errors: those of NpyWriter.
Expected<void> writeNpyIds(FileOps& ops, const std::filesystem::path& path,
                           std::span<const std::uint32_t> ids, NpyDtype dtype);

}  // namespace gridscope
