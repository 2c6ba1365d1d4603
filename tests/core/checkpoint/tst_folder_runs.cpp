// SPDX-License-Identifier: GPL-3.0-or-later

// Which runs a folder holds: seeds side by side, outputs of trainers, steps beside weights.

#include <QtTest>
#include <fstream>

#include "core/checkpoint/catalog.h"
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
namespace fs = std::filesystem;

namespace {

void writeText(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

using Labels = std::vector<std::string>;

}  // namespace

class TestFolderRuns : public QObject {
    Q_OBJECT

private slots:
    void init();
    void seedsInOneFolder_data();
    void seedsInOneFolder();
    void trainerOutputs();
    void weightsBesideSteps();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path m_root;
};

void TestFolderRuns::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_root = fs::path(m_folder->path().toStdString()) / "suite";
    fs::create_directories(m_root);
}

// What stands before the label tells runs of one folder apart.
void TestFolderRuns::seedsInOneFolder_data() {
    QTest::addColumn<QByteArrayList>("names");
    QTest::addColumn<QByteArrayList>("runs");
    QTest::addColumn<QByteArray>("seed");
    QTest::newRow("folders") << QByteArrayList{"pythia-14m-seed1-step1000",
                                               "pythia-14m-seed2-step1000",
                                               "pythia-14m-seed2-step2000"}
                             << QByteArrayList{"suite/pythia-14m-seed1", "suite/pythia-14m-seed2"}
                             << QByteArray("seed1");
    QTest::newRow("files") << QByteArrayList{"seed1_step1000.pt", "seed2_step1000.pt"}
                           << QByteArrayList{"suite/seed1", "suite/seed2"} << QByteArray("seed1");
    QTest::newRow("one prefix") << QByteArrayList{"tiny-step1", "tiny-step2"}
                                << QByteArrayList{"suite"} << QByteArray();
    QTest::newRow("one without") << QByteArrayList{"tiny-step1", "step2"} << QByteArrayList{"suite"}
                                 << QByteArray();
    QTest::newRow("epochs") << QByteArrayList{"epoch1-step1", "epoch2-step2"}
                            << QByteArrayList{"suite"} << QByteArray();
}

void TestFolderRuns::seedsInOneFolder() {
    QFETCH(QByteArrayList, names);
    QFETCH(QByteArrayList, runs);
    QFETCH(QByteArray, seed);
    writeText(m_root / "config.json", kTinyConfig);
    for (const QByteArray& name : names) {
        const fs::path path = m_root / name.toStdString();
        name.endsWith(".pt") ? writeTinyArchive(path, 1.0f) : writeTinyCheckpoint(path, 1.0f);
    }
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QByteArrayList found;
    for (const std::string& run : runsOf(*catalog)) found << QByteArray::fromStdString(run);
    QCOMPARE(found, runs);
    QCOMPARE(QByteArray::fromStdString(catalog->runs[0].seed), seed);
    for (const CheckpointEntry& entry : catalog->entries) {
        for (const Warning& warning : entry.warnings)
            QVERIFY(warning.code != ErrorCode::SuiteDuplicateStep);
    }
}

// Several outputs of a trainer: each has its last weights and the folders of earlier steps.
void TestFolderRuns::trainerOutputs() {
    for (const char* run : {"runA", "runB"}) {
        writeTinyCheckpoint(m_root / run, 3.0f);
        writeTinyCheckpoint(m_root / run / "checkpoint-1000", 1.0f);
        writeTinyCheckpoint(m_root / run / "checkpoint-2000", 2.0f);
        // Left in the folder of a step: pieces of the same weights, and what is no checkpoint.
        writeText(m_root / run / "checkpoint-2000" / "global_step2000" / "zero_pp_rank_0.pt", "x");
        writeTinyCheckpoint(m_root / run / "best", 2.0f);
    }
    const auto catalog = scan(m_root);
    GRIDSCOPE_VERIFY_OK(catalog);
    QCOMPARE(runsOf(*catalog), (Labels{"runA", "runB"}));
    QCOMPARE(labelsOf(*catalog), (Labels{"checkpoint-1000", "checkpoint-2000", "runA",
                                         "checkpoint-1000", "checkpoint-2000", "runB"}));
    for (const CheckpointEntry& entry : catalog->entries) QVERIFY(entry.usable());
}

// Folders of steps beside files of steps, and inside a snapshot that has weights of its own.
void TestFolderRuns::weightsBesideSteps() {
    const fs::path flat = m_root / "flat";
    writeText(flat / "config.json", kTinyConfig);
    writeTinyArchive(flat / "step6.pt", 0.5f);
    writeTinyArchive(flat / "step7.pt", 0.5f);
    writeTinyCheckpoint(flat / "step8", 0.5f);
    const auto beside = scan(flat);
    GRIDSCOPE_VERIFY_OK(beside);
    QCOMPARE(labelsOf(*beside), (Labels{"step6.pt", "step7.pt", "step8"}));
    QCOMPARE(runsOf(*beside), Labels{"flat"});

    const fs::path hub = m_root / "models--o--n";
    const fs::path snapshot = hub / "snapshots" / std::string(40, 'a');
    writeTinyCheckpoint(snapshot, 1.0f);
    writeText(hub / "refs" / "main", std::string(40, 'a'));
    for (const char* step : {"step1", "step2"}) writeTinyCheckpoint(snapshot / step, 2.0f);
    writeTinyCheckpoint(snapshot / "other", 2.0f);
    const auto inside = scan(hub);
    GRIDSCOPE_VERIFY_OK(inside);
    QCOMPARE(labelsOf(*inside), (Labels{"step1", "step2", "main"}));
    QCOMPARE(runsOf(*inside), Labels{"o/n"});
}

QTEST_GUILESS_MAIN(TestFolderRuns)
#include "tst_folder_runs.moc"
