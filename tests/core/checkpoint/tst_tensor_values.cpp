// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <bit>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>

#include "core/base/sha256.h"
#include "core/checkpoint/float_conversion.h"
#include "core/checkpoint/tensor_source.h"
#include "tests/support/test_data.h"

using namespace gridscope;
namespace fs = std::filesystem;

namespace {

/// The value of a half by its definition: sign, exponent and fraction.
float halfByDefinition(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const float sign = (bits & 0x8000) != 0 ? -1.0f : 1.0f;
    if (exponent == 31)
        return fraction == 0 ? sign * std::numeric_limits<float>::infinity()
                             : std::numeric_limits<float>::quiet_NaN();
    if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
    return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

/// Appends the bytes of a value.
template <class T>
void append(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

/// A file with one tensor "t" of these stored bytes.
fs::path writeTensor(const QTemporaryDir& folder, const char* name, const char* dtype,
                     const std::string& shape, const std::string& data) {
    const fs::path path = fs::path(folder.path().toStdString()) / name;
    const std::string header = std::string("{\"t\":{\"dtype\":\"") + dtype +
                               "\",\"shape\":" + shape + ",\"data_offsets\":[0," +
                               std::to_string(data.size()) + "]}}";
    std::string bytes;
    append(bytes, static_cast<std::uint64_t>(header.size()));
    std::ofstream(path, std::ios::binary) << bytes << header << data;
    return path;
}

struct ReadTensor {
    TensorReadReport report;
    std::vector<float> values;
};

ReadTensor readTensor(const fs::path& path) {
    auto source = openTensorSource(systemFileOps(), path);
    if (!source) qFatal("%s", source.error().toText().c_str());
    ReadTensor result;
    result.values.resize((*source)->tensors()[0].elements);
    auto report = (*source)->readFloats(0, result.values);
    if (!report) qFatal("%s", report.error().toText().c_str());
    result.report = *report;
    std::vector<float> again(result.values.size());
    if (!(*source)->readValues(0, again) ||
        std::memcmp(again.data(), result.values.data(), 4 * again.size()) != 0)
        qFatal("readValues and readFloats differ");
    return result;
}

}  // namespace

class TestTensorValues : public QObject {
    Q_OBJECT

private slots:
    void everyHalf();
    void everyBfloat();
    void doublesRoundToEven();
    void countsByRoundTrip();
    void nonFiniteAcrossPieces();
    void contentHashByHand();
    void containersAgree();
    void zeroSignCounts();
    void otherDtypesAreRefused();
    void modelHash();
    void speed();
};

// S09: F16 and, below, BF16 widen exactly.
void TestTensorValues::everyHalf() {
    std::vector<std::uint16_t> bits(65536);
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
    std::vector<float> values(bits.size());
    widenF16(bits, values);
    for (std::size_t i = 0; i < bits.size(); ++i) {
        const float expected = halfByDefinition(bits[i]);
        if (std::isnan(expected)) {
            QVERIFY(std::isnan(values[i]));
            // The payload moves up, as a hardware conversion of a quiet NaN does.
            QCOMPARE((std::bit_cast<std::uint32_t>(values[i]) >> 13) & 1023u, bits[i] & 1023u);
        } else {
            QCOMPARE(std::bit_cast<std::uint32_t>(values[i]),
                     std::bit_cast<std::uint32_t>(expected));
        }
    }
    // Every finite half survives; the counts of the whole set follow from its definition.
    const ValueCounts counts = countValues(values);
    QCOMPARE(counts.nonFinite, std::uint64_t{2 * 1024});
    QCOMPARE(counts.fitsF16, std::uint64_t{65536 - 2048});
}

void TestTensorValues::everyBfloat() {
    std::vector<std::uint16_t> bits(65536);
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
    std::vector<float> values(bits.size());
    widenBf16(bits, values);
    for (std::size_t i = 0; i < bits.size(); ++i) {
        const int exponent = (bits[i] >> 7) & 255;
        const int fraction = bits[i] & 127;
        if (exponent == 255) {
            QCOMPARE(std::isinf(values[i]), fraction == 0);
            continue;
        }
        const double magnitude =
            exponent == 0 ? std::ldexp(fraction, -133) : std::ldexp(128 + fraction, exponent - 134);
        QCOMPARE(static_cast<double>(values[i]), bits[i] >= 0x8000 ? -magnitude : magnitude);
        QCOMPARE(std::signbit(values[i]), bits[i] >= 0x8000);
    }
    const ValueCounts counts = countValues(values);
    QCOMPARE(counts.nonFinite, std::uint64_t{2 * 128});
    QCOMPARE(counts.fitsBf16, std::uint64_t{65536 - 256});
}

void TestTensorValues::doublesRoundToEven() {
    // One and three halves of the last place of 1: ties go to the even neighbour.
    const std::vector<double> values{1.0,
                                     1.0 + std::ldexp(1.0, -24),
                                     1.0 + 3 * std::ldexp(1.0, -24),
                                     1.0 + std::ldexp(1.0, -24) + std::ldexp(1.0, -50),
                                     1e300,
                                     std::nan("")};
    std::vector<float> narrow(values.size());
    QCOMPARE(narrowF64(values, narrow), std::uint64_t{4});
    QCOMPARE(narrow[0], 1.0f);
    QCOMPARE(narrow[1], 1.0f);
    QCOMPARE(narrow[2], 1.0f + std::ldexp(1.0f, -22));
    QCOMPARE(narrow[3], 1.0f + std::ldexp(1.0f, -23));
    QVERIFY(std::isinf(narrow[4]));
    QVERIFY(std::isnan(narrow[5]));

    QTemporaryDir folder;
    std::string data;
    for (const double value : values) append(data, value);
    const ReadTensor read = readTensor(writeTensor(folder, "d.safetensors", "F64", "[6]", data));
    QCOMPARE(read.report.valuesRounded, std::uint64_t{4});
    QCOMPARE(read.report.nonFinite, std::uint64_t{2});
    QCOMPARE(read.report.firstNonFinite, std::uint64_t{4});
    QCOMPARE(std::memcmp(read.values.data(), narrow.data(), 4 * 4), 0);
}

// Against a round trip by rounding to a number of binary places.
void TestTensorValues::countsByRoundTrip() {
    const auto survives = [](float value, int digits, int lowest, double largest) {
        if (value == 0.0f) return true;
        const int exponent = std::max(std::ilogb(value) - digits + 1, lowest);
        const double scaled = std::ldexp(static_cast<double>(value), -exponent);
        return scaled == std::nearbyint(scaled) && std::fabs(static_cast<double>(value)) <= largest;
    };
    std::vector<float> values;
    std::uint32_t state = 12345;
    for (int i = 0; i < 200'000; ++i) {
        state = state * 1664525u + 1013904223u;
        // Many exponents, and mantissas that often end in zeros.
        std::uint32_t bits = state & ~((1u << ((state >> 7) % 24)) - 1u);
        if (i % 2 == 0) bits = (bits & 0x87FFFFFFu) | 0x30000000u;
        values.push_back(std::bit_cast<float>(bits));
    }
    ValueCounts expected;
    for (const float value : values) {
        if (!std::isfinite(value)) {
            ++expected.nonFinite;
            continue;
        }
        expected.fitsF16 += survives(value, 11, -24, 65504.0) ? 1u : 0u;
        expected.fitsBf16 += survives(value, 8, -133, 3.4e38) ? 1u : 0u;
    }
    const ValueCounts counts = countValues(values);
    QCOMPARE(counts.nonFinite, expected.nonFinite);
    QCOMPARE(counts.fitsF16, expected.fitsF16);
    QCOMPARE(counts.fitsBf16, expected.fitsBf16);
    QVERIFY(expected.fitsF16 > 10'000 && expected.fitsF16 < 190'000);
}

// W01: count and first index.
void TestTensorValues::nonFiniteAcrossPieces() {
    constexpr std::size_t kCount = 150'000;  // more than two pieces, the last one short
    std::vector<std::uint16_t> halves(kCount, 0x3C00);
    halves[70'000] = 0x7C00;
    halves[70'001] = 0x7E00;
    halves[kCount - 1] = 0xFC00;
    QTemporaryDir folder;
    const std::string data(reinterpret_cast<const char*>(halves.data()), 2 * kCount);
    const ReadTensor read =
        readTensor(writeTensor(folder, "h.safetensors", "F16", "[150000]", data));
    QCOMPARE(read.report.nonFinite, std::uint64_t{3});
    QCOMPARE(read.report.firstNonFinite, std::uint64_t{70'000});
    QCOMPARE(read.report.fitsF16, std::uint64_t{kCount - 3});
    QCOMPARE(read.report.fitsBf16, std::uint64_t{kCount - 3});
    QCOMPARE(read.report.valuesRounded, std::uint64_t{0});
    QCOMPARE(read.values[kCount - 2], 1.0f);
}

void TestTensorValues::contentHashByHand() {
    QTemporaryDir folder;
    std::string data;
    for (const float value : {1.0f, -2.5f, 0.25f, 8.0f, 3.0f, -0.0f}) append(data, value);
    std::string hashed;
    for (const std::uint64_t number : {2u, 2u, 3u}) append(hashed, number);
    hashed += data;
    const ReadTensor read = readTensor(writeTensor(folder, "a.safetensors", "F32", "[2,3]", data));
    QCOMPARE(read.report.contentSha256, sha256Hex(hashed));
    const ReadTensor flat = readTensor(writeTensor(folder, "b.safetensors", "F32", "[6]", data));
    QVERIFY(flat.report.contentSha256 != read.report.contentSha256);
}

void TestTensorValues::containersAgree() {
    QTemporaryDir folder;
    std::string single;
    std::string half;
    std::string brain;
    std::string wide;
    for (int i = 0; i < 1000; ++i) {
        const float value = static_cast<float>(i - 500) / 64.0f * (i % 2 == 1 ? 1.0f : 0.0f);
        const auto bits = std::bit_cast<std::uint32_t>(value);
        append(single, value);
        append(wide, static_cast<double>(value));
        // 1/64 steps below 8 have at most 10 significant bits: exact in half.
        const int exponent = value == 0.0f ? -15 : std::ilogb(value);
        const auto halfBits = static_cast<std::uint16_t>(
            ((bits >> 16) & 0x8000u) |
            (value == 0.0f
                 ? 0u
                 : (static_cast<std::uint32_t>(exponent + 15) << 10) | ((bits >> 13) & 1023u)));
        append(half, halfBits);
        append(brain, static_cast<std::uint16_t>(bits >> 16));
    }
    const auto hashOf = [&](const char* name, const char* dtype, const std::string& data) {
        return readTensor(writeTensor(folder, name, dtype, "[10,100]", data)).report.contentSha256;
    };
    const std::string expected = hashOf("f.safetensors", "F32", single);
    QCOMPARE(hashOf("h.safetensors", "F16", half), expected);
    QCOMPARE(hashOf("d.safetensors", "F64", wide), expected);
    QVERIFY(hashOf("b.safetensors", "BF16", brain) != expected);  // some need more than 8 bits
}

void TestTensorValues::zeroSignCounts() {
    QTemporaryDir folder;
    std::string plus;
    append(plus, 0.0f);
    std::string minus;
    append(minus, -0.0f);
    const ReadTensor a = readTensor(writeTensor(folder, "a.safetensors", "F32", "[1]", plus));
    const ReadTensor b = readTensor(writeTensor(folder, "b.safetensors", "F32", "[1]", minus));
    QVERIFY(a.report.contentSha256 != b.report.contentSha256);
    QCOMPARE(a.report.fitsF16 + b.report.fitsBf16, std::uint64_t{2});
}

void TestTensorValues::otherDtypesAreRefused() {
    QTemporaryDir folder;
    const fs::path path = writeTensor(folder, "a.safetensors", "BOOL", "[4]", std::string(4, '\1'));
    const auto source = openTensorSource(systemFileOps(), path);
    GRIDSCOPE_VERIFY_OK(source);
    std::vector<float> values(4);
    const auto read = (*source)->readFloats(0, values);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::SafetensorsDtype);
    QCOMPARE(read.error().where, path.string() + ", t");
    QVERIFY(read.error().what.find("BOOL") != std::string::npos);
}

void TestTensorValues::modelHash() {
    std::string hashed;
    for (const char* name : {"a", "bb"}) {
        append(hashed, static_cast<std::uint64_t>(std::strlen(name)));
        hashed += std::string(name) + "0123";
    }
    QCOMPARE(modelContentSha256({{"bb", "0123"}, {"a", "0123"}}), sha256Hex(hashed));
    QVERIFY(modelContentSha256({{"a", "x"}}) != modelContentSha256({{"ax", ""}}));
}

// Figures for people, printed and not judged: machines differ.
void TestTensorValues::speed() {
    constexpr std::size_t kCount = std::size_t{1} << 24;
    QTemporaryDir folder;
    std::vector<float> into(kCount, 1.0f);
    for (const bool isHalf : {false, true}) {
        const std::string data(kCount * (isHalf ? 2 : 4), '\x3c');
        const fs::path path = writeTensor(folder, isHalf ? "h.safetensors" : "f.safetensors",
                                          isHalf ? "F16" : "F32", "[16777216]", data);
        const auto source = openTensorSource(systemFileOps(), path);
        GRIDSCOPE_VERIFY_OK(source);
        const auto best = [&](auto call) {
            double seconds = 1e9;
            for (int i = 0; i < 5; ++i) {
                // Processor time, so that other programs on the machine count less.
                const std::clock_t start = std::clock();
                call();
                seconds = std::min(seconds, static_cast<double>(std::clock() - start) /
                                                static_cast<double>(CLOCKS_PER_SEC));
            }
            return 4e-9 * static_cast<double>(kCount) / seconds;
        };
        const auto file = openForReading(systemFileOps(), path);
        GRIDSCOPE_VERIFY_OK(file);
        const auto stored = std::as_writable_bytes(std::span(into)).first(data.size());
        bool read = true;
        const double plain = best([&] { read &= file->readAt(stored, 8).hasValue(); });
        const double values = best([&] { read &= (*source)->readValues(0, into).hasValue(); });
        const double full = best([&] { read &= (*source)->readFloats(0, into).hasValue(); });
        QVERIFY(read);
        const double plainBytes = isHalf ? plain / 2 : plain;
        qInfo("%s: pread %.2f GB/s; FP32 output: values %.2f GB/s, with hash and counts %.2f GB/s",
              isHalf ? "F16" : "F32", plainBytes, values, full);
    }
}

QTEST_GUILESS_MAIN(TestTensorValues)
#include "tst_tensor_values.moc"
