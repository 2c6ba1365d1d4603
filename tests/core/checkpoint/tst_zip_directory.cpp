// SPDX-License-Identifier: GPL-3.0-or-later

#include <QElapsedTimer>
#include <QtTest>
#include <functional>
#include <random>

#include "core/checkpoint/crc32.h"
#include "core/checkpoint/zip_directory.h"
#include "tests/support/test_data.h"
#include "tests/support/torch_archive_writer.h"

using namespace gridscope;
using test::ZipEntry;
using test::ZipStyle;

namespace {

std::span<const std::byte> bytesOf(const std::string& text) {
    return std::as_bytes(std::span(text));
}

Expected<ZipDirectory> read(const std::string& archive) {
    return readZipDirectory(MemoryBytes(bytesOf(archive)), "a.bin");
}

ZipEntry member(const std::string& name, const std::string& payload) {
    ZipEntry entry;
    entry.name = name;
    entry.payload = payload;
    return entry;
}

std::vector<ZipEntry> twoMembers() {
    return {member("r/data.pkl", "pickle"), member("r/data/0", std::string(100, 'x'))};
}

/// A valid archive whose second member was changed before it was written.
std::string changed(const std::function<void(ZipEntry&)>& change, const ZipStyle& style = {}) {
    std::vector<ZipEntry> entries = twoMembers();
    change(entries[1]);
    return test::writeZip(entries, style);
}

std::string replaced(std::string bytes, std::string_view from, std::string_view to) {
    const std::size_t at = bytes.find(from);
    if (at == std::string::npos || from.size() != to.size()) qFatal("nothing to replace");
    return bytes.replace(at, from.size(), to);
}

}  // namespace

class TestZipDirectory : public QObject {
    Q_OBJECT

private slots:
    void checksum();
    void goodArchives_data();
    void goodArchives();
    void badArchives_data();
    void badArchives();
    void everyPrefixIsRefused();
    void everyBitFlipIsBounded();
};

void TestZipDirectory::checksum() {
    const auto crc = [](std::string_view text) {
        Crc32 sum;
        sum.update(std::as_bytes(std::span(text)));
        return sum.value();
    };
    // The check value of this CRC in every catalogue of them.
    QCOMPARE(crc("123456789"), 0xCBF43926u);
    QCOMPARE(crc(""), 0u);
    std::mt19937 random(7);
    std::string bytes(3000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    // Lengths around the blocks of 8, 16 and 64 bytes, whole and in two pieces.
    for (std::size_t length = 0; length < 600; ++length) {
        const std::string_view part = std::string_view(bytes).substr(length % 61, length);
        QCOMPARE(crc(part), test::slowCrc32(part));
        const std::size_t cut = length == 0 ? 0 : random() % length;
        Crc32 pieces;
        pieces.update(std::as_bytes(std::span(part.substr(0, cut))));
        pieces.update(std::as_bytes(std::span(part.substr(cut))));
        QCOMPARE(pieces.value(), test::slowCrc32(part));
    }
}

void TestZipDirectory::goodArchives_data() {
    QTest::addColumn<QByteArray>("archive");
    QTest::addColumn<bool>("hasChecksums");
    const auto row = [](const char* name, const ZipStyle& style, bool hasChecksums = true) {
        QTest::newRow(name) << QByteArray::fromStdString(test::writeZip(twoMembers(), style))
                            << hasChecksums;
    };
    ZipStyle style;
    row("as torch writes it", style);
    style.checksums = ZipStyle::Checksums::Off;
    row("without checksums", style, false);
    style = {};
    style.end = ZipStyle::End::Plain;
    row("plain end record", style);
    style.end = ZipStyle::End::Zip64Members;
    row("sizes in ZIP64 fields", style);
    style.sizes = ZipStyle::Sizes::InLocalHeader;
    row("sizes in the local header", style);
    style.alignment = 0;
    style.comment = "with a comment";
    row("comment, no padding", style);
    style.comment = std::string("PK\x05\x06", 4) + std::string(60, '\0');
    row("an end record inside the comment", style);
}

void TestZipDirectory::goodArchives() {
    QFETCH(QByteArray, archive);
    QFETCH(bool, hasChecksums);
    const std::string bytes = archive.toStdString();
    const auto directory = read(bytes);
    GRIDSCOPE_VERIFY_OK(directory);
    QCOMPARE(directory->members.size(), std::size_t{2});
    QCOMPARE(directory->hasChecksums, hasChecksums);
    QVERIFY(directory->find("r/data") == nullptr);
    const ZipMember* storage = directory->find("r/data/0");
    QVERIFY(storage != nullptr);
    QCOMPARE(bytes.substr(storage->payloadOffset, storage->sizeBytes), std::string(100, 'x'));
    QCOMPARE(storage->crc32, hasChecksums ? test::slowCrc32(std::string(100, 'x')) : 0u);
}

void TestZipDirectory::badArchives_data() {
    QTest::addColumn<QByteArray>("archive");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("where");
    const auto row = [](const char* name, const std::string& archive, const char* code,
                        const char* where = "a.bin") {
        QTest::newRow(name) << QByteArray::fromStdString(archive) << QByteArray(code)
                            << QByteArray(where);
    };
    const char* const second = "a.bin, r/data/0";
    ZipStyle plain;
    plain.end = ZipStyle::End::Plain;
    const std::string good = test::writeZip(twoMembers());

    row("P04 empty", "", "zip.format");
    row("P04 no end record", std::string(1000, 'P'), "zip.format");
    row("P04 text after the end", good + "x", "zip.format");
    row("P04 compressed", changed([](ZipEntry& e) { e.method = 8; }), "zip.unsupported", second);
    row("P04 encrypted", changed([](ZipEntry& e) { e.flags = 0x0809; }), "zip.unsupported", second);
    row("P04 unknown flag", changed([](ZipEntry& e) { e.flags = 0x0828; }), "zip.unsupported",
        second);
    row("P04 ../", changed([](ZipEntry& e) { e.name = "r/../../0"; }), "zip.member",
        "a.bin, r/../../0");
    row("P04 absolute", changed([](ZipEntry& e) { e.name = "/r/0"; }), "zip.member", "a.bin, /r/0");
    row("P04 backslash", changed([](ZipEntry& e) { e.name = "r\\0"; }), "zip.member",
        "a.bin, r\\0");
    row("P04 NUL", changed([](ZipEntry& e) { e.name = std::string("r/\0", 3); }), "zip.member");
    row("P04 not UTF-8", changed([](ZipEntry& e) { e.name = "r/\xFF"; }), "zip.member");
    row("P04 no name", changed([](ZipEntry& e) { e.name = ""; }), "zip.member");
    row("P04 equal names", changed([](ZipEntry& e) { e.name = "r/data.pkl"; }), "zip.member",
        "a.bin, r/data.pkl");
    row("P04 local name", changed([](ZipEntry& e) { e.localName = "r/data/1"; }), "zip.member",
        second);
    row("P04 shorter local name", changed([](ZipEntry& e) { e.localName = "r/data/"; }),
        "zip.member", second);
    row("P04 local size", changed([](ZipEntry& e) { e.localSize = 99; }), "zip.member", second);
    row("P04 local checksum", changed([](ZipEntry& e) { e.localCrc = 1; }), "zip.member", second);
    ZipStyle local;
    local.sizes = ZipStyle::Sizes::InLocalHeader;
    row("P04 local size zero without flag", changed([](ZipEntry& e) { e.localSize = 0; }, local),
        "zip.member", second);
    row("P04 local ZIP64 size without field",
        changed([](ZipEntry& e) { e.localSize = 0xFFFFFFFFu; }), "zip.format", second);
    row("P04 size beyond the archive", changed([](ZipEntry& e) { e.centralSize = 1 << 20; }),
        "zip.format", second);
    row("P04 ZIP64 size of 2^64-1", changed([](ZipEntry& e) { e.centralSize = ~0ull; }),
        "zip.format", second);
    row("P04 ZIP64 offset of 2^63", changed([](ZipEntry& e) { e.headerOffset = 1ull << 63; }),
        "zip.format", second);
    row(
        "P04 size over the next member",
        [] {
            std::vector<ZipEntry> entries = twoMembers();
            entries[0].centralSize = 100;
            return test::writeZip(entries);
        }(),
        "zip.member", second);
    row("P04 one header for both", changed([](ZipEntry& e) { e.headerOffset = 0; }), "zip.member",
        second);
    row("P04 offset into a payload", changed([](ZipEntry& e) { e.headerOffset = 70; }),
        "zip.member", second);

    ZipStyle style;
    style.disk = 1;
    row("P04 several disks", test::writeZip(twoMembers(), style), "zip.unsupported");
    style.end = ZipStyle::End::Plain;
    row("P04 several disks, plain", test::writeZip(twoMembers(), style), "zip.unsupported");
    style = {};
    style.entries = 1u << 20;
    row("P04 2^20 entries", test::writeZip(twoMembers(), style), "zip.unsupported");
    style.entries = 3;
    row("P04 too few entries", test::writeZip(twoMembers(), style), "zip.format");
    style.entries = 1;
    row("P04 too many entries", test::writeZip(twoMembers(), style), "zip.format");
    row("P04 locator points nowhere", replaced(good, "PK\x06\x06", "PKxx"), "zip.format");
    row("P04 directory entry broken", replaced(good, "PK\x01\x02", "PKxx"), "zip.format");
    row(
        "P04 local header broken",
        [&] {
            std::string bytes = good;
            bytes[3] = 'x';
            return bytes;
        }(),
        "zip.member", "a.bin, r/data.pkl");
    row("P04 directory outside", good.substr(64), "zip.format");
}

void TestZipDirectory::badArchives() {
    QFETCH(QByteArray, archive);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, where);
    QElapsedTimer timer;
    timer.start();
    const auto directory = read(archive.toStdString());
    QVERIFY(timer.elapsed() < 1000);
    QVERIFY(!directory);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(directory.error().code))), code);
    const QByteArray found = QByteArray::fromStdString(directory.error().where);
    if (where == "a.bin")
        QVERIFY2(found.startsWith(where), found.constData());
    else
        QCOMPARE(found, where);
}

void TestZipDirectory::everyPrefixIsRefused() {
    for (const auto end : {ZipStyle::End::Plain, ZipStyle::End::Zip64}) {
        ZipStyle style;
        style.end = end;
        const std::string good = test::writeZip(twoMembers(), style);
        GRIDSCOPE_VERIFY_OK(read(good));
        for (std::size_t length = 0; length < good.size(); ++length)
            QVERIFY(!read(good.substr(0, length)));
    }
}

void TestZipDirectory::everyBitFlipIsBounded() {
    const std::string good = test::writeZip(twoMembers());
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        std::string bytes = good;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        const auto directory = read(bytes);
        if (!directory) {
            ++refused;
            continue;
        }
        for (const ZipMember& member : directory->members) {
            QVERIFY(member.payloadOffset <= bytes.size());
            QVERIFY(member.sizeBytes <= bytes.size() - member.payloadOffset);
        }
    }
    QVERIFY(refused > good.size());
}

QTEST_GUILESS_MAIN(TestZipDirectory)
#include "tst_zip_directory.moc"
