// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <algorithm>

#include "core/checkpoint/checkpoint_label.h"

using namespace gridscope;

namespace {

constexpr qint64 kNoStep = -1;
constexpr double kNoTokens = -1.0;
constexpr int kNoStage = -1;

}  // namespace

class TestCheckpointLabel : public QObject {
    Q_OBJECT

private slots:
    void examples_data();
    void examples();
    void noStep_data();
    void noStep();
    void order();
    void naturalOrder();
};

// The examples of formats.md 1.1, and edges of its rules.
void TestCheckpointLabel::examples_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<qint64>("step");
    QTest::addColumn<double>("tokens");
    QTest::addColumn<int>("stage");
    QTest::addColumn<QByteArray>("ingredient");
    QTest::addColumn<int>("rank");
    const auto row = [](const char* name, qint64 step, double tokens = kNoTokens,
                        int stage = kNoStage, const char* ingredient = "", int rank = 0) {
        QTest::newRow(name) << QByteArray(name) << step << tokens << stage << QByteArray(ingredient)
                            << rank;
    };
    row("step143000", 143000);
    row("step_512", 512);
    row("step-512", 512);
    row("step12k", 12000);
    row("checkpoint-300000", 300000);
    row("checkpoint_7", 7);
    row("iter_0058000", 58000);
    row("global_step1000", 1000);
    row("ckpt_step_12000.pth", 12000);
    row("STEP5.SafeTensors", 5);
    row("pythia-160m-step0", 0);
    row("extension_step100", 100, kNoTokens, kNoStage, "", 1000);
    row("step1000-tokens4B", 1000, 4e9);
    row("step-480k-token-1007B", 480000, 1007e9);
    row("TinyLlama-1.1B-intermediate-step-1431k-3T", 1431000, 3e12);
    row("step5-tokens-20M", 5, 20e6);
    row("stage2-ingredient1+2-step23842", 23842, kNoTokens, 2, "1+2", 2);
    row("stage1-step90000-tokens189B", 90000, 189e9, 1, "", 1);
    row("stage1-step-40000", 40000, kNoTokens, 1, "", 1);
    row("lc-4k-to-32k-step-4000", 4000, kNoTokens, kNoStage, "",
        2280);  // 256 * 2^7 tokens, 40 an octave
    row("multiberts-seed_0-step_20k", 20000);
    row("CrystalCoder_phase1_checkpoint_055500", 55500, kNoTokens, 1, "", 1);
    row("step-024000_tokens-0100B-phase1", 24000, 100e9);
    row("step69369-seed-default", 69369);
    row("128", 128);
    row("stage1000-step5", 5, kNoTokens, 1000, "", 999);
    row("step999999999999999999", 999999999999999999);
}

void TestCheckpointLabel::examples() {
    QFETCH(QByteArray, name);
    QFETCH(qint64, step);
    QFETCH(double, tokens);
    QFETCH(int, stage);
    QFETCH(QByteArray, ingredient);
    QFETCH(int, rank);
    const CheckpointLabel label = parseCheckpointLabel(name.toStdString());
    QCOMPARE(label.text, name.toStdString());
    QVERIFY(label.step.has_value());
    QCOMPARE(static_cast<qint64>(label.step->value), step);
    QCOMPARE(label.tokensSeen.value_or(kNoTokens), tokens);
    QCOMPARE(label.stage.value_or(kNoStage), stage);
    QCOMPARE(label.ingredient, ingredient.toStdString());
    QCOMPARE(label.stageRank, rank);
}

void TestCheckpointLabel::noStep_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<int>("rank");
    for (const char* name : {"gpt-neox-20b",
                             "stepping-stone-5",
                             "footstep12",
                             "step12345678901234567890",
                             "",
                             "step",
                             "step5x",
                             "step5-tokens4Q",
                             "step-1-2",
                             "step999999999999999999k",
                             "main",
                             "final",
                             "last",
                             "latest",
                             "maintenance",
                             "ckpt_355",
                             "ckpt-3",
                             "checkpoint",
                             "iter5",
                             "\xFF\xFEstep"})
        QTest::newRow(*name == '\0' ? "empty" : name) << QByteArray(name) << 4000;
    QTest::newRow("post") << QByteArray("it-soup-APO") << 3000;
}

void TestCheckpointLabel::noStep() {
    QFETCH(QByteArray, name);
    QFETCH(int, rank);
    const CheckpointLabel label = parseCheckpointLabel(name.toStdString());
    QVERIFY(!label.step.has_value());
    QCOMPARE(label.stageRank, rank);
    QCOMPARE(label.text, name.toStdString());
}

void TestCheckpointLabel::order() {
    const std::vector<std::string> sorted{"step0",
                                          "step2",
                                          "step16",
                                          "step1000",
                                          "stage1-step100",
                                          "stage1-step2000",
                                          "stage2-ingredient1-step10",
                                          "stage2-ingredient2-step10",
                                          "stage2-ingredient10-step10",
                                          "stage2-ingredient1-step20",
                                          "extension_step5",
                                          "lc-4k-to-5k-step-9",
                                          "lc-4k-to-6k-step-8",
                                          "lc-4k-to-7000-step-7",
                                          "lc-4k-to-32k-step-9",
                                          "lc-4k-to-64k-step-1",
                                          "it-a",
                                          "ckpt_2",
                                          "ckpt_10",
                                          "main"};
    std::vector<CheckpointLabel> labels;
    for (const std::string& name : sorted) labels.push_back(parseCheckpointLabel(name));
    std::reverse(labels.begin(), labels.end());
    std::sort(labels.begin(), labels.end(), labelComesBefore);
    for (std::size_t i = 0; i < sorted.size(); ++i) QCOMPARE(labels[i].text, sorted[i]);
}

void TestCheckpointLabel::naturalOrder() {
    QVERIFY(naturallyBefore("a2", "a10"));
    QVERIFY(!naturallyBefore("a10", "a2"));
    QVERIFY(naturallyBefore("a", "a1"));
    QVERIFY(naturallyBefore("a02", "a2") != naturallyBefore("a2", "a02"));
    QVERIFY(!naturallyBefore("a2", "a2"));
    QVERIFY(naturallyBefore("x99999999999999999999998", "x99999999999999999999999"));
}

QTEST_GUILESS_MAIN(TestCheckpointLabel)
#include "tst_checkpoint_label.moc"
