// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/eta_estimator.h"
#include "core/base/numbers.h"
#include "core/base/sha256.h"

using namespace gridscope;

class TestBaseValues : public QObject {
    Q_OBJECT

private slots:
    void numbersReadBack_data();
    void numbersReadBack();
    void wrongNumbers_data();
    void wrongNumbers();
    void formats();
    void sha256_data();
    void sha256();
    void sha256InPieces();
    void escape_data();
    void escape();
    void errorText();
    void everyCodeHasAFamily();
    void eta();
};

void TestBaseValues::numbersReadBack_data() {
    QTest::addColumn<double>("value");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("tenth") << 0.1 << QByteArray("0.1");
    QTest::newRow("whole") << 143000.0 << QByteArray("143000");
    QTest::newRow("smallest") << std::numeric_limits<double>::denorm_min() << QByteArray("5e-324");
    QTest::newRow("largest") << std::numeric_limits<double>::max()
                             << QByteArray("1.7976931348623157e+308");
    QTest::newRow("minus zero") << -0.0 << QByteArray("-0");
}

void TestBaseValues::numbersReadBack() {
    QFETCH(double, value);
    QFETCH(QByteArray, text);
    QCOMPARE(QByteArray::fromStdString(formatNumber(value)), text);
    const auto back = parseDouble(text.toStdString());
    QVERIFY(back.has_value());
    QCOMPARE(*back, value);
    QCOMPARE(std::signbit(*back), std::signbit(value));
}

void TestBaseValues::wrongNumbers_data() {
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"", " 1", "1 ", "1,5", "0x10", "1.5.2", "one", "+1"})
        QTest::newRow(text) << QByteArray(text);
}

void TestBaseValues::wrongNumbers() {
    QFETCH(QByteArray, text);
    QVERIFY(!parseDouble(text.toStdString()));
    QVERIFY(!parseInteger(text.toStdString()));
}

void TestBaseValues::formats() {
    QVERIFY(!parseInteger("9223372036854775808"));
    QCOMPARE(*parseInteger("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
    QCOMPARE(formatFixed(12.3, 2), std::string("12.30"));
    QCOMPARE(formatFixed(std::nan(""), 2), std::string("nan"));
    QCOMPARE(formatBytes(999), std::string("999 B"));
    QCOMPARE(formatBytes(374'977'536), std::string("375.0 MB"));
    QCOMPARE(formatDuration(12.4), std::string("12 s"));
    QCOMPARE(formatDuration(200.0), std::string("3 min 20 s"));
    QCOMPARE(formatDuration(3900.0), std::string("1 h 05 min"));
    QCOMPARE(formatDuration(std::nan("")), std::string("unknown"));
}

// Vectors of FIPS 180-2, appendix B, and of the empty message.
void TestBaseValues::sha256_data() {
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<QByteArray>("digest");
    QTest::newRow("empty")
        << QByteArray()
        << QByteArray("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    QTest::newRow("abc") << QByteArray("abc")
                         << QByteArray(
                                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    QTest::newRow("two blocks")
        << QByteArray("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        << QByteArray("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    QTest::newRow("a million a")
        << QByteArray(1'000'000, 'a')
        << QByteArray("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

void TestBaseValues::sha256() {
    QFETCH(QByteArray, message);
    QFETCH(QByteArray, digest);
    QCOMPARE(QByteArray::fromStdString(sha256Hex(message.toStdString())), digest);
}

void TestBaseValues::sha256InPieces() {
    Sha256 pieces;
    pieces.update(std::string_view("ab"));
    pieces.update(std::string_view("c"));
    QCOMPARE(pieces.finishHex(), sha256Hex("abc"));
    Sha256 number;
    number.update(std::uint64_t{0x0807060504030201u});
    QCOMPARE(number.finishHex(), sha256Hex("\x01\x02\x03\x04\x05\x06\x07\x08"));
}

void TestBaseValues::escape_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("shown");
    QTest::newRow("plain") << QByteArray("step1000") << QByteArray("step1000");
    QTest::newRow("umlaut") << QByteArray("\xC3\xA4") << QByteArray("\xC3\xA4");
    QTest::newRow("newline") << QByteArray("a\nb") << QByteArray("a\\u{A}b");
    QTest::newRow("latin-1") << QByteArray("\xE4x") << QByteArray("\\xE4x");
    QTest::newRow("cut sequence") << QByteArray("\xE2\x82") << QByteArray("\\xE2\\x82");
    QTest::newRow("overlong") << QByteArray("\xC0\xAF") << QByteArray("\\xC0\\xAF");
    QTest::newRow("right-to-left") << QByteArray(
                                          "\xE2\x80\xAE"
                                          "x")
                                   << QByteArray("\\u{202E}x");
    QTest::newRow("cut at the limit")
        << QByteArray(100, 'x') << QByteArray(80, 'x') + QByteArray("\xE2\x80\xA6");
    // 13 escapes of six characters; a quote is cut where it is shown, not where it is stored.
    QTest::newRow("escapes count as shown")
        << QByteArray(100, '\x7F') << QByteArray("\\u{7F}").repeated(13) + "\xE2\x80\xA6";
    QTest::newRow("exactly the limit") << QByteArray(80, 'x') << QByteArray(80, 'x');
}

void TestBaseValues::escape() {
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, shown);
    QCOMPARE(QByteArray::fromStdString(escapeForDisplay(bytes.toStdString())), shown);
}

void TestBaseValues::errorText() {
    const Error error{ErrorCode::ModelShape, "a", "expected 2, found 3", "Look"};
    QCOMPARE(error.inside("file").toText(),
             std::string("file, a: expected 2, found 3 (model.shape). Look"));
}

void TestBaseValues::everyCodeHasAFamily() {
    for (int i = 0; i < static_cast<int>(ErrorCode::Internal); ++i) {
        const auto code = static_cast<ErrorCode>(i);
        QVERIFY2(errorFamily(code) != ErrorFamily::Internal,
                 std::string(errorCodeText(code)).c_str());
    }
    QCOMPARE(static_cast<int>(errorFamily(ErrorCode::RunCancelled)),
             static_cast<int>(ErrorFamily::Cancelled));
}

void TestBaseValues::eta() {
    EtaEstimator estimator;
    estimator.itemFinished(4.0);
    QVERIFY(std::isnan(estimator.secondsLeft(3)));
    estimator.itemFinished(2.0);
    QCOMPARE(estimator.secondsLeft(10), 30.0);
    for (int i = 0; i < 8; ++i) estimator.itemFinished(i == 3 ? 1000.0 : 1.0);
    QCOMPARE(estimator.secondsLeft(5), 5.0);  // the first two are forgotten, one outlier is no harm
    QCOMPARE(estimator.secondsLeft(0), 0.0);
}

QTEST_GUILESS_MAIN(TestBaseValues)
#include "tst_base_values.moc"
