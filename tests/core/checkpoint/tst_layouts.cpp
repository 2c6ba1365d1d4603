// SPDX-License-Identifier: GPL-3.0-or-later

#include <sys/stat.h>

#include <QElapsedTimer>
#include <QtTest>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/checkpoint/catalog.h"
#include "core/checkpoint/checkpoint_runs.h"
#include "core/checkpoint/tensor_source.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/scanned_catalog.h"
#include "tests/support/test_data.h"
#include "tests/support/tiny_checkpoint.h"

using namespace gridscope;
using test::kTinyConfig;
using test::labelsOf;
using test::runsOf;
using test::scan;
using test::writeTinyArchive;
using test::writeTinyCheckpoint;
using test::writeTinyWeights;
namespace fs = std::filesystem;

namespace {

void writeText(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string commit(char digit) { return std::string(40, digit); }
std::string blob(char digit) { return std::string(64, digit); }

/// A cached repository as the hub's client lays it out: blobs, links in snapshots, refs.
class HubFolder {
public:
    explicit HubFolder(fs::path path) : m_path(std::move(path)) {}

    /// A snapshot whose weights are the blob of this name, written unless it is there.
    void addSnapshot(const std::string& name, const std::string& blob, float value) const {
        const fs::path snapshot = m_path / "snapshots" / name;
        fs::create_directories(snapshot);
        fs::create_directories(m_path / "blobs");
        writeText(m_path / "blobs" / "config", kTinyConfig);
        if (!fs::exists(m_path / "blobs" / blob)) {
            writeTinyWeights(m_path / "blobs" / "new.safetensors", value);
            fs::rename(m_path / "blobs" / "new.safetensors", m_path / "blobs" / blob);
        }
        fs::create_symlink("../../blobs/config", snapshot / "config.json");
        fs::create_symlink("../../blobs/" + blob, snapshot / "model.safetensors");
    }
    void addRef(const std::string& name, const std::string& commitOfRef) const {
        writeText(m_path / "refs" / name, commitOfRef);
    }
    const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

using Labels = std::vector<std::string>;

/// Model hash of an entry, read through its weights file.
std::string contentOf(const CheckpointEntry& entry) {
    auto source = openTensorSource(systemFileOps(), entry.weightsFile);
    if (!source) qFatal("%s", source.error().toText().c_str());
    std::vector<std::pair<std::string, std::string>> hashes;
    for (std::size_t i = 0; i < (*source)->tensors().size(); ++i) {
        std::vector<float> values((*source)->tensors()[i].elements);
        const auto report = (*source)->readFloats(i, values);
        if (!report) qFatal("%s", report.error().toText().c_str());
        hashes.emplace_back((*source)->tensors()[i].name, report->contentSha256);
    }
    return modelContentSha256(std::move(hashes));
}

}  // namespace

class TestLayouts : public QObject {
    Q_OBJECT

private slots:
    void init();
    void oneModelInEveryLayout();
    void hubCache();
    void hubRoots_data();
    void hubRoots();
    void hubAliases();
    void hubLinks();
    void hubDamage();
    void hubFailingCalls();
    void cachePerStep();
    void stepsInsideSnapshot();
    void repositoryPerStep();
    void archivesPerStep();
    void deepSpeed();
    void seeds_data();
    void seeds();
    void severalRuns();
    void severalModels();
    void selectingRuns();
    void badRowsOpenNoRun();
    void stagesGoOn();
    void mainBranch();
    void tokens();
    void manyCheckpoints();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path m_root;
};

void TestLayouts::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_root = fs::path(m_folder->path().toStdString()) / "suite";
    fs::create_directories(m_root);
}

// The same values give the same hash, wherever and however they are stored.
void TestLayouts::oneModelInEveryLayout() {
    writeTinyCheckpoint(m_root / "step1", 0.5f);
    writeText(m_root / "step2" / "config.json", kTinyConfig);
    writeTinyArchive(m_root / "step2" / "pytorch_model.bin", 0.5f);
    test::writeTinyShards(m_root / "step3", 0.5f);
    writeText(m_root / "step4" / "config.json", kTinyConfig);
    writeTinyArchive(m_root / "step4" / "only.pth", 0.5f);
    HubFolder(m_root / "step5" / "models--o--n").addSnapshot(commit('a'), blob('5'), 0.5f);
    writeText(m_root / "flat" / "config.json", kTinyConfig);
    writeTinyArchive(m_root / "flat" / "step6.pt", 0.5f);
    writeTinyArchive(m_root / "flat" / "step7.pt", 0.5f);
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{7});
    QStringList formats;
    for (const CheckpointEntry& entry : catalog->entries) {
        QVERIFY2(entry.usable(), entry.usable() ? "" : entry.problems[0].toText().c_str());
        QCOMPARE(contentOf(entry), contentOf(catalog->entries[0]));
        QCOMPARE(entry.dtype, std::string("F32"));
        QCOMPARE(entry.parameters, test::tinyParameters());
        std::uint64_t bytes = 0;
        for (const fs::path& file : entry.weightsFiles) bytes += fs::file_size(file);
        QCOMPARE(entry.bytes, bytes);
        formats << QString::fromStdString(entry.format);
    }
    formats.sort();
    QCOMPARE(formats, (QStringList{"pytorch", "pytorch", "pytorch", "pytorch", "safetensors",
                                   "safetensors", "safetensors-index"}));
}

void TestLayouts::hubCache() {
    const HubFolder hub(m_root / "models--EleutherAI--tiny--x");
    hub.addSnapshot(commit('a'), blob('a'), 1.0f);
    hub.addSnapshot(commit('b'), blob('b'), 2.0f);
    hub.addSnapshot(commit('c'), blob('c'), 3.0f);
    hub.addRef("step10", commit('a'));
    hub.addRef("step2", commit('b') + "\n");
    hub.addRef("pr/1", commit('c'));
    hub.addRef("runs/step30", commit('d'));
    // A name that is no hash proves nothing.
    hub.addSnapshot(commit('e'), "not-a-hash", 3.0f);
    hub.addRef("step40", commit('e'));
    fs::create_directories(hub.path() / ".no_exist" / commit('a'));
    writeText(hub.path() / "blobs" / "x.incomplete", "part");
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), (Labels{"step2", "step10", "runs/step30", "step40", "pr/1"}));
    QCOMPARE(catalog->runName, std::string("EleutherAI/tiny--x"));
    QCOMPARE(catalog->entries[0].commit, commit('b'));
    QVERIFY(catalog->entries[0].usable() && catalog->entries[1].usable());
    QCOMPARE(catalog->entries[0].weightsIdentity, blob('b'));
    // A ref without a snapshot stays in the list and says what is missing.
    QCOMPARE(catalog->entries[2].label.step->value, std::int64_t{30});
    QCOMPARE(catalog->entries[2].problems.at(0).code, ErrorCode::FileMissing);
    QVERIFY(catalog->entries[2].problems[0].what.find("not downloaded") != std::string::npos);
    QVERIFY(catalog->entries[2].problems[0].where.ends_with("refs/runs/step30"));
    QVERIFY(catalog->entries[3].weightsIdentity.find(':') != std::string::npos);
    QVERIFY(!catalog->entries[4].label.step.has_value());
    QVERIFY(catalog->entries[4].usable());
}

void TestLayouts::hubRoots_data() {
    QTest::addColumn<QByteArray>("folder");
    QTest::newRow("HF_HOME") << QByteArray("");
    QTest::newRow("hub") << QByteArray("hub");
    QTest::newRow("repository") << QByteArray("hub/models--o--n");
    QTest::newRow("snapshots") << QByteArray("hub/models--o--n/snapshots");
    QTest::newRow("one snapshot") << QByteArray("hub/models--o--n/snapshots/") +
                                         commit('a').c_str();
}

void TestLayouts::hubRoots() {
    QFETCH(QByteArray, folder);
    const HubFolder hub(m_root / "hub" / "models--o--n");
    hub.addSnapshot(commit('a'), blob('d'), 1.0f);
    hub.addRef("step7", commit('a'));
    const auto catalog = scan(m_root / folder.toStdString());
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), Labels{"step7"});
    QVERIFY(catalog->entries[0].usable());
    QCOMPARE(catalog->runName, std::string("o/n"));
}

// L06: two refs of one commit, and two commits of one blob, are one row.
void TestLayouts::hubAliases() {
    const HubFolder hub(m_root / "models--o--n");
    hub.addSnapshot(commit('a'), blob('a'), 1.0f);
    hub.addSnapshot(commit('b'), blob('b'), 2.0f);
    hub.addSnapshot(commit('c'), blob('b'), 2.0f);
    hub.addRef("step1", commit('a'));
    hub.addRef("latest", commit('a'));
    hub.addRef("step2", commit('b'));
    hub.addRef("main", commit('c'));
    auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), (Labels{"step1", "step2"}));
    QCOMPARE(catalog->entries[0].aliases, Labels{"latest"});
    QCOMPARE(catalog->entries[1].aliases, Labels{"main"});
    // Two steps with one blob are not merged: that is a finding about the upload.
    hub.addSnapshot(commit('d'), blob('b'), 2.0f);
    hub.addRef("step3", commit('d'));
    catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), (Labels{"step1", "step2", "step3"}));
    // The same outside a cache: a second name of one file.
    writeTinyCheckpoint(m_root / "plain" / "step5", 5.0f);
    writeText(m_root / "plain" / "final" / "config.json", kTinyConfig);
    fs::create_hard_link(m_root / "plain" / "step5" / "model.safetensors",
                         m_root / "plain" / "final" / "model.safetensors");
    catalog = scan(m_root / "plain");
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), Labels{"step5"});
    QCOMPARE(catalog->entries[0].aliases, Labels{"final"});
}

void TestLayouts::hubLinks() {
    const HubFolder hub(m_root / "models--o--n");
    hub.addSnapshot(commit('a'), blob('a'), 1.0f);
    hub.addSnapshot(commit('b'), blob('b'), 2.0f);
    hub.addSnapshot(commit('c'), blob('c'), 2.0f);
    writeTinyWeights(m_root / "outside.safetensors", 1.0f);
    const fs::path weights = hub.path() / "snapshots" / commit('a') / "model.safetensors";
    fs::remove(weights);
    fs::create_symlink("../../../outside.safetensors", weights);
    const fs::path config = hub.path() / "snapshots" / commit('b') / "config.json";
    writeText(m_root / "config.json", kTinyConfig);
    fs::remove(config);
    fs::create_symlink(m_root / "config.json", config);
    // Where links are not possible the client copies.
    const fs::path copied = hub.path() / "snapshots" / commit('c') / "model.safetensors";
    fs::remove(copied);
    fs::copy_file(m_root / "outside.safetensors", copied);
    fs::remove(m_root / "outside.safetensors");
    writeTinyWeights(hub.path().parent_path() / "outside.safetensors", 1.0f);
    writeText(m_root / "ref", commit('c'));
    fs::create_directories(hub.path() / "refs");
    fs::create_symlink(m_root / "ref", hub.path() / "refs" / "step9");
    const auto catalog = scan(hub.path());
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{4});
    const CheckpointEntry ref = catalog->entries[0];
    QCOMPARE(ref.problems.at(0).code, ErrorCode::FileNotRegular);
    QCOMPARE(ref.problems[0].where, (hub.path() / "refs" / "step9").string());
    QCOMPARE(catalog->entries[1].problems.at(0).code, ErrorCode::FileNotRegular);
    QCOMPARE(catalog->entries[1].problems[0].where, weights.string());
    QCOMPARE(catalog->entries[2].problems.at(0).code, ErrorCode::FileNotRegular);
    QCOMPARE(catalog->entries[2].problems[0].where, config.string());
    QVERIFY(catalog->entries[3].usable());
}

void TestLayouts::hubDamage() {
    const HubFolder hub(m_root / "models--o--n");
    hub.addSnapshot(commit('a'), blob('a'), 1.0f);
    hub.addSnapshot(commit('b'), blob('b'), 1.0f);
    hub.addRef("step1", commit('a'));
    hub.addRef("step2", "not a commit");
    hub.addRef("step3", std::string(2000, 'a'));
    fs::remove(hub.path() / "blobs" / blob('b'));  // a dangling link
    fs::create_directories(hub.path() / "snapshots" / commit('c'));
    fs::create_directory_symlink(".", hub.path() / "snapshots" / "loop");
    fs::create_directories(m_root / "models--empty--one");
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), (Labels{"step1", "step2", "step3", commit('b'), commit('c')}));
    QVERIFY(catalog->entries[0].usable());
    QCOMPARE(catalog->entries[1].problems.at(0).code, ErrorCode::FileWrongType);
    QCOMPARE(catalog->entries[2].problems.at(0).code, ErrorCode::FileTooLarge);
    QCOMPARE(catalog->entries[3].problems.at(0).code, ErrorCode::FileMissing);
    QCOMPARE(catalog->entries[4].problems.back().code, ErrorCode::FileMissing);
}

// Any one failing call costs rows at most; the rest of the cache is still listed.
void TestLayouts::hubFailingCalls() {
    const HubFolder hub(m_root / "models--o--n");
    for (const char digit : {'a', 'b'}) {
        hub.addSnapshot(commit(digit), blob(digit), 1.0f);
        hub.addRef(std::string("step") + digit, commit(digit));
    }
    NullProgress progress;
    std::size_t badRows = 0;
    for (std::uint64_t call = 1; call < 300; ++call) {
        test::FaultyFileOps ops(systemFileOps(), {call, EACCES, test::Fault::Extent::Once});
        const auto catalog = scanFolder(ops, m_root, progress, {});
        QCOMPARE(ops.openDescriptors(), 0);
        if (!ops.hitFault()) break;
        if (!catalog) continue;
        QVERIFY(!catalog->entries.empty() && catalog->entries.size() <= 3);
        for (const CheckpointEntry& entry : catalog->entries) badRows += entry.usable() ? 0u : 1u;
    }
    QVERIFY(badRows > 10);
}

void TestLayouts::cachePerStep() {
    for (const char* step : {"step0", "step16", "step8"}) {
        const HubFolder hub(m_root / step / "models--EleutherAI--tiny");
        hub.addSnapshot(commit('a'), blob('d'), 1.0f);
        hub.addRef("main", commit('a'));
    }
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), (Labels{"step0", "step8", "step16"}));
    QCOMPARE(runsOf(*catalog), Labels{"EleutherAI/tiny"});
    QCOMPARE(catalog->entries[0].aliases, Labels{"main"});
}

void TestLayouts::stepsInsideSnapshot() {
    const fs::path hub = m_root / "models--o--n";
    for (const char* step : {"step1", "step2"})
        writeTinyCheckpoint(hub / "snapshots" / commit('a') / "checkpoints" / step, 1.0f);
    writeText(hub / "refs" / "main", commit('a'));
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), (Labels{"step1", "step2"}));
    QCOMPARE(runsOf(*catalog), Labels{"o/n"});
}

void TestLayouts::repositoryPerStep() {
    for (const char* name : {"models--TinyLlama--TinyLlama-1.1B-intermediate-step-1431k-3T",
                             "models--TinyLlama--TinyLlama-1.1B-intermediate-step-50K-105b"}) {
        const HubFolder hub(m_root / name);
        hub.addSnapshot(commit('a'), blob('d'), 1.0f);
        hub.addRef("main", commit('a'));
    }
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), (Labels{"TinyLlama-1.1B-intermediate-step-50K-105b",
                                         "TinyLlama-1.1B-intermediate-step-1431k-3T"}));
    QCOMPARE(catalog->entries[1].label.tokensSeen.value_or(0), 3e12);
    QCOMPARE(runsOf(*catalog), Labels{"TinyLlama/TinyLlama-1.1B-intermediate"});
}

void TestLayouts::archivesPerStep() {
    writeText(m_root / "config.json", kTinyConfig);
    for (const char* name : {"step_10.pt", "step_9.pth", "final.pt"})
        writeTinyArchive(m_root / name, 1.0f);
    writeText(m_root / "optimizer.pt", "state");
    auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), (Labels{"step_9.pth", "step_10.pt", "final.pt"}));
    QCOMPARE(catalog->runName, std::string("suite"));
    for (const CheckpointEntry& entry : catalog->entries) {
        QVERIFY(entry.usable());
        QVERIFY(entry.warnings.empty());
    }
    // A file that is no step makes the folder ambiguous, as before.
    writeTinyArchive(m_root / "weights.pt", 1.0f);
    catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{1});
    QCOMPARE(catalog->entries[0].problems.at(0).code, ErrorCode::ScanAmbiguous);
    // One archive lends its label to a folder that has none.
    fs::create_directories(m_root / "one");
    writeText(m_root / "one" / "config.json", kTinyConfig);
    writeTinyArchive(m_root / "one" / "iter_0000040.pt", 1.0f);
    catalog = scan(m_root / "one");
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries[0].label.step.value_or(TrainingStep{0}).value, std::int64_t{40});
}

void TestLayouts::deepSpeed() {
    writeText(m_root / "global_step5" / "bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt", "x");
    writeText(m_root / "global_step6" / "layer_00-model_00-model_states.pt", "x");
    writeText(m_root / "global_step6" / "layer_01-model_00-model_states.pt", "x");
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(labelsOf(*catalog), (Labels{"global_step5", "global_step6"}));
    for (const CheckpointEntry& entry : catalog->entries) {
        const auto refused = std::find_if(
            entry.problems.begin(), entry.problems.end(),
            [](const Error& problem) { return problem.code == ErrorCode::ScanUnsupported; });
        QVERIFY(refused != entry.problems.end());
        QVERIFY(refused->what.find("needs conversion") != std::string::npos);
        QCOMPARE(refused->where, entry.folder.string());
    }
}

void TestLayouts::seeds_data() {
    QTest::addColumn<QByteArray>("run");
    QTest::addColumn<QByteArray>("seed");
    QTest::newRow("seed") << QByteArray("pythia-70m-seed9") << QByteArray("seed9");
    QTest::newRow("data") << QByteArray("EleutherAI/pythia-160m-data-seed2")
                          << QByteArray("data-seed2");
    QTest::newRow("weight") << QByteArray("x-weight-seed12") << QByteArray("weight-seed12");
    for (const char* none : {"pythia-70m", "seed3", "x-seed", "x-seed3b", "", "77"})
        QTest::newRow((std::string("none ") + none).c_str()) << QByteArray(none) << QByteArray();
}

void TestLayouts::seeds() {
    QFETCH(QByteArray, run);
    QFETCH(QByteArray, seed);
    QCOMPARE(QByteArray::fromStdString(seedOfRun(run.toStdString())), seed);
}

// L07: runs beside each other are grouped and never mixed.
void TestLayouts::severalRuns() {
    for (const char* run : {"tiny-seed2", "tiny-seed10", "tiny"}) {
        for (const char* step : {"step10", "step2"}) writeTinyCheckpoint(m_root / run / step, 1.0f);
    }
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(runsOf(*catalog), (Labels{"tiny", "tiny-seed2", "tiny-seed10"}));
    QCOMPARE(labelsOf(*catalog), (Labels{"step2", "step10", "step2", "step10", "step2", "step10"}));
    QCOMPARE(catalog->runs[2].seed, std::string("seed10"));
    QCOMPARE(catalog->runs[2].entries, (std::vector<std::size_t>{4, 5}));
    QCOMPARE(catalog->runName, std::string("suite"));
    for (const CheckpointEntry& entry : catalog->entries) QVERIFY(entry.warnings.empty());
}

void TestLayouts::severalModels() {
    writeTinyCheckpoint(m_root / "step1", 1.0f);
    writeTinyCheckpoint(m_root / "step2", 1.0f);
    writeTinyCheckpoint(m_root / "step3", 1.0f);
    writeText(m_root / "step2" / "config.json",
              QByteArray(kTinyConfig).replace("rotary_pct\":0.5", "rotary_pct\":1").toStdString());
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->runs.size(), std::size_t{2});
    QCOMPARE(catalog->runs[0].entries, (std::vector<std::size_t>{0, 2}));
    QCOMPARE(catalog->runs[1].entries, std::vector<std::size_t>{1});
    for (const CheckpointRun& run : catalog->runs)
        QCOMPARE(run.name, "suite@" + run.configHash.substr(0, 8));
    QVERIFY(catalog->runs[0].configHash != catalog->runs[1].configHash);
}

void TestLayouts::selectingRuns() {
    for (const char* run : {"a", "b"}) {
        writeTinyCheckpoint(m_root / run / "step1", 1.0f);
        writeTinyCheckpoint(m_root / run / "step10", 1.0f);
    }
    writeTinyCheckpoint(m_root / "b" / "step7", 1.0f);
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    const auto mixed = selectInRun(*catalog, "", "all");
    QVERIFY(!mixed);
    QCOMPARE(mixed.error().code, ErrorCode::SuiteMixedModels);
    QCOMPARE(mixed.error().where, m_root.string());
    QVERIFY(mixed.error().what.find("a (2), b (3)") != std::string::npos);
    const auto named = selectInRun(*catalog, "b", "all");
    GRIDSCOPE_VERIFY_OK(named);
    QCOMPARE(named->catalog.runName, std::string("b"));
    QCOMPARE(named->selection, (std::vector<std::size_t>{0, 1, 2}));
    QCOMPARE(runsOf(named->catalog), Labels{"b"});
    // A selection that only one run has needs no name; the rest of the other run is left out.
    const auto onlyOne = selectInRun(*catalog, "", "step7");
    GRIDSCOPE_VERIFY_OK(onlyOne);
    QCOMPARE(onlyOne->catalog.runName, std::string("b"));
    QCOMPARE(onlyOne->catalog.entries.size(), std::size_t{3});
    QCOMPARE(onlyOne->catalog.entries[onlyOne->selection.at(0)].label.text, std::string("step7"));
    const auto unknown = selectInRun(*catalog, "c", "all");
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().code, ErrorCode::SettingsRange);
}

// G3: a row that cannot be probed costs itself, not the choice of a run.
void TestLayouts::badRowsOpenNoRun() {
    writeTinyCheckpoint(m_root / "step1", 1.0f);
    writeTinyCheckpoint(m_root / "step2", 1.0f);
    writeText(m_root / "step2" / "config.json",
              QByteArray(kTinyConfig).replace("vocab_size\":8", "vocab_size\":9").toStdString());
    writeTinyCheckpoint(m_root / "old" / "step3", 1.0f);
    writeText(m_root / "old" / "step3" / "model.safetensors", "damaged");
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{3});
    const auto chosen = selectInRun(*catalog, "", "all");
    GRIDSCOPE_VERIFY_OK(chosen);
    QCOMPARE(chosen->catalog.runName, std::string("suite"));
    QCOMPARE(labelsOf(chosen->catalog), (Labels{"step1", "step2"}));
}

// formats.md 1.2: stage2-stepN restarts, stage2-step-N does not; ingredients run beside each other.
void TestLayouts::stagesGoOn() {
    const std::vector<std::pair<std::string, std::int64_t>> restarting{
        {"stage1-step100-tokens1B", 100},
        {"stage1-step900-tokens9B", 900},
        {"stage2-ingredient1-step10-tokens1B", 910},
        {"stage2-ingredient2-step10-tokens1B", 910},
        {"stage2-ingredient1-step20-tokens2B", 920},
        {"stage3-step5-tokens1B", 925}};
    const std::vector<std::pair<std::string, std::int64_t>> global{{"stage1-step-40", 40},
                                                                   {"stage2-step-80", 80},
                                                                   {"stage3-step-90", 90},
                                                                   {"lc-4k-to-32k-step-4", 4}};
    for (const auto& labels : {restarting, global}) {
        CheckpointCatalog catalog;
        for (std::size_t i = labels.size(); i-- > 0;) {
            CheckpointEntry entry;
            entry.label = parseCheckpointLabel(labels[i].first);
            entry.problems.push_back({});
            catalog.entries.push_back(std::move(entry));
        }
        arrangeRuns(catalog);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            QCOMPARE(catalog.entries[i].label.text, labels[i].first);
            QCOMPARE(catalog.entries[i].position->value, labels[i].second);
        }
    }
}

// "main" of a Pythia model without step 143000 is that step; of another model it is unresolved.
void TestLayouts::mainBranch() {
    CheckpointCatalog catalog;
    ModelConfig config;
    config.layers = 6;
    config.hidden = 512;
    config.heads = 8;
    config.vocabularyRows = 50304;
    const auto add = [&](const char* label, const char* run) {
        CheckpointEntry entry;
        entry.label = parseCheckpointLabel(label);
        entry.run = run;
        entry.config = config;
        catalog.entries.push_back(std::move(entry));
    };
    add("main", "a");
    add("step142000", "a");
    add("main", "b");
    add("step143000", "b");
    config.layers = 7;
    add("main", "c");
    arrangeRuns(catalog);
    QCOMPARE(labelsOf(catalog), (Labels{"step142000", "main", "step143000", "main", "main"}));
    QCOMPARE(catalog.entries[1].label.step->value, std::int64_t{143'000});
    QVERIFY(!catalog.entries[3].label.step.has_value());
    QVERIFY(!catalog.entries[4].label.step.has_value());
}

void TestLayouts::tokens() {
    CheckpointCatalog catalog;
    for (const char* run : {"EleutherAI/pythia-14m", "mine"}) {
        CheckpointEntry entry;
        entry.label = parseCheckpointLabel("step1000");
        entry.run = run;
        entry.problems.push_back({});
        catalog.entries.push_back(std::move(entry));
    }
    arrangeRuns(catalog);
    QCOMPARE(catalog.entries[0].label.tokensSeen.value_or(0), 2'097'152'000.0);
    QVERIFY(!catalog.entries[1].label.tokensSeen.has_value());
}

// 200 checkpoints are listed in less than a second, by their headers.
void TestLayouts::manyCheckpoints() {
    writeText(m_root / "config.json", kTinyConfig);
    writeTinyArchive(m_root / "archive.tmp", 1.0f);
    for (int i = 0; i < 100; ++i) {
        writeTinyCheckpoint(m_root / ("step" + std::to_string(i)), 1.0f);
        const fs::path folder = m_root / ("step" + std::to_string(1000 + i));
        writeText(folder / "config.json", kTinyConfig);
        fs::copy_file(m_root / "archive.tmp", folder / "pytorch_model.bin");
    }
    QElapsedTimer timer;
    timer.start();
    const auto catalog = scan(m_root);
    const qint64 elapsed = timer.elapsed();
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(catalog->entries.size(), std::size_t{200});
    for (const CheckpointEntry& entry : catalog->entries) QVERIFY(entry.usable());
    QVERIFY2(elapsed < 1000, qPrintable(QString::number(elapsed)));
}

QTEST_GUILESS_MAIN(TestLayouts)
#include "tst_layouts.moc"
