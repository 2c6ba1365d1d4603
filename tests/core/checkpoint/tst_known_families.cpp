// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include "core/checkpoint/known_families.h"

using namespace gridscope;

class TestKnownFamilies : public QObject {
    Q_OBJECT
private slots:
    void names_data();
    void names();
    void expectedSteps();
    void configurationSpeaksAgainst();
    void tokens();
};

void TestKnownFamilies::names_data() {
    QTest::addColumn<QByteArray>("run");
    QTest::addColumn<QByteArray>("family");
    const auto row = [](const char* run, const char* family) {
        QTest::newRow(run) << QByteArray(run) << QByteArray(family);
    };
    row("pythia-160m", "Pythia");
    row("models--EleutherAI--Pythia-6.9b-deduped", "Pythia");
    row("pythia-410m-data-seed3", "Pythia");
    row("pythia-1.4b-v0", "Pythia v0");
    row("pythia-160m-deduped-v0", "Pythia v0");
    row("SmolLM2-1.7B-intermediate-checkpoints", "SmolLM2");
    row("SmolLM3-3B-checkpoints", "SmolLM3");
    row("OLMo-7B", "OLMo");
    row("OLMo-2-1124-7B", "OLMo");
    row("alias-gpt2-small-x21", "CRFM GPT-2");
    row("Olmo-3-7B", "");
    row("OLMoE-1B-7B-0924", "");
    row("gpt2-medium", "");
    row("my-run", "");
    row("", "");
}

void TestKnownFamilies::names() {
    QFETCH(QByteArray, run);
    QFETCH(QByteArray, family);
    const auto found = findKnownFamily(run.toStdString(), nullptr);
    QCOMPARE(found ? QByteArray::fromStdString(std::string(found->name)) : QByteArray(), family);
}

// Counts and ends as formats.md 1.3 gives them.
void TestKnownFamilies::expectedSteps() {
    const auto steps = [](const char* run, const StepRange& range = {}) {
        return findKnownFamily(run, nullptr)->expected(range);
    };
    const auto pythia = steps("pythia-1b");
    QCOMPARE(pythia.size(), std::size_t{154});
    QCOMPARE(pythia[10], std::int64_t{512});
    QCOMPARE(pythia[11], std::int64_t{1000});
    QCOMPARE(pythia.back(), std::int64_t{143'000});
    QCOMPARE(steps("pythia-1b-v0").size(), std::size_t{143});
    QCOMPARE(steps("SmolLM2-360M").size(), std::size_t{40});
    QCOMPARE(steps("SmolLM2-360M").back(), std::int64_t{5'000'000});
    const std::size_t kStages[] = {86, 19, 13};
    std::int64_t last = 0;
    for (int stage = 1; stage <= 3; ++stage) {
        const auto part = steps("SmolLM3-3B", {stage, 0, 0});
        QCOMPARE(part.size(), kStages[stage - 1]);
        QCOMPARE(part.front(), last + 40'000);
        last = part.back();
    }
    QCOMPARE(last, std::int64_t{4'720'000});
    QVERIFY(steps("SmolLM3-3B", {4, 0, 0}).empty());
    QCOMPARE(steps("OLMo-7B", {std::nullopt, 1500, 4200}),
             (std::vector<std::int64_t>{2000, 3000, 4000}));
    QVERIFY(steps("OLMo-7B", {std::nullopt, 0, std::numeric_limits<std::int64_t>::max()}).empty());
    const auto crfm = steps("battlestar-gpt2-small-x49");
    QCOMPARE(crfm.size(), std::size_t{608});
    QVERIFY(std::is_sorted(crfm.begin(), crfm.end()));
    QCOMPARE(crfm.back(), std::int64_t{400'000});
}

void TestKnownFamilies::configurationSpeaksAgainst() {
    ModelConfig config;
    config.architecture = Architecture::Llama;
    QVERIFY(!findKnownFamily("pythia-like-llama", &config));
    QVERIFY(findKnownFamily("SmolLM2-135M", &config).has_value());
    config.architecture = Architecture::GptNeox;
    QVERIFY(findKnownFamily("pythia-160m", &config).has_value());
}

void TestKnownFamilies::tokens() {
    const auto tokens = [](const char* run, const char* label,
                           const ModelConfig* config = nullptr) {
        return familyTokensSeen(run, config, parseCheckpointLabel(label));
    };
    QCOMPARE(*tokens("pythia-160m", "step143000"), 143'000.0 * 2'097'152.0);
    QCOMPARE(*tokens("pythia-160m", "step0"), 0.0);
    QCOMPARE(*tokens("SmolLM3-3B", "stage2-step-3480000"), 3'480'000.0 * 2'359'296.0);
    QCOMPARE(*tokens("OLMo-2-7B", "stage1-step1000-tokens5B"), 5e9);
    QVERIFY(!tokens("OLMo-2-7B", "step1000"));
    QVERIFY(!tokens("pythia-160m", "main"));
    QVERIFY(!tokens("my-run", "step10"));
    QCOMPARE(*tokens("SmolLM2-1.7B", "step-125000"), 125'000.0 * 2'097'152.0);
    ModelConfig small;
    small.architecture = Architecture::Llama;
    small.hidden = 576;
    QVERIFY(!tokens("SmolLM2-checkpoints", "step-125000", &small));
    small.hidden = 2048;
    QVERIFY(tokens("SmolLM2-checkpoints", "step-125000", &small).has_value());
}

QTEST_GUILESS_MAIN(TestKnownFamilies)
#include "tst_known_families.moc"
