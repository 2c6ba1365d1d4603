// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <algorithm>
#include <fstream>

#include "core/base/sha256.h"
#include "core/checkpoint/catalog.h"
#include "core/checkpoint/checkpoint_check.h"
#include "core/checkpoint/safetensors_writer.h"
#include "core/checkpoint/tensor_source.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/scanned_catalog.h"
#include "tests/support/test_data.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace gridscope;
using test::scan;
namespace fs = std::filesystem;

namespace {

constexpr const char* kConfig =
    R"({"model_type":"gpt_neox","vocab_size":8,"hidden_size":4,"num_hidden_layers":1,
        "num_attention_heads":1,"intermediate_size":8,"rotary_pct":0.5})";

void writeText(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

void writeWeights(const fs::path& path) {
    const ModelConfig config = parseModelConfig(kConfig, "config.json").value();
    const std::vector<float> values(64, 0.5f);
    std::vector<TensorToWrite> tensors;
    for (const TensorSpec& spec : expectedTensors(config)) {
        TensorToWrite tensor;
        tensor.name = spec.name;
        std::size_t count = 1;
        for (const std::int64_t size : spec.shape) {
            tensor.shape.push_back(static_cast<std::uint64_t>(size));
            count *= static_cast<std::size_t>(size);
        }
        tensor.values = std::span(values).first(count);
        tensors.push_back(std::move(tensor));
    }
    const auto written = writeSafetensors(systemFileOps(), path, tensors, {});
    if (!written) qFatal("%s", written.error().toText().c_str());
}

/// A folder that is a complete checkpoint.
void writeCheckpoint(const fs::path& folder) {
    fs::create_directories(folder);
    writeText(folder / "config.json", kConfig);
    writeWeights(folder / "model.safetensors");
}

const CheckpointEntry* entryNamed(const CheckpointCatalog& catalog, const std::string& label) {
    for (const CheckpointEntry& entry : catalog.entries) {
        if (entry.label.text == label) return &entry;
    }
    return nullptr;
}

/// Catalogue with these labels, for the selection.
CheckpointCatalog catalogOf(const std::vector<std::string>& labels) {
    CheckpointCatalog catalog;
    for (const std::string& label : labels) {
        CheckpointEntry entry;
        entry.label = parseCheckpointLabel(label);
        catalog.entries.push_back(std::move(entry));
    }
    return catalog;
}

}  // namespace

class TestCatalog : public QObject {
    Q_OBJECT

private slots:
    void suiteA();
    void suiteAHashes();
    void oneCheckpoint();
    void problemsStayInTheList_data();
    void problemsStayInTheList();
    void firstContainerDecides();
    void loneFiles();
    void parentConfig();
    void trainerFolder();
    void linksAndDepth();
    void strangeNames();
    void duplicatesAndMixedModels();
    void unusableFolders();
    void cancelled();
    void selection_data();
    void selection();
    void badSelections_data();
    void badSelections();
};

void TestCatalog::suiteA() {
    GRIDSCOPE_NEED_SHARED();
    const fs::path root = test::sharedFolder() / "data" / "suite_a";
    const auto catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->runName, std::string("suite_a"));
    const std::vector<std::int64_t> steps{0, 40, 150, 400, 1000, 1800, 2800, 4000};
    QCOMPARE(catalog->entries.size(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const CheckpointEntry& entry = catalog->entries[i];
        QVERIFY2(entry.usable(), entry.usable() ? "" : entry.problems[0].toText().c_str());
        QVERIFY(entry.warnings.empty());
        QCOMPARE(entry.label.step->value, steps[i]);
        QCOMPARE(entry.label.text, "step" + std::to_string(steps[i]));
        QCOMPARE(entry.dtype, std::string(i == 0 ? "F32" : "F16"));
        QCOMPARE(entry.format, std::string("safetensors"));
        QCOMPARE(entry.parameters, std::uint64_t{285'248});
        QCOMPARE(entry.bytes, static_cast<std::uint64_t>(fs::file_size(entry.weightsFile)));
        QCOMPARE(entry.config->headDimension, std::int64_t{16});
        QCOMPARE(configHash(*entry.config), configHash(*catalog->entries[0].config));
    }
}

void TestCatalog::suiteAHashes() {
    GRIDSCOPE_NEED_SHARED();
    const fs::path root = test::sharedFolder() / "data" / "suite_a";
    const auto text = readWholeFile(systemFileOps(), root / "reference.json", 1 << 20);
    GRIDSCOPE_VERIFY_OK(text);
    const QJsonArray checkpoints =
        QJsonDocument::fromJson(QByteArray::fromStdString(*text)).object()["checkpoints"].toArray();
    QCOMPARE(checkpoints.size(), 8);
    std::vector<std::string> modelHashes;
    for (const QJsonValue& checkpoint : checkpoints) {
        const fs::path file =
            root / checkpoint["label"].toString().toStdString() / "model.safetensors";
        const auto bytes = readWholeFile(systemFileOps(), file, 1 << 22);
        GRIDSCOPE_VERIFY_OK(bytes);
        QCOMPARE(QString::fromStdString(sha256Hex(*bytes)), checkpoint["file_sha256"].toString());
        const auto source = openTensorSource(systemFileOps(), file);
        GRIDSCOPE_VERIFY_OK(source);
        std::vector<std::pair<std::string, std::string>> hashes;
        for (std::size_t i = 0; i < (*source)->tensors().size(); ++i) {
            const TensorInfo& info = (*source)->tensors()[i];
            std::vector<float> values(info.elements);
            const auto report = (*source)->readFloats(i, values);
            GRIDSCOPE_VERIFY_OK(report);
            QCOMPARE(report->nonFinite, std::uint64_t{0});
            if (info.dtype == Dtype::F16) QCOMPARE(report->fitsF16, info.elements);
            hashes.emplace_back(info.name, report->contentSha256);
        }
        GRIDSCOPE_VERIFY_OK((*source)->checkUnchanged());
        modelHashes.push_back(modelContentSha256(hashes));
    }
    std::sort(modelHashes.begin(), modelHashes.end());
    QVERIFY(std::adjacent_find(modelHashes.begin(), modelHashes.end()) == modelHashes.end());
}

void TestCatalog::oneCheckpoint() {
    QTemporaryDir temporary;
    const fs::path root = fs::path(temporary.path().toStdString()) / "my-run";
    writeCheckpoint(root / "step7");
    for (const fs::path& spelling : {root / "step7", root / "step7" / "", root / "." / "step7"}) {
        const auto catalog = scan(spelling);
        GRIDSCOPE_VERIFY_OK(catalog);
        QCOMPARE(catalog->entries.size(), std::size_t{1});
        QCOMPARE(catalog->entries[0].label.step->value, std::int64_t{7});
        QVERIFY(catalog->entries[0].usable());
        QCOMPARE(catalog->runName, std::string("my-run"));
    }
}

void TestCatalog::problemsStayInTheList_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QByteArray>("code");
    const auto row = [](const char* name, const char* file, const QByteArray& content,
                        const char* code) {
        QTest::newRow(name) << QByteArray(file) << content << QByteArray(code);
    };
    row("S01", "model.safetensors", "", "safetensors.too-small");
    row("S06", "model.safetensors", "cut", "safetensors.size-mismatch");
    row("L03 weights", "model.safetensors", "version https://git-lfs.github.com/spec/v1\n",
        "file.lfs-pointer");
    row("L04 configuration", "config.json", "<!DOCTYPE html>\n<html>", "file.wrong-type");
    row("L03 configuration", "config.json", "version https://git-lfs.github.com/spec/v1\n",
        "file.lfs-pointer");
    row("L04", "model.safetensors", "<html></html>", "file.wrong-type");
    row("M01", "config.json", QByteArray(kConfig).replace("_layers\":1", "_layers\":2"),
        "model.tensors");
    row("M02", "config.json", QByteArray(kConfig).replace("vocab_size\":8", "vocab_size\":9"),
        "model.shape");
    row("M04 syntax", "config.json", "{", "config.json");
    row("M04 too large", "config.json", QByteArray((1 << 20) + 1, ' '), "config.too-large");
    row("M04 absent", "config.json", "absent", "config.missing");
    row("no weights", "model.safetensors", "absent", "file.missing");
    row("transformers_weights", "config.json",
        QByteArray(kConfig).replace("}", ",\"transformers_weights\":\"other.bin\"}"),
        "scan.ambiguous");
}

void TestCatalog::problemsStayInTheList() {
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, content);
    QFETCH(QByteArray, code);
    QTemporaryDir temporary;
    const fs::path root = temporary.path().toStdString();
    writeCheckpoint(root / "step1");
    writeCheckpoint(root / "step2");
    const fs::path target = root / "step1" / file.toStdString();
    if (content == "absent")
        fs::remove(target);
    else if (content == "cut")
        fs::resize_file(target, fs::file_size(target) - 1);
    else
        writeText(target, content.toStdString());
    const auto catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{2});
    const CheckpointEntry& bad = catalog->entries[0];
    QCOMPARE(bad.label.text, std::string("step1"));
    QCOMPARE(bad.problems.size(), std::size_t{1});
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(bad.problems[0].code))), code);
    QVERIFY(bad.problems[0].where.starts_with((root / "step1").string()));
    QVERIFY(catalog->entries[1].usable());
}

void TestCatalog::firstContainerDecides() {
    QTemporaryDir temporary;
    const fs::path root = temporary.path().toStdString();
    writeCheckpoint(root / "step1");
    writeText(root / "step1" / "pytorch_model.bin", "whatever");
    auto catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QVERIFY(catalog->entries[0].usable());
    QCOMPARE(catalog->entries[0].warnings.size(), std::size_t{1});
    QVERIFY(catalog->entries[0].warnings[0].where.ends_with("pytorch_model.bin"));
    // L05: a bad first one is not replaced by the second.
    writeText(root / "step1" / "model.safetensors", "bad");
    catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries[0].problems.size(), std::size_t{1});
    QCOMPARE(catalog->entries[0].problems[0].code, ErrorCode::SafetensorsTooSmall);
    fs::remove(root / "step1" / "model.safetensors");
    catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries[0].problems[0].code, ErrorCode::FileWrongType);
}

void TestCatalog::loneFiles() {
    QTemporaryDir temporary;
    const fs::path root = temporary.path().toStdString();
    for (const char* name : {"step1", "step2", "step3", "global_step4"}) {
        fs::create_directories(root / name);
        writeText(root / name / "config.json", kConfig);
    }
    writeWeights(root / "step1" / "weights.safetensors");
    writeText(root / "step1" / "optimizer.pt", "state");
    writeWeights(root / "step2" / "a.safetensors");
    writeWeights(root / "step2" / "b.safetensors");
    writeText(root / "step3" / "optimizer.pt", "state");
    writeText(root / "global_step4" / "layer_00-model_states.pt", "x");
    const auto catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{4});
    QVERIFY(catalog->entries[0].usable());
    QCOMPARE(catalog->entries[0].weightsFile.filename().string(),
             std::string("weights.safetensors"));
    QCOMPARE(catalog->entries[1].problems[0].code, ErrorCode::ScanAmbiguous);
    QVERIFY(catalog->entries[1].problems[0].what.find("b.safetensors") != std::string::npos);
    QCOMPARE(catalog->entries[2].problems[0].code, ErrorCode::FileMissing);
    QCOMPARE(catalog->entries[3].problems[0].code, ErrorCode::ScanUnsupported);
}

void TestCatalog::parentConfig() {
    QTemporaryDir temporary;
    const fs::path root = temporary.path().toStdString();
    writeCheckpoint(root / "step1");
    fs::rename(root / "step1" / "config.json", root / "config.json");
    const auto catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{1});
    QVERIFY(catalog->entries[0].usable());
    QCOMPARE(catalog->entries[0].warnings.size(), std::size_t{1});
    QCOMPARE(catalog->entries[0].configFile.filename().string(), std::string("config.json"));
}

// A trainer leaves the last weights in the folder above those of earlier steps.
void TestCatalog::trainerFolder() {
    QTemporaryDir temporary;
    const fs::path root = fs::path(temporary.path().toStdString()) / "out";
    writeCheckpoint(root);
    writeCheckpoint(root / "checkpoint-10");
    writeCheckpoint(root / "checkpoint-9");
    writeCheckpoint(root / "checkpoint-9" / "inner");
    fs::create_directories(root / ".cache" / "huggingface");
    writeCheckpoint(root / ".cache" / "step3");
    const auto catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{3});
    QCOMPARE(catalog->entries[0].label.text, std::string("checkpoint-9"));
    QCOMPARE(catalog->entries[1].label.text, std::string("checkpoint-10"));
    QVERIFY(!catalog->entries[2].label.step.has_value());
    QCOMPARE(catalog->runName, std::string("out"));
}

// F01: loops end, links to folders are not followed, the depth is limited.
void TestCatalog::linksAndDepth() {
    QTemporaryDir temporary;
    const fs::path root = temporary.path().toStdString();
    writeCheckpoint(root / "step1");
    fs::create_directory_symlink(root, root / "loop");
    fs::create_directory_symlink(root / "step1", root / "step2");
    fs::create_symlink("self", root / "self");
    writeCheckpoint(root / "a" / "b" / "c" / "d" / "e" / "step6");
    writeCheckpoint(root / "a" / "b" / "c" / "d" / "e" / "f" / "step7");
    fs::create_directories(root / "step8");
    fs::create_symlink("../step1/model.safetensors", root / "step8" / "model.safetensors");
    writeText(root / "step8" / "config.json", kConfig);
    const auto catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{3});
    QVERIFY(entryNamed(*catalog, "step1") != nullptr);
    QVERIFY(entryNamed(*catalog, "step6") != nullptr);
    QVERIFY(entryNamed(*catalog, "step8") != nullptr && entryNamed(*catalog, "step8")->usable());
}

// F02 and L08: names that are not UTF-8 or no label stay as they are.
void TestCatalog::strangeNames() {
    QTemporaryDir temporary;
    const fs::path root = temporary.path().toStdString();
    const std::string native = "step5-\xE4\xFF";
    writeCheckpoint(root / native);
    writeCheckpoint(root / "step12345678901234567890");
    writeCheckpoint(root / "main");
    const auto catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{3});
    for (const CheckpointEntry& entry : catalog->entries) {
        QVERIFY(entry.usable());
        QVERIFY(!entry.label.step.has_value());
    }
    QVERIFY(entryNamed(*catalog, native) != nullptr);
}

void TestCatalog::duplicatesAndMixedModels() {
    QTemporaryDir temporary;
    const fs::path root = temporary.path().toStdString();
    for (const char* name : {"step512", "step_512", "step600"}) writeCheckpoint(root / name);
    writeText(root / "step600" / "config.json",
              QByteArray(kConfig).replace("rotary_pct\":0.5", "rotary_pct\":1").toStdString());
    const auto catalog = scan(root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{3});
    QVERIFY(catalog->entries[0].warnings.empty());
    QCOMPARE(catalog->entries[1].warnings.size(), std::size_t{1});
    QCOMPARE(catalog->entries[1].warnings[0].code, ErrorCode::SuiteDuplicateStep);
    QCOMPARE(catalog->entries[2].warnings.size(), std::size_t{1});
    QCOMPARE(catalog->entries[2].warnings[0].code, ErrorCode::SuiteMixedModels);
}

void TestCatalog::unusableFolders() {
    QTemporaryDir temporary;
    const fs::path root = temporary.path().toStdString();
    const auto code = [](const fs::path& folder) {
        const auto catalog = scan(folder);
        return catalog ? ErrorCode::Internal : catalog.error().code;
    };
    QCOMPARE(code(root), ErrorCode::ScanEmpty);
    QCOMPARE(code(root / "none"), ErrorCode::FileMissing);
    writeText(root / "file", "x");
    QCOMPARE(code(root / "file"), ErrorCode::ScanNotFolder);
    writeCheckpoint(root / "step1");
    writeCheckpoint(root / "step2");
    // Any one failing call costs one row, or the scan if it hits the folder itself.
    NullProgress progress;
    std::size_t failedRows = 0;
    for (std::uint64_t k = 1; k < 200; ++k) {
        test::FaultyFileOps ops(systemFileOps(), {k, EACCES, test::Fault::Extent::Once});
        const auto catalog = scanFolder(ops, root, progress, {});
        QCOMPARE(ops.openDescriptors(), 0);
        if (!ops.hitFault()) break;
        if (!catalog) continue;
        QCOMPARE(catalog->entries.size(), std::size_t{2});
        const auto bad = std::count_if(catalog->entries.begin(), catalog->entries.end(),
                                       [](const auto& entry) { return !entry.usable(); });
        QVERIFY(bad <= 1);
        failedRows += static_cast<std::size_t>(bad);
    }
    QVERIFY(failedRows > 10);
}

void TestCatalog::cancelled() {
    QTemporaryDir temporary;
    const fs::path root = temporary.path().toStdString();
    for (int i = 0; i < 5; ++i) writeCheckpoint(root / ("step" + std::to_string(i)));
    std::stop_source stop;
    std::uint64_t reports = 0;
    CallbackProgress progress([&](const Progress& now) {
        QCOMPARE(now.done, ++reports);
        if (reports == 2) stop.request_stop();
    });
    const auto catalog = scanFolder(systemFileOps(), root, progress, stop.get_token());
    QVERIFY(!catalog);
    QCOMPARE(catalog.error().code, ErrorCode::RunCancelled);
    QCOMPARE(reports, std::uint64_t{2});
}

void TestCatalog::selection_data() {
    QTest::addColumn<QByteArray>("expression");
    QTest::addColumn<QByteArray>("labels");
    const auto row = [](const char* expression, const char* labels) {
        QTest::newRow(expression) << QByteArray(expression) << QByteArray(labels);
    };
    row("all", "step0 step1 step2 step10 step100 step1000 step5000 step10000 main");
    row("every:5000", "step0 step5000 step10000");
    row("10..1000", "step10 step100 step1000");
    row("11..11,step_2", "step2");
    row("step0,step1000", "step0 step1000");
    row("step1000,step0,0..1", "step0 step1 step1000");
    row("main", "main");
    row("5000", "step5000");
    row("step5k", "step5000");
    row("log:1", "step10000");
    row("log:2", "step0 step10000");
    // Targets of log(1 + step): 0, 2.30, 4.61, 6.91, 9.21.
    row("log:5", "step0 step10 step100 step1000 step10000");
    row("log:100", "step0 step1 step2 step10 step100 step1000 step5000 step10000");
}

void TestCatalog::selection() {
    QFETCH(QByteArray, expression);
    QFETCH(QByteArray, labels);
    const CheckpointCatalog catalog = catalogOf({"step0", "step1", "step2", "step10", "step100",
                                                 "step1000", "step5000", "step10000", "main"});
    const auto chosen = selectCheckpoints(catalog, expression.toStdString());
    GRIDSCOPE_VERIFY_OK(chosen);
    QStringList names;
    for (const std::size_t index : *chosen)
        names << QString::fromStdString(catalog.entries[index].label.text);
    QCOMPARE(names.join(' ').toUtf8(), labels);
}

void TestCatalog::badSelections_data() {
    QTest::addColumn<QByteArray>("expression");
    QTest::addColumn<QByteArray>("code");
    const auto row = [](const char* expression, const char* code) {
        QTest::newRow(expression) << QByteArray(expression) << QByteArray(code);
    };
    for (const char* expression : {"", ",", "all,", "log:0", "log:x", "log:", "every:-5",
                                   "every:1.5", "5..", "..5", "9..1", "missing", "a..b"})
        row(expression, "settings.syntax");
    for (const char* expression : {"step3", "nothing", "3..9", "step0,step3"})
        row(expression, "settings.range");
}

void TestCatalog::badSelections() {
    QFETCH(QByteArray, expression);
    QFETCH(QByteArray, code);
    const auto chosen =
        selectCheckpoints(catalogOf({"step0", "step1", "step10"}), expression.toStdString());
    QVERIFY(!chosen);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(chosen.error().code))), code);
    if (expression == "missing") QVERIFY(chosen.error().where.find("missing") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestCatalog)
#include "tst_catalog.moc"
