// SPDX-License-Identifier: GPL-3.0-or-later

// The fused kernel against the same grids written as whole-tensor operations, bit for bit.

#include <QTest>

#include <cstring>
#include <random>

#include "core/model/worker_thread.h"
#include "core/quant/fake_quantize.h"
#include "core/quant/reference_quantize.h"
#include "tests/core/quant/suite_reader.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using test::SuiteMatrix;

namespace {

const char* const kGrids[] = {"int4",
                              "int2",
                              "int3",
                              "a5g64",
                              "a8g128",
                              "a8channel",
                              "a4tensor",
                              "a4g7",
                              "a4g1",
                              "a4g2147483648",
                              "int8",
                              "s2g32",
                              "s4g128",
                              "s8tensor",
                              "gptq-int4",
                              "a8g32:gptq",
                              "gptq-sym-int4",
                              "s8channel:gptq",
                              "awq-int4",
                              "a8g128:awq",
                              "tinygemm-int4",
                              "a8g16:float-zero",
                              "a4tensor:float-zero",
                              "torchao-int8",
                              "s4g32:torchao",
                              "q4_0",
                              "s4tensor:q4_0",
                              "q4_1",
                              "q8_0",
                              "nf4",
                              "nf4g7",
                              "a4g128~phase",
                              "s8channel~phase",
                              "q4_0~phase",
                              "a4tensor~phase"};

SuiteMatrix gaussian(std::int64_t rows, std::int64_t columns, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal(0.0F, 0.02F);
    SuiteMatrix matrix{rows, columns, {}};
    for (std::int64_t i = 0; i < rows * columns; ++i) matrix.weights.push_back(normal(generator));
    return matrix;
}

/// Rounded to multiples of 1/8: ties everywhere.
SuiteMatrix coarse(std::int64_t rows, std::int64_t columns, unsigned seed) {
    SuiteMatrix matrix = gaussian(rows, columns, seed);
    for (float& weight : matrix.weights) weight = std::nearbyint(weight * 400.0F) / 8.0F;
    return matrix;
}

/// Rows of the awkward kinds: zero, constant, one-sided, subnormal, tiny, huge, mixed.
SuiteMatrix awkward(std::int64_t columns) {
    SuiteMatrix matrix = gaussian(16, columns, 7);
    const auto row = [&](std::int64_t index) { return matrix.weights.begin() + index * columns; };
    const auto scaled = [&](std::int64_t index, float factor) {
        std::transform(row(index), row(index + 1), row(index),
                       [factor](float weight) { return weight * factor; });
    };
    std::fill(row(0), row(1), 0.0F);
    std::fill(row(1), row(2), -0.0F);
    std::fill(row(2), row(3), 0.125F);
    std::fill(row(3), row(4), -0.3F);
    std::transform(row(4), row(5), row(4), [](float weight) { return std::fabs(weight) + 1.0F; });
    std::transform(row(5), row(6), row(5), [](float weight) { return -std::fabs(weight) - 9.0F; });
    scaled(6, 1e-43F);
    scaled(7, 1e-38F);
    scaled(8, 1e-36F);
    scaled(9, 1e-5F);
    scaled(10, 1e30F);
    scaled(11, 3e19F);
    scaled(11, 1e20F);
    *row(12) = 1e30F;
    *row(13) = 3.4e38F;
    *(row(13) + columns - 1) = -3.4e38F;
    std::fill(row(14), row(15), 1.0F);
    *row(14) = std::nextafter(1.0F, 2.0F);
    std::transform(row(15), row(16), row(15), [](float weight) { return weight * 3e6F; });
    return matrix;
}

bool sameBits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// The first differing place, for the message.
QByteArray difference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return "sizes differ";
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::memcmp(&a[i], &b[i], sizeof(float)) != 0)
            return QByteArray::number(static_cast<qulonglong>(i)) + ": " +
                   QByteArray::number(static_cast<double>(a[i]), 'g', 10) + " and " +
                   QByteArray::number(static_cast<double>(b[i]), 'g', 10);
    }
    return {};
}

SuiteMatrix matrixNamed(const QString& name) {
    if (name == QStringLiteral("96 wide")) return gaussian(33, 96, 1);
    if (name == QStringLiteral("352 wide")) return gaussian(96, 352, 2);
    if (name == QStringLiteral("odd")) return gaussian(19, 173, 3);
    if (name == QStringLiteral("one column")) return gaussian(40, 1, 4);
    if (name == QStringLiteral("wide row")) return gaussian(2, 40001, 5);
    if (name == QStringLiteral("ties")) return coarse(64, 256, 6);
    if (name == QStringLiteral("awkward")) return awkward(130);
    return awkward(5);
}

}  // namespace

class TestQuantizePaths : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { GRIDSCOPE_VERIFY_OK(initEngine()); }
    void agreeBitForBit_data();
    void agreeBitForBit();
    void threadsChangeNothing_data();
    void threadsChangeNothing();
    void noiseAgrees();
    void refuseNotFinite();
};

void TestQuantizePaths::agreeBitForBit_data() {
    QTest::addColumn<QString>("matrix");
    QTest::addColumn<QString>("grid");
    for (const char* matrix : {"96 wide", "352 wide", "odd", "one column", "wide row", "ties",
                               "awkward", "awkward, short rows"}) {
        for (const char* grid : kGrids)
            QTest::addRow("%s, %s", matrix, grid)
                << QString::fromUtf8(matrix) << QString::fromUtf8(grid);
    }
}

void TestQuantizePaths::agreeBitForBit() {
    initWorkerThread(1);  // the tensors are small: more threads only wait for each other
    QFETCH(QString, matrix);
    QFETCH(QString, grid);
    const SuiteMatrix weights = matrixNamed(matrix);
    const Grid parsed = parseGrid(grid.toStdString()).value();
    const auto reference = referenceQuantize(weights.view(), parsed, 11);
    GRIDSCOPE_VERIFY_OK(reference);

    std::vector<float> values(weights.weights.size());
    QuantizedCodes codes;
    QuantizeOptions options;
    options.dequantized = values;
    options.codes = &codes;
    options.seed = 11;
    const auto statistics = quantizeMatrix(weights.view(), parsed, options);
    GRIDSCOPE_VERIFY_OK(statistics);
    QVERIFY2(sameBits(values, reference->values), difference(values, reference->values));
    QVERIFY(std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }));
    QVERIFY(codes.codes == reference->codes.codes);
    QVERIFY2(sameBits(codes.scale, reference->codes.scale),
             difference(codes.scale, reference->codes.scale));
    QVERIFY2(sameBits(codes.zeroPoint, reference->codes.zeroPoint),
             difference(codes.zeroPoint, reference->codes.zeroPoint));

    // The statistics, counted once more from the residuals of the other path.
    std::array<std::uint32_t, kResidualBins> histogram{};
    double absolute = 0.0;
    for (const float residual : reference->residuals) {
        const double r = residual;
        // floor((r + 0.5) 64) without rounding r + 0.5 first.
        const double bin = std::min(63.0, std::floor(r * 64.0) + 32.0);
        ++histogram[static_cast<std::size_t>(bin)];
        absolute += std::fabs(r);
    }
    QVERIFY(histogram == statistics->residualHistogram);
    const double mean = absolute / static_cast<double>(values.size());
    QVERIFY(std::fabs(statistics->meanAbsResidual - mean) <= 1e-9 * mean);

    std::vector<float> fast(values.size());
    options = {};
    options.dequantized = fast;
    options.statistics = StatisticsMode::None;
    options.seed = 11;
    GRIDSCOPE_VERIFY_OK(quantizeMatrix(weights.view(), parsed, options));
    QVERIFY2(sameBits(values, fast), difference(values, fast));
}

void TestQuantizePaths::threadsChangeNothing_data() {
    QTest::addColumn<QString>("grid");
    for (const char* grid :
         {"int4", "int8", "a4tensor", "q4_0", "nf4", "a4g128~phase", "a4g128:minmax~noise"})
        QTest::newRow(grid) << QString::fromUtf8(grid);
}

void TestQuantizePaths::threadsChangeNothing() {
    QFETCH(QString, grid);
    const SuiteMatrix weights = gaussian(301, 1031, 9);
    const SuiteMatrix before = gaussian(301, 1031, 10);
    const Grid parsed = parseGrid(grid.toStdString()).value();
    const auto measure = [&](int threads, std::vector<float>& values, QuantizedCodes& codes) {
        initWorkerThread(threads);
        QuantizeOptions options;
        options.parallelFor = engineParallelFor();
        options.codes = &codes;
        options.seed = 3;
        const auto first = quantizeMatrix(before.view(), parsed, options);
        options.previous = &codes;
        options.dequantized = values;
        auto second = quantizeMatrix(weights.view(), parsed, options);
        return second && first ? *second : GridStatistics{};
    };
    std::vector<float> oneValues(weights.weights.size());
    QuantizedCodes oneCodes;
    const GridStatistics one = measure(1, oneValues, oneCodes);
    QVERIFY(one.errorEnergy > 0.0);
    for (const int threads : {2, 3, 5}) {
        std::vector<float> values(weights.weights.size());
        QuantizedCodes codes;
        const GridStatistics many = measure(threads, values, codes);
        QVERIFY(sameBits(values, oneValues));
        QVERIFY(codes.codes == oneCodes.codes);
        QVERIFY(sameBits(codes.scale, oneCodes.scale));
        const auto bits = [](double value) {
            std::uint64_t raw = 0;
            std::memcpy(&raw, &value, sizeof raw);
            return raw;
        };
        QCOMPARE(bits(many.errorEnergy), bits(one.errorEnergy));
        QCOMPARE(bits(many.weightEnergy), bits(one.weightEnergy));
        QCOMPARE(bits(many.meanAbsResidual), bits(one.meanAbsResidual));
        QCOMPARE(bits(many.rmsResidual), bits(one.rmsResidual));
        QCOMPARE(bits(many.scaleChange), bits(one.scaleChange));
        QCOMPARE(many.codeFlips, one.codeFlips);
        QCOMPARE(many.levelFlips, one.levelFlips);
        QVERIFY(many.residualHistogram == one.residualHistogram);
        QVERIFY(many.codeHistogram == one.codeHistogram);
    }
}

void TestQuantizePaths::noiseAgrees() {
    const SuiteMatrix weights = gaussian(64, 257, 12);
    const Grid grid = parseGrid("int4~noise").value();
    std::vector<float> values(weights.weights.size());
    QuantizeOptions options;
    options.dequantized = values;
    options.seed = 5;
    GRIDSCOPE_VERIFY_OK(quantizeMatrix(weights.view(), grid, options));
    const auto reference = referenceQuantize(weights.view(), grid, 5);
    GRIDSCOPE_VERIFY_OK(reference);
    for (std::size_t i = 0; i < values.size(); ++i)
        QVERIFY(std::fabs(values[i] - reference->values[i]) <= 1e-6F * 0.1F);
}

// W01
void TestQuantizePaths::refuseNotFinite() {
    SuiteMatrix weights = gaussian(20, 300, 13);
    weights.weights[5 * 300 + 17] = std::numeric_limits<float>::quiet_NaN();
    weights.weights[19 * 300 + 299] = -std::numeric_limits<float>::infinity();
    for (const char* id : {"int4", "int8", "a4tensor", "nf4", "int4~noise"}) {
        const Grid grid = parseGrid(id).value();
        const auto fused = quantizeMatrix(weights.view(), grid, {});
        const auto reference = referenceQuantize(weights.view(), grid, 0);
        QVERIFY(!fused);
        QVERIFY(!reference);
        QCOMPARE(fused.error().code, ErrorCode::WeightsNotFinite);
        QCOMPARE(fused.error().where, std::string("[5, 17]"));
        QVERIFY(fused.error().what.find("found 2 ") != std::string::npos);
        QCOMPARE(reference.error().code, ErrorCode::WeightsNotFinite);
        QCOMPARE(reference.error().where, fused.error().where);
    }
}

QTEST_GUILESS_MAIN(TestQuantizePaths)
#include "tst_quantize_paths.moc"
