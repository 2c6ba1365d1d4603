// SPDX-License-Identifier: GPL-3.0-or-later

// Writes small Megatron datasets, right and wrong ones.
#pragma once

#include <QByteArray>
#include <QList>

#include <cstdint>

namespace gridscope::test {

/// Little-endian bytes of `value`.
inline QByteArray littleEndian(std::uint64_t value, int bytes) {
    QByteArray text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
}

/// The fields of an index in the order of the file; the layout is that of formats.md 10, written
/// here a second time so that reader and test do not share a mistake.
struct MegatronFixture {
    QByteArray magic = QByteArray("MMIDIDX\0\0", 9);
    std::uint64_t version = 1;
    int dtypeCode = 8;
    QList<qint32> lengths;
    QList<qint64> offsets;
    QList<qint64> documents;

    QByteArray index() const {
        QByteArray file = magic + littleEndian(version, 8) + static_cast<char>(dtypeCode) +
                          littleEndian(static_cast<std::uint64_t>(lengths.size()), 8) +
                          littleEndian(static_cast<std::uint64_t>(documents.size()), 8);
        for (const qint32 length : lengths)
            file += littleEndian(static_cast<std::uint32_t>(length), 4);
        for (const qint64 offset : offsets)
            file += littleEndian(static_cast<std::uint64_t>(offset), 8);
        for (const qint64 mark : documents)
            file += littleEndian(static_cast<std::uint64_t>(mark), 8);
        return file;
    }

    /// Sequences of u16 ids, each a document, one behind the other.
    static MegatronFixture of(const QList<QList<int>>& sequences) {
        MegatronFixture fixture;
        qint64 offset = 0;
        fixture.documents = {0};
        for (const QList<int>& sequence : sequences) {
            fixture.lengths << static_cast<qint32>(sequence.size());
            fixture.offsets << offset;
            offset += 2 * sequence.size();
            fixture.documents << fixture.lengths.size();
        }
        return fixture;
    }

    static QByteArray data(const QList<QList<int>>& sequences) {
        QByteArray bytes;
        for (const QList<int>& sequence : sequences)
            for (const int id : sequence) bytes += littleEndian(static_cast<std::uint64_t>(id), 2);
        return bytes;
    }
};

}  // namespace gridscope::test
