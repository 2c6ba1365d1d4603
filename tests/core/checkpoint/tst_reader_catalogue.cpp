// SPDX-License-Identifier: GPL-3.0-or-later

#include <sys/stat.h>

#include <QElapsedTimer>
#include <QtTest>
#include <algorithm>
#include <fstream>

#include "core/checkpoint/catalog.h"
#include "core/checkpoint/tensor_source.h"
#include "tests/support/bad_checkpoints.h"
#include "tests/support/scanned_catalog.h"
#include "tests/support/test_data.h"
#include "tests/support/tiny_checkpoint.h"

using namespace gridscope;
using test::scan;
namespace fs = std::filesystem;

namespace {

void writeText(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
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
    for (const auto& row : test::badCheckpoints())
        QTest::newRow(row.first.c_str()) << QByteArray(row.first.c_str());
}

// E(code) F: the row fails with this code at this place within a second; the next one is fine.
void TestReaderCatalogue::badRows() {
    QFETCH(QByteArray, id);
    const test::BadCheckpoint row = test::badCheckpoints().at(id.toStdString());
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
