// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/torch_archive.h"

#include <new>
#include <string>

#include "core/checkpoint/checked_arithmetic.h"
#include "core/checkpoint/crc32.h"
#include "core/checkpoint/zip_directory.h"

namespace gridscope {

namespace {

constexpr std::uint64_t kLargestPickle = std::uint64_t{64} << 20;
constexpr std::uint64_t kLargestByteOrder = 16;

std::string memberPlace(std::string_view where, std::string_view name) {
    return std::string(where) + ", " + escapeForDisplay(name);
}

/// All of a member, its checksum compared.
Expected<std::vector<std::byte>> readMember(const ByteSource& archive,
                                            const ZipDirectory& directory, const ZipMember& member,
                                            std::uint64_t limitBytes, std::string_view where) {
    const std::string place = memberPlace(where, member.name);
    if (member.sizeBytes > limitBytes)
        return Error{ErrorCode::ZipUnsupported,
                     place,
                     "has " + std::to_string(member.sizeBytes) + " bytes, at most " +
                         std::to_string(limitBytes) + " are read",
                     {}};
    std::vector<std::byte> bytes(static_cast<std::size_t>(member.sizeBytes));
    if (auto read = archive.readAt(bytes, member.payloadOffset); !read)
        return read.error().inside(place);
    Crc32 checksum;
    checksum.update(bytes);
    if (directory.hasChecksums && checksum.value() != member.crc32)
        return Error{ErrorCode::ZipChecksum, place, "the checksum does not fit the content",
                     "The file is damaged; fetch it again"};
    return bytes;
}

/// Rule 6 of formats.md 5.1: the one folder that holds everything, with its slash.
Expected<std::string> findRoot(const ZipDirectory& directory, std::string_view where) {
    const auto fault = [&](ErrorCode code, std::string_view name, std::string what) {
        return Error{code, memberPlace(where, name), std::move(what), {}};
    };
    if (directory.members.empty())
        return Error{ErrorCode::ZipMember, std::string(where), "the archive is empty", {}};
    const std::string& first = directory.members.front().name;
    const std::string root = first.substr(0, first.find('/') + 1);
    for (const ZipMember& member : directory.members) {
        if (root.empty() || !member.name.starts_with(root))
            return fault(ErrorCode::ZipMember, member.name,
                         "is not in one folder with the other members, as torch.save writes them");
        const std::string_view rest = std::string_view(member.name).substr(root.size());
        if (rest == "constants.pkl" || rest.starts_with("code/"))
            return fault(ErrorCode::ZipUnsupported, member.name,
                         "belongs to a TorchScript program, which is not opened");
    }
    if (directory.find(root + "data.pkl") == nullptr)
        return Error{ErrorCode::ZipMember, memberPlace(where, root + "data.pkl"),
                     "is not in the archive, so torch.save did not write it",
                     "Name the checkpoint file itself"};
    return root;
}

Expected<void> checkByteOrder(const ByteSource& archive, const ZipDirectory& directory,
                              const std::string& root, std::string_view where) {
    const ZipMember* member = directory.find(root + "byteorder");
    if (member == nullptr) return {};
    GRIDSCOPE_TRY_ASSIGN(bytes, readMember(archive, directory, *member, kLargestByteOrder, where));
    const std::string_view order(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (order == "little") return {};
    return Error{ErrorCode::ZipUnsupported, memberPlace(where, member->name),
                 "the byte order is " + escapeForDisplay(order) + ", only little is read",
                 "Save it again on a common machine"};
}

Expected<StorageRecord> findRecord(const ZipDirectory& directory, const std::string& root,
                                   const TorchStorage& storage, std::string_view where) {
    const std::string name = root + "data/" + storage.key;
    const ZipMember* member = directory.find(name);
    if (member == nullptr)
        return Error{ErrorCode::PickleView, memberPlace(where, name),
                     "the storage is not in the archive", "Fetch the file again"};
    const auto bytes = checkedProduct(storage.elements, dtypeBits(storage.dtype) / 8);
    if (!bytes || *bytes != member->sizeBytes)
        return Error{ErrorCode::PickleView,
                     memberPlace(where, name),
                     "expected " + std::to_string(storage.elements) + " elements of " +
                         std::string(dtypeName(storage.dtype)) + ", found " +
                         std::to_string(member->sizeBytes) + " bytes",
                     {}};
    return StorageRecord{member->payloadOffset, member->sizeBytes, member->crc32};
}

Expected<TorchArchive> readArchive(const ByteSource& source, std::string_view where) {
    GRIDSCOPE_TRY_ASSIGN(directory, readZipDirectory(source, where));
    GRIDSCOPE_TRY_ASSIGN(root, findRoot(directory, where));
    GRIDSCOPE_TRY(checkByteOrder(source, directory, root, where));
    const ZipMember& pickle = *directory.find(root + "data.pkl");
    const std::string place = memberPlace(where, pickle.name);
    GRIDSCOPE_TRY_ASSIGN(bytes, readMember(source, directory, pickle, kLargestPickle, where));
    GRIDSCOPE_TRY_ASSIGN(unpickled, unpickle(bytes, place));
    GRIDSCOPE_TRY_ASSIGN(dict, readStateDict(unpickled, place));
    TorchArchive archive;
    archive.dict = std::move(dict);
    archive.hasChecksums = directory.hasChecksums;
    for (const TorchStorage& storage : archive.dict.storages) {
        GRIDSCOPE_TRY_ASSIGN(record, findRecord(directory, root, storage, where));
        archive.records.push_back(record);
    }
    return archive;
}

}  // namespace

Expected<TorchArchive> readTorchArchive(const ByteSource& archive, std::string_view where) {
    try {
        return readArchive(archive, where);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, std::string(where), "no memory for the archive",
                     "Close other programs"};
    }
}

}  // namespace gridscope
