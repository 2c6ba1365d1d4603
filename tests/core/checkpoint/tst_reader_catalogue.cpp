// SPDX-License-Identifier: GPL-3.0-or-later

#include <sys/stat.h>

#include <QElapsedTimer>
#include <QtTest>
#include <algorithm>
#include <fstream>
#include <functional>
#include <map>

#include "core/checkpoint/catalog.h"
#include "core/checkpoint/tensor_source.h"
#include "tests/support/test_data.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/torch_archive_writer.h"

using namespace gridscope;
using test::PickledView;
using test::PickleWriter;
using test::ZipEntry;
namespace fs = std::filesystem;

namespace {

void writeText(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string littleEndian(std::uint64_t value) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
    return bytes;
}

/// A safetensors file with this header and 8 bytes of data.
std::string withHeader(const std::string& header) {
    return littleEndian(header.size()) + header + std::string(8, '\0');
}

std::string oneTensor(const std::string& dtype, const std::string& shape,
                      const std::string& offsets) {
    return "{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}}";
}

void writePickle(const fs::path& folder, const std::string& pickle) {
    fs::remove(folder / "model.safetensors");
    writeText(folder / "pytorch_model.bin",
              test::writeZip(test::torchMembers(pickle, {{"0", std::string(24, '\0')}})));
}

void writeIndex(const fs::path& folder, const std::string& file) {
    fs::remove(folder / "model.safetensors");
    writeText(folder / "model.safetensors.index.json", "{\"weight_map\":{\"a\":\"" + file + "\"}}");
}

using Build = std::function<void(const fs::path& step1)>;

/// One bad input: what is done to a healthy checkpoint folder "step1".
struct CatalogueRow {
    Build build;
    const char* code = "";   ///< of the first problem of step1
    const char* where = "";  ///< below the folder of step1; empty = the folder itself
};

void writeView(const fs::path& folder, const std::function<void(PickledView&)>& change) {
    PickledView view;
    view.name = "w";
    view.elements = 6;
    view.sizes = {2, 3};
    view.strides = {3, 1};
    change(view);
    writePickle(folder, test::stateDictPickle({view}));
}

void addSafetensors(std::map<std::string, CatalogueRow>& rows) {
    const auto add = [&](const char* id, const std::string& bytes, const char* code,
                         const char* where = "model.safetensors") {
        rows[id] = {[bytes](const fs::path& f) { writeText(f / "model.safetensors", bytes); }, code,
                    where};
    };
    add("S01", "1234567", "safetensors.too-small");
    add("S02", littleEndian(1ull << 63) + "{}", "safetensors.header-length");
    add("S03", withHeader("[1]"), "safetensors.header-json");
    add("S04", withHeader("{\"a\":{},\"a\":{}}"), "safetensors.duplicate-name",
        "model.safetensors, a");
    add("S05", withHeader(oneTensor("F32", "[1]", "[4,8]")), "safetensors.offsets",
        "model.safetensors, a");
    add("S06", withHeader(oneTensor("F32", "[1]", "[0,4]")), "safetensors.size-mismatch");
    add("S07", withHeader(oneTensor("F32", "[18446744073709551615,3]", "[0,8]")),
        "safetensors.shape", "model.safetensors, a");
    add("S08", withHeader(oneTensor("I3", "[2]", "[0,8]")), "safetensors.dtype",
        "model.safetensors, a");
}

void addArchives(std::map<std::string, CatalogueRow>& rows) {
    const char* const pickle = "pytorch_model.bin, archive/data.pkl";
    rows["P01"] = {[](const fs::path& f) {
                       writePickle(f, PickleWriter().global("os", "system").text("id").finish());
                   },
                   "pickle.global", "pytorch_model.bin, archive/data.pkl, byte 2"};
    rows["P02"] = {[](const fs::path& f) {
                       writePickle(f, PickleWriter().raw(std::string(1'000'000, ']')).finish());
                   },
                   "pickle.malformed", "pytorch_model.bin, archive/data.pkl, byte 1000001"};
    rows["P02 self-reference"] = {[](const fs::path& f) {
                                      writePickle(f, PickleWriter()
                                                         .raw("]q\x01h\x01"
                                                              "a")
                                                         .finish());
                                  },
                                  "pickle.unsupported", pickle};
    rows["P03"] = {[](const fs::path& f) { writeView(f, [](auto& v) {
                                               v.strides = {3, -1};
                                           }); },
                   "pickle.view", "pytorch_model.bin, archive/data.pkl, w"};
    rows["P03 blow-up"] = {[](const fs::path& f) {
                               writeView(f, [](auto& v) {
                                   v.sizes = {1'000'000'000, 1'000'000'000};
                                   v.strides = {0, 0};
                               });
                           },
                           "pickle.view", "pytorch_model.bin, archive/data.pkl, w"};
    rows["P04"] = {[](const fs::path& f) {
                       test::writeTinyArchive(f / "pytorch_model.bin", 1.0f);
                       fs::remove(f / "model.safetensors");
                       fs::resize_file(f / "pytorch_model.bin",
                                       fs::file_size(f / "pytorch_model.bin") - 1);
                   },
                   "zip.format", "pytorch_model.bin"};
    rows["P04 compressed"] = {[](const fs::path& f) {
                                  std::vector<ZipEntry> members = test::torchMembers("x", {});
                                  members[0].method = 8;
                                  fs::remove(f / "model.safetensors");
                                  writeText(f / "pytorch_model.bin", test::writeZip(members));
                              },
                              "zip.unsupported", pickle};
}

void addFolders(std::map<std::string, CatalogueRow>& rows) {
    const std::string pointer = "version https://git-lfs.github.com/spec/v1\n";
    rows["L01"] = {[](const fs::path& f) { writeIndex(f, "absent.safetensors"); }, "shards.missing",
                   "absent.safetensors"};
    rows["L02"] = {[](const fs::path& f) { writeIndex(f, "../step2/model.safetensors"); },
                   "shards.outside-folder", "model.safetensors.index.json, a"};
    rows["L03"] = {[=](const fs::path& f) { writeText(f / "model.safetensors", pointer); },
                   "file.lfs-pointer", "model.safetensors"};
    rows["L03 configuration"] = {[=](const fs::path& f) { writeText(f / "config.json", pointer); },
                                 "file.lfs-pointer", "config.json"};
    rows["L04"] = {[](const fs::path& f) { writeText(f / "model.safetensors", "<html>"); },
                   "file.wrong-type", "model.safetensors"};
    rows["L04 ZIP"] = {
        [](const fs::path& f) { test::writeTinyArchive(f / "model.safetensors", 1.0f); },
        "file.wrong-type", "model.safetensors"};
    rows["L05"] = {[](const fs::path& f) {
                       test::writeTinyArchive(f / "pytorch_model.bin", 1.0f);
                       writeText(f / "model.safetensors", "bad");
                   },
                   "safetensors.too-small", "model.safetensors"};
    rows["F03 FIFO"] = {[](const fs::path& f) {
                            fs::remove(f / "model.safetensors");
                            if (::mkfifo((f / "model.safetensors").c_str(), 0600) != 0)
                                qFatal("no FIFO");
                        },
                        "file.not-regular", "model.safetensors"};
    rows["F03 empty"] = {[](const fs::path& f) {
                             fs::remove(f / "model.safetensors");
                             writeText(f / "pytorch_model.bin", "");
                         },
                         "file.wrong-type", "pytorch_model.bin"};
    rows["F04"] = {[](const fs::path& f) { fs::remove(f / "model.safetensors"); }, "file.missing",
                   ""};
}

std::map<std::string, CatalogueRow> catalogue() {
    std::map<std::string, CatalogueRow> rows;
    addSafetensors(rows);
    addArchives(rows);
    addFolders(rows);
    return rows;
}

Expected<CheckpointCatalog> scan(const fs::path& folder) {
    NullProgress progress;
    return scanFolder(systemFileOps(), folder, progress, {});
}

}  // namespace

// The reader items of reliability.md 3, one generated input each. What is between their edges is
// in the tests of each reader.
class TestReaderCatalogue : public QObject {
    Q_OBJECT

private slots:
    void init();
    void badRows_data();
    void badRows();
    void bothContainers();
    void sameStepTwice();
    void differentModels();
    void labels();
    void linkLoops();
    void namesThatAreNotUtf8();
    void cutAndReplaced();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path m_root;
};

void TestReaderCatalogue::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_root = m_folder->path().toStdString();
    for (const char* step : {"step1", "step2"}) test::writeTinyCheckpoint(m_root / step, 1.0f);
}

void TestReaderCatalogue::badRows_data() {
    QTest::addColumn<QByteArray>("id");
    for (const auto& row : catalogue())
        QTest::newRow(row.first.c_str()) << QByteArray(row.first.c_str());
}

// E(code) F: the row fails with this code at this place within a second; the next one is fine.
void TestReaderCatalogue::badRows() {
    QFETCH(QByteArray, id);
    const CatalogueRow row = catalogue().at(id.toStdString());
    row.build(m_root / "step1");
    QElapsedTimer timer;
    timer.start();
    const auto found = scan(m_root);
    QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(found->entries.size(), std::size_t{2});
    const CheckpointEntry& bad = found->entries[0];
    QCOMPARE(bad.label.text, std::string("step1"));
    QVERIFY(!bad.problems.empty());
    QCOMPARE(std::string(errorCodeText(bad.problems[0].code)), std::string(row.code));
    const fs::path place = m_root / "step1";
    QCOMPARE(bad.problems[0].where,
             *row.where == '\0' ? place.string() : (place / row.where).string());
    QVERIFY(bad.problems[0].what.size() <= 300);
    QVERIFY(found->entries[1].usable());
}

// L05
void TestReaderCatalogue::bothContainers() {
    test::writeTinyArchive(m_root / "step1" / "pytorch_model.bin", 1.0f);
    const auto found = scan(m_root);
    GRIDSCOPE_VERIFY_OK(found);
    const CheckpointEntry& entry = found->entries[0];
    QVERIFY(entry.usable());
    QCOMPARE(entry.weightsFile.filename().string(), std::string("model.safetensors"));
    QCOMPARE(entry.warnings.at(0).where, (m_root / "step1" / "pytorch_model.bin").string());
}

// L06
void TestReaderCatalogue::sameStepTwice() {
    test::writeTinyCheckpoint(m_root / "step_2", 2.0f);
    const auto found = scan(m_root);
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(found->entries.size(), std::size_t{3});
    QCOMPARE(found->entries[2].warnings.at(0).code, ErrorCode::SuiteDuplicateStep);
}

// L07
void TestReaderCatalogue::differentModels() {
    writeText(m_root / "step2" / "config.json",
              QByteArray(test::kTinyConfig)
                  .replace("\"rotary_pct\":0.5", "\"rotary_pct\":1")
                  .toStdString());
    const auto found = scan(m_root);
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(found->runs.size(), std::size_t{2});
    const auto mixed = requireOneRun(*found, {0, 1});
    QVERIFY(!mixed);
    QCOMPARE(mixed.error().code, ErrorCode::SuiteMixedModels);
    QCOMPARE(mixed.error().where, m_root.string());
    GRIDSCOPE_VERIFY_OK(requireOneRun(*found, {0}));
    GRIDSCOPE_VERIFY_OK(requireOneRun(*found, {1}));
}

// L08
void TestReaderCatalogue::labels() {
    for (const char* name :
         {"step_512", "checkpoint-64", "no number", "step12345678901234567890", "main"})
        test::writeTinyCheckpoint(m_root / name, 1.0f);
    const auto found = scan(m_root);
    GRIDSCOPE_VERIFY_OK(found);
    std::vector<std::string> names;
    for (const CheckpointEntry& entry : found->entries) names.push_back(entry.label.text);
    QCOMPARE(names, (std::vector<std::string>{"step1", "step2", "checkpoint-64", "step_512", "main",
                                              "no number", "step12345678901234567890"}));
    for (std::size_t i = 4; i < 7; ++i) QVERIFY(!found->entries[i].label.step.has_value());
}

// F01
void TestReaderCatalogue::linkLoops() {
    fs::create_directory_symlink(m_root, m_root / "step1" / "loop");
    fs::create_directory_symlink("b", m_root / "a");
    fs::create_directory_symlink("a", m_root / "b");
    fs::remove(m_root / "step1" / "model.safetensors");
    fs::create_symlink("model.safetensors", m_root / "step1" / "model.safetensors");
    const auto found = scan(m_root);
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(found->entries.size(), std::size_t{2});
    QCOMPARE(found->entries[0].problems.at(0).code, ErrorCode::FileRead);
    QVERIFY(found->entries[1].usable());
}

// F02
void TestReaderCatalogue::namesThatAreNotUtf8() {
    const std::string native = "step3\xFF\xC3";
    test::writeTinyCheckpoint(m_root / native, 1.0f);
    const auto found = scan(m_root);
    GRIDSCOPE_VERIFY_OK(found);
    const auto entry = std::find_if(found->entries.begin(), found->entries.end(),
                                    [&](const auto& e) { return e.label.text == native; });
    QVERIFY(entry != found->entries.end());
    QVERIFY(entry->usable());
    QCOMPARE(entry->folder.filename().string(), native);
}

// F04 and F05, in every container.
void TestReaderCatalogue::cutAndReplaced() {
    test::writeTinyShards(m_root / "shards", 1.0f);
    test::writeTinyArchive(m_root / "archive.pt", 1.0f);
    const std::map<fs::path, fs::path> dataOf{
        {m_root / "step1" / "model.safetensors", m_root / "step1" / "model.safetensors"},
        {m_root / "archive.pt", m_root / "archive.pt"},
        {m_root / "shards" / "model.safetensors.index.json",
         m_root / "shards" / "model-00002-of-00002.safetensors"}};
    for (const auto& files : dataOf) {
        auto source = openTensorSource(systemFileOps(), files.first);
        GRIDSCOPE_VERIFY_OK(source);
        std::ofstream(files.second, std::ios::app) << "x";
        const auto changed = (*source)->checkUnchanged();
        QVERIFY(!changed);
        QCOMPARE(changed.error().code, ErrorCode::FileChanged);
        QCOMPARE(changed.error().where, files.second.string());
        fs::remove(files.second);
        QCOMPARE((*source)->checkUnchanged().error().code, ErrorCode::FileVanished);
    }
}

QTEST_GUILESS_MAIN(TestReaderCatalogue)
#include "tst_reader_catalogue.moc"
