// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/torch_archive_writer.h"

#include <limits>
#include <utility>

namespace gridscope::test {

namespace {

template <class Integer>
void put(std::string& bytes, Integer value) {
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
}

std::uint32_t cut32(std::uint64_t value) {
    return value > 0xFFFFFFFEu ? 0xFFFFFFFFu : static_cast<std::uint32_t>(value);
}

constexpr std::uint16_t kSizesFollow = 8;
constexpr std::uint16_t kUtf8 = 0x800;

std::uint16_t flagsOf(const ZipEntry& entry, const ZipStyle& style) {
    const bool follow = style.sizes == ZipStyle::Sizes::AfterPayload;
    return entry.flags.value_or(static_cast<std::uint16_t>(kUtf8 | (follow ? kSizesFollow : 0u)));
}

std::uint32_t crcOf(const ZipEntry& entry, const ZipStyle& style) {
    return style.checksums == ZipStyle::Checksums::On ? slowCrc32(entry.payload) : 0;
}

/// The local header, its padding and the payload.
void putMember(std::string& bytes, const ZipEntry& entry, const ZipStyle& style) {
    const bool inHeader = style.sizes == ZipStyle::Sizes::InLocalHeader;
    const auto size = static_cast<std::uint32_t>(entry.payload.size());
    const std::string name = entry.localName.value_or(entry.name);
    std::string extra = entry.localExtra;
    if (style.alignment > 0 && extra.empty()) {
        const std::size_t start = bytes.size() + 30 + name.size() + 4;
        const std::size_t pad = (style.alignment - start % style.alignment) % style.alignment;
        put<std::uint16_t>(extra, 0x4246);
        put(extra, static_cast<std::uint16_t>(pad));
        extra.append(pad, 'Z');
    }
    put<std::uint32_t>(bytes, 0x04034B50);
    put<std::uint16_t>(bytes, 0);
    put(bytes, flagsOf(entry, style));
    put(bytes, entry.method);
    put<std::uint32_t>(bytes, 0);
    put(bytes, entry.localCrc.value_or(inHeader ? crcOf(entry, style) : 0));
    put(bytes, entry.localSize.value_or(inHeader ? size : 0));
    put(bytes, entry.localSize.value_or(inHeader ? size : 0));
    put(bytes, static_cast<std::uint16_t>(name.size()));
    put(bytes, static_cast<std::uint16_t>(extra.size()));
    bytes += name + extra + entry.payload;
    if (inHeader) return;
    put<std::uint32_t>(bytes, 0x08074B50);
    put(bytes, crcOf(entry, style));
    put(bytes, size);
    put(bytes, size);
}

void putCentral(std::string& bytes, const ZipEntry& entry, const ZipStyle& style,
                std::uint64_t offset) {
    const std::uint64_t size = entry.centralSize.value_or(entry.payload.size());
    const std::uint64_t place = entry.headerOffset.value_or(offset);
    const bool inExtra =
        style.end == ZipStyle::End::Zip64Members || size > 0xFFFFFFFEu || place > 0xFFFFFFFEu;
    std::string extra;
    if (inExtra) {
        put<std::uint16_t>(extra, 0x0001);
        put<std::uint16_t>(extra, 24);
        put(extra, size);
        put(extra, size);
        put(extra, place);
    }
    put<std::uint32_t>(bytes, 0x02014B50);
    put<std::uint32_t>(bytes, 0);
    put(bytes, flagsOf(entry, style));
    put(bytes, entry.method);
    put<std::uint32_t>(bytes, 0);
    put(bytes, entry.centralCrc.value_or(crcOf(entry, style)));
    put(bytes, inExtra ? 0xFFFFFFFFu : cut32(size));
    put(bytes, inExtra ? 0xFFFFFFFFu : cut32(size));
    put(bytes, static_cast<std::uint16_t>(entry.name.size()));
    put(bytes, static_cast<std::uint16_t>(extra.size()));
    put<std::uint16_t>(bytes, 0);
    put<std::uint16_t>(bytes, 0);
    put<std::uint16_t>(bytes, 0);
    put<std::uint32_t>(bytes, 0);
    put(bytes, inExtra ? 0xFFFFFFFFu : cut32(place));
    bytes += entry.name + extra;
}

void putEnd(std::string& bytes, const ZipStyle& style, std::uint64_t entries,
            std::uint64_t centralOffset) {
    const std::uint64_t centralSize = bytes.size() - centralOffset;
    const std::uint64_t claimed = style.entries.value_or(entries);
    if (style.end != ZipStyle::End::Plain) {
        const std::uint64_t offset64 = bytes.size();
        put<std::uint32_t>(bytes, 0x06064B50);
        put<std::uint64_t>(bytes, 44);
        put<std::uint16_t>(bytes, 0x031E);
        put<std::uint16_t>(bytes, 45);
        put(bytes, style.disk);
        put<std::uint32_t>(bytes, 0);
        put(bytes, claimed);
        put(bytes, claimed);
        put(bytes, centralSize);
        put(bytes, centralOffset);
        put<std::uint32_t>(bytes, 0x07064B50);
        put(bytes, style.disk);
        put(bytes, offset64);
        put<std::uint32_t>(bytes, 1);
    }
    put<std::uint32_t>(bytes, 0x06054B50);
    put(bytes, static_cast<std::uint16_t>(style.disk));
    put<std::uint16_t>(bytes, 0);
    put(bytes, static_cast<std::uint16_t>(claimed));
    put(bytes, static_cast<std::uint16_t>(claimed));
    put(bytes, static_cast<std::uint32_t>(centralSize));
    put(bytes, static_cast<std::uint32_t>(centralOffset));
    put(bytes, static_cast<std::uint16_t>(style.comment.size()));
    bytes += style.comment;
}

ZipEntry plainMember(std::string name, std::string payload) {
    ZipEntry entry;
    entry.name = std::move(name);
    entry.payload = std::move(payload);
    return entry;
}

}  // namespace

std::uint32_t slowCrc32(std::string_view bytes) {
    std::uint32_t state = ~0u;
    for (const char byte : bytes) {
        state ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit)
            state = (state >> 1) ^ ((state & 1u) != 0 ? 0xEDB88320u : 0u);
    }
    return ~state;
}

std::string writeZip(const std::vector<ZipEntry>& entries, const ZipStyle& style) {
    std::string bytes;
    std::vector<std::uint64_t> offsets;
    for (const ZipEntry& entry : entries) {
        offsets.push_back(bytes.size());
        putMember(bytes, entry, style);
    }
    const std::uint64_t centralOffset = bytes.size();
    for (std::size_t i = 0; i < entries.size(); ++i)
        putCentral(bytes, entries[i], style, offsets[i]);
    putEnd(bytes, style, entries.size(), centralOffset);
    return bytes;
}

PickleWriter& PickleWriter::raw(std::string_view bytes) {
    m_bytes += bytes;
    return *this;
}

PickleWriter& PickleWriter::text(std::string_view value) {
    m_bytes += 'X';
    put(m_bytes, static_cast<std::uint32_t>(value.size()));
    return raw(value);
}

PickleWriter& PickleWriter::integer(std::int64_t value) {
    const bool fits = value >= std::numeric_limits<std::int32_t>::min() &&
                      value <= std::numeric_limits<std::int32_t>::max();
    if (fits) {
        m_bytes += 'J';
        put(m_bytes, static_cast<std::int32_t>(value));
    } else {
        m_bytes += "\x8A\x08";
        put(m_bytes, value);
    }
    return *this;
}

PickleWriter& PickleWriter::global(std::string_view module, std::string_view name) {
    return raw("c").raw(module).raw("\n").raw(name).raw("\n");
}

PickleWriter& PickleWriter::tuple(const std::vector<std::int64_t>& values) {
    mark();
    for (const std::int64_t value : values) integer(value);
    return raw("t");
}

PickleWriter& PickleWriter::emptyOrderedDict() {
    return global("collections", "OrderedDict").raw(")R");
}

void pushTensor(PickleWriter& writer, const PickledView& view) {
    writer.global("torch._utils", "_rebuild_tensor_v2").mark();
    writer.mark().text("storage").global("torch", view.storageType).text(view.key).text("cpu");
    writer.integer(view.elements).raw("tQ").integer(view.offset);
    writer.tuple(view.sizes).tuple(view.strides).raw("\x89").emptyOrderedDict().raw("tR");
}

std::string stateDictPickle(const std::vector<PickledView>& views) {
    PickleWriter writer;
    writer.emptyOrderedDict().mark();
    for (const PickledView& view : views) {
        writer.text(view.name);
        pushTensor(writer, view);
    }
    return writer.raw("u").finish();
}

std::vector<ZipEntry> torchMembers(const std::string& pickle,
                                   const std::vector<StorageBytes>& storages) {
    std::vector<ZipEntry> entries{plainMember("archive/data.pkl", pickle),
                                  plainMember("archive/byteorder", "little")};
    for (const StorageBytes& storage : storages)
        entries.push_back(plainMember("archive/data/" + storage.key, storage.bytes));
    entries.push_back(plainMember("archive/version", "3\n"));
    return entries;
}

std::string torchArchive(const std::vector<NamedBytes>& tensors, const ZipStyle& style) {
    std::vector<PickledView> views;
    std::vector<StorageBytes> storages;
    for (const NamedBytes& tensor : tensors) {
        PickledView view;
        view.name = tensor.name;
        view.storageType = tensor.storageType;
        view.key = std::to_string(views.size());
        view.sizes = tensor.shape;
        view.strides.assign(tensor.shape.size(), 1);
        view.elements = 1;
        for (std::size_t i = tensor.shape.size(); i-- > 0;) {
            view.strides[i] = view.elements;
            view.elements *= tensor.shape[i];
        }
        storages.push_back({view.key, tensor.bytes});
        views.push_back(std::move(view));
    }
    return writeZip(torchMembers(stateDictPickle(views), storages), style);
}

}  // namespace gridscope::test
