// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <numeric>

#include "core/base/sha256.h"
#include "core/text/eval_preset.h"
#include "core/text/eval_windows.h"
#include "core/text/token_file.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

TokenArray stream(std::uint64_t count) {
    TokenArray tokens;
    tokens.ids.resize(static_cast<std::size_t>(count));
    std::iota(tokens.ids.begin(), tokens.ids.end(), 0u);
    return tokens;
}

}  // namespace

class TestEvalWindows : public QObject {
    Q_OBJECT

private slots:
    void cutsInOrderWithoutOverlap();
    void hashIsOfLittleEndianIds();
    void presets_data();
    void presets();
    void unknownPresets();
    void tooFew_data();
    void tooFew();
    void settings_data();
    void settings();
    void rows();
    void idsAreChecked();
    void suite();
};

void TestEvalWindows::cutsInOrderWithoutOverlap() {
    const auto windows = cutWindows(stream(11), {.count = std::nullopt, .length = 4}, "s");
    GRIDSCOPE_VERIFY_OK(windows);
    QCOMPARE(windows->count, std::uint64_t{2});
    const auto second = windows->window(1);
    QCOMPARE(std::vector<std::uint32_t>(second.begin(), second.end()),
             (std::vector<std::uint32_t>{4, 5, 6, 7}));
    QCOMPARE(windows->scoredTokens(), std::uint64_t{6});
    const auto one = cutWindows(stream(11), {.count = 1, .length = 4}, "s");
    GRIDSCOPE_VERIFY_OK(one);
    QCOMPARE(one->ids.size(), std::size_t{4});
    QCOMPARE(one->source, std::string("s"));
}

void TestEvalWindows::hashIsOfLittleEndianIds() {
    TokenArray tokens;
    tokens.ids = {1, 0x01020304};
    const auto windows = cutWindows(tokens, {.count = 1, .length = 2}, "s");
    GRIDSCOPE_VERIFY_OK(windows);
    QCOMPARE(windows->sha256, sha256Hex(std::string_view("\x01\0\0\0\x04\x03\x02\x01", 8)));
    // Longer than one piece of the hash loop.
    const auto large = cutWindows(stream(3000), {.count = 1, .length = 3000}, "s");
    GRIDSCOPE_VERIFY_OK(large);
    std::string bytes;
    for (std::uint32_t id = 0; id < 3000; ++id)
        bytes += {static_cast<char>(id & 255), static_cast<char>(id >> 8), '\0', '\0'};
    QCOMPARE(large->sha256, sha256Hex(bytes));
}

void TestEvalWindows::presets_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<qulonglong>("windows");
    QTest::addColumn<qulonglong>("scoredPerWindow");
    // science.md 1.3, on a stream of 70,000 ids
    QTest::newRow("paper") << QByteArray("paper") << 128ull << 511ull;
    QTest::newRow("llamacpp-512") << QByteArray("llamacpp-512") << 136ull << 255ull;
    QTest::newRow("gptq-2048") << QByteArray("gptq-2048") << 34ull << 2047ull;
}

void TestEvalWindows::presets() {
    QFETCH(QByteArray, name);
    QFETCH(qulonglong, windows);
    QFETCH(qulonglong, scoredPerWindow);
    const auto preset = findEvalPreset(name.toStdString());
    GRIDSCOPE_VERIFY_OK(preset);
    const auto cut = cutWindows(stream(70'000), preset->windows, "s");
    GRIDSCOPE_VERIFY_OK(cut);
    QCOMPARE(cut->count, windows);
    QCOMPARE(cut->scoredPerWindow(), scoredPerWindow);
}

void TestEvalWindows::unknownPresets() {
    for (const char* name : {"rolling", "Paper", ""}) {
        const auto preset = findEvalPreset(name);
        QVERIFY(!preset);
        QCOMPARE(preset.error().code, ErrorCode::SettingsSyntax);
        QVERIFY(preset.error().what.find(name) != std::string::npos);
    }
}

void TestEvalWindows::tooFew_data() {
    QTest::addColumn<qulonglong>("present");
    QTest::addColumn<qulonglong>("count");
    QTest::addColumn<QByteArray>("needed");
    QTest::newRow("T05 empty, paper") << 0ull << 128ull << QByteArray("needs 65,536");
    QTest::newRow("T05 one token") << 1ull << 128ull << QByteArray("has 1");
    QTest::newRow("T05 one less") << 65'535ull << 128ull << QByteArray("has 65,535");
    QTest::newRow("T05 empty, all windows") << 0ull << 0ull << QByteArray("needs 512");
    QTest::newRow("T05 less than a window") << 511ull << 0ull << QByteArray("has 511");
    QTest::newRow("beyond 64 bits") << 511ull << (1ull << 62) << QByteArray("has 511");
}

void TestEvalWindows::tooFew() {
    QFETCH(qulonglong, present);
    QFETCH(qulonglong, count);
    QFETCH(QByteArray, needed);
    WindowSettings settings;
    if (count > 0) settings.count = count;
    const auto outcome = cutWindows(stream(present), settings, "text.txt");
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().code, ErrorCode::TokensTooFew);
    QCOMPARE(outcome.error().where, std::string("text.txt"));
    QVERIFY2(outcome.error().what.find(needed.toStdString()) != std::string::npos,
             outcome.error().what.c_str());
    settings.count.reset();
    QVERIFY(cutWindows(stream(512), settings, "s"));  // one window is enough
}

void TestEvalWindows::settings_data() {
    QTest::addColumn<qulonglong>("count");
    QTest::addColumn<qulonglong>("length");
    QTest::addColumn<qulonglong>("firstScored");
    QTest::newRow("no windows") << 0ull << 8ull << 1ull;
    QTest::newRow("length 0") << 1ull << 0ull << 1ull;
    QTest::newRow("length 1") << 1ull << 1ull << 1ull;
    QTest::newRow("first token scored") << 1ull << 8ull << 0ull;
    QTest::newRow("nothing scored") << 1ull << 8ull << 8ull;
}

void TestEvalWindows::settings() {
    QFETCH(qulonglong, count);
    QFETCH(qulonglong, length);
    QFETCH(qulonglong, firstScored);
    const auto outcome = cutWindows(
        stream(100), {.count = count, .length = length, .firstScored = firstScored}, "s");
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().code, ErrorCode::SettingsRange);
}

void TestEvalWindows::rows() {
    TokenArray tokens = stream(12);
    tokens.rows = 3;
    tokens.columns = 4;
    const auto windows = cutWindows(tokens, {.count = std::nullopt, .length = 4}, "s");
    GRIDSCOPE_VERIFY_OK(windows);
    QCOMPARE(windows->count, std::uint64_t{3});
    QCOMPARE(cutWindows(tokens, {.count = std::nullopt, .length = 6}, "s").error().code,
             ErrorCode::SettingsRange);
}

void TestEvalWindows::idsAreChecked() {
    const auto windows = cutWindows(stream(10), {.count = 1, .length = 10}, "s");
    GRIDSCOPE_VERIFY_OK(windows);
    QVERIFY(checkIds(*windows, 10));
    const auto outcome = checkIds(*windows, 7);  // T04
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().code, ErrorCode::TokensIdRange);
    QCOMPARE(outcome.error().where, std::string("s, token 7"));
}

void TestEvalWindows::suite() {
    GRIDSCOPE_NEED_SHARED();
    const auto tokens = readTokenFile(
        systemFileOps(), test::sharedFolder() / "data/suite_a/val_tokens.npy", std::nullopt);
    GRIDSCOPE_VERIFY_OK(tokens);
    QCOMPARE(tokens->ids.size(), std::size_t{7225});
    std::string payload;
    for (const std::uint32_t id : tokens->ids)
        payload += {static_cast<char>(id & 255), static_cast<char>(id >> 8)};
    // "tokens" of suite_a/reference.json
    QCOMPARE(sha256Hex(payload),
             std::string("62149d88cd589961723c510245844ca06a90df692f5dc7a04106d6b8d43313e0"));
    const auto windows = cutWindows(*tokens, {.count = std::nullopt, .length = 64}, "s");
    GRIDSCOPE_VERIFY_OK(windows);
    QCOMPARE(windows->count, std::uint64_t{112});
    QCOMPARE(windows->ids.size(), std::size_t{7168});
    QCOMPARE(windows->scoredTokens(), std::uint64_t{7056});
    QVERIFY(checkIds(*windows, 384));
}

QTEST_GUILESS_MAIN(TestEvalWindows)
#include "tst_eval_windows.moc"
