// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/zip_directory.h"

#include <algorithm>
#include <new>

#include "core/checkpoint/file_type.h"
#include "core/checkpoint/zip_records.h"
#include "core/text/unicode.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kMostEntries = 1'000'000;
constexpr std::uint64_t kLargestCentral = std::uint64_t{256} << 20;
constexpr std::uint64_t kLongestTail = 65'557;  // end record and the longest comment
constexpr std::uint16_t kSizesFollow = 1u << 3;
constexpr std::uint16_t kNameIsUtf8 = 1u << 11;
constexpr std::uint16_t kKnownFlags = kSizesFollow | kNameIsUtf8;
constexpr std::uint16_t kEncrypted = 1u << 0;

/// What is known of a member before its local header has been seen.
struct CentralEntry {
    std::string name;
    ZipHeader header;
};

class DirectoryReader {
public:
    DirectoryReader(const ByteSource& archive, std::string_view where)
        : m_archive(archive), m_where(where) {}

    Expected<ZipDirectory> read();

private:
    Error fault(ErrorCode code, std::string what) const {
        return {code, m_where, std::move(what), {}};
    }
    Error memberFault(ErrorCode code, std::string_view name, std::string what) const {
        return {code, m_where + ", " + escapeForDisplay(name), std::move(what), {}};
    }
    Expected<std::vector<std::byte>> bytesAt(std::uint64_t offset, std::uint64_t size) const;
    Expected<ZipEnd> readEnd();
    Expected<ZipEnd> readZip64End(std::uint64_t endOffset, const ZipEnd& end);
    Expected<void> checkEnd(const ZipEnd& end) const;
    Expected<std::vector<CentralEntry>> readCentral(const ZipEnd& end) const;
    Expected<void> checkEntry(const CentralEntry& entry) const;
    Expected<void> checkName(std::string_view name) const;
    Expected<ZipMember> readLocal(const CentralEntry& entry, std::uint64_t centralOffset) const;
    Expected<void> checkLocal(const CentralEntry& entry, const ZipHeader& local,
                              std::span<const std::byte> name) const;
    Expected<void> checkOverlap(const std::vector<ZipMember>& members) const;

    const ByteSource& m_archive;
    std::string m_where;
    std::uint64_t m_firstEndRecord = 0;  ///< offset; the central directory ends before it
};

Expected<std::vector<std::byte>> DirectoryReader::bytesAt(std::uint64_t offset,
                                                          std::uint64_t size) const {
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    if (auto read = m_archive.readAt(bytes, offset); !read) return read.error().inside(m_where);
    return bytes;
}

/// Rule 1: the last end record, in its ZIP64 form if there is one.
Expected<ZipEnd> DirectoryReader::readEnd() {
    const std::uint64_t size = m_archive.sizeBytes();
    const std::uint64_t tailSize = std::min(size, kLongestTail);
    GRIDSCOPE_TRY_ASSIGN(tail, bytesAt(size - tailSize, tailSize));
    const auto at = findZipEnd(tail);
    if (!at)
        return Error{
            ErrorCode::ZipFormat, m_where,
            "no end record of a ZIP archive in the last " + std::to_string(tailSize) + " bytes",
            kIncompleteHint};
    m_firstEndRecord = size - tailSize + *at;
    const ZipEnd end = *parseZipEnd(std::span(tail).subspan(*at));
    if (m_firstEndRecord < kZip64LocatorBytes) return end;
    return readZip64End(m_firstEndRecord, end);
}

/// The ZIP64 end record that a locator right before the plain one names, else `end`.
Expected<ZipEnd> DirectoryReader::readZip64End(std::uint64_t endOffset, const ZipEnd& end) {
    GRIDSCOPE_TRY_ASSIGN(bytes, bytesAt(endOffset - kZip64LocatorBytes, kZip64LocatorBytes));
    const auto locator = parseZip64Locator(bytes);
    if (!locator) return end;
    if (locator->disk != 0 || locator->disks > 1)
        return fault(ErrorCode::ZipUnsupported, "the archive spans several disks");
    const std::uint64_t last = endOffset - kZip64LocatorBytes;
    if (last < kZip64EndBytes || locator->endOffset > last - kZip64EndBytes)
        return fault(ErrorCode::ZipFormat, "the ZIP64 end record lies at byte " +
                                               std::to_string(locator->endOffset) +
                                               ", outside the archive");
    GRIDSCOPE_TRY_ASSIGN(record, bytesAt(locator->endOffset, kZip64EndBytes));
    const auto end64 = parseZip64End(record);
    if (!end64)
        return fault(ErrorCode::ZipFormat, "no ZIP64 end record at byte " +
                                               std::to_string(locator->endOffset) +
                                               ", where its locator points");
    m_firstEndRecord = locator->endOffset;
    return *end64;
}

/// Rule 2.
Expected<void> DirectoryReader::checkEnd(const ZipEnd& end) const {
    if (end.disk != 0 || end.centralDisk != 0 || end.entriesHere != end.entries)
        return fault(ErrorCode::ZipUnsupported, "the archive spans several disks");
    if (end.entries > kMostEntries || end.centralSize > kLargestCentral)
        return fault(ErrorCode::ZipUnsupported,
                     "the directory has " + std::to_string(end.entries) + " entries in " +
                         std::to_string(end.centralSize) + " bytes, at most " +
                         std::to_string(kMostEntries) + " in 256 MiB are read");
    if (end.centralOffset > m_firstEndRecord ||
        end.centralSize > m_firstEndRecord - end.centralOffset)
        return fault(ErrorCode::ZipFormat,
                     "the directory of " + std::to_string(end.centralSize) + " bytes at byte " +
                         std::to_string(end.centralOffset) + " does not lie before byte " +
                         std::to_string(m_firstEndRecord));
    return {};
}

Expected<void> DirectoryReader::checkName(std::string_view name) const {
    const bool climbs = name == ".." || name.starts_with("../") || name.ends_with("/..") ||
                        name.find("/../") != std::string_view::npos;
    if (name.empty() || name.front() == '/' || climbs ||
        name.find('\\') != std::string_view::npos || name.find('\0') != std::string_view::npos)
        return memberFault(ErrorCode::ZipMember, name,
                           "the name is empty, absolute, climbs out or holds a forbidden byte");
    if (validUtf8Prefix(name) != name.size())
        return memberFault(ErrorCode::ZipMember, name, "the name is not UTF-8");
    return {};
}

/// Rule 3 for one entry.
Expected<void> DirectoryReader::checkEntry(const CentralEntry& entry) const {
    const ZipHeader& header = entry.header;
    if ((header.flags & kEncrypted) != 0)
        return memberFault(ErrorCode::ZipUnsupported, entry.name, "the member is encrypted");
    if (header.method != 0)
        return memberFault(ErrorCode::ZipUnsupported, entry.name,
                           "the member is compressed by method " + std::to_string(header.method) +
                               ", torch.save stores plainly");
    if ((header.flags & ~kKnownFlags) != 0)
        return memberFault(ErrorCode::ZipUnsupported, entry.name,
                           "unknown flags " + std::to_string(header.flags));
    if (header.disk != 0)
        return memberFault(ErrorCode::ZipUnsupported, entry.name, "the member is on another disk");
    if (header.storedSize != header.fullSize)
        return memberFault(ErrorCode::ZipFormat, entry.name,
                           "a plainly stored member of " + std::to_string(header.fullSize) +
                               " bytes claims to take " + std::to_string(header.storedSize));
    return checkName(entry.name);
}

Expected<std::vector<CentralEntry>> DirectoryReader::readCentral(const ZipEnd& end) const {
    GRIDSCOPE_TRY_ASSIGN(bytes, bytesAt(end.centralOffset, end.centralSize));
    std::span<const std::byte> rest(bytes);
    std::vector<CentralEntry> entries;
    while (!rest.empty()) {
        const std::string place = "entry " + std::to_string(entries.size()) + " of the directory";
        auto header = parseZipCentral(rest);
        if (!header || header->nameLength + header->extraLength + header->commentLength >
                           rest.size() - kZipCentralBytes)
            return fault(ErrorCode::ZipFormat, place + " is cut or not one");
        if (entries.size() == end.entries)
            return fault(ErrorCode::ZipFormat, "the directory holds more than the " +
                                                   std::to_string(end.entries) +
                                                   " entries it claims");
        rest = rest.subspan(kZipCentralBytes);
        const auto name = rest.first(header->nameLength);
        if (!resolveZip64(*header, rest.subspan(header->nameLength, header->extraLength)))
            return fault(ErrorCode::ZipFormat, place + " lacks its ZIP64 field");
        rest = rest.subspan(header->nameLength + header->extraLength + header->commentLength);
        entries.push_back(
            {std::string(reinterpret_cast<const char*>(name.data()), name.size()), *header});
        GRIDSCOPE_TRY(checkEntry(entries.back()));
    }
    if (entries.size() != end.entries)
        return fault(ErrorCode::ZipFormat, "the directory holds " + std::to_string(entries.size()) +
                                               " entries, it claims " +
                                               std::to_string(end.entries));
    return entries;
}

/// Rule 4: the local header says the same. Sizes that follow the payload are zero here.
Expected<void> DirectoryReader::checkLocal(const CentralEntry& entry, const ZipHeader& local,
                                           std::span<const std::byte> name) const {
    const ZipHeader& central = entry.header;
    const bool sameName =
        std::equal(name.begin(), name.end(), entry.name.begin(), entry.name.end(),
                   [](std::byte a, char b) { return a == static_cast<std::byte>(b); });
    if (!sameName || local.method != central.method || local.flags != central.flags)
        return memberFault(ErrorCode::ZipMember, entry.name,
                           "the local header has another name, method or flags");
    const bool follow = (central.flags & kSizesFollow) != 0;
    const auto agrees = [&](std::uint64_t here, std::uint64_t there) {
        return here == there || (follow && here == 0);
    };
    if (!agrees(local.crc32, central.crc32) || !agrees(local.storedSize, central.storedSize) ||
        !agrees(local.fullSize, central.fullSize))
        return memberFault(ErrorCode::ZipMember, entry.name,
                           "the local header has another size or checksum");
    return {};
}

Expected<ZipMember> DirectoryReader::readLocal(const CentralEntry& entry,
                                               std::uint64_t centralOffset) const {
    const auto outside = [&] {
        return memberFault(ErrorCode::ZipFormat, entry.name,
                           "the member of " + std::to_string(entry.header.fullSize) +
                               " bytes at byte " + std::to_string(entry.header.headerOffset) +
                               " does not lie before the directory");
    };
    const std::uint64_t start = entry.header.headerOffset;
    const std::uint64_t fixed = kZipLocalBytes + entry.name.size();
    if (start > centralOffset || fixed > centralOffset - start) return outside();
    GRIDSCOPE_TRY_ASSIGN(bytes, bytesAt(start, fixed));
    auto local = parseZipLocal(bytes);
    if (!local || local->nameLength != entry.name.size())
        return memberFault(ErrorCode::ZipMember, entry.name,
                           "no local header of this member at byte " + std::to_string(start));
    if (local->extraLength > centralOffset - start - fixed) return outside();
    // Only files above 4 GiB have sizes in the extra field; the others spare the second read.
    std::vector<std::byte> extra;
    if (local->storedSize == 0xFFFFFFFFu || local->fullSize == 0xFFFFFFFFu) {
        GRIDSCOPE_TRY_ASSIGN(stored, bytesAt(start + fixed, local->extraLength));
        extra = std::move(stored);
    }
    if (!resolveZip64(*local, extra))
        return memberFault(ErrorCode::ZipFormat, entry.name,
                           "the local header lacks its ZIP64 field");
    GRIDSCOPE_TRY(checkLocal(entry, *local, std::span(bytes).subspan(kZipLocalBytes)));
    const std::uint64_t payload = start + fixed + local->extraLength;
    if (entry.header.fullSize > centralOffset - payload) return outside();
    return ZipMember{entry.name, start, payload, entry.header.fullSize, entry.header.crc32};
}

Expected<void> DirectoryReader::checkOverlap(const std::vector<ZipMember>& members) const {
    std::vector<const ZipMember*> order;
    order.reserve(members.size());
    for (const ZipMember& member : members) order.push_back(&member);
    std::sort(order.begin(), order.end(), [](const ZipMember* a, const ZipMember* b) {
        return a->headerOffset < b->headerOffset;
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (order[i]->headerOffset < order[i - 1]->payloadOffset + order[i - 1]->sizeBytes)
            return memberFault(ErrorCode::ZipMember, order[i]->name,
                               "overlaps the member " + escapeForDisplay(order[i - 1]->name));
    }
    return {};
}

Expected<ZipDirectory> DirectoryReader::read() {
    GRIDSCOPE_TRY_ASSIGN(end, readEnd());
    GRIDSCOPE_TRY(checkEnd(end));
    GRIDSCOPE_TRY_ASSIGN(entries, readCentral(end));
    ZipDirectory directory;
    directory.members.reserve(entries.size());
    for (const CentralEntry& entry : entries) {
        GRIDSCOPE_TRY_ASSIGN(member, readLocal(entry, end.centralOffset));
        directory.members.push_back(std::move(member));
    }
    std::sort(directory.members.begin(), directory.members.end(),
              [](const ZipMember& a, const ZipMember& b) { return a.name < b.name; });
    const auto twin =
        std::adjacent_find(directory.members.begin(), directory.members.end(),
                           [](const ZipMember& a, const ZipMember& b) { return a.name == b.name; });
    if (twin != directory.members.end())
        return memberFault(ErrorCode::ZipMember, twin->name, "two members have this name");
    GRIDSCOPE_TRY(checkOverlap(directory.members));
    directory.hasChecksums = std::any_of(directory.members.begin(), directory.members.end(),
                                         [](const ZipMember& member) { return member.crc32 != 0; });
    return directory;
}

}  // namespace

const ZipMember* ZipDirectory::find(std::string_view name) const {
    const auto found = std::lower_bound(
        members.begin(), members.end(), name,
        [](const ZipMember& member, std::string_view wanted) { return member.name < wanted; });
    return found != members.end() && found->name == name ? &*found : nullptr;
}

Expected<ZipDirectory> readZipDirectory(const ByteSource& archive, std::string_view where) {
    try {
        return DirectoryReader(archive, where).read();
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, std::string(where),
                     "no memory for the directory of the archive", "Close other programs"};
    }
}

}  // namespace gridscope
