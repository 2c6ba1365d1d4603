// SPDX-License-Identifier: GPL-3.0-or-later

// The checks A1, A2 and A5 to A8 over facts made by hand, each with a case that must stay silent.

#include <QtTest>

#include "core/checkpoint/audit_checks.h"

using namespace gridscope;

namespace {

CheckpointFacts at(std::int64_t step, const std::string& content = {}) {
    CheckpointFacts facts;
    facts.run = "run";
    facts.label = "step" + std::to_string(step);
    facts.step = step;
    facts.format = "safetensors";
    facts.dtype = "F16";
    facts.configSha256 = "config";
    facts.tensorSetSha256 = "tensors";
    facts.contentSha256 = content;
    return facts;
}

AuditFacts atSteps(const std::vector<std::int64_t>& steps) {
    AuditFacts facts;
    for (const std::int64_t step : steps) facts.push_back(at(step));
    return facts;
}

/// Tensors a, b, ... of the given sizes with these contents.
void setTensors(CheckpointFacts& facts, const std::vector<std::uint64_t>& sizes,
                const std::vector<std::string>& contents) {
    facts.contentSha256.clear();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        TensorFacts tensor;
        tensor.name = std::string(1, static_cast<char>('a' + i));
        tensor.shape = {sizes[i], 1};
        tensor.elements = sizes[i];
        tensor.contentSha256 = contents[i];
        facts.contentSha256 += contents[i];
        facts.tensors.push_back(std::move(tensor));
    }
}

QString text(const AuditFindings& findings) {
    QStringList parts;
    for (const AuditFinding& finding : findings) {
        QStringList indices;
        for (const std::size_t i : finding.checkpoints) indices << QString::number(i);
        parts << QString::fromStdString(std::string(auditSeverityText(finding.severity))) + " " +
                     indices.join('+');
    }
    return parts.join(", ");
}

QString words(const AuditFindings& findings) {
    return findings.empty() ? QString() : QString::fromStdString(findings[0].finding);
}

}  // namespace

class TestAuditChecks : public QObject {
    Q_OBJECT
private slots:
    void sameModels();
    void aliasesAreNotes();
    void branchesWithOneStart();
    void parts();
    void partsThatProveNothing();
    void spacing_data();
    void spacing();
    void familySteps();
    void stagesAreRunsOfTheirOwn();
    void hostileSteps();
    void configurations();
    void precision();
    void nonFinite();
    void constants();
    void unreadableOnesAreGrouped();
    void labelLists();
};

void TestAuditChecks::sameModels() {
    QCOMPARE(text(findSameModels({at(0, "x"), at(1, "y"), at(2, "z")})), QString());
    QCOMPARE(text(findSameModels({at(0, "x"), at(1, "x"), at(2, "y"), at(3, "x")})),
             QStringLiteral("problem 0+1+3"));
    QCOMPARE(text(findSameModels({at(0, "x"), at(1, "y"), at(2, "x"), at(3, "y")})),
             QStringLiteral("problem 0+2, problem 1+3"));
    // Without hashes one file is proof enough; with them it is not asked.
    AuditFacts facts = atSteps({0, 1, 2});
    facts[0].fileIdentity = facts[2].fileIdentity = "8:1";
    facts[1].fileIdentity = "8:2";
    QCOMPARE(text(findSameModels(facts)), QStringLiteral("problem 0+2"));
}

void TestAuditChecks::aliasesAreNotes() {
    AuditFacts facts{at(0, "x"), at(1, "y"), at(2, "y")};
    facts[2].label = "main";
    facts[2].step.reset();
    QCOMPARE(text(findSameModels(facts)), QStringLiteral("note 1+2"));
    facts[0].contentSha256 = "y";  // main equals two steps, and they each other
    QCOMPARE(text(findSameModels(facts)), QStringLiteral("problem 0+1+2"));
    AuditFacts twice{at(5, "x"), at(5, "x")};
    twice[1].label = "step_5";
    QCOMPARE(text(findSameModels(twice)), QStringLiteral("note 0+1"));
}

void TestAuditChecks::branchesWithOneStart() {
    AuditFacts facts;
    for (const char* run : {"seed1", "seed2"}) {
        for (const std::int64_t step : {0, 1000}) {
            facts.push_back(at(step, step == 0 ? "start" : run));
            facts.back().run = run;
        }
    }
    // Runs over other data share their initialization.
    QCOMPARE(text(findSameModels(facts)), QStringLiteral("note 0+2"));
    QVERIFY(words(findSameModels(facts)).contains("seed1/step0 and seed2/step0"));
    facts[3].contentSha256 = "seed1";
    QCOMPARE(text(findSameModels(facts)), QStringLiteral("problem 0+2+1+3"));
    QVERIFY(words(findSameModels(facts)).contains("at 2 steps"));
}

void TestAuditChecks::parts() {
    AuditFacts facts = atSteps({0, 10, 20, 30});
    setTensors(facts[0], {60, 940}, {"a0", "b0"});
    setTensors(facts[1], {60, 940}, {"a3", "b1"});
    setTensors(facts[2], {60, 940}, {"a2", "b2"});
    setTensors(facts[3], {60, 940}, {"a3", "b3"});
    QCOMPARE(text(findParts(facts)), QStringLiteral("problem 1+3"));
    QVERIFY2(
        words(findParts(facts)).contains("6.0 % of the weights of step10 equal those of step30"),
        qPrintable(words(findParts(facts))));
    // 4 % is below the bar of 5 %.
    AuditFacts small = atSteps({0, 10});
    setTensors(small[0], {40, 960}, {"a", "b0"});
    setTensors(small[1], {40, 960}, {"a", "b1"});
    QCOMPARE(text(findParts(small)), QString());
    AuditFacts bar = atSteps({0, 10});
    setTensors(bar[0], {50, 950}, {"a", "b0"});
    setTensors(bar[1], {50, 950}, {"a", "b1"});
    QCOMPARE(text(findParts(bar)), QStringLiteral("problem 0+1"));
}

void TestAuditChecks::partsThatProveNothing() {
    // A frozen tensor is equal everywhere.
    AuditFacts frozen = atSteps({0, 10, 20});
    setTensors(frozen[0], {500, 500}, {"a", "b0"});
    setTensors(frozen[1], {500, 500}, {"a", "b1"});
    setTensors(frozen[2], {500, 500}, {"a", "b2"});
    QCOMPARE(text(findParts(frozen)), QString());
    // Constant tensors are alike without being copies.
    AuditFacts zero = atSteps({0, 10, 20});
    setTensors(zero[0], {500, 500}, {"zero", "b0"});
    setTensors(zero[1], {500, 500}, {"zero", "b1"});
    setTensors(zero[2], {500, 500}, {"a2", "b2"});
    QCOMPARE(text(findParts(zero)), QStringLiteral("problem 0+1"));
    zero[0].tensors[0].constant = zero[1].tensors[0].constant = 0.0f;
    QCOMPARE(text(findParts(zero)), QString());
    // Whole copies are A1's and are not told twice; a copy's part is told once.
    AuditFacts copies = atSteps({0, 10, 20, 30});
    setTensors(copies[0], {500, 500}, {"a", "b"});
    setTensors(copies[1], {500, 500}, {"a", "b"});
    setTensors(copies[2], {500, 500}, {"a2", "b2"});
    setTensors(copies[3], {500, 500}, {"a3", "b3"});
    QCOMPARE(text(findParts(copies)), QString());
}

void TestAuditChecks::spacing_data() {
    QTest::addColumn<QList<int>>("steps");
    QTest::addColumn<QString>("missing");
    QTest::newRow("even") << QList<int>{0, 10, 20, 30, 40} << "";
    QTest::newRow("one hole") << QList<int>{0, 10, 20, 40, 50} << "1 step ";
    QTest::newRow("holes") << QList<int>{0, 10, 20, 40, 50, 90, 100} << "4 steps";
    QTest::newRow("log-spaced") << QList<int>{0, 1, 2, 4, 8, 16, 32, 64} << "";
    QTest::newRow("own choice") << QList<int>{0, 40, 150, 400, 1000, 1800, 2800, 4000} << "";
    QTest::newRow("rarer later on") << QList<int>{10, 20, 30, 40, 50, 100, 200, 300, 400} << "";
    QTest::newRow("odd last step") << QList<int>{1000, 2000, 3000, 4000, 4711} << "";
    QTest::newRow("Pythia without a name")
        << QList<int>{0, 1, 2, 4, 8, 512, 1000, 2000, 3000, 5000, 6000} << "1 step ";
}

void TestAuditChecks::spacing() {
    QFETCH(QList<int>, steps);
    QFETCH(QString, missing);
    const auto findings = findMissingSteps(atSteps({steps.begin(), steps.end()}));
    if (missing.isEmpty())
        QVERIFY2(findings.empty(), qPrintable(words(findings)));
    else
        QVERIFY2(words(findings).startsWith(missing), qPrintable(words(findings)));
}

void TestAuditChecks::familySteps() {
    std::vector<std::int64_t> steps = findKnownFamily("pythia-410m", nullptr)->expected({});
    QCOMPARE(steps.size(), std::size_t{154});
    const auto facts = [&] {
        AuditFacts all = atSteps(steps);
        for (auto& one : all) one.family = findKnownFamily("pythia-410m", nullptr);
        return all;
    };
    QVERIFY(findMissingSteps(facts()).empty());
    std::erase(steps, 512);
    std::erase(steps, 7000);
    std::erase(steps, 8000);
    std::erase(steps, 9000);
    std::erase(steps, 143'000);  // the end counts too, unlike with a bare spacing
    const auto findings = findMissingSteps(facts());
    QCOMPARE(text(findings), QStringLiteral("warning "));
    QVERIFY2(words(findings).contains("512, 7000 to 9000 (3), 143000"),
             qPrintable(words(findings)));
    // A selection of ten is no accident.
    steps = {0, 1, 16, 512, 1000, 4000, 16'000, 64'000, 100'000, 143'000};
    QCOMPARE(text(findMissingSteps(facts())), QStringLiteral("note "));
    // A run that only borrows the name has its own steps.
    steps = {50, 100, 150, 200, 250};
    QVERIFY(findMissingSteps(facts()).empty());
}

void TestAuditChecks::stagesAreRunsOfTheirOwn() {
    AuditFacts facts;
    for (const int stage : {1, 2}) {
        for (const std::int64_t step : {1000, 2000, 3000, 4000}) {
            facts.push_back(at(step));
            facts.back().stageRank = stage;
        }
    }
    QVERIFY(findMissingSteps(facts).empty());
    facts.erase(facts.begin() + 6);  // step 3000 of stage 2
    facts.push_back(at(5000));
    facts.push_back(at(6000));
    facts.back().stageRank = facts[facts.size() - 2].stageRank = 2;
    QVERIFY(words(findMissingSteps(facts)).contains("stage 2 is missing: 3000"));
}

// Labels may claim any number; nothing is counted out one by one.
void TestAuditChecks::hostileSteps() {
    constexpr std::int64_t kHuge = 999'999'999'999'999'999;
    AuditFacts facts = atSteps({0, 1, 2, 3, kHuge, kHuge + 1, kHuge + 2});
    QVERIFY(words(findMissingSteps(facts)).startsWith(QString::number(kHuge - 4)));
    for (auto& one : facts) one.family = findKnownFamily("OLMo-2-7B", nullptr);
    QVERIFY(findMissingSteps(facts).size() <= 1);
}

void TestAuditChecks::configurations() {
    AuditFacts facts = atSteps({0, 1, 2, 3, 4});
    QVERIFY(findOtherConfigurations(facts).empty());
    facts[1].configSha256 = "other";
    facts[3].tensorSetSha256 = "other";
    facts[2].tokenizerSha256 = "t";  // alone with one: nothing to compare
    QCOMPARE(text(findOtherConfigurations(facts)), QStringLiteral("problem 1, problem 3"));
    facts[0].tokenizerSha256 = facts[1].tokenizerSha256 = "u";
    QCOMPARE(text(findOtherConfigurations(facts)),
             QStringLiteral("problem 1, problem 3, warning 2"));
    // Two runs side by side are not compared.
    facts = atSteps({0, 1});
    facts[1].run = "another run";
    facts[1].configSha256 = "other";
    QVERIFY(findOtherConfigurations(facts).empty());
}

void TestAuditChecks::precision() {
    AuditFacts facts = atSteps({0, 1, 2, 3, 4});
    QVERIFY(findPrecisionChanges(facts).empty());
    facts[0].dtype = "F32";  // before the others
    QCOMPARE(text(findPrecisionChanges(facts)), QStringLiteral("note 0"));
    facts[2].dtype = "BF16";  // amid the others
    QCOMPARE(text(findPrecisionChanges(facts)), QStringLiteral("note 0, warning 2"));
    facts = atSteps({0, 1, 2});
    for (auto& one : facts) one.mantissa = Mantissa::Fp16;
    QVERIFY(findPrecisionChanges(facts).empty());
    facts[1].mantissa = Mantissa::Bf16;
    QCOMPARE(text(findPrecisionChanges(facts)), QStringLiteral("warning 1"));
    for (auto& one : facts) one.dtype = "F32", one.mantissa = Mantissa::Fp32;
    QVERIFY(findPrecisionChanges(facts).empty());
    facts[2].format = "pytorch";
    QCOMPARE(text(findPrecisionChanges(facts)), QStringLiteral("note 2"));
}

void TestAuditChecks::nonFinite() {
    AuditFacts facts = atSteps({0, 1});
    setTensors(facts[0], {10, 10, 10, 10, 10}, {"1", "2", "3", "4", "5"});
    facts[1].tensors = facts[0].tensors;
    QVERIFY(findNonFinite(facts).empty());
    for (std::size_t i = 0; i < 5; ++i) {
        facts[1].tensors[i].nonFinite = i + 1;
        facts[1].tensors[i].firstNonFinite = 2 * i;
    }
    QCOMPARE(text(findNonFinite(facts)), QStringLiteral("problem 1"));
    QCOMPARE(words(findNonFinite(facts)),
             QStringLiteral("step1: 15 values are NaN or infinite in a (1, first at index 0), "
                            "b (2, first at index 2), c (3, first at index 4) and 2 more"));
}

void TestAuditChecks::constants() {
    AuditFacts facts = atSteps({0, 2000, 3000});
    for (auto& one : facts) setTensors(one, {10, 10, 10}, {"1", "2", "3"});
    QVERIFY(findConstants(facts).empty());
    // Norms and biases start constant.
    facts[0].tensors[0].shape = {10};
    facts[0].tensors[0].constant = 1.0f;
    QVERIFY(findConstants(facts).empty());
    facts[2].tensors[0].shape = {10};
    facts[2].tensors[0].constant = 1.0f;
    QCOMPARE(text(findConstants(facts)), QStringLiteral("note 2"));
    facts = atSteps({0, 2000, 3000});
    for (auto& one : facts) setTensors(one, {10, 10, 10}, {"1", "2", "3"});
    for (const std::size_t tensor : {0u, 1u}) {
        facts[1].tensors[tensor].constant = facts[2].tensors[tensor].constant = -0.0f;
    }
    facts[2].tensors[2].constant = 3.0f;
    QCOMPARE(text(findConstants(facts)), QStringLiteral("warning 1+2, warning 2"));
    QVERIFY(words(findConstants(facts)).contains("2 matrices are all zero: a, b"));
}

void TestAuditChecks::unreadableOnesAreGrouped() {
    AuditFacts facts = atSteps({0, 1, 2});
    QVERIFY(findUnreadable(facts).empty());
    facts[0].problems = {{ErrorCode::ConfigUnsupported, "0/config.json", "not read", "hint"},
                         {ErrorCode::ConfigUnsupported, "0/other", "not read", "hint"}};
    facts[2].problems = {{ErrorCode::ConfigUnsupported, "2/config.json", "not read", "hint"},
                         {ErrorCode::FileVanished, "2/model", "gone", "hint"}};
    QCOMPARE(text(findUnreadable(facts)), QStringLiteral("problem 0+2, problem 2"));
    QVERIFY(words(findUnreadable(facts)).contains("0/config.json: not read; so in 2 checkpoints"));
    QCOMPARE(findUnreadable(facts)[0].code, ErrorCode::ConfigUnsupported);
}

void TestAuditChecks::labelLists() {
    AuditFacts facts = atSteps({1, 2, 3, 4, 5, 6});
    facts[1].label = "a\x1b[31m";
    QCOMPARE(labelList(facts, {0}), std::string("step1"));
    QCOMPARE(labelList(facts, {0, 2}), std::string("step1 and step3"));
    QCOMPARE(labelList(facts, {2, 3, 4}), std::string("step3, step4 and step5"));
    QCOMPARE(labelList(facts, {0, 2, 3, 4, 5}),
             std::string("step1, step3, step4, step5 and 1 more"));
    QVERIFY(labelList(facts, {1}).find('\x1b') == std::string::npos);
}

QTEST_GUILESS_MAIN(TestAuditChecks)
#include "tst_audit_checks.moc"
