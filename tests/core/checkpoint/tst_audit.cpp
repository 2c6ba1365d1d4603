// SPDX-License-Identifier: GPL-3.0-or-later

// The audit on folders: published defects imitated with tiny runs, faults, cancel, progress.

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <cmath>
#include <limits>

#include "core/checkpoint/audit.h"
#include "core/checkpoint/tensor_source.h"
#include "tests/core/checkpoint/synthetic_suite.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/test_data.h"
#include "tests/support/tiny_checkpoint.h"

using namespace gridscope;
namespace fs = std::filesystem;
using test::SuiteModel;

namespace {

const std::vector<std::int64_t> kSteps{0, 1, 2, 4, 8, 16, 32, 64, 100, 200, 300, 400, 500, 600};
constexpr const char* kEmbedding = "gpt_neox.embed_in.weight";
constexpr const char* kDense = "gpt_neox.layers.1.attention.dense.weight";

Expected<AuditReport> audit(const fs::path& root, AuditLevel level = AuditLevel::Deep) {
    NullProgress progress;
    GRIDSCOPE_TRY_ASSIGN(catalog, scanFolder(systemFileOps(), root, progress, {}));
    return auditCatalog(systemFileOps(), catalog, {level}, progress, {});
}

/// "A1 step0+step1, A3 step100", in the order of the report.
QString summary(const AuditReport& report) {
    QStringList parts;
    for (const AuditFinding& finding : report.findings) {
        QStringList labels;
        for (const std::size_t i : finding.checkpoints)
            labels << QString::fromStdString(report.checkpoints[i].label);
        parts << QString::fromStdString(std::string(auditCheckId(finding.check))) + " " +
                     labels.join('+');
    }
    return parts.join(", ");
}

const AuditFinding* findingOf(const AuditReport& report, AuditCheck check) {
    for (const AuditFinding& finding : report.findings) {
        if (finding.check == check) return &finding;
    }
    return nullptr;
}

struct Folder {
    QTemporaryDir temporary;
    fs::path root() const { return fs::path(temporary.path().toStdString()) / "run"; }
};

}  // namespace

class TestAudit : public QObject {
    Q_OBJECT
private slots:
    void suiteA();
    void suiteAMantissa();
    void healthyRuns_data();
    void healthyRuns();
    void publishedDefects_data();
    void publishedDefects();
    void identicalBranches();
    void unrelatedStart();
    void runsSideBySide_data();
    void runsSideBySide();
    void copiesKnownWithoutReading();
    void missingSteps();
    void nonFinite();
    void constantMatrix();
    void halfWidthDetail();
    void otherTokenizer();
    void levels();
    void linksToOneFile();
    void badCheckpointsAreFindings();
    void changedSinceTheScan();
    void anyFailingReadCostsOneCheckpoint();
    void cancelsWithinAPiece();
    void progressCountsBytes();
    void hashIsThatOfTheReader();
};

// The reference suite is sound; its first checkpoint alone is FP32, which is told as a note.
void TestAudit::suiteA() {
    GRIDSCOPE_NEED_SHARED();
    const auto report = audit(test::sharedFolder() / "data" / "suite_a");
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(summary(*report), QStringLiteral("A7 step0"));
    QCOMPARE(report->findings[0].severity, AuditSeverity::Note);
    QVERIFY(!report->hasProblems());
    QCOMPARE(report->checkpoints.size(), std::size_t{8});
}

void TestAudit::suiteAMantissa() {
    GRIDSCOPE_NEED_SHARED();
    const auto report = audit(test::sharedFolder() / "data" / "suite_a");
    GRIDSCOPE_VERIFY_OK(report);
    for (const CheckpointFacts& facts : report->checkpoints) {
        const bool first = facts.step == 0;
        QCOMPARE(facts.mantissa, first ? Mantissa::Fp32 : Mantissa::Fp16);
        QVERIFY(first ? facts.fitsFp16 < 1.0 : facts.fitsFp16 == 1.0);
        QVERIFY(facts.fitsBf16 > 0.0 && facts.fitsBf16 < 1.0);
        QCOMPARE(facts.contentSha256.size(), std::size_t{64});
    }
}

void TestAudit::healthyRuns_data() {
    QTest::addColumn<quint64>("seed");
    for (quint64 seed = 1; seed <= 5; ++seed)
        QTest::newRow(qPrintable(QString::number(seed))) << seed;
}

void TestAudit::healthyRuns() {
    QFETCH(quint64, seed);
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(seed, kSteps));
    for (const AuditLevel level : {AuditLevel::Quick, AuditLevel::Hash, AuditLevel::Deep}) {
        const auto report = audit(folder.root(), level);
        GRIDSCOPE_VERIFY_OK(report);
        QCOMPARE(summary(*report), QString());
        QVERIFY(!report->hasProblems());
    }
}

// The lists at the end of formats.md 11, each imitated in a run of its own.
void TestAudit::publishedDefects_data() {
    QTest::addColumn<QString>("defect");
    QTest::addColumn<QString>("findings");
    QTest::newRow("Pythia 83: step0 = step1") << "0=1"
                                              << "A1 step0+step1";
    QTest::newRow("Pythia 198: step0 = step2") << "0=2"
                                               << "A1 step0+step2";
    QTest::newRow("Pythia 195: a range of identical steps")
        << "0..16"
        << "A1 step0+step1+step2+step4+step8+step16";
    QTest::newRow("Pythia 206: the final first shard in two steps")
        << "shard"
        << "A2 step200+step600, A2 step400+step600";
    QTest::newRow("Pythia 108: the final model under an intermediate label")
        << "final"
        << "A1 step200+step600, A3 step200";
    QTest::newRow("Pythia 108, final model not there") << "foreign"
                                                       << "A3 step200";
}

void TestAudit::publishedDefects() {
    QFETCH(QString, defect);
    QFETCH(QString, findings);
    auto models = test::walkedModels(11, kSteps);
    if (defect == "0=1") models[1] = models[0];
    if (defect == "0=2") models[2] = models[0];
    if (defect == "0..16")
        for (const std::int64_t step : {1, 2, 4, 8, 16}) models[step] = models[0];
    if (defect == "shard")
        for (const std::int64_t step : {200, 400}) {
            models[step][kEmbedding] = models[600][kEmbedding];
            models[step][kDense] = models[600][kDense];
        }
    if (defect == "final") {
        test::RandomWalk further(3);
        models[200] = models[600] = further.model();
        models.erase(500);
    }
    if (defect == "foreign") models[200] = test::RandomWalk(3).model();
    Folder folder;
    test::writeSuite(folder.root(), models);
    const auto report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    if (defect == "final") {
        // A final model that is no continuation of the run is a jump of its own.
        QVERIFY(summary(*report).startsWith("A1 step200+step600, A3 step200"));
    } else {
        QCOMPARE(summary(*report), findings);
    }
    QVERIFY(report->hasProblems());
    for (const AuditFinding& finding : report->findings) {
        QCOMPARE(finding.severity, AuditSeverity::Problem);
        QVERIFY(!finding.finding.empty() && !finding.hint.empty());
    }
}

// OLMo 915: three branches of a stage with the same weights.
void TestAudit::identicalBranches() {
    Folder folder;
    const auto models = test::walkedModels(5, {1000, 2000, 3000});
    for (const char* branch : {"1", "2", "3"}) {
        for (const auto& [step, model] : models)
            test::writeCheckpoint(folder.root() / ("stage2-ingredient" + std::string(branch) +
                                                   "-step" + std::to_string(step) + "-tokens1B"),
                                  model);
    }
    const auto report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(report->findings.size(), std::size_t{1});
    QCOMPARE(report->findings[0].code, ErrorCode::AuditDuplicate);
    QCOMPARE(report->findings[0].severity, AuditSeverity::Problem);
    QCOMPARE(report->findings[0].checkpoints.size(), std::size_t{9});
    // Branches of their own are sound.
    Folder sound;
    std::uint64_t seed = 1;
    for (const char* branch : {"1", "2", "3"}) {
        for (const auto& [step, model] : test::walkedModels(++seed, {1000, 2000, 3000}))
            test::writeCheckpoint(sound.root() / ("stage2-ingredient" + std::string(branch) +
                                                  "-step" + std::to_string(step) + "-tokens1B"),
                                  model);
    }
    const auto other = audit(sound.root());
    GRIDSCOPE_VERIFY_OK(other);
    QCOMPARE(summary(*other), QString());
}

// Two sizes and two seeds in one folder are two sound runs, not one that jumps.
void TestAudit::runsSideBySide_data() {
    QTest::addColumn<QByteArray>("first");
    QTest::addColumn<QByteArray>("second");
    QTest::addColumn<QByteArray>("rotary");
    QTest::newRow("two sizes") << QByteArray("small/step") << QByteArray("large/step")
                               << QByteArray("1.0");
    QTest::newRow("two sizes of one name")
        << QByteArray("step") << QByteArray("step_") << QByteArray("1.0");
    QTest::newRow("two seeds") << QByteArray("x-seed1/step") << QByteArray("x-seed2/step")
                               << QByteArray("0.5");
    QTest::newRow("two seeds, flat")
        << QByteArray("x-seed1-step") << QByteArray("x-seed2-step") << QByteArray("0.5");
}

void TestAudit::runsSideBySide() {
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, second);
    QFETCH(QByteArray, rotary);
    Folder folder;
    const std::string config = QByteArray(test::kSuiteConfig).replace("0.5", rotary).toStdString();
    for (const auto& [step, model] : test::walkedModels(31, kSteps))
        test::writeCheckpoint(folder.root() / (first.toStdString() + std::to_string(step)), model);
    auto other = test::walkedModels(32, kSteps);
    for (const auto& [step, model] : other)
        test::writeCheckpoint(folder.root() / (second.toStdString() + std::to_string(step)), model,
                              config);
    auto report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(summary(*report), QString());
    // A jump of the second run is still one.
    test::writeCheckpoint(folder.root() / (second.toStdString() + "200"),
                          test::RandomWalk(3).model(), config);
    report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    const std::string label = fs::path(second.toStdString() + "200").filename().string();
    QCOMPARE(summary(*report), QString::fromStdString("A3 " + label));
}

// A1 before a byte of the weights is read: shards that are links to one blob, one commit twice.
void TestAudit::copiesKnownWithoutReading() {
    const std::string commit(40, 'a');
    Folder folder;
    test::writeTinyShards(folder.root() / "step1", 1.0f);
    test::writeTinyShards(folder.root() / "step3", 3.0f);
    const fs::path second = folder.root() / "step2";
    fs::create_directories(second);
    for (const auto& file : fs::directory_iterator(folder.root() / "step1")) {
        if (file.path().extension() == ".safetensors")
            fs::create_hard_link(file.path(), second / file.path().filename());
        else
            fs::copy_file(file.path(), second / file.path().filename());
    }
    const auto shards = audit(folder.root(), AuditLevel::Quick);
    GRIDSCOPE_VERIFY_OK(shards);
    QCOMPARE(summary(*shards), QStringLiteral("A1 step1+step2"));

    Folder caches;
    for (const char* step : {"step1", "step2", "step3"}) {
        // Copies, as where links are not possible.
        const std::string revision = std::string(step) == "step3" ? std::string(40, 'c') : commit;
        test::writeTinyCheckpoint(caches.root() / step / "models--o--n" / "snapshots" / revision,
                                  1.0f);
    }
    const auto commits = audit(caches.root(), AuditLevel::Quick);
    GRIDSCOPE_VERIFY_OK(commits);
    QCOMPARE(summary(*commits), QStringLiteral("A1 step1+step2"));
    QVERIFY(commits->findings[0].finding.find("one commit") != std::string::npos);
}

// Pythia 203: the run does not descend from its step 0.
void TestAudit::unrelatedStart() {
    auto models = test::walkedModels(21, kSteps);
    models[0] = test::RandomWalk(22).model();
    Folder folder;
    test::writeSuite(folder.root(), models);
    const auto report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    const AuditFinding* finding = findingOf(*report, AuditCheck::UnrelatedStart);
    QVERIFY(finding != nullptr);
    QCOMPARE(finding->code, ErrorCode::AuditUnrelatedStart);
    QCOMPARE(summary(*report), QStringLiteral("A4 step0+step1"));
    // Two independent samples have a cosine near 0, one run keeps it near 1.
    QVERIFY(std::fabs(*report->checkpoints[1].cosineToStart) < 0.1);
}

// Pythia 202: steps of a seed are missing.
void TestAudit::missingSteps() {
    std::vector<std::int64_t> steps;
    for (std::int64_t step = 1000; step <= 12'000; step += 1000) {
        if (step != 4000 && step != 8000 && step != 9000) steps.push_back(step);
    }
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(2, steps));
    const auto report = audit(folder.root(), AuditLevel::Quick);
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(summary(*report), QStringLiteral("A5 "));
    QCOMPARE(report->findings[0].severity, AuditSeverity::Warning);
    const QString text = QString::fromStdString(report->findings[0].finding);
    QVERIFY2(text.contains("3 steps") && text.contains("4000, 8000, 9000"), qPrintable(text));
}

void TestAudit::nonFinite() {
    auto models = test::walkedModels(4, kSteps);
    models[300][kDense][17] = std::numeric_limits<float>::quiet_NaN();
    models[300][kDense][40] = -std::numeric_limits<float>::infinity();
    models[400][kEmbedding][5] = std::numeric_limits<float>::infinity();
    Folder folder;
    test::writeSuite(folder.root(), models);
    for (const AuditLevel level : {AuditLevel::Hash, AuditLevel::Deep}) {
        const auto report = audit(folder.root(), level);
        GRIDSCOPE_VERIFY_OK(report);
        QCOMPARE(summary(*report), QStringLiteral("A8 step300, A8 step400"));
        const QString text = QString::fromStdString(report->findings[0].finding);
        QVERIFY2(text.contains(kDense) && text.contains("2 values") &&
                     text.contains("first at index 17"),
                 qPrintable(text));
        QVERIFY(QString::fromStdString(report->findings[1].finding).contains("index 5"));
    }
}

void TestAudit::constantMatrix() {
    auto models = test::walkedModels(4, kSteps);
    models[300][kDense].assign(models[300][kDense].size(), 0.0f);
    models[500][kDense].assign(models[500][kDense].size(), 1e-3f);
    Folder folder;
    test::writeSuite(folder.root(), models);
    const auto report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(summary(*report), QStringLiteral("A8 step300, A8 step500"));
    QVERIFY(QString::fromStdString(report->findings[0].finding).contains("all zero"));
    QVERIFY(QString::fromStdString(report->findings[1].finding).contains("constant"));
    QCOMPARE(report->findings[0].severity, AuditSeverity::Warning);
}

// FP32 files whose values were rounded to fp16 or bf16 before.
void TestAudit::halfWidthDetail() {
    const auto rounded = [](SuiteModel model, int bits) {
        for (auto& [name, values] : model) {
            for (float& value : values) {
                // `bits` of significand; the values are normal numbers of both types.
                int exponent = 0;
                const float mantissa = std::frexp(value, &exponent);
                value = std::ldexp(std::nearbyint(std::ldexp(mantissa, bits)), exponent - bits);
                if (std::fabs(value) < 6.2e-5f) value = 0.0f;
            }
        }
        return model;
    };
    auto models = test::walkedModels(6, kSteps);
    for (auto& [step, model] : models) model = rounded(model, 11);
    Folder folder;
    test::writeSuite(folder.root(), models);
    auto report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(report->findings.size(), std::size_t{1});
    QCOMPARE(report->findings[0].check, AuditCheck::Precision);
    QCOMPARE(report->findings[0].severity, AuditSeverity::Note);
    QCOMPARE(report->findings[0].checkpoints.size(), kSteps.size());
    QVERIFY(QString::fromStdString(report->findings[0].finding).contains("fp16"));
    // One step of less precision amid the run is a warning.
    models[300] = rounded(models[300], 8);
    test::writeCheckpoint(folder.root() / "step300", models[300]);
    report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(report->findings[0].severity, AuditSeverity::Warning);
    QCOMPARE(report->findings[0].checkpoints, std::vector<std::size_t>{10});
    QCOMPARE(report->checkpoints[10].mantissa, Mantissa::Bf16);
}

void TestAudit::otherTokenizer() {
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(6, {100, 200, 300}));
    for (const char* name : {"step100", "step200", "step300"})
        test::writeText(folder.root() / name / "tokenizer.json", "{}");
    auto report = audit(folder.root(), AuditLevel::Quick);
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(summary(*report), QString());
    test::writeText(folder.root() / "step200" / "tokenizer.json", "{ }");
    test::writeText(folder.root() / "step300" / "config.json",
                    QByteArray(test::kSuiteConfig).replace("0.5", "1.0").toStdString());
    report = audit(folder.root(), AuditLevel::Quick);
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(summary(*report), QStringLiteral("A6 step300, A6 step200"));
}

// Quick reads no values, hash finds copies, only deep compares values.
void TestAudit::levels() {
    auto models = test::walkedModels(9, kSteps);
    models[1] = models[0];
    models[300] = test::RandomWalk(10).model();
    Folder folder;
    test::writeSuite(folder.root(), models);
    const auto found = [&](AuditLevel level) {
        const auto report = audit(folder.root(), level);
        return report ? summary(*report) : QString::fromStdString(report.error().toText());
    };
    QCOMPARE(found(AuditLevel::Quick), QString());
    QCOMPARE(found(AuditLevel::Hash), QStringLiteral("A1 step0+step1"));
    QCOMPARE(found(AuditLevel::Deep), QStringLiteral("A1 step0+step1, A3 step300"));
}

// Links of a cache to one blob are told as equal before a byte is read. That main is one of the
// steps is no finding: the catalogue lists it as another name of that row.
void TestAudit::linksToOneFile() {
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(9, {100, 200, 300}));
    fs::remove(folder.root() / "step200" / "model.safetensors");
    fs::create_symlink("../step100/model.safetensors",
                       folder.root() / "step200" / "model.safetensors");
    test::writeCheckpoint(folder.root() / "main", test::RandomWalk(1).model());
    fs::remove(folder.root() / "main" / "model.safetensors");
    fs::create_symlink("../step300/model.safetensors",
                       folder.root() / "main" / "model.safetensors");
    for (const AuditLevel level : {AuditLevel::Quick, AuditLevel::Hash}) {
        const auto report = audit(folder.root(), level);
        GRIDSCOPE_VERIFY_OK(report);
        QCOMPARE(summary(*report), QStringLiteral("A1 step100+step200"));
    }
}

void TestAudit::badCheckpointsAreFindings() {
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(9, kSteps));
    test::writeText(folder.root() / "step100" / "model.safetensors",
                    "version https://git-lfs.github.com/spec/v1\n");
    fs::resize_file(folder.root() / "step200" / "model.safetensors", 3000);
    fs::remove(folder.root() / "step300" / "config.json");
    const auto report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    QStringList codes;
    for (const AuditFinding& finding : report->findings) {
        QCOMPARE(finding.check, AuditCheck::Files);
        QCOMPARE(finding.checkpoints.size(), std::size_t{1});
        codes << QString::fromStdString(std::string(errorCodeText(finding.code)));
    }
    codes.sort();
    QCOMPARE(codes.join(' '),
             QStringLiteral("config.missing file.lfs-pointer safetensors.size-mismatch"));
    QCOMPARE(report->checkpoints[9].contentSha256, std::string());
    QCOMPARE(report->checkpoints[12].contentSha256.size(), std::size_t{64});
}

void TestAudit::changedSinceTheScan() {
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(9, {100, 200, 300}));
    NullProgress progress;
    const auto catalog = scanFolder(systemFileOps(), folder.root(), progress, {});
    GRIDSCOPE_VERIFY_OK(catalog);
    const fs::path file = folder.root() / "step200" / "model.safetensors";
    fs::resize_file(file, fs::file_size(file) + 8);
    fs::remove(folder.root() / "step300" / "model.safetensors");
    const auto report = auditCatalog(systemFileOps(), *catalog, {AuditLevel::Quick}, progress, {});
    GRIDSCOPE_VERIFY_OK(report);
    QCOMPARE(report->findings.size(), std::size_t{2});
    QCOMPARE(report->checkpoints[1].problems[0].code, ErrorCode::FileChanged);
    QCOMPARE(report->checkpoints[2].problems[0].code, ErrorCode::FileMissing);
}

void TestAudit::anyFailingReadCostsOneCheckpoint() {
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(9, {100, 200, 300}));
    NullProgress progress;
    const auto catalog = scanFolder(systemFileOps(), folder.root(), progress, {});
    GRIDSCOPE_VERIFY_OK(catalog);
    int costs = 0;
    for (std::uint64_t k = 1; k < 1000; ++k) {
        test::FaultyFileOps ops(systemFileOps(), {k, EIO, test::Fault::Extent::Once});
        const auto report = auditCatalog(ops, *catalog, {}, progress, {});
        GRIDSCOPE_VERIFY_OK(report);
        QCOMPARE(ops.openDescriptors(), 0);
        if (!ops.hitFault()) break;
        int bad = 0;
        for (const CheckpointFacts& facts : report->checkpoints)
            bad += facts.problems.empty() ? 0 : 1;
        QVERIFY(bad <= 1);  // nobody needs the result of close
        if (bad == 1) QCOMPARE(report->findings[0].check, AuditCheck::Files);
        costs += bad;
    }
    QVERIFY2(costs > 50, qPrintable(QString::number(costs)));
}

void TestAudit::cancelsWithinAPiece() {
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(9, kSteps));
    NullProgress progress;
    const auto catalog = scanFolder(systemFileOps(), folder.root(), progress, {});
    GRIDSCOPE_VERIFY_OK(catalog);
    for (const std::uint64_t at : {1u, 7u, 23u, 60u}) {
        std::stop_source stop;
        test::FaultyFileOps ops(systemFileOps());
        std::uint64_t after = 0;
        ops.setBeforeCall([&](std::uint64_t call) {
            if (stop.stop_requested()) ++after;
            if (call == at) stop.request_stop();
        });
        const auto report = auditCatalog(ops, *catalog, {}, progress, stop.get_token());
        QVERIFY(!report);
        QCOMPARE(report.error().code, ErrorCode::RunCancelled);
        QCOMPARE(ops.openDescriptors(), 0);
        // Files are closed and the next ones opened in vain; nothing is read any more.
        QVERIFY2(after <= 12, qPrintable(QString::number(after)));
    }
    std::stop_source stop;
    stop.request_stop();
    QVERIFY(!auditCatalog(systemFileOps(), *catalog, {}, progress, stop.get_token()));
}

void TestAudit::progressCountsBytes() {
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(9, kSteps));
    NullProgress none;
    const auto catalog = scanFolder(systemFileOps(), folder.root(), none, {});
    GRIDSCOPE_VERIFY_OK(catalog);
    std::uint64_t bytes = 0;
    for (const CheckpointEntry& entry : catalog->entries) bytes += entry.bytes;
    for (const AuditLevel level : {AuditLevel::Quick, AuditLevel::Deep}) {
        std::uint64_t last = 0;
        std::uint64_t reports = 0;
        CallbackProgress progress([&](const Progress& now) {
            QVERIFY(now.stage == (level == AuditLevel::Quick ? kQuickAuditStage : kAuditStage));
            QCOMPARE(now.total, level == AuditLevel::Quick ? kSteps.size() : bytes);
            QVERIFY(now.done >= last && now.done <= now.total);
            last = now.done;
            ++reports;
        });
        GRIDSCOPE_VERIFY_OK(auditCatalog(systemFileOps(), *catalog, {level}, progress, {}));
        QCOMPARE(last, level == AuditLevel::Quick ? kSteps.size() : bytes);
        QVERIFY(reports > 2 * kSteps.size());
    }
}

// The model hash is the one that a probe stores: names of the configuration, no buffers.
void TestAudit::hashIsThatOfTheReader() {
    Folder folder;
    test::writeSuite(folder.root(), test::walkedModels(9, {100}));
    const auto report = audit(folder.root());
    GRIDSCOPE_VERIFY_OK(report);
    const auto source =
        openTensorSource(systemFileOps(), folder.root() / "step100" / "model.safetensors");
    GRIDSCOPE_VERIFY_OK(source);
    std::vector<std::pair<std::string, std::string>> hashes;
    for (std::size_t i = 0; i < (*source)->tensors().size(); ++i) {
        std::vector<float> values((*source)->tensors()[i].elements);
        hashes.emplace_back((*source)->tensors()[i].name,
                            (*source)->readFloats(i, values)->contentSha256);
    }
    QCOMPARE(report->checkpoints[0].contentSha256, modelContentSha256(std::move(hashes)));
}

QTEST_GUILESS_MAIN(TestAudit)
#include "tst_audit.moc"
