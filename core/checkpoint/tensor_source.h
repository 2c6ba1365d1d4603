// SPDX-License-Identifier: GPL-3.0-or-later

// The tensors of one checkpoint, whatever container they lie in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// Element types that a container can name. Weights may be F16, Bf16, F32 or F64.
enum class Dtype {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    Bf16,
    F32,
    F64,
    C64,
    F8E4m3,
    F8E5m2,
    F8E8m0,
    F8E4m3Fnuz,
    F8E5m2Fnuz,
    F4,
    F6E2m3,
    F6E3m2
};

std::string_view dtypeName(Dtype dtype);  ///< as in safetensors: "F16"
unsigned dtypeBits(Dtype dtype);
bool isWeightDtype(Dtype dtype);

struct TensorInfo {
    std::string name;
    Dtype dtype = Dtype::F32;
    std::vector<std::uint64_t> shape;  ///< as stored
    std::uint64_t elements = 1;
    std::uint64_t storedBytes = 0;
};

/// What reading a tensor found out on the way.
struct TensorReadReport {
    std::string
        contentSha256;  ///< formats.md 11: rank and dims (u64), then the values as F32 bytes
    std::uint64_t nonFinite = 0;
    std::uint64_t firstNonFinite = 0;         ///< index, if nonFinite > 0
    std::uint64_t valuesRounded = 0;          ///< F64 values that changed by rounding to F32
    std::uint64_t fitsF16 = 0, fitsBf16 = 0;  ///< finite values whose round trip keeps them
};

/// Read access to the tensors of a checkpoint. One object may be used by one thread at a time.
class TensorSource {
public:
    virtual ~TensorSource() = default;
    /// In file order, ignored buffers included.
    virtual const std::vector<TensorInfo>& tensors() const = 0;
    /// Reads tensor `index` as FP32, row-major as stored, into `into` (`elements` values); one
    /// pass reads, converts, hashes and checks.
    /// Errors: safetensors.dtype, zip.checksum, file.vanished, file.changed, file.read;
    /// internal.failed for a wrong span.
    virtual Expected<TensorReadReport> readFloats(std::size_t index, std::span<float> into) = 0;
    /// The same values without hash and statistics, for callers that have them already.
    /// Errors: as readFloats.
    virtual Expected<void> readValues(std::size_t index, std::span<float> into) = 0;
    /// After the last read: errors with file.changed if a file is not what it was when opened.
    virtual Expected<void> checkUnchanged() = 0;
    /// Gives descriptors back; the next read opens its file again and compares it.
    virtual void closeFiles() {}
    /// What opening found out that does not stop the work.
    virtual std::vector<Warning> warnings() const { return {}; }
    /// The files that hold the values, without an index of them.
    virtual std::vector<std::filesystem::path> files() const { return {}; }
};

/// Opens the weights in `file` (found by the scan): a .safetensors file, a torch.save archive
/// (.bin, .pt, .pth) or an index.json of either. The content must be what the extension says.
/// Errors: safetensors.*, zip.*, pickle.*, shards.*, json.depth, file.*.
Expected<std::unique_ptr<TensorSource>> openTensorSource(FileOps& ops,
                                                         const std::filesystem::path& file);

/// Model hash (`content_sha256`, formats.md 11): SHA-256 over (length of the name as u64, name,
/// 64 hex digits of the content hash), sorted by name.
std::string modelContentSha256(std::vector<std::pair<std::string, std::string>> nameAndHash);

}  // namespace gridscope
