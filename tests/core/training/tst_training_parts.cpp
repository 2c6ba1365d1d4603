// SPDX-License-Identifier: GPL-3.0-or-later

// The parts of the trainer that need no tensors: AdamW, data order, save steps, state file, recipe.

#include <QtTest>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include "core/training/adamw.h"
#include "core/training/data_order.h"
#include "core/training/demo_recipe.h"
#include "core/training/save_steps.h"
#include "core/training/training_state.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

QString textOf(const std::vector<std::int64_t>& steps) {
    QStringList items;
    for (const std::int64_t step : steps) items << QString::number(step);
    return items.join(QLatin1Char(' '));
}

QString codeOf(const Error& error) {
    const std::string_view text = errorCodeText(error.code);
    return QString::fromLatin1(text.data(), static_cast<qsizetype>(text.size()));
}

struct StateFixture {
    std::vector<float> weights{1.0F, -2.0F, 3.5F};
    std::vector<float> first{0.1F, 0.2F, 0.3F};
    std::vector<float> second{4.0F, 5.0F, std::numeric_limits<float>::denorm_min()};
    TrainingStateHeader header{42, 1, std::string(64, 'a')};
    TrainingStateBuffers buffers() { return {weights, first, second}; }
};

}  // namespace

class TestTrainingParts : public QObject {
    Q_OBJECT
private slots:
    void adamwAgainstHand();
    void adamwWithoutDecay();
    void gradientNormAndClipping();
    void dataOrderIsPureAndUniform();
    void fileOrder();
    void normalNumbers();
    void saveSteps_data();
    void saveSteps();
    void saveStepErrors_data();
    void saveStepErrors();
    void stateRoundTrip();
    void damagedState_data();
    void damagedState();
    void demoConstants();
    void settingsHashCoversTheRecipe();
};

void TestTrainingParts::adamwAgainstHand() {
    // By hand: m = 0.05, v = 0.0125; corrected 0.5 and 0.25; 1 * (1 - 0.1 * 0.1) - 0.1 * 0.5 / 0.5.
    std::vector<float> weight{1.0F}, first{0.0F}, second{0.0F}, gradient{0.5F};
    const AdamwBuffers buffers{weight, gradient, first, second};
    updateAdamw({0.9, 0.95, 1e-8}, {1, 0.1, 0.1, 1.0}, buffers);
    QVERIFY(std::abs(weight[0] - 0.89F) < 1e-6F);
    QVERIFY(std::abs(first[0] - 0.05F) < 1e-8F);
    QVERIFY(std::abs(second[0] - 0.0125F) < 1e-8F);
    // Second update, gradient -0.5 scaled by 0.5: m = 0.02, v = 0.015; corrected by 0.19 and
    // 0.0975: 0.1052632 and sqrt 0.3922323; 0.89 * 0.99 - 0.1 * 0.2683694.
    gradient[0] = -0.5F;
    updateAdamw({0.9, 0.95, 1e-8}, {2, 0.1, 0.1, 0.5}, buffers);
    QVERIFY(std::abs(weight[0] - 0.8542631F) < 1e-6F);
    QVERIFY(std::abs(first[0] - 0.02F) < 1e-8F);
    QVERIFY(std::abs(second[0] - 0.015F) < 1e-8F);
}

void TestTrainingParts::adamwWithoutDecay() {
    // The first corrected update is lr * sign(g), whatever the size of g; a zero gradient of zero
    // moments changes nothing. 19 elements: the vectorized part and its rest.
    std::vector<float> weights(19, 2.0F), first(19, 0.0F), second(19, 0.0F), gradients(19);
    for (std::size_t i = 0; i < 19; ++i)
        gradients[i] = 0.01F * (static_cast<float>(i) - 9.0F) * (i == 18 ? 100.0F : 1.0F);
    updateAdamw({0.9, 0.95, 1e-12}, {1, 0.25, 0.0, 1.0}, {weights, gradients, first, second});
    for (std::size_t i = 0; i < 19; ++i) {
        const float expected = i < 9 ? 2.25F : i == 9 ? 2.0F : 1.75F;
        QVERIFY2(std::abs(weights[i] - expected) < 1e-5F, qPrintable(QString::number(i)));
    }
}

void TestTrainingParts::gradientNormAndClipping() {
    QCOMPARE(gradientNorm(std::vector<float>{3.0F, -4.0F}), 5.0);
    QCOMPARE(gradientNorm({}), 0.0);
    // 1 + 4 + ... + 19^2 = 19 * 20 * 39 / 6.
    std::vector<float> many(19);
    std::iota(many.begin(), many.end(), 1.0F);
    QCOMPARE(gradientNorm(many), std::sqrt(2470.0));
    // The square of 1e25 does not fit FP32.
    QVERIFY(std::abs(gradientNorm(std::vector<float>{1e25F}) / 1e25 - 1.0) < 1e-6);
    QVERIFY(std::isnan(
        gradientNorm(std::vector<float>{1.0F, std::numeric_limits<float>::quiet_NaN()})));
    QCOMPARE(clipScale(5.0, 1.0), 0.2);
    QCOMPARE(clipScale(0.5, 1.0), 1.0);
}

void TestTrainingParts::dataOrderIsPureAndUniform() {
    constexpr std::size_t kStarts = 100;
    std::vector<int> counts(kStarts, 0);
    std::set<std::vector<std::size_t>> batches;
    for (std::int64_t step = 1; step <= 500; ++step) {
        std::vector<std::size_t> batch;
        for (std::int64_t sample = 0; sample < 20; ++sample) {
            batch.push_back(windowStart(7, step, sample, kStarts));
            QVERIFY(batch.back() < kStarts);
            QCOMPARE(batch.back(), windowStart(7, step, sample, kStarts));
            ++counts[batch.back()];
        }
        batches.insert(batch);
    }
    QCOMPARE(batches.size(), std::size_t{500});
    // Chi-square of 10,000 draws over 100 cells: 99 degrees of freedom, 148 is its 0.999 quantile.
    double chiSquare = 0.0;
    for (const int count : counts) chiSquare += (count - 100.0) * (count - 100.0) / 100.0;
    QVERIFY2(chiSquare > 50.0 && chiSquare < 148.0, qPrintable(QString::number(chiSquare)));
    QVERIFY(windowStart(7, 1, 0, std::size_t{1} << 40) !=
            windowStart(8, 1, 0, std::size_t{1} << 40));
    QCOMPARE(windowStart(7, 3, 5, 1), std::size_t{0});
}

void TestTrainingParts::fileOrder() {
    // 20 starts, a window every 6 tokens: at 0, 6, 12 and 18, then from the first again.
    const FileOrder order{1, 6};
    std::vector<std::size_t> starts;
    for (std::int64_t sample = 0; sample < 5; ++sample)
        starts.push_back(windowStart(order, sample, 20));
    const std::vector<std::size_t> expected{6, 12, 18, 0, 6};
    QCOMPARE(starts, expected);
    QCOMPARE(windowStart(FileOrder{0, 2049}, 7, 1), std::size_t{0});
    // The 71,680,001st sequence of 2,049: what Pythia trained on first behind step 70,000.
    QCOMPARE(windowStart(FileOrder{71'680'000, 2049}, 0, std::size_t{1} << 40),
             std::size_t{71'680'000} * 2049);
}

void TestTrainingParts::normalNumbers() {
    double sum = 0.0, squares = 0.0, fourths = 0.0;
    constexpr int kCount = 200'000;
    for (std::uint64_t i = 0; i < kCount; ++i) {
        const double x = counterNormal(3, 1, i);
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
    }
    // Five standard errors of mean, variance and fourth moment: 1, sqrt 2, sqrt 96 over sqrt n.
    QVERIFY(std::abs(sum / kCount) < 0.0112);
    QVERIFY(std::abs(squares / kCount - 1.0) < 0.0158);
    QVERIFY(std::abs(fourths / kCount - 3.0) < 0.11);
}

void TestTrainingParts::saveSteps_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("first");
    QTest::addColumn<qint64>("last");
    QTest::addColumn<QString>("expected");
    QTest::newRow("log") << "log" << qint64{0} << qint64{1000}
                         << "0 1 2 4 8 16 32 64 128 256 512 1000";
    QTest::newRow("log, short run") << "log" << qint64{0} << qint64{10} << "0 1 2 4 8 10";
    QTest::newRow("both") << "log,every:1000" << qint64{0} << qint64{2500}
                          << "0 1 2 4 8 16 32 64 128 256 512 1000 2000 2500";
    QTest::newRow("every") << "every:3" << qint64{0} << qint64{7} << "0 3 6 7";
    QTest::newRow("numbers") << "5,2,5" << qint64{0} << qint64{7} << "2 5 7";
    QTest::newRow("fork") << "log,every:1000" << qint64{70'500} << qint64{73'000}
                          << "71000 72000 73000";
    QTest::newRow("no steps") << "log,every:1" << qint64{0} << qint64{0} << "0";
    QTest::newRow("huge spacing") << "every:9223372036854775807" << qint64{0} << qint64{5} << "0 5";
}

void TestTrainingParts::saveSteps() {
    QFETCH(QString, text);
    QFETCH(qint64, first);
    QFETCH(qint64, last);
    const auto steps = parseSaveSteps(text.toStdString(), first, last);
    GRIDSCOPE_VERIFY_OK(steps);
    QTEST(textOf(*steps), "expected");
}

void TestTrainingParts::saveStepErrors_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("where");
    QTest::newRow("empty") << ""
                           << "settings.syntax"
                           << "--save, ";
    QTest::newRow("trailing comma") << "log,"
                                    << "settings.syntax"
                                    << "--save, ";
    QTest::newRow("word") << "log,often"
                          << "settings.syntax"
                          << "--save, often";
    QTest::newRow("no number") << "every:"
                               << "settings.syntax"
                               << "--save, every:";
    QTest::newRow("fraction") << "every:1.5"
                              << "settings.syntax"
                              << "--save, every:1.5";
    QTest::newRow("zero") << "every:0"
                          << "settings.range"
                          << "--save, every:0";
    QTest::newRow("negative") << "every:-5"
                              << "settings.range"
                              << "--save, every:-5";
    QTest::newRow("beyond") << "101"
                            << "settings.range"
                            << "--save, 101";
}

void TestTrainingParts::saveStepErrors() {
    QFETCH(QString, text);
    const auto steps = parseSaveSteps(text.toStdString(), 0, 100);
    QVERIFY(!steps);
    QTEST(codeOf(steps.error()), "code");
    QTEST(QString::fromStdString(steps.error().where), "where");
}

void TestTrainingParts::stateRoundTrip() {
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.filePath("state").toStdString();
    StateFixture written;
    GRIDSCOPE_VERIFY_OK(
        writeTrainingState(systemFileOps(), path, written.header, written.buffers()));
    StateFixture read;
    read.weights = read.first = read.second = {0.0F, 0.0F, 0.0F};
    const auto header =
        readTrainingState(systemFileOps(), path, written.header.settingsHash, read.buffers());
    GRIDSCOPE_VERIFY_OK(header);
    QCOMPARE(header->step, std::int64_t{42});
    QCOMPARE(header->threads, 1);
    QCOMPARE(read.weights, written.weights);
    QCOMPARE(read.first, written.first);
    QCOMPARE(read.second, written.second);
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
}

void TestTrainingParts::damagedState_data() {
    QTest::addColumn<int>("flipped");  // byte to change, -1 = none
    QTest::addColumn<int>("kept");     // bytes to keep, -1 = all
    // 96 bytes of header, 36 of numbers, 64 of checksum.
    QTest::newRow("magic") << 0 << -1;
    QTest::newRow("step") << 8 << -1;
    QTest::newRow("hash") << 30 << -1;
    QTest::newRow("count") << 88 << -1;
    QTest::newRow("weight") << 100 << -1;
    QTest::newRow("moment") << 131 << -1;
    QTest::newRow("checksum") << 195 << -1;
    QTest::newRow("empty") << -1 << 0;
    QTest::newRow("header cut") << -1 << 95;
    QTest::newRow("numbers cut") << -1 << 170;
    QTest::newRow("one byte short") << -1 << 195;
}

void TestTrainingParts::damagedState() {
    QFETCH(int, flipped);
    QFETCH(int, kept);
    const QTemporaryDir folder;
    const QString path = folder.filePath("state");
    StateFixture state;
    GRIDSCOPE_VERIFY_OK(
        writeTrainingState(systemFileOps(), path.toStdString(), state.header, state.buffers()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QByteArray bytes = file.readAll();
    QCOMPARE(bytes.size(), 196);
    if (flipped >= 0) bytes[flipped] = static_cast<char>(bytes[flipped] ^ 1);
    if (kept >= 0) bytes.truncate(kept);
    file.resize(0);
    file.seek(0);
    file.write(bytes);
    file.close();
    const auto read = readTrainingState(systemFileOps(), path.toStdString(),
                                        state.header.settingsHash, state.buffers());
    QVERIFY(!read);
    QCOMPARE(codeOf(read.error()), QString("training.state"));
    QCOMPARE(QString::fromStdString(read.error().where), path);
}

void TestTrainingParts::demoConstants() {
    const DemoRecipe demo = demoRecipe();
    const TrainingSettings& training = demo.training;
    QCOMPARE(training.saveSteps.size(), std::size_t{20});
    QCOMPARE(training.saveSteps.back(), training.lastStep());
    QCOMPARE(training.tokensPerStep(), std::int64_t{512});
    QCOMPARE(demo.smallestRate, 0.02 * demo.largestRate);
    const DemoRecipe quick = quickDemoRecipe();
    QCOMPARE(quick.training.saveSteps.back(), quick.training.lastStep());
}

void TestTrainingParts::settingsHashCoversTheRecipe() {
    TrainingSettings base = demoRecipe().training;
    base.tokens = {1, 2, 3};
    const std::string hash = trainingSettingsHash(base);
    QCOMPARE(hash.size(), std::size_t{64});
    TrainingSettings same = base;
    same.steps += 10;
    same.threads = 2;
    same.saveSteps.clear();
    QCOMPARE(trainingSettingsHash(same), hash);
    const std::vector<std::function<void(TrainingSettings&)>> changes{
        [](TrainingSettings& s) { s.model.layers += 1; },
        [](TrainingSettings& s) { s.model.rope.theta *= 2.0; },
        [](TrainingSettings& s) { s.tokens[2] = 4; },
        [](TrainingSettings& s) { s.firstStep = 1; },
        [](TrainingSettings& s) { s.batch += 1; },
        [](TrainingSettings& s) { s.accumulate += 1; },
        [](TrainingSettings& s) { s.weightDecay = 0.2; },
        [](TrainingSettings& s) { s.clip = 0.5; },
        [](TrainingSettings& s) { s.seed += 1; },
        [](TrainingSettings& s) { s.scheduleText = "wsd"; },
        [](TrainingSettings& s) { s.dataOrder = DataOrder::File; },
        [](TrainingSettings& s) {
            s.dataOrder = DataOrder::File;
            s.fileOrder.first = 1;
        },
    };
    std::set<std::string> hashes{hash};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        TrainingSettings changed = base;
        changes[i](changed);
        QVERIFY2(hashes.insert(trainingSettingsHash(changed)).second,
                 qPrintable(QString::number(i)));
    }
}

QTEST_GUILESS_MAIN(TestTrainingParts)
#include "tst_training_parts.moc"
