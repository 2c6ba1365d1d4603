// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include <numeric>
#include <random>

#include "core/quant/fake_quantize.h"
#include "core/quant/reference_quantize.h"
#include "tests/core/quant/suite_reader.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

std::vector<float> floats(const QJsonValue& value) {
    std::vector<float> out;
    for (const QJsonValue& entry : value.toArray())
        out.push_back(static_cast<float>(entry.toDouble()));
    return out;
}

MatrixView oneRow(const std::vector<float>& weights) {
    return {weights.data(), 1, static_cast<std::int64_t>(weights.size())};
}

std::vector<float> gaussian(std::size_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal(0.0F, 0.02F);
    std::vector<float> weights(count);
    std::generate(weights.begin(), weights.end(), [&] { return normal(generator); });
    return weights;
}

struct Outcome {
    GridStatistics statistics;
    std::vector<float> values;
    QuantizedCodes codes;
};

Outcome quantize(MatrixView weight, const char* id, std::uint64_t seed = 0) {
    Outcome out;
    out.values.resize(weight.values().size());
    QuantizeOptions options;
    options.dequantized = out.values;
    options.codes = &out.codes;
    options.seed = seed;
    out.statistics = quantizeMatrix(weight, parseGrid(id).value(), options).value();
    return out;
}

}  // namespace

class TestFakeQuantize : public QObject {
    Q_OBJECT

private slots:
    void edgeGroups_data();
    void edgeGroups();
    void reconstructsWithinHalfAStep_data();
    void reconstructsWithinHalfAStep();
    void llamaCpp();
    void llamaCppZeroBlocks();
    void torchAo();
    void normalFloat();
    void normalFloatRunsOverRows();
    void halfRounding_data();
    void halfRounding();
    void flipsAreCounted();
    void phaseControl();
    void noiseControl();
    void hugeRanges();
    void refusesBadInput();
};

void TestFakeQuantize::edgeGroups_data() {
    QTest::addColumn<QJsonObject>("group");
    const QJsonObject file = test::readJson(test::dataFolder() / "suite_a/edge_groups.json");
    const QJsonArray groups = file.value(QStringLiteral("groups")).toArray();
    QCOMPARE(groups.size(), 24);
    for (const QJsonValue& group : groups)
        QTest::newRow(group.toObject().value(QStringLiteral("name")).toString().toUtf8())
            << group.toObject();
}

// W02 all zero, constant and one-valued groups; W03 tiny ranges; W04 outlier and largest fp16; W06
// the short group.
void TestFakeQuantize::edgeGroups() {
    QFETCH(QJsonObject, group);
    const std::vector<float> weights = floats(group.value(QStringLiteral("weights")));
    const QJsonObject results = group.value(QStringLiteral("results")).toObject();
    const std::pair<const char*, const char*> grids[] = {
        {"int4-minmax", "a4channel"},  {"int4-gptq", "a4channel:gptq"},
        {"int4-awq", "a4channel:awq"}, {"int4-float-zero", "a4channel:float-zero"},
        {"int2-minmax", "a2channel"},  {"int3-minmax", "a3channel"},
        {"int8-minmax", "a8channel"},  {"int4-sym", "s4channel"},
        {"int8-sym", "s8channel"}};
    QCOMPARE(results.size(), 9);
    for (const auto& [name, id] : grids) {
        const QJsonObject expected = results.value(QLatin1String(name)).toObject();
        QVERIFY2(!expected.isEmpty(), name);
        const Outcome found = quantize(oneRow(weights), id);
        const auto reference = referenceQuantize(oneRow(weights), parseGrid(id).value(), 0);
        GRIDSCOPE_VERIFY_OK(reference);
        const QJsonValue scale = expected.value(QStringLiteral("scale"));
        const QJsonValue zeroPoint = expected.value(QStringLiteral("zero_point"));
        const bool exact = scale.isNull();
        QVERIFY2(found.codes.scale[0] == (exact ? 0.0F : static_cast<float>(scale.toDouble())),
                 name);
        // Symmetric grids have no zero-point in the file; their codes are shifted by 2^(bits-1).
        const double shift = id[0] == 's' ? (id[1] == '4' ? 8.0 : 128.0) : zeroPoint.toDouble();
        QVERIFY2(found.codes.zeroPoint[0] == (exact ? 0.0F : static_cast<float>(shift)), name);
        const std::vector<float> codes = floats(expected.value(QStringLiteral("codes")));
        QVERIFY2(std::equal(codes.begin(), codes.end(), found.codes.codes.begin(),
                            found.codes.codes.end(),
                            [](float a, std::uint8_t b) { return a == static_cast<float>(b); }),
                 name);
        QVERIFY2(found.values == floats(expected.value(QStringLiteral("dequantized"))), name);
        QVERIFY2(reference->residuals == floats(expected.value(QStringLiteral("residuals"))), name);
        QVERIFY2(found.statistics.exactGroups == (exact ? 1.0 : 0.0), name);
    }
}

void TestFakeQuantize::reconstructsWithinHalfAStep_data() {
    QTest::addColumn<QString>("id");
    for (const int bits : {2, 3, 4, 5, 6, 8}) {
        for (const char* sign : {"a", "s"}) {
            for (const char* group : {"g32", "g64", "g128", "g256", "channel", "tensor"}) {
                const QString id =
                    QString::fromUtf8(sign) + QString::number(bits) + QString::fromUtf8(group);
                QTest::newRow(id.toUtf8()) << id;
            }
        }
    }
}

void TestFakeQuantize::reconstructsWithinHalfAStep() {
    QFETCH(QString, id);
    const std::int64_t rows = 24;
    const std::int64_t columns = 352;
    const std::vector<float> weights = gaussian(static_cast<std::size_t>(rows * columns), 21);
    const Outcome found = quantize({weights.data(), rows, columns}, id.toUtf8());
    const Grid grid = parseGrid(id.toStdString()).value();
    const std::int64_t length = grid.groupKind == GroupKind::Size ? grid.groupSize : columns;
    const std::int64_t perRow = (columns + length - 1) / length;
    for (std::int64_t i = 0; i < rows * columns; ++i) {
        const std::int64_t group =
            grid.groupKind == GroupKind::Tensor ? 0 : i / columns * perRow + i % columns / length;
        const auto place = static_cast<std::size_t>(i);
        const double scale = found.codes.scale[static_cast<std::size_t>(group)];
        const double zeroPoint = found.codes.zeroPoint[static_cast<std::size_t>(group)];
        const double value = found.values[place];
        QVERIFY(found.codes.codes[place] < grid.codeCount());
        QVERIFY(std::fabs(value - (found.codes.codes[place] - zeroPoint) * scale) <=
                1e-6 * std::fabs(value));
        // The rounded zero-point may push the outermost level half a step inwards.
        const double reach = grid.symmetric ? 0.5 : 1.0;
        QVERIFY(std::fabs(value - static_cast<double>(weights[place])) <= reach * scale * 1.0001);
    }
    const auto& histogram = found.statistics.codeHistogram;
    QCOMPARE(histogram.size(), std::size_t{grid.codeCount()});
    QCOMPARE(std::accumulate(histogram.begin(), histogram.end(), 0U), weights.size());
    QCOMPARE(found.statistics.exactGroups, 0.0);
    QVERIFY(found.statistics.sqnrDb > 0.0);
}

void TestFakeQuantize::llamaCpp() {
    // By hand. q4_0: the largest magnitude is -8, so d = 1 and code = trunc(w + 8.5).
    const std::vector<float> signedPeak = {-8.0F, 7.0F, 7.6F, 0.5F, -0.5F, 0.49F, 2.0F, -7.5F};
    const Outcome q40 = quantize(oneRow(signedPeak), "q4_0");
    QVERIFY(q40.codes.codes == (std::vector<std::uint8_t>{0, 15, 15, 9, 8, 8, 10, 1}));
    QVERIFY(q40.values == (std::vector<float>{-8, 7, 7, 1, 0, 0, 2, -7}));
    QCOMPARE(q40.codes.scale[0], 1.0F);
    // Of two equal magnitudes the first gives the sign: d = 4 / -8.
    const Outcome tied = quantize(oneRow({4.0F, -4.0F, 1.0F}), "q4_0");
    QCOMPARE(tied.codes.scale[0], -0.5F);
    QVERIFY(tied.values == (std::vector<float>{4.0F, -3.5F, 1.0F}));
    // q4_1: d = (17 - 2) / 15 = 1, m = 2, halves go up.
    const Outcome q41 = quantize(oneRow({2.0F, 17.0F, 3.5F, 4.49F}), "q4_1");
    QVERIFY(q41.codes.codes == (std::vector<std::uint8_t>{0, 15, 2, 2}));
    QVERIFY(q41.values == (std::vector<float>{2, 17, 4, 4}));
    QVERIFY(std::isnan(q41.statistics.levelFlipRate));
    // q8_0: d = 1, halves go away from zero.
    const Outcome q80 = quantize(oneRow({127.0F, 0.5F, -0.5F, 1.5F, -2.5F, 2.49F}), "q8_0");
    QVERIFY(q80.codes.codes == (std::vector<std::uint8_t>{255, 129, 127, 130, 125, 130}));
    QVERIFY(q80.values == (std::vector<float>{127, 1, -1, 2, -3, 2}));
}

// W02 by the rule of llama.cpp.
void TestFakeQuantize::llamaCppZeroBlocks() {
    for (const char* id : {"q4_0", "q4_1", "q8_0", "nf4"}) {
        const Outcome zero = quantize(oneRow(std::vector<float>(40, 0.0F)), id);
        QVERIFY2(zero.values == std::vector<float>(40, 0.0F), id);
        QCOMPARE(zero.statistics.errorEnergy, 0.0);
        QCOMPARE(zero.statistics.exactGroups, 1.0);
        // A constant block is not exempt: its value goes through the FP16 scale, except for nf4.
        const Outcome constant = quantize(oneRow(std::vector<float>(40, 0.3F)), id);
        for (const float value : constant.values) QVERIFY2(std::fabs(value - 0.3F) < 2e-4F, id);
    }
}

void TestFakeQuantize::torchAo() {
    // By hand: s = 127.5 / 127.5 = 1; -128 can be reached, 128 cannot.
    const Outcome found = quantize(oneRow({-127.5F, 127.5F, 0.5F, 1.5F}), "torchao-int8");
    QVERIFY(found.codes.codes == (std::vector<std::uint8_t>{0, 255, 128, 130}));
    QVERIFY(found.values == (std::vector<float>{-128, 127, 0, 2}));
}

void TestFakeQuantize::normalFloat() {
    // Levels 7, 8 of the published table are 0 and 0.0796, their middle is 0.0398.
    const Outcome found = quantize(oneRow({-2.0F, 2.0F, 0.0F, 0.0796F * 2.0F, 0.0397F * 2.0F,
                                           0.0399F * 2.0F, -0.6962F * 2.0F}),
                                   "nf4");
    QVERIFY(found.codes.codes == (std::vector<std::uint8_t>{0, 15, 7, 8, 7, 8, 1}));
    QCOMPARE(found.values[0], -2.0F);
    QCOMPARE(found.values[1], 2.0F);
    QCOMPARE(found.values[5], 2.0F * 0.07958029955625534F);
    QCOMPARE(found.values[6], 2.0F * -0.6961928009986877F);
}

void TestFakeQuantize::normalFloatRunsOverRows() {
    // Rows of 6, blocks of 4 over the flattened tensor: the block of places 4..7 spans two rows.
    std::vector<float> weights(12, 0.5F);
    weights[7] = 8.0F;
    const Outcome found = quantize({weights.data(), 2, 6}, "nf4g4");
    QCOMPARE(found.codes.scale.size(), std::size_t{3});
    QCOMPARE(found.codes.scale[1], 8.0F);
    QCOMPARE(found.codes.scale[2], 0.5F);
    QVERIFY(found.values[4] != 0.5F);
    QCOMPARE(found.values[8], 0.5F);
}

void TestFakeQuantize::halfRounding_data() {
    QTest::addColumn<float>("value");
    QTest::addColumn<float>("rounded");
    QTest::newRow("exact") << 0.5F << 0.5F;
    QTest::newRow("tie to even, down") << 1.0F + 0x1p-11F << 1.0F;
    QTest::newRow("tie to even, up") << 1.0F + 3 * 0x1p-11F << 1.0F + 0x1p-9F;
    QTest::newRow("subnormal") << 2.4F * 0x1p-24F << 2.0F * 0x1p-24F;
    QTest::newRow("saturates") << 1e30F << 65504.0F;
}

void TestFakeQuantize::halfRounding() {
    // Seen through q4_1, whose minimum is stored as FP16 and is what code 0 stands for.
    QFETCH(float, value);
    QFETCH(float, rounded);
    const Outcome found = quantize(oneRow({value, value}), "q4_1");
    QCOMPARE(found.values[0], rounded);
}

void TestFakeQuantize::flipsAreCounted() {
    // Scale 1 and zero-point 0, then everything one level lower: zero-point 1.
    const std::vector<float> before = {0, 1, 2, 3, 15, 7};
    const std::vector<float> after = {-1, 1, 2, 4, 14, 7};
    QuantizedCodes codes;
    QuantizeOptions options;
    options.codes = &codes;
    const Grid grid = parseGrid("int4").value();
    const auto first = quantizeMatrix(oneRow(before), grid, options);
    GRIDSCOPE_VERIFY_OK(first);
    QVERIFY(std::isnan(first->flipRate));
    QCOMPARE(first->compared, std::uint64_t{0});
    options.previous = &codes;
    const auto second = quantizeMatrix(oneRow(after), grid, options);
    GRIDSCOPE_VERIFY_OK(second);
    QVERIFY(codes.codes == (std::vector<std::uint8_t>{0, 2, 3, 5, 15, 8}));
    QCOMPARE(second->compared, std::uint64_t{6});
    QCOMPARE(second->codeFlips, std::uint64_t{4});   // places 1, 2, 3, 5
    QCOMPARE(second->levelFlips, std::uint64_t{3});  // places 0, 3, 4
    QCOMPARE(second->zeroPointChange, 1.0);
    QCOMPARE(second->scaleChange, 0.0);
    const std::vector<float> doubled = {-2, 2, 4, 8, 28, 14};
    const auto third = quantizeMatrix(oneRow(doubled), grid, options);
    GRIDSCOPE_VERIFY_OK(third);
    QCOMPARE(third->flipRate, 0.0);
    QCOMPARE(third->scaleChange, 1.0);
}

void TestFakeQuantize::phaseControl() {
    const std::vector<float> weights = gaussian(64 * 256, 31);
    const MatrixView view{weights.data(), 64, 256};
    const Outcome plain = quantize(view, "int4");
    const Outcome first = quantize(view, "int4~phase", 1);
    const Outcome again = quantize(view, "int4~phase", 1);
    const Outcome other = quantize(view, "int4~phase", 2);
    QVERIFY(first.values == again.values);
    QVERIFY(first.values != other.values);
    QVERIFY(first.codes.codes.empty());
    QVERIFY(first.statistics.codeHistogram.empty());
    QVERIFY(std::isnan(first.statistics.codeEntropy));
    std::vector<double> phases;
    for (std::size_t group = 0; group < plain.codes.scale.size(); ++group) {
        const double scale = plain.codes.scale[group];
        for (std::size_t i = group * 128; i < (group + 1) * 128; ++i) {
            const double value = first.values[i];
            QVERIFY(std::fabs(value - static_cast<double>(weights[i])) <= 0.5001 * scale);
            // All values of a group lie on one shifted grid.
            const double steps = (value - static_cast<double>(first.values[group * 128])) / scale;
            QVERIFY(std::fabs(steps - std::nearbyint(steps)) < 1e-3);
        }
        const double offset = static_cast<double>(first.values[group * 128]) / scale;
        phases.push_back(offset - std::floor(offset));
    }
    // 128 phases, uniform in [0, 1): mean 0.5 +- 4 sd.
    const double mean = std::accumulate(phases.begin(), phases.end(), 0.0) / 128.0;
    QVERIFY(std::fabs(mean - 0.5) < 4.0 * std::sqrt(1.0 / 12.0 / 128.0));
}

void TestFakeQuantize::noiseControl() {
    const std::vector<float> weights = gaussian(64 * 257, 41);
    const MatrixView view{weights.data(), 64, 257};
    const Outcome plain = quantize(view, "int4");
    const Outcome noisy = quantize(view, "int4~noise", 1);
    const Outcome other = quantize(view, "int4~noise", 2);
    QVERIFY(noisy.values != other.values);
    double energy = 0.0;
    double fourth = 0.0;
    double sum = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const double error = static_cast<double>(noisy.values[i]) - static_cast<double>(weights[i]);
        sum += error;
        energy += error * error;
        fourth += error * error * error * error;
    }
    const double count = static_cast<double>(weights.size());
    QVERIFY(std::fabs(energy / plain.statistics.errorEnergy - 1.0) < 1e-6);
    QVERIFY(std::fabs(noisy.statistics.errorEnergy / energy - 1.0) < 1e-9);
    QCOMPARE(noisy.statistics.weightEnergy, plain.statistics.weightEnergy);
    // Gaussian: mean 0, m4 / m2^2 = 3, each within 4 standard errors.
    QVERIFY(std::fabs(sum / count) < 4.0 * std::sqrt(energy / count / count));
    QVERIFY(std::fabs(fourth * count / (energy * energy) - 3.0) < 4.0 * std::sqrt(96.0 / count));
    QVERIFY(std::isnan(noisy.statistics.meanAbsResidual));
}

// W04
void TestFakeQuantize::hugeRanges() {
    const float largest = std::numeric_limits<float>::max();
    const std::vector<float> weights = {-largest, largest, 0.0F, 1e30F, largest / 2.0F};
    for (const GridPreset& preset : gridPresets()) {
        const Outcome found = quantize(oneRow(weights), std::string(preset.name).c_str());
        for (const float value : found.values) QVERIFY2(std::isfinite(value), preset.name.data());
        QVERIFY2(std::isfinite(found.statistics.errorEnergy), preset.name.data());
        QVERIFY2(std::isfinite(found.statistics.rmsResidual), preset.name.data());
    }
    // By hand: s = 2 max / 15, so max / 2 is 3.75 steps and rounds to 4.
    const Outcome found = quantize(oneRow(weights), "int4");
    const double step = 2.0 / 15.0 * static_cast<double>(largest);
    QVERIFY(std::fabs(static_cast<double>(found.values[4]) / (4.0 * step) - 1.0) < 1e-6);
    QVERIFY(std::fabs(static_cast<double>(found.codes.scale[0]) / step - 1.0) < 1e-6);
}

// W08: the engine checks what the form has checked.
void TestFakeQuantize::refusesBadInput() {
    const std::vector<float> weights(64, 1.0F);
    const MatrixView view{weights.data(), 8, 8};
    for (Grid grid : {Grid{.bits = 1}, Grid{.bits = 9}, Grid{.groupSize = 0},
                      Grid{.symmetric = true, .dialect = GridDialect::Awq}}) {
        const auto outcome = quantizeMatrix(view, grid, {});
        QVERIFY(!outcome);
        QCOMPARE(outcome.error().code, ErrorCode::SettingsRange);
    }
    std::vector<float> tooSmall(63);
    QuantizeOptions options;
    options.dequantized = tooSmall;
    QVERIFY(!quantizeMatrix(view, Grid{}, options));
    QuantizedCodes previous;
    options = {};
    options.previous = &previous;
    QCOMPARE(quantizeMatrix(view, Grid{}, options).error().code, ErrorCode::SettingsRange);
    QCOMPARE(quantizeMatrix({}, Grid{}, {}).error().code, ErrorCode::SettingsRange);
}

QTEST_GUILESS_MAIN(TestFakeQuantize)
#include "tst_fake_quantize.moc"
