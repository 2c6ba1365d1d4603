// SPDX-License-Identifier: GPL-3.0-or-later

#include <QElapsedTimer>
#include <QtTest>
#include <cerrno>
#include <fstream>
#include <functional>
#include <map>

#include "core/checkpoint/safetensors_writer.h"
#include "core/checkpoint/shard_index.h"
#include "core/checkpoint/tensor_source.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/test_data.h"
#include "tests/support/torch_archive_writer.h"

using namespace gridscope;
namespace fs = std::filesystem;

namespace {

const std::vector<float> kValues{1.0f, -2.0f, 0.5f, 4.0f};
const std::string kFirst = "model-00001-of-00002.safetensors";
const std::string kSecond = "model-00002-of-00002.safetensors";

void writeText(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// A safetensors file of [4] tensors with these names.
void writeShard(const fs::path& path, const std::vector<std::string>& names) {
    std::vector<TensorToWrite> tensors;
    for (const std::string& name : names) tensors.push_back({name, {4}, kValues});
    const auto written = writeSafetensors(systemFileOps(), path, tensors, {});
    if (!written) qFatal("%s", written.error().toText().c_str());
}

std::string indexText(const std::vector<std::pair<std::string, std::string>>& map,
                      const std::string& metadata = "{\"total_size\":48}") {
    std::string text = "{\"metadata\":" + metadata + ",\"weight_map\":{";
    for (std::size_t i = 0; i < map.size(); ++i)
        text += (i == 0 ? "\"" : ",\"") + map[i].first + "\":\"" + map[i].second + "\"";
    return text + "}}";
}

const std::string kGoodIndex = indexText({{"a", kFirst}, {"b", kFirst}, {"c", kSecond}});

/// A checkpoint folder of two shards: a and b in the first, c in the second.
class ShardedFolder {
public:
    ShardedFolder() : m_path(fs::path(m_folder.path().toStdString()) / "step1") {
        fs::create_directories(m_path);
        writeShard(m_path / kFirst, {"a", "b"});
        writeShard(m_path / kSecond, {"c"});
        setIndex(kGoodIndex);
    }
    void setIndex(const std::string& text) const { writeText(index(), text); }
    fs::path index() const { return m_path / "model.safetensors.index.json"; }
    const fs::path& path() const { return m_path; }
    Expected<std::unique_ptr<TensorSource>> open() const {
        return openTensorSource(systemFileOps(), index());
    }

private:
    QTemporaryDir m_folder;
    fs::path m_path;
};

}  // namespace

class TestShards : public QObject {
    Q_OBJECT

private slots:
    void goodIndex();
    void badIndexes_data();
    void badIndexes();
    void everyPrefixIsRefused();
    void everyBitFlipIsBounded();
    void reading();
    void archives();
    void totalSize();
    void badFolders_data();
    void badFolders();
    void links();
    void manyShards();
    void changedShard();
    void failingCalls();
};

void TestShards::goodIndex() {
    const auto index = parseShardIndex(
        " {\"other\":[{\"x\":[1,null,true]},\"y\"],\"weight_map\":{\"t10\":\"s10\",\"t2\":\"s2\","
        "\"t1\":\"s10\"},\"metadata\":{\"total_size\":1.5e3,\"more\":{\"total_size\":\"x\"}}}\n",
        "i");
    GRIDSCOPE_VERIFY_OK(index);
    QCOMPARE(*index->totalSize, 1500.0);
    QCOMPARE(index->files, (std::vector<std::string>{"s2", "s10"}));
    QCOMPARE(index->weightMap.size(), std::size_t{3});
    QCOMPARE(index->weightMap[1], (std::pair<std::string, std::string>("t10", "s10")));
    QVERIFY(!parseShardIndex("{\"weight_map\":{\"a\":\"b\"}}", "i")->totalSize);
}

void TestShards::badIndexes_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("where");
    const auto row = [](const char* name, const std::string& json, const char* code,
                        const char* where = "i") {
        QTest::newRow(name) << QByteArray::fromStdString(json) << QByteArray(code)
                            << QByteArray(where);
    };
    const auto named = [&](const char* name, const std::string& file) {
        row(name, indexText({{"a", file}}), "shards.outside-folder", "i, a");
    };
    row("L01 empty", "", "shards.index");
    row("L01 not JSON", "{weight_map}", "shards.index");
    row("L01 a list", "[]", "shards.index");
    row("L01 a number", "3", "shards.index");
    row("L01 no map", "{\"metadata\":{}}", "shards.index");
    row("L01 empty map", "{\"weight_map\":{}}", "shards.index");
    row("L01 map is a list", "{\"weight_map\":[]}", "shards.index");
    row("L01 map is null", "{\"weight_map\":null}", "shards.index");
    row("L01 file is a number", "{\"weight_map\":{\"a\":1}}", "shards.index");
    row("L01 file is an object", "{\"weight_map\":{\"a\":{}}}", "shards.index");
    row("L01 two maps", "{\"weight_map\":{\"a\":\"b\"},\"weight_map\":{\"c\":\"d\"}}",
        "shards.index");
    row("L01 tensor twice", "{\"weight_map\":{\"a\":\"b\",\"a\":\"b\"}}", "shards.index");
    row("L01 metadata key twice",
        R"({"metadata":{"total_size":1,"total_size":2},"weight_map":{"a":"b"}})", "shards.index");
    row("L01 empty tensor name", indexText({{"", "b"}}), "shards.index");
    row("L01 long tensor name", indexText({{std::string(1025, 'a'), "b"}}), "shards.index");
    row("L01 text after the object", kGoodIndex + "x", "shards.index");
    row("L01 NUL after the object", kGoodIndex + std::string("\0x", 2), "shards.index");
    row("L01 not UTF-8", indexText({{"\xFF", "b"}}), "shards.index");
    row("M05 nested 5,000,000 deep", "{\"metadata\":" + std::string(5'000'000, '['), "json.depth");
    named("L02 parent", "../model.safetensors");
    named("L02 absolute", "/etc/passwd");
    named("L02 drive", "C:\\\\model.safetensors");
    named("L02 backslash", "a\\\\b");
    named("L02 NUL", "a\\u0000b");
    named("L02 inner folder", "sub/model.safetensors");
    named("L02 dot", ".");
    named("L02 two dots", "..");
    named("L02 empty", "");
    named("L02 256 bytes", std::string(256, 'a'));
}

void TestShards::badIndexes() {
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, where);
    QElapsedTimer timer;
    timer.start();
    const auto index = parseShardIndex(json.toStdString(), "i");
    QVERIFY(timer.elapsed() < 1000);
    QVERIFY(!index);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(index.error().code))), code);
    QCOMPARE(QByteArray::fromStdString(index.error().where), where);
}

void TestShards::everyPrefixIsRefused() {
    for (std::size_t length = 0; length < kGoodIndex.size(); ++length)
        QVERIFY(!parseShardIndex(std::string_view(kGoodIndex).substr(0, length), "i"));
}

void TestShards::everyBitFlipIsBounded() {
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < 8 * kGoodIndex.size(); ++bit) {
        std::string bytes = kGoodIndex;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        const auto index = parseShardIndex(bytes, "i");
        if (!index) {
            ++refused;
            continue;
        }
        QVERIFY(!index->weightMap.empty() && !index->files.empty());
        for (const std::string& file : index->files)
            QVERIFY(file.find_first_of("/\\:") == std::string::npos);
    }
    QVERIFY(refused > kGoodIndex.size());
}

void TestShards::reading() {
    const ShardedFolder folder;
    const auto source = folder.open();
    GRIDSCOPE_VERIFY_OK(source);
    QCOMPARE((*source)->tensors().size(), std::size_t{3});
    QVERIFY((*source)->warnings().empty());
    QCOMPARE((*source)->files(),
             (std::vector<fs::path>{folder.path() / kFirst, folder.path() / kSecond}));
    std::vector<float> values(4);
    // Back and forth between the shards.
    for (const std::size_t index : {0u, 2u, 1u, 2u, 0u}) {
        std::fill(values.begin(), values.end(), 0.0f);
        GRIDSCOPE_VERIFY_OK((*source)->readValues(index, values));
        QCOMPARE(values, kValues);
        const auto report = (*source)->readFloats(index, values);
        GRIDSCOPE_VERIFY_OK(report);
        QCOMPARE(report->fitsF16, std::uint64_t{4});
    }
    QCOMPARE((*source)->readValues(3, values).error().code, ErrorCode::Internal);
    GRIDSCOPE_VERIFY_OK((*source)->checkUnchanged());
}

void TestShards::archives() {
    const ShardedFolder folder;
    const std::string bytes(reinterpret_cast<const char*>(kValues.data()), 16);
    const auto archive = [&](const char* file, const char* name) {
        writeText(folder.path() / file, test::torchArchive({{name, "FloatStorage", {4}, bytes}}));
    };
    archive("pytorch_model-00001-of-00002.bin", "a");
    archive("pytorch_model-00002-of-00002.bin", "b");
    const fs::path index = folder.path() / "pytorch_model.bin.index.json";
    writeText(index, indexText({{"a", "pytorch_model-00001-of-00002.bin"},
                                {"b", "pytorch_model-00002-of-00002.bin"}},
                               "{\"total_size\":32}"));
    const auto source = openTensorSource(systemFileOps(), index);
    GRIDSCOPE_VERIFY_OK(source);
    QVERIFY((*source)->warnings().empty());
    std::vector<float> values(4);
    GRIDSCOPE_VERIFY_OK((*source)->readFloats(1, values));
    QCOMPARE(values, kValues);
}

void TestShards::totalSize() {
    const ShardedFolder folder;
    folder.setIndex(
        indexText({{"a", kFirst}, {"b", kFirst}, {"c", kSecond}}, "{\"total_size\":47}"));
    const auto source = folder.open();
    GRIDSCOPE_VERIFY_OK(source);
    QCOMPARE((*source)->warnings().size(), std::size_t{1});
    QCOMPARE((*source)->warnings()[0].code, ErrorCode::ShardsIndex);
}

void TestShards::badFolders_data() {
    QTest::addColumn<QByteArray>("action");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("where");
    const auto row = [](const char* name, const char* action, const char* code,
                        const std::string& where) {
        QTest::newRow(name) << QByteArray(action) << QByteArray(code)
                            << QByteArray::fromStdString(where);
    };
    row("L01 shard absent", "absent", "shards.missing", kSecond);
    row("L01 shard cut", "cut", "shards.missing", kSecond);
    row("L01 shard with a tail", "longer", "safetensors.size-mismatch", kSecond);
    row("L01 shard empty", "empty", "shards.missing", kSecond);
    row("L01 tensor in two shards", "twice", "shards.tensor", kSecond + ", b");
    row("L01 tensor not in the index", "unlisted", "shards.tensor", kSecond + ", d");
    row("L01 tensor in another shard", "moved", "shards.tensor", kFirst + ", b");
    row("L01 tensor nowhere", "nowhere", "shards.tensor", "model.safetensors.index.json, d");
    row("L01 index names itself", "itself", "scan.unsupported", "model.safetensors.index.json");
    row("L03 shard is a pointer", "pointer", "file.lfs-pointer", kSecond);
    row("L03 index is a pointer", "index pointer", "file.lfs-pointer",
        "model.safetensors.index.json");
    row("L04 shard is a web page", "page", "file.wrong-type", kSecond);
    row("L04 index is a web page", "index page", "file.wrong-type", "model.safetensors.index.json");
    row("F03 shard is a folder", "folder", "file.not-regular", kSecond);
}

void TestShards::badFolders() {
    QFETCH(QByteArray, action);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, where);
    const ShardedFolder folder;
    const fs::path second = folder.path() / kSecond;
    const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid x\nsize 1\n";
    const std::map<QByteArray, std::function<void()>> actions{
        {"absent", [&] { fs::remove(second); }},
        {"cut", [&] { fs::resize_file(second, fs::file_size(second) - 1); }},
        {"longer", [&] { fs::resize_file(second, fs::file_size(second) + 1); }},
        {"empty", [&] { writeText(second, ""); }},
        {"twice",
         [&] {
             writeShard(second, {"b", "c"});
         }},
        {"unlisted",
         [&] {
             writeShard(second, {"c", "d"});
         }},
        {"moved",
         [&] {
             folder.setIndex(indexText({{"a", kFirst}, {"b", kSecond}, {"c", kSecond}}));
         }},
        {"nowhere",
         [&] {
             folder.setIndex(
                 indexText({{"a", kFirst}, {"b", kFirst}, {"c", kSecond}, {"d", kSecond}}));
         }},
        {"itself",
         [&] {
             folder.setIndex(indexText({{"a", folder.index().filename().string()}}));
         }},
        {"pointer", [&] { writeText(second, pointer); }},
        {"index pointer", [&] { folder.setIndex(pointer); }},
        {"page", [&] { writeText(second, "<html>"); }},
        {"index page", [&] { folder.setIndex(" <!doctype html>"); }},
        {"folder",
         [&] {
             fs::remove(second);
             fs::create_directory(second);
         }},
    };
    actions.at(action)();
    const auto source = folder.open();
    QVERIFY(!source);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(source.error().code))), code);
    QCOMPARE(source.error().where, (folder.path() / where.toStdString()).string());
}

// L02: a link may lead to a file of the folder, or of the same cached repository, nowhere else.
void TestShards::links() {
    const ShardedFolder folder;
    const fs::path outside = folder.path().parent_path() / "outside.safetensors";
    fs::rename(folder.path() / kSecond, folder.path() / "real.safetensors");
    fs::create_symlink("real.safetensors", folder.path() / kSecond);
    GRIDSCOPE_VERIFY_OK(folder.open());
    fs::rename(folder.path() / "real.safetensors", outside);
    fs::remove(folder.path() / kSecond);
    fs::create_symlink("../outside.safetensors", folder.path() / kSecond);
    auto source = folder.open();
    QVERIFY(!source);
    QCOMPARE(source.error().code, ErrorCode::ShardsOutsideFolder);
    QCOMPARE(source.error().where, (folder.path() / kSecond).string());

    const fs::path cache = folder.path().parent_path() / "models--o--n";
    const fs::path snapshot = cache / "snapshots" / std::string(40, 'a');
    fs::create_directories(snapshot);
    fs::create_directories(cache / "blobs");
    fs::rename(outside, cache / "blobs" / "2");
    fs::rename(folder.path() / kFirst, cache / "blobs" / "1");
    fs::create_symlink("../../blobs/1", snapshot / kFirst);
    fs::create_symlink("../../blobs/2", snapshot / kSecond);
    writeText(snapshot / "model.safetensors.index.json", kGoodIndex);
    GRIDSCOPE_VERIFY_OK(
        openTensorSource(systemFileOps(), snapshot / "model.safetensors.index.json"));
    fs::rename(cache / "blobs" / "2", outside);
    fs::remove(snapshot / kSecond);
    fs::create_symlink("../../../outside.safetensors", snapshot / kSecond);
    source = openTensorSource(systemFileOps(), snapshot / "model.safetensors.index.json");
    QVERIFY(!source);
    QCOMPARE(source.error().code, ErrorCode::ShardsOutsideFolder);
}

// However many shards there are, one of their files is open at a time.
void TestShards::manyShards() {
    const ShardedFolder folder;
    std::vector<std::pair<std::string, std::string>> map;
    for (int i = 0; i < 200; ++i) {
        map.emplace_back("t" + std::to_string(i), "s" + std::to_string(i) + ".safetensors");
        writeShard(folder.path() / map.back().second, {map.back().first});
    }
    folder.setIndex(indexText(map, "{}"));
    test::FaultyFileOps ops(systemFileOps());
    int most = 0;
    ops.setBeforeCall([&](std::uint64_t) { most = std::max(most, ops.openDescriptors()); });
    const auto source = openTensorSource(ops, folder.index());
    GRIDSCOPE_VERIFY_OK(source);
    QCOMPARE(ops.openDescriptors(), 0);
    std::vector<float> values(4);
    for (std::size_t i = 0; i < 200; ++i) GRIDSCOPE_VERIFY_OK((*source)->readFloats(i, values));
    QVERIFY(most >= 1 && most <= 2);
}

void TestShards::changedShard() {
    const ShardedFolder folder;
    const auto source = folder.open();
    GRIDSCOPE_VERIFY_OK(source);
    writeShard(folder.path() / kSecond, {"c"});
    std::vector<float> values(4);
    QCOMPARE((*source)->readFloats(2, values).error().code, ErrorCode::FileChanged);
    const auto unchanged = (*source)->checkUnchanged();
    QVERIFY(!unchanged);
    QCOMPARE(unchanged.error().code, ErrorCode::FileChanged);
    QCOMPARE(unchanged.error().where, (folder.path() / kSecond).string());
    fs::remove(folder.index());
    QCOMPARE((*source)->checkUnchanged().error().code, ErrorCode::FileVanished);
}

void TestShards::failingCalls() {
    const ShardedFolder folder;
    std::uint64_t failures = 0;
    for (std::uint64_t call = 1; call < 200; ++call) {
        test::FaultyFileOps ops(systemFileOps(), {call, EIO, test::Fault::Extent::Once});
        const auto source = openTensorSource(ops, folder.index());
        QCOMPARE(ops.openDescriptors(), 0);
        if (!ops.hitFault()) break;
        if (source) continue;
        ++failures;
        QCOMPARE(source.error().code, ErrorCode::FileRead);
    }
    QVERIFY(failures > 10);
}

QTEST_GUILESS_MAIN(TestShards)
#include "tst_shards.moc"
