// SPDX-License-Identifier: GPL-3.0-or-later

// Writes ZIP archives and pickles byte by byte, right ones and wrong ones, for the readers' tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridscope::test {

/// CRC-32 bit by bit, independent of the reader's.
std::uint32_t slowCrc32(std::string_view bytes);

/// A member to write. Fields that are set replace what an honest writer would put there.
struct ZipEntry {
    std::string name;
    std::string payload;
    std::uint16_t method = 0;
    std::optional<std::uint16_t> flags;
    std::optional<std::uint32_t> centralCrc;
    std::optional<std::uint64_t> centralSize;
    std::optional<std::uint64_t> headerOffset;
    std::optional<std::string> localName;
    std::optional<std::uint32_t> localSize;
    std::optional<std::uint32_t> localCrc;
    std::string localExtra;
};

struct ZipStyle {
    enum class Sizes { InLocalHeader, AfterPayload };
    enum class Checksums { On, Off };
    enum class End { Plain, Zip64, Zip64Members };  ///< the last with sizes in extra fields too

    Sizes sizes = Sizes::AfterPayload;
    Checksums checksums = Checksums::On;
    End end = End::Zip64;
    std::size_t alignment = 64;  ///< of payloads, by extra bytes as torch writes them; 0 = none
    std::string comment;
    std::optional<std::uint64_t> entries;  ///< number of entries the end record claims
    std::uint32_t disk = 0;
};

std::string writeZip(const std::vector<ZipEntry>& entries, const ZipStyle& style = {});

/// A pickle of protocol 2, opcode by opcode.
class PickleWriter {
public:
    PickleWriter() : m_bytes("\x80\x02") {}

    PickleWriter& raw(std::string_view bytes);
    PickleWriter& text(std::string_view value);
    PickleWriter& integer(std::int64_t value);
    PickleWriter& global(std::string_view module, std::string_view name);
    PickleWriter& mark() { return raw("("); }
    /// A tuple of integers.
    PickleWriter& tuple(const std::vector<std::int64_t>& values);
    PickleWriter& emptyOrderedDict();
    /// The bytes with STOP at the end.
    std::string finish() const { return m_bytes + "."; }

private:
    std::string m_bytes;
};

/// A tensor as a state dict describes it; nothing is checked.
struct PickledView {
    std::string name;
    std::string storageType = "FloatStorage";
    std::string key = "0";
    std::int64_t elements = 0;  ///< of the storage
    std::int64_t offset = 0;
    std::vector<std::int64_t> sizes;
    std::vector<std::int64_t> strides;
};

/// Puts one tensor on the stack.
void pushTensor(PickleWriter& writer, const PickledView& view);

/// The pickle of an OrderedDict of these tensors.
std::string stateDictPickle(const std::vector<PickledView>& views);

struct StorageBytes {
    std::string key;
    std::string bytes;
};

/// Members of an archive as torch.save names them: data.pkl, byteorder, storages, version.
std::vector<ZipEntry> torchMembers(const std::string& pickle,
                                   const std::vector<StorageBytes>& storages);

/// A whole archive of row-major tensors, one storage each.
struct NamedBytes {
    std::string name;
    std::string storageType;
    std::vector<std::int64_t> shape;
    std::string bytes;  ///< little-endian elements
};
std::string torchArchive(const std::vector<NamedBytes>& tensors, const ZipStyle& style = {});

}  // namespace gridscope::test
