// SPDX-License-Identifier: GPL-3.0-or-later

#include <sys/stat.h>

#include <QtTest>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include "core/checkpoint/file_type.h"
#include "core/checkpoint/safetensors_header.h"
#include "core/checkpoint/safetensors_writer.h"
#include "core/checkpoint/tensor_source.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/scratch_file.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using gridscope::test::Fault;
using gridscope::test::FaultyFileOps;
namespace fs = std::filesystem;

namespace {

std::string littleEndian(std::uint64_t value) {
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &value, 8);
    return bytes;
}

std::string container(const std::string& header, std::size_t dataBytes) {
    return littleEndian(header.size()) + header + std::string(dataBytes, '\x3f');
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
}

/// A header with one tensor "a" of these fields.
std::string single(const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return "{" + entry("a", dtype, shape, offsets) + "}";
}

struct ScratchFile : test::ScratchFile {
    explicit ScratchFile(const std::string& bytes, const std::string& name = "model.safetensors")
        : test::ScratchFile(bytes, name) {}
};

/// A small valid file with metadata, two dtypes, an empty tensor and a scalar.
std::string validFile() {
    return container(
        "{\"__metadata__\":{\"format\":\"pt\"}," + entry("b", "F16", "[2,3]", "[8,20]") + "," +
            entry("a", "F32", "[2]", "[0,8]") + "," + entry("empty", "F32", "[0,7]", "[20,20]") +
            "," + entry("s", "F32", "[]", "[20,24]") + "}  ",
        24);
}

}  // namespace

class TestSafetensors : public QObject {
    Q_OBJECT

private slots:
    void badFiles_data();
    void badFiles();
    void goodFiles_data();
    void goodFiles();
    void structure();
    void firstFaultByRule();
    void everyPrefixIsRefused();
    void everyBitFlipIsBounded();
    void foreignTypes_data();
    void foreignTypes();
    void notRegularFiles();
    void sparseGiant();
    void changedFiles();
    void writerRoundTrip();
    void writerRefuses();
    void writerUnderFaults_data();
    void writerUnderFaults();
};

void TestSafetensors::badFiles_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("code");
    const auto row = [](const char* name, const std::string& bytes, const char* code) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(code);
    };
    const auto header = [&](const char* name, const std::string& text, const char* code,
                            std::size_t dataBytes = 8) {
        row(name, container(text, dataBytes), code);
    };
    row("S01 empty", "", "safetensors.too-small");
    row("S01 seven bytes", std::string(7, '\0'), "safetensors.too-small");
    const std::string rest = "{}" + std::string(50, ' ');
    row("S02 zero", littleEndian(0) + rest, "safetensors.header-length");
    row("S02 above the limit", littleEndian(100'000'001) + rest, "safetensors.header-length");
    row("S02 beyond the file", littleEndian(53) + rest, "safetensors.header-length");
    row("S02 2^63", littleEndian(std::uint64_t{1} << 63) + rest, "safetensors.header-length");
    row("S02 2^64-1", littleEndian(~std::uint64_t{0}) + rest, "safetensors.header-length");
    row("S02 2^64-8 wraps", littleEndian(~std::uint64_t{0} - 7) + rest,
        "safetensors.header-length");
    header("S03 not UTF-8", "{\"\xFF\":1}", "safetensors.header-json");
    header("S03 lone surrogate", "{\"\\ud800\":{}}", "safetensors.header-json");
    header("S03 byte order mark", "\xEF\xBB\xBF{}", "safetensors.header-json", 0);
    header("S03 NUL byte", std::string("{}\0", 3), "safetensors.header-json", 0);
    header("S03 NUL in a name", "{\"a\\u0000\":{}}", "safetensors.header-json");
    header("S03 no JSON", "{oops}", "safetensors.header-json");
    header("S03 an array", "[]", "safetensors.header-json", 0);
    header("S03 a number", "5", "safetensors.header-json", 0);
    header("S03 text after", single("F32", "[2]", "[0,8]") + "x", "safetensors.header-json");
    header("S03 second object", single("F32", "[2]", "[0,8]") + "{}", "safetensors.header-json");
    header("S03 blank of another kind", "{}\v", "safetensors.header-json", 0);
    header("S03 entry is a number", "{\"a\":5}", "safetensors.header-json");
    header("S03 metadata is a list", "{\"__metadata__\":[]}", "safetensors.header-json", 0);
    header("S03 metadata holds a number", "{\"__metadata__\":{\"a\":1}}", "safetensors.header-json",
           0);
    header("S03 key of an entry twice",
           "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
           "safetensors.header-json");
    header("M05 nested", "{\"a\":{\"x\":[[[1]]]}}", "json.depth");
    header("M05 5,000,000 levels", std::string(5'000'000, '['), "safetensors.header-json", 0);
    header("M05 levels in an ignored key", "{\"a\":{\"x\":" + std::string(5'000'000, '['),
           "json.depth", 0);
    header("S04 twice",
           "{" + entry("a", "F32", "[1]", "[0,4]") + "," + entry("a", "F32", "[1]", "[4,8]") + "}",
           "safetensors.duplicate-name");
    header("S04 twice, one escaped",
           "{" + entry("a", "F32", "[1]", "[0,4]") + "," + entry("\\u0061", "F32", "[1]", "[4,8]") +
               "}",
           "safetensors.duplicate-name");
    header("S05 overlap",
           "{" + entry("a", "F32", "[1]", "[0,4]") + "," + entry("b", "F32", "[1]", "[3,7]") + "}",
           "safetensors.offsets");
    header("S05 descending", single("F32", "[2]", "[8,0]"), "safetensors.offsets");
    header("S05 hole at the start", single("F32", "[1]", "[4,8]"), "safetensors.offsets");
    header("S05 hole",
           "{" + entry("a", "U8", "[1]", "[0,1]") + "," + entry("b", "U8", "[6]", "[2,8]") + "}",
           "safetensors.offsets");
    header("S05 empty tensor inside another",
           "{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[0]", "[4,4]") + "}",
           "safetensors.offsets");
    header("S05 negative", single("F32", "[2]", "[-1,7]"), "safetensors.offsets");
    header("S05 minus zero", single("F32", "[2]", "[-0,8]"), "safetensors.offsets");
    header("S05 fractional", single("F32", "[2]", "[0,8.0]"), "safetensors.offsets");
    header("S05 exponent", single("F32", "[2]", "[0,8e0]"), "safetensors.offsets");
    header("S05 text", single("F32", "[2]", "[0,\"8\"]"), "safetensors.offsets");
    header("S05 above 2^53", single("U8", "[9007199254740993]", "[0,9007199254740993]"),
           "safetensors.offsets");
    header("S05 above 2^64", single("F32", "[2]", "[0,18446744073709551616]"),
           "safetensors.offsets");
    header("S05 one number", single("F32", "[2]", "[8]"), "safetensors.offsets");
    header("S05 three numbers", single("F32", "[2]", "[0,8,8]"), "safetensors.offsets");
    header("S05 absent", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "safetensors.offsets");
    header("S05 an object", single("F32", "[2]", "{\"x\":1}"), "safetensors.offsets");
    header("S06 cut", single("F32", "[2]", "[0,8]"), "safetensors.size-mismatch", 7);
    header("S06 tail", single("F32", "[2]", "[0,8]"), "safetensors.size-mismatch", 9);
    header("S06 tail behind nothing", "{}", "safetensors.size-mismatch", 1);
    header("S07 shape against range", single("F32", "[3]", "[0,8]"), "safetensors.shape");
    header("S07 product overflows", single("F32", "[4294967296,4294967296]", "[0,8]"),
           "safetensors.shape");
    header("S07 bits overflow", single("F32", "[1152921504606846976]", "[0,8]"),
           "safetensors.shape");
    header("S07 rank 9", single("F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), "safetensors.shape");
    header("S07 negative", single("F32", "[-2]", "[0,8]"), "safetensors.shape");
    header("S07 fractional", single("F32", "[2.0]", "[0,8]"), "safetensors.shape");
    header("S07 nested", single("F32", "[[2]]", "[0,8]"), "safetensors.shape");
    header("S07 a number", single("F32", "2", "[0,8]"), "safetensors.shape");
    header("S07 an object", single("F32", "{\"dtype\":2}", "[0,8]"), "safetensors.shape");
    header("S07 absent", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", "safetensors.shape");
    header("S07 part of a byte", single("F4", "[3]", "[0,8]"), "safetensors.shape");
    header("S08 unknown", single("I4", "[16]", "[0,8]"), "safetensors.dtype");
    header("S08 lower case", single("f32", "[2]", "[0,8]"), "safetensors.dtype");
    header("S08 a number", "{\"a\":{\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]}}",
           "safetensors.dtype");
    header("S08 absent", "{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", "safetensors.dtype");
    header("limit: empty name", "{\"\":{}}", "safetensors.limit");
    header("limit: long name", "{\"" + std::string(1025, 'n') + "\":{}}", "safetensors.limit");
}

void TestSafetensors::badFiles() {
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, code);
    const ScratchFile file(bytes.toStdString());
    const auto source = openTensorSource(systemFileOps(), file.path());
    QVERIFY(!source);
    QCOMPARE(std::string(errorCodeText(source.error().code)), code.toStdString());
    QVERIFY2(source.error().where.starts_with(file.path().string()), source.error().where.c_str());
    QVERIFY(source.error().what.size() <= 300);
}

void TestSafetensors::goodFiles_data() {
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<int>("dataBytes");
    QTest::addColumn<int>("tensors");
    const auto row = [](const char* name, const std::string& header, int dataBytes, int tensors) {
        QTest::newRow(name) << QByteArray::fromStdString(header) << dataBytes << tensors;
    };
    row("no tensors", "{}", 0, 0);
    row("white space around", " \t\r\n" + single("F32", "[2]", "[0,8]") + " \r\n", 8, 1);
    row("null metadata", "{\"__metadata__\":null," + entry("a", "U8", "[1]", "[0,1]") + "}", 1, 1);
    row("other keys",
        "{\"a\":{\"x\":{\"y\":[1,2.5,\"z\",null]},\"dtype\":\"U8\",\"shape\":[1],"
        "\"data_offsets\":[0,1]}}",
        1, 1);
    row("rank 8", single("F32", "[1,1,1,1,1,1,1,2]", "[0,8]"), 8, 1);
    row("zero dimension beside a huge one",
        single("F32", "[18446744073709551615,0,18446744073709551615]", "[0,0]"), 0, 1);
    row("two halves of a byte", single("F4", "[4]", "[0,2]"), 2, 1);
    row("four times six bits", single("F6_E2M3", "[4]", "[0,3]"), 3, 1);
    row("offset unaligned",
        "{" + entry("a", "U8", "[3]", "[0,3]") + "," + entry("b", "F32", "[1]", "[3,7]") + "}", 7,
        2);
    // The length field of these begins with '{' (123), '<' (60) and 0x80 (128).
    for (const std::size_t length : {60u, 123u, 128u}) {
        std::string header = single("F32", "[2]", "[0,8]");
        header.append(length - header.size(), ' ');
        row(("length " + std::to_string(length)).c_str(), header, 8, 1);
    }
}

void TestSafetensors::goodFiles() {
    QFETCH(QByteArray, header);
    QFETCH(int, dataBytes);
    QFETCH(int, tensors);
    const ScratchFile file(container(header.toStdString(), static_cast<std::size_t>(dataBytes)));
    const auto source = openTensorSource(systemFileOps(), file.path());
    GRIDSCOPE_VERIFY_OK(source);
    QCOMPARE(static_cast<int>((*source)->tensors().size()), tensors);
    GRIDSCOPE_VERIFY_OK((*source)->checkUnchanged());
}

void TestSafetensors::structure() {
    const std::string bytes = validFile();
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    const auto header = parseSafetensorsHeader(std::string_view(bytes).substr(8, length),
                                               bytes.size(), "model.safetensors");
    GRIDSCOPE_VERIFY_OK(header);
    QCOMPARE(header->metadata.size(), std::size_t{1});
    QCOMPARE(header->metadata[0].first, std::string("format"));
    QCOMPARE(header->metadata[0].second, std::string("pt"));
    const std::vector<std::string> names{"a", "b", "empty", "s"};
    const std::vector<std::uint64_t> elements{2, 6, 0, 1};
    const std::vector<std::uint64_t> sizes{8, 12, 0, 4};
    std::uint64_t offset = 8 + length;
    for (std::size_t i = 0; i < names.size(); ++i) {
        QCOMPARE(header->tensors[i].name, names[i]);
        QCOMPARE(header->tensors[i].elements, elements[i]);
        QCOMPARE(header->tensors[i].storedBytes, sizes[i]);
        QCOMPARE(header->fileOffsets[i], offset);
        offset += sizes[i];
    }
    QCOMPARE(header->tensors[1].shape, (std::vector<std::uint64_t>{2, 3}));
    QCOMPARE(header->tensors[1].dtype, Dtype::F16);
}

// Several faults at once: the earliest rule is reported, whatever the order in the file.
void TestSafetensors::firstFaultByRule() {
    const std::string wrongShape = entry("a", "F32", "[3]", "[0,8]");
    const std::string wrongField = entry("b", "F32", "[-1]", "[8,16]");
    const std::string twice = entry("c", "U8", "[1]", "[16,17]");
    const auto codeOf = [](const std::string& header) {
        const auto parsed = parseSafetensorsHeader(header, 8 + header.size() + 5, "f");
        return parsed ? ErrorCode::Internal : parsed.error().code;
    };
    QCOMPARE(codeOf("{" + wrongField + "," + twice + "," + twice + "}"),
             ErrorCode::SafetensorsDuplicateName);
    QCOMPARE(codeOf("{" + wrongShape + "," + wrongField + "}"), ErrorCode::SafetensorsShape);
    QCOMPARE(codeOf("{" + twice + "," + twice + "]"), ErrorCode::SafetensorsHeaderJson);
    QCOMPARE(codeOf("{" + wrongShape + "}"), ErrorCode::SafetensorsShape);
}

void TestSafetensors::everyPrefixIsRefused() {
    const std::string bytes = validFile();
    QVERIFY(bytes.size() <= 2048);
    const ScratchFile file(bytes);
    GRIDSCOPE_VERIFY_OK(openTensorSource(systemFileOps(), file.path()));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        file.write(bytes.substr(0, size));
        const auto source = openTensorSource(systemFileOps(), file.path());
        QVERIFY2(!source, std::to_string(size).c_str());
        QVERIFY(errorFamily(source.error().code) == ErrorFamily::Format);
    }
}

void TestSafetensors::everyBitFlipIsBounded() {
    const std::string bytes = validFile();
    const std::size_t dataStart = bytes.size() - 24;
    const ScratchFile file(bytes);
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < 8 * dataStart; ++bit) {
        std::string flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        file.write(flipped);
        const auto source = openTensorSource(systemFileOps(), file.path());
        if (!source) {
            ++refused;
            continue;
        }
        std::uint64_t stored = 0;
        for (const TensorInfo& info : (*source)->tensors()) {
            stored += info.storedBytes;
            QCOMPARE(info.elements * dtypeBits(info.dtype), 8 * info.storedBytes);
            QVERIFY(!info.name.empty());
        }
        QVERIFY(stored <= 26);  // blanks at the end of the header may pass as data
    }
    QVERIFY(refused > 4 * dataStart);  // names and metadata may change, little else
}

void TestSafetensors::foreignTypes_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("code");
    const auto row = [](const char* title, const std::string& bytes, const char* name,
                        const char* code) {
        QTest::newRow(title) << QByteArray::fromStdString(bytes) << QByteArray(name)
                             << QByteArray(code);
    };
    const std::string pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    row("L03 pointer", pointer, "model.safetensors", "file.lfs-pointer");
    row("L03 pointer .bin", pointer, "pytorch_model.bin", "file.lfs-pointer");
    row("L04 page", "<!DOCTYPE html><html></html>", "model.safetensors", "file.wrong-type");
    row("L04 error message", "\n  {\"error\":\"not found\"}", "model.safetensors",
        "file.wrong-type");
    row("L04 ZIP", std::string("PK\x03\x04\x00\x00\x08\x08", 8) + std::string(40, 'x'),
        "model.safetensors", "file.wrong-type");
    row("HDF5", "\x89HDF\r\n\x1A\n" + std::string(40, '\0'), "model.safetensors",
        "file.wrong-type");
    row("GGUF", std::string("GGUF\x03\0\0\0", 8) + std::string(40, '\0'), "model.safetensors",
        "file.wrong-type");
    row("pickle", "\x80\x02}q\x01X\x05hello", "model.safetensors", "file.wrong-type");
    row("tar", std::string(257, 'x') + "ustar", "model.safetensors", "file.wrong-type");
    row("archive", std::string("PK\x03\x04\x00\x00\x08\x08", 8) + std::string(40, 'x'),
        "pytorch_model.bin", "zip.format");
    row("index", "{\"weight_map\":{}}", "model.safetensors.index.json", "shards.index");
    row("other extension", "weights", "weights.ckpt", "scan.unsupported");
}

void TestSafetensors::foreignTypes() {
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, code);
    const ScratchFile file(bytes.toStdString(), name.toStdString());
    const auto source = openTensorSource(systemFileOps(), file.path());
    QVERIFY(!source);
    QCOMPARE(std::string(errorCodeText(source.error().code)), code.toStdString());
    QCOMPARE(source.error().where, file.path().string());
    if (code == "file.lfs-pointer") {
        QVERIFY(source.error().what.find("4d7a") != std::string::npos);
        QVERIFY(source.error().what.find("12345") != std::string::npos);
        QVERIFY(source.error().hint.find("git lfs pull") != std::string::npos);
    }
}

void TestSafetensors::notRegularFiles() {
    const ScratchFile file(validFile());
    const fs::path folder = file.path().parent_path();
    const fs::path fifo = folder / "fifo.safetensors";
    QCOMPARE(::mkfifo(fifo.c_str(), 0600), 0);
    const auto code = [](const fs::path& path) {
        const auto source = openTensorSource(systemFileOps(), path);
        return source ? ErrorCode::Internal : source.error().code;
    };
    QCOMPARE(code(fifo), ErrorCode::FileNotRegular);
    QCOMPARE(code(folder), ErrorCode::FileNotRegular);
    QCOMPARE(code(folder / "none.safetensors"), ErrorCode::FileMissing);
    FaultyFileOps denied(systemFileOps(), {1, EACCES, Fault::Extent::FromThenOn});
    const auto source = openTensorSource(denied, file.path());
    QVERIFY(!source);
    QCOMPARE(source.error().code, ErrorCode::FilePermission);
}

// F03: a sparse file whose size promises everything; only the header may be read.
void TestSafetensors::sparseGiant() {
    const std::string header = single("U8", "[1099511627776]", "[0,1099511627776]");
    const ScratchFile file(container(header, 8));
    std::error_code error;
    fs::resize_file(file.path(), std::uintmax_t{1} << 42, error);
    if (error) QSKIP("SKIPPED: the file system holds no sparse file of 4 TiB");
    const auto source = openTensorSource(systemFileOps(), file.path());
    QVERIFY(!source);
    QCOMPARE(source.error().code, ErrorCode::SafetensorsSizeMismatch);
}

void TestSafetensors::changedFiles() {
    const ScratchFile file(validFile());
    const auto code = [](TensorSource& source) {
        const auto unchanged = source.checkUnchanged();
        return unchanged ? ErrorCode::Internal : unchanged.error().code;
    };
    auto source = openTensorSource(systemFileOps(), file.path());
    GRIDSCOPE_VERIFY_OK(source);
    std::vector<float> values(2);
    fs::resize_file(file.path(), 60);
    const auto read = (*source)->readFloats(0, values);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::FileVanished);
    QCOMPARE(read.error().where, file.path().string() + ", a");
    QCOMPARE(code(**source), ErrorCode::FileChanged);

    file.write(validFile());
    source = openTensorSource(systemFileOps(), file.path());
    const fs::path other = file.path().parent_path() / "other";
    std::ofstream(other, std::ios::binary) << validFile();
    fs::last_write_time(other, fs::last_write_time(file.path()));
    fs::rename(other, file.path());  // same size, same time, another file
    QCOMPARE(code(**source), ErrorCode::FileChanged);
    GRIDSCOPE_VERIFY_OK((*source)->readFloats(0, values));
    fs::remove(file.path());
    QCOMPARE(code(**source), ErrorCode::FileVanished);
}

void TestSafetensors::writerRoundTrip() {
    const ScratchFile file("old content");
    const std::vector<float> first{1.5f, -0.0f, std::numeric_limits<float>::denorm_min(), 3e38f};
    const std::vector<float> scalar{-7.0f};
    const std::vector<TensorToWrite> tensors{
        {"z.weight", {2, 2}, first}, {"a \"quoted\"", {}, scalar}, {"none", {0, 3}, {}}};
    GRIDSCOPE_VERIFY_OK(writeSafetensors(systemFileOps(), file.path(), tensors,
                                         {{"format", "pt"}, {"step", "12"}}));
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    QCOMPARE(length % 8, std::uint64_t{0});
    const auto header =
        parseSafetensorsHeader(std::string_view(bytes).substr(8, length), bytes.size(), "f");
    GRIDSCOPE_VERIFY_OK(header);
    QCOMPARE(header->metadata.size(), std::size_t{2});
    QCOMPARE(header->metadata[1].second, std::string("12"));

    const auto source = openTensorSource(systemFileOps(), file.path());
    GRIDSCOPE_VERIFY_OK(source);
    QCOMPARE((*source)->tensors().size(), std::size_t{3});
    QCOMPARE((*source)->tensors()[1].name, std::string("a \"quoted\""));
    std::vector<float> back(4);
    GRIDSCOPE_VERIFY_OK((*source)->readFloats(0, back));
    QCOMPARE(std::memcmp(back.data(), first.data(), 16), 0);
    GRIDSCOPE_VERIFY_OK((*source)->readFloats(1, std::span(back).first(1)));
    QCOMPARE(back[0], -7.0f);
    GRIDSCOPE_VERIFY_OK((*source)->readFloats(2, {}));
}

void TestSafetensors::writerRefuses() {
    const ScratchFile file("old content");
    const std::vector<float> values(4);
    const auto code = [&](const std::vector<TensorToWrite>& tensors) {
        const auto written = writeSafetensors(systemFileOps(), file.path(), tensors, {});
        return written ? ErrorCode::Internal : written.error().code;
    };
    QCOMPARE(code({{"a", {4}, values}, {"a", {4}, values}}), ErrorCode::SafetensorsDuplicateName);
    QCOMPARE(code({{"a", {5}, values}}), ErrorCode::SafetensorsShape);
    QCOMPARE(code({{"", {4}, values}}), ErrorCode::SafetensorsLimit);
    QCOMPARE(code({{"\xFF", {4}, values}}), ErrorCode::SafetensorsHeaderJson);
    QCOMPARE(fs::file_size(file.path()), std::uintmax_t{11});
}

void TestSafetensors::writerUnderFaults_data() {
    QTest::addColumn<int>("extent");
    QTest::newRow("one call") << static_cast<int>(Fault::Extent::Once);
    QTest::newRow("all later calls") << static_cast<int>(Fault::Extent::FromThenOn);
}

void TestSafetensors::writerUnderFaults() {
    QFETCH(int, extent);
    const std::vector<float> values(64, 1.0f);
    const std::vector<TensorToWrite> tensors{{"a", {64}, values}, {"b", {8, 8}, values}};
    std::uint64_t faults = 0;
    for (std::uint64_t k = 1;; ++k) {
        const ScratchFile file(validFile());
        FaultyFileOps ops(systemFileOps(), {k, ENOSPC, static_cast<Fault::Extent>(extent)});
        ops.setLargestTransfer(100);
        const auto written = writeSafetensors(ops, file.path(), tensors, {});
        const auto source = openTensorSource(systemFileOps(), file.path());
        GRIDSCOPE_VERIFY_OK(source);
        const bool isNew = (*source)->tensors().size() == 2;
        QVERIFY(isNew || (*source)->tensors().size() == 4);
        QVERIFY(!written || isNew);
        QCOMPARE(ops.openDescriptors(), 0);
        const fs::path folder = file.path().parent_path();
        QCOMPARE(std::distance(fs::directory_iterator(folder), fs::directory_iterator()),
                 std::ptrdiff_t{1});
        if (!ops.hitFault()) {
            QVERIFY(written.hasValue());
            break;
        }
        ++faults;
    }
    QVERIFY(faults > 10);
}

QTEST_GUILESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
