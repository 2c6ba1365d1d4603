// SPDX-License-Identifier: GPL-3.0-or-later

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <numeric>

#include "core/checkpoint/tensor_source.h"
#include "core/checkpoint/torch_archive.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/scratch_file.h"
#include "tests/support/test_data.h"
#include "tests/support/torch_archive_writer.h"

using namespace gridscope;
using test::PickledView;
using test::ZipEntry;
using test::ZipStyle;
namespace fs = std::filesystem;

namespace {

fs::path genuine(const char* name) { return test::dataFolder() / "torch_save" / name; }

std::string contentOf(const fs::path& path) {
    auto text = readWholeFile(systemFileOps(), path, 1 << 20);
    if (!text) qFatal("%s", text.error().toText().c_str());
    return *std::move(text);
}

struct ScratchFile : test::ScratchFile {
    explicit ScratchFile(const std::string& bytes, const std::string& name = "model.pt")
        : test::ScratchFile(bytes, name) {}
};

std::string floats(const std::vector<float>& values) {
    std::string bytes(values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

std::vector<float> counted(std::size_t count) {
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 1.0f);
    return values;
}

/// Name and content hash of every weight, or the first error.
Expected<std::vector<std::pair<std::string, std::string>>> readAll(FileOps& ops,
                                                                   const fs::path& path) {
    GRIDSCOPE_TRY_ASSIGN(source, openTensorSource(ops, path));
    std::vector<std::pair<std::string, std::string>> hashes;
    std::vector<float> values;
    for (std::size_t i = 0; i < source->tensors().size(); ++i) {
        const TensorInfo& info = source->tensors()[i];
        if (!isWeightDtype(info.dtype)) continue;
        values.resize(info.elements);
        GRIDSCOPE_TRY_ASSIGN(report, source->readFloats(i, values));
        hashes.emplace_back(info.name, report.contentSha256);
    }
    return hashes;
}

/// An archive of one storage "0" of these floats and one view into it.
std::string oneView(const PickledView& view, const std::vector<float>& values) {
    return test::writeZip(
        test::torchMembers(test::stateDictPickle({view}), {{"0", floats(values)}}));
}

}  // namespace

class TestTorchArchive : public QObject {
    Q_OBJECT

private slots:
    void genuineFiles_data();
    void genuineFiles();
    void notes();
    void views_data();
    void views();
    void roundedDoubles();
    void badArchives_data();
    void badArchives();
    void otherFiles_data();
    void otherFiles();
    void damagedStorage();
    void everyPrefixIsRefused();
    void everyBitFlipIsSeen();
    void changedFiles();
    void failingCalls();
};

void TestTorchArchive::genuineFiles_data() {
    QTest::addColumn<QByteArray>("file");
    for (const char* file : {"ordered.bin", "module.pt", "nested.pth", "unchecked.bin"})
        QTest::newRow(file) << QByteArray(file);
}

void TestTorchArchive::genuineFiles() {
    QFETCH(QByteArray, file);
    const QJsonArray expected =
        QJsonDocument::fromJson(QByteArray::fromStdString(contentOf(genuine("contents.json"))))
            .object()[QString::fromUtf8(file)]
            .toArray();
    QVERIFY(!expected.isEmpty());
    const auto source = openTensorSource(systemFileOps(), genuine(file.constData()));
    GRIDSCOPE_VERIFY_OK(source);
    QCOMPARE((*source)->tensors().size(), static_cast<std::size_t>(expected.size()));
    for (std::size_t i = 0; i < (*source)->tensors().size(); ++i) {
        const TensorInfo& info = (*source)->tensors()[i];
        const QJsonObject row = expected[static_cast<int>(i)].toObject();
        QCOMPARE(QString::fromStdString(info.name), row["name"].toString());
        QCOMPARE(QString::fromUtf8(dtypeName(info.dtype).data()), row["dtype"].toString());
        QJsonArray shape;
        for (const std::uint64_t size : info.shape) shape.append(static_cast<qint64>(size));
        QCOMPARE(shape, row["shape"].toArray());
        std::vector<float> values(info.elements);
        const auto report = (*source)->readFloats(i, values);
        if (!isWeightDtype(info.dtype)) {
            QCOMPARE(report.error().code, ErrorCode::SafetensorsDtype);
            QVERIFY(report.error().where.ends_with(info.name));
            continue;
        }
        GRIDSCOPE_VERIFY_OK(report);
        QCOMPARE(QString::fromStdString(report->contentSha256), row["content_sha256"].toString());
        std::vector<float> again(info.elements);
        GRIDSCOPE_VERIFY_OK((*source)->readValues(i, again));
        QCOMPARE(std::memcmp(values.data(), again.data(), 4 * values.size()), 0);
    }
    GRIDSCOPE_VERIFY_OK((*source)->checkUnchanged());
}

void TestTorchArchive::notes() {
    const auto checked = openTensorSource(systemFileOps(), genuine("ordered.bin"));
    GRIDSCOPE_VERIFY_OK(checked);
    QVERIFY((*checked)->warnings().empty());
    QCOMPARE((*checked)->files(), std::vector<fs::path>{genuine("ordered.bin")});
    const auto unchecked = openTensorSource(systemFileOps(), genuine("unchecked.bin"));
    GRIDSCOPE_VERIFY_OK(unchecked);
    QCOMPARE((*unchecked)->warnings().size(), std::size_t{1});
    QCOMPARE((*unchecked)->warnings()[0].code, ErrorCode::ZipChecksum);
    test::PickleWriter writer;
    writer.raw("}(").text("w");
    PickledView view;
    view.elements = 1;
    test::pushTensor(writer, view);
    writer.text("epoch").integer(3).raw("u");
    const ScratchFile file(
        test::writeZip(test::torchMembers(writer.finish(), {{"0", floats({1.0f})}})));
    const auto skipping = openTensorSource(systemFileOps(), file.path());
    GRIDSCOPE_VERIFY_OK(skipping);
    QCOMPARE((*skipping)->tensors().size(), std::size_t{1});
    QCOMPARE((*skipping)->warnings().size(), std::size_t{1});
    QVERIFY((*skipping)->warnings()[0].what.find("epoch") != std::string::npos);
}

void TestTorchArchive::views_data() {
    QTest::addColumn<QList<qint64>>("sizes");
    QTest::addColumn<QList<qint64>>("strides");
    QTest::addColumn<qint64>("offset");
    const auto row = [](const char* name, const QList<qint64>& sizes, const QList<qint64>& strides,
                        qint64 offset) { QTest::newRow(name) << sizes << strides << offset; };
    // All look into a storage of 300 x 700 floats, more than one window of the reader.
    row("whole", {300, 700}, {700, 1}, 0);
    row("transposed", {700, 300}, {1, 700}, 0);
    row("rows from the middle", {20, 700}, {700, 1}, 7000);
    row("columns", {300, 5}, {700, 1}, 3);
    row("one column", {300}, {700}, 699);
    row("every seventh", {100, 300}, {7, 700}, 2);
    row("three dimensions", {7, 300, 100}, {100, 700, 1}, 0);
    row("permuted", {100, 7, 300}, {1, 100, 700}, 0);
    row("expanded", {30, 700}, {0, 1}, 1400);
    row("expanded inside", {300, 3, 70}, {700, 0, 10}, 0);
    row("overlapping windows", {699, 300}, {300, 1}, 0);
    row("backwards in size", {2, 3}, {1, 100'000}, 9'998);
    row("ones", {1, 700, 1, 1}, {9, 1, 5, 0}, 700);
    row("scalar", {}, {}, 12'345);
}

void TestTorchArchive::views() {
    QFETCH(QList<qint64>, sizes);
    QFETCH(QList<qint64>, strides);
    QFETCH(qint64, offset);
    PickledView view;
    view.name = "w";
    view.elements = 300 * 700;
    view.offset = offset;
    view.sizes.assign(sizes.begin(), sizes.end());
    view.strides.assign(strides.begin(), strides.end());
    const std::vector<float> stored = counted(300 * 700);
    const ScratchFile file(oneView(view, stored));
    const auto source = openTensorSource(systemFileOps(), file.path());
    GRIDSCOPE_VERIFY_OK(source);
    std::vector<float> values((*source)->tensors()[0].elements);
    GRIDSCOPE_VERIFY_OK((*source)->readFloats(0, values));
    // By definition: the element with indices i lies at offset + sum of i times stride.
    std::vector<qint64> index(static_cast<std::size_t>(sizes.size()), 0);
    for (const float value : values) {
        qint64 place = offset;
        for (qsizetype d = 0; d < sizes.size(); ++d)
            place += index[static_cast<std::size_t>(d)] * strides[d];
        QCOMPARE(value, stored[static_cast<std::size_t>(place)]);
        for (qsizetype d = sizes.size() - 1; d >= 0; --d) {
            if (++index[static_cast<std::size_t>(d)] < sizes[d]) break;
            index[static_cast<std::size_t>(d)] = 0;
        }
    }
}

// Only the values of the view count, not those between them.
void TestTorchArchive::roundedDoubles() {
    PickledView view;
    view.name = "w";
    view.storageType = "DoubleStorage";
    view.elements = 4;
    view.sizes = {2};
    view.strides = {2};
    const std::vector<double> stored{1.0, 0.1, 1.0 + 0x1p-40, 0.2};
    std::string bytes(32, '\0');
    std::memcpy(bytes.data(), stored.data(), 32);
    const ScratchFile file(
        test::writeZip(test::torchMembers(test::stateDictPickle({view}), {{"0", bytes}})));
    const auto source = openTensorSource(systemFileOps(), file.path());
    GRIDSCOPE_VERIFY_OK(source);
    std::vector<float> values(2);
    const auto report = (*source)->readFloats(0, values);
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(report->valuesRounded, std::uint64_t{1});
    QCOMPARE(values, (std::vector<float>{1.0f, 1.0f}));
}

void TestTorchArchive::badArchives_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("where");
    PickledView view;
    view.name = "w";
    view.elements = 2;
    view.sizes = {2};
    view.strides = {1};
    const std::string pickle = test::stateDictPickle({view});
    const auto members = [&] { return test::torchMembers(pickle, {{"0", floats({1, 2})}}); };
    const auto row = [&](const char* name,
                         const std::function<void(std::vector<ZipEntry>&)>& change,
                         const char* code, const char* where) {
        std::vector<ZipEntry> entries = members();
        change(entries);
        QTest::newRow(name) << QByteArray::fromStdString(test::writeZip(entries))
                            << QByteArray(code) << QByteArray(where);
    };
    using Entries = std::vector<ZipEntry>;
    row(
        "P04 empty archive", [](Entries& e) { e.clear(); }, "file.wrong-type", "model.pt");
    row(
        "P04 no data.pkl", [](Entries& e) { e.erase(e.begin()); }, "zip.member",
        "archive/data.pkl");
    row(
        "P04 two folders", [](Entries& e) { e.back().name = "other/version"; }, "zip.member",
        "other/version");
    row(
        "P04 no folder",
        [](Entries& e) {
            e = {e[0]};
            e[0].name = "data.pkl";
        },
        "zip.member", "data.pkl");
    row(
        "P04 byteorder big", [](Entries& e) { e[1].payload = "big"; }, "zip.unsupported",
        "archive/byteorder");
    row(
        "P04 TorchScript", [](Entries& e) { e.back().name = "archive/constants.pkl"; },
        "zip.unsupported", "archive/constants.pkl");
    row(
        "P04 TorchScript code", [](Entries& e) { e.back().name = "archive/code/a.py"; },
        "zip.unsupported", "archive/code/a.py");
    row(
        "P04 wrong CRC of the pickle", [](Entries& e) { e[0].centralCrc = 1; }, "zip.checksum",
        "archive/data.pkl");
    row(
        "P04 wrong CRC of the byte order", [](Entries& e) { e[1].centralCrc = 1; }, "zip.checksum",
        "archive/byteorder");
    row(
        "P04 wrong CRC of a storage", [](Entries& e) { e[2].centralCrc = 1; }, "zip.checksum",
        "data/0");
    row(
        "P03 storage record absent", [](Entries& e) { e.erase(e.begin() + 2); }, "pickle.view",
        "archive/data/0");
    row(
        "P03 storage record short", [](Entries& e) { e[2].payload.pop_back(); }, "pickle.view",
        "archive/data/0");
    row(
        "P03 storage record long", [](Entries& e) { e[2].payload += "xxxx"; }, "pickle.view",
        "archive/data/0");
    row(
        "P01 os.system",
        [](Entries& e) {
            e[0].payload =
                test::PickleWriter().global("os", "system").text("id").raw("\x85R").finish();
        },
        "pickle.global", "archive/data.pkl, byte 2");
}

void TestTorchArchive::badArchives() {
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, where);
    const ScratchFile file(bytes.toStdString());
    const auto hashes = readAll(systemFileOps(), file.path());
    QVERIFY(!hashes);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(hashes.error().code))), code);
    QVERIFY2(hashes.error().where.ends_with(where.toStdString()), hashes.error().where.c_str());
}

void TestTorchArchive::otherFiles_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("code");
    const auto row = [](const char* title, const char* name, const QByteArray& bytes,
                        const char* code) {
        QTest::newRow(title) << QByteArray(name) << bytes << QByteArray(code);
    };
    const QByteArray zip = QByteArray::fromStdString(contentOf(genuine("module.pt")));
    row("P02 pre-1.6 file", "a.pt",
        QByteArray("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.", 15),
        "pickle.unsupported");
    row("P02 bare pickle", "a.bin", QByteArray("\x80\x02}.", 4), "pickle.unsupported");
    row("L03 pointer", "a.bin", "version https://git-lfs.github.com/spec/v1\n", "file.lfs-pointer");
    row("L04 web page", "a.bin", "<html></html>", "file.wrong-type");
    row("L04 ZIP named safetensors", "a.safetensors", zip, "file.wrong-type");
    row("L04 empty", "a.pth", "", "file.wrong-type");
    row("L04 tar", "a.pt", QByteArray(257, 'a') + "ustar" + QByteArray(250, '\0'),
        "file.wrong-type");
    row("L04 HDF5", "a.pt", QByteArray("\x89HDF\r\n\x1A\n", 8), "file.wrong-type");
    row("unknown extension", "a.ckpt", zip, "scan.unsupported");
}

void TestTorchArchive::otherFiles() {
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, code);
    const ScratchFile file(bytes.toStdString(), name.toStdString());
    const auto source = openTensorSource(systemFileOps(), file.path());
    QVERIFY(!source);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(source.error().code))), code);
    QCOMPARE(source.error().where, file.path().string());
}

// A wrong byte anywhere in a storage is seen by the first reading of any tensor in it.
void TestTorchArchive::damagedStorage() {
    PickledView slice;
    slice.name = "slice";
    slice.elements = 1000;
    slice.offset = 10;
    slice.sizes = {5};
    slice.strides = {1};
    PickledView strided = slice;
    strided.name = "strided";
    strided.strides = {3};
    PickledView whole = slice;
    whole.name = "whole";
    whole.offset = 0;
    whole.sizes = {1000};
    std::vector<ZipEntry> members = test::torchMembers(
        test::stateDictPickle({slice, strided, whole}), {{"0", floats(counted(1000))}});
    members[2].centralCrc = test::slowCrc32(members[2].payload);
    members[2].payload[3999] ^= 1;
    const ScratchFile file(test::writeZip(members));
    for (std::size_t index = 0; index < 3; ++index) {
        const auto source = openTensorSource(systemFileOps(), file.path());
        GRIDSCOPE_VERIFY_OK(source);
        std::vector<float> values((*source)->tensors()[index].elements);
        const auto report = (*source)->readFloats(index, values);
        QVERIFY(!report);
        QCOMPARE(report.error().code, ErrorCode::ZipChecksum);
        QCOMPARE(report.error().where, file.path().string() + ", data/0");
        const auto plain = (*source)->readValues(index, values);
        QVERIFY(!plain);
        QCOMPARE(plain.error().code, ErrorCode::ZipChecksum);
    }
}

void TestTorchArchive::everyPrefixIsRefused() {
    const std::string good = contentOf(genuine("unchecked.bin"));
    GRIDSCOPE_VERIFY_OK(
        readTorchArchive(MemoryBytes(std::as_bytes(std::span(good))), "unchecked.bin"));
    for (std::size_t length = 0; length < good.size(); ++length) {
        const auto bytes = std::as_bytes(std::span(good)).first(length);
        QVERIFY(!readTorchArchive(MemoryBytes(bytes), "unchecked.bin"));
    }
}

// An error, or a bit that says nothing about the tensors (times, versions, padding): then all
// values are what they were. Under a checksum always an error.
void TestTorchArchive::everyBitFlipIsSeen() {
    const std::string good = contentOf(genuine("module.pt"));
    const auto expected = readAll(systemFileOps(), genuine("module.pt"));
    GRIDSCOPE_VERIFY_OK(expected);
    const auto archive = readTorchArchive(MemoryBytes(std::as_bytes(std::span(good))), "module.pt");
    GRIDSCOPE_VERIFY_OK(archive);
    const std::size_t pickle = good.find("\x80\x02");
    const std::size_t pickleEnd = good.find("PK\x07\x08");
    const auto underChecksum = [&](std::size_t byte) {
        if (byte >= pickle && byte < pickleEnd) return true;
        return std::any_of(archive->records.begin(), archive->records.end(), [&](const auto& r) {
            return byte >= r.offset && byte < r.offset + r.sizeBytes;
        });
    };
    const ScratchFile file(good);
    std::fstream stream(file.path(), std::ios::binary | std::ios::in | std::ios::out);
    const auto putByte = [&](std::size_t byte, int value) {
        stream.seekp(static_cast<std::streamoff>(byte));
        stream.put(static_cast<char>(value)).flush();
    };
    std::size_t harmless = 0;
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        putByte(bit / 8, good[bit / 8] ^ (1 << (bit % 8)));
        const auto found = readAll(systemFileOps(), file.path());
        if (bit % 8 == 7) putByte(bit / 8, good[bit / 8]);
        if (!found) continue;
        ++harmless;
        QVERIFY2(!underChecksum(bit / 8), qPrintable(QString::number(bit / 8)));
        QCOMPARE(*found, *expected);
    }
    QVERIFY(harmless > 0 && harmless < 8 * good.size() / 2);
}

void TestTorchArchive::changedFiles() {
    const std::string good = contentOf(genuine("ordered.bin"));
    const ScratchFile file(good, "ordered.bin");
    std::vector<float> values(60);
    const auto open = [&] { return openTensorSource(systemFileOps(), file.path()); };
    // F05: replaced while open, seen by the comparison and by the next opening.
    auto source = open();
    GRIDSCOPE_VERIFY_OK(source);
    fs::remove(file.path());
    QCOMPARE((*source)->checkUnchanged().error().code, ErrorCode::FileVanished);
    file.write(good);
    QCOMPARE((*source)->checkUnchanged().error().code, ErrorCode::FileChanged);
    GRIDSCOPE_VERIFY_OK((*source)->readFloats(0, values));  // the open file is still whole
    (*source)->closeFiles();
    QCOMPARE((*source)->readFloats(0, values).error().code, ErrorCode::FileChanged);
    // F04: cut while read.
    source = open();
    GRIDSCOPE_VERIFY_OK(source);
    fs::resize_file(file.path(), 1000);
    const auto cut = (*source)->readFloats(0, values);
    QVERIFY(!cut);
    QCOMPARE(cut.error().code, ErrorCode::FileVanished);
    QCOMPARE(cut.error().where, file.path().string() + ", embed.weight");
    // Handing the descriptor back costs nothing while nobody touches the file.
    file.write(good);
    source = open();
    GRIDSCOPE_VERIFY_OK(source);
    (*source)->closeFiles();
    GRIDSCOPE_VERIFY_OK((*source)->readFloats(0, values));
}

void TestTorchArchive::failingCalls() {
    std::uint64_t failures = 0;
    for (std::uint64_t call = 1; call < 500; ++call) {
        test::FaultyFileOps ops(systemFileOps(), {call, EIO, test::Fault::Extent::Once});
        const auto hashes = readAll(ops, genuine("nested.pth"));
        QCOMPARE(ops.openDescriptors(), 0);
        if (!ops.hitFault()) {
            GRIDSCOPE_VERIFY_OK(hashes);
            break;
        }
        // A failing close() changes nothing.
        if (hashes) continue;
        ++failures;
        QCOMPARE(hashes.error().code, ErrorCode::FileRead);
    }
    QVERIFY(failures > 20);
}

QTEST_GUILESS_MAIN(TestTorchArchive)
#include "tst_torch_archive.moc"
