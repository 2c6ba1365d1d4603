// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include "core/text/tokenizer.h"
#include "core/text/unicode.h"
#include "tests/support/test_data.h"

using gridscope::SpecialTokens;
using gridscope::Tokenizer;

namespace {

using Ids = std::vector<std::uint32_t>;

Ids idsOf(const QJsonValue& value) {
    Ids ids;
    for (const auto& id : value.toArray()) ids.push_back(static_cast<std::uint32_t>(id.toInt()));
    return ids;
}

QByteArray textOf(const Ids& ids) {
    QByteArray text;
    for (const auto id : ids) text += QByteArray::number(id) + ' ';
    return text.left(400);
}

QJsonObject readJson(const std::filesystem::path& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return {};
    return QJsonDocument::fromJson(file.readAll()).object();
}

}  // namespace

class TestTokenizer : public QObject {
    Q_OBJECT

private slots:
    void referenceVectors_data();
    void referenceVectors();
    void vectorsOfTheSpecification_data();
    void vectorsOfTheSpecification();
    void longPiecesAreNotQuadratic();
    void characterClassesAgreeWithTheReference();
    void suiteTokenizerRoundTrip();
    void badUtf8IsReadAsReplacement();
    void marksAreOrderedAndComposed();
    void facts();

private:
    static gridscope::Expected<Tokenizer> neox() {
        return Tokenizer::load(gridscope::systemFileOps(),
                               gridscope::test::sharedFolder() / "data" / "20B_tokenizer.json");
    }
};

void TestTokenizer::referenceVectors_data() {
    QTest::addColumn<QString>("tokenizer");
    QTest::addColumn<QString>("vectors");
    QTest::addColumn<int>("count");
    QTest::newRow("neox") << "20B_tokenizer.json"
                          << "tokenizer/neox_vectors.json" << 120;
    for (const QString& style : {QStringLiteral("gpt2"), QStringLiteral("llama3"),
                                 QStringLiteral("smollm"), QStringLiteral("sentencepiece")}) {
        const QString folder = QStringLiteral("tokenizer/") + style + QStringLiteral("_style/");
        QTest::newRow(qPrintable(style)) << folder + QStringLiteral("tokenizer.json")
                                         << folder + QStringLiteral("vectors.json") << 40;
    }
}

void TestTokenizer::referenceVectors() {
    GRIDSCOPE_NEED_SHARED();
    QFETCH(QString, tokenizer);
    QFETCH(QString, vectors);
    QFETCH(int, count);
    const auto folder = gridscope::test::sharedFolder() / "data";
    const auto loaded =
        Tokenizer::load(gridscope::systemFileOps(), folder / tokenizer.toStdString());
    GRIDSCOPE_VERIFY_OK(loaded);
    const QJsonArray list =
        readJson(folder / vectors.toStdString()).value(QLatin1String("vectors")).toArray();
    QCOMPARE(list.size(), count);
    QStringList wrong;
    for (const auto& entry : list) {
        const QJsonObject vector = entry.toObject();
        const std::string text = vector.value(QLatin1String("text")).toString().toStdString();
        const Ids expected = idsOf(vector.value(QLatin1String("ids")));
        const auto found = loaded->encode(text, SpecialTokens::Without);
        GRIDSCOPE_VERIFY_OK(found);
        const QString name = vector.value(QLatin1String("group")).toString() + QLatin1Char(' ') +
                             QString::fromStdString(text.substr(0, 60));
        if (*found != expected)
            wrong << name + QStringLiteral(": ids ") + QString::fromLatin1(textOf(*found)) +
                         QStringLiteral("expected ") + QString::fromLatin1(textOf(expected));
        const Ids withSpecial = vector.contains(QLatin1String("ids_with_special"))
                                    ? idsOf(vector.value(QLatin1String("ids_with_special")))
                                    : expected;
        if (*loaded->encode(text, SpecialTokens::With) != withSpecial)
            wrong << name + QStringLiteral(": ids with special tokens");
        const std::string decoded =
            vector.contains(QLatin1String("decoded"))
                ? vector.value(QLatin1String("decoded")).toString().toStdString()
                : text;
        if (const auto back = loaded->decode(expected); !back || *back != decoded)
            wrong << name + QStringLiteral(": decoded ") +
                         QString::fromStdString(back ? back->substr(0, 100)
                                                     : back.error().toText());
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join(QLatin1Char('\n'))));
}

void TestTokenizer::vectorsOfTheSpecification_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QList<int>>("ids");
    const auto row = [](const char* name, const char* text, const QList<int>& ids) {
        QTest::newRow(name) << QByteArray(text) << ids;
    };
    row("words", "Hello world", {12092, 1533});
    row("two spaces", "a  b", {66, 50276, 67});
    row("break and space", "a\n\n b", {66, 535, 270});
    row("25 spaces", "x                         y", {89, 50254, 340});
    row("30 spaces", "x                              y", {89, 50254, 50272, 90});
    row("document end", "<|endoftext|>hi", {0, 5801});
    row("contractions", "don't I'll", {9903, 626, 309, 1833});
    row("no-break spaces", "\xC2\xA0\xC2\xA0x", {575, 575, 89});
    row("U+180E", "\xE1\xA0\x8Ex", {157, 243, 225, 89});
    row("combining", "e\xCC\x81", {860});
    row("angstrom", "\xE2\x84\xAB", {18221});
    row("excluded from composition", "\xE0\xA5\x98", {24381, 2483, 122});
    row("one half",
        "1\xC2\xBD"
        "2",
        {18, 8313, 19});
    row("emoji", "\xF0\x9F\x98\x80", {14931, 235, 211});
    row("empty", "", {});
}

void TestTokenizer::vectorsOfTheSpecification() {
    GRIDSCOPE_NEED_SHARED();
    QFETCH(QByteArray, text);
    QFETCH(QList<int>, ids);
    const auto tokenizer = neox();
    GRIDSCOPE_VERIFY_OK(tokenizer);
    const auto found = tokenizer->encode(text.toStdString(), SpecialTokens::Without);
    GRIDSCOPE_VERIFY_OK(found);
    QList<int> list;
    for (const auto id : *found) list << static_cast<int>(id);
    QCOMPARE(list, ids);
}

void TestTokenizer::longPiecesAreNotQuadratic() {
    GRIDSCOPE_NEED_SHARED();
    const auto tokenizer = neox();
    GRIDSCOPE_VERIFY_OK(tokenizer);
    // A million letters without a break: a quadratic merge loop would take hours.
    const std::string text(1'000'000, 'a');
    const auto ids = tokenizer->encode(text, SpecialTokens::Without);
    GRIDSCOPE_VERIFY_OK(ids);
    QCOMPARE(*tokenizer->decode(*ids), text);
    // The same for marks, which have to be put in canonical order.
    std::string marks = "x";
    for (int i = 0; i < 200'000; ++i) marks += "\xCC\x81\xCC\xA3";
    const auto markIds = tokenizer->encode(marks, SpecialTokens::Without);
    GRIDSCOPE_VERIFY_OK(markIds);
    QVERIFY(markIds->size() > 1000);
}

void TestTokenizer::characterClassesAgreeWithTheReference() {
    GRIDSCOPE_NEED_SHARED();
    const QJsonObject classes =
        readJson(gridscope::test::sharedFolder() / "data/tokenizer/regex_classes.json");
    std::vector<gridscope::CharacterClass> expected(0x110000, gridscope::CharacterClass::Other);
    const auto fill = [&](const QString& key, gridscope::CharacterClass value) {
        for (const auto& range : classes.value(key).toArray())
            for (uint c = range.toArray().at(0).toString().toUInt(nullptr, 16);
                 c <= range.toArray().at(1).toString().toUInt(nullptr, 16); ++c)
                expected[c] = value;
    };
    fill(QStringLiteral("L"), gridscope::CharacterClass::Letter);
    fill(QStringLiteral("N"), gridscope::CharacterClass::Number);
    fill(QStringLiteral("S"), gridscope::CharacterClass::Space);
    QVERIFY(expected[U'a'] == gridscope::CharacterClass::Letter);
    QVERIFY(expected[U' '] == gridscope::CharacterClass::Space);
    const auto& found = gridscope::CharacterClasses::instance();
    for (char32_t c = 0; c < 0x110000; ++c)
        QVERIFY2(found.of(c) == expected[c], qPrintable(QString::number(c, 16)));
}

void TestTokenizer::suiteTokenizerRoundTrip() {
    GRIDSCOPE_NEED_SHARED();
    const auto tokenizer =
        Tokenizer::load(gridscope::systemFileOps(),
                        gridscope::test::sharedFolder() / "data/suite_a/tokenizer.json");
    GRIDSCOPE_VERIFY_OK(tokenizer);
    QCOMPARE(tokenizer->vocabularySize(), std::uint64_t{384});
    const std::string text = "And God said, Let there be light: and there was light.\n";
    const auto ids = tokenizer->encode(text, SpecialTokens::Without);
    GRIDSCOPE_VERIFY_OK(ids);
    QVERIFY(ids->size() < text.size());
    QCOMPARE(*tokenizer->decode(*ids), text);
}

void TestTokenizer::badUtf8IsReadAsReplacement() {
    const auto repaired = gridscope::repairUtf8(
        "a\xF0\x9F\x98"
        "b\xC0\xAF\xED\xA0\x80");
    // One truncated sequence; C0 and AF alone; the surrogate's three bytes alone.
    QCOMPARE(repaired.replaced, std::uint64_t{6});
    QCOMPARE(repaired.text, std::string("a\xEF\xBF\xBD"
                                        "b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                                        "\xEF\xBF\xBD\xEF\xBF\xBD"));
    GRIDSCOPE_NEED_SHARED();
    const auto tokenizer = neox();
    GRIDSCOPE_VERIFY_OK(tokenizer);
    QCOMPARE(*tokenizer->encode("\xFF", SpecialTokens::Without), Ids{21478});
}

void TestTokenizer::marksAreOrderedAndComposed() {
    // Dot below (class 220) goes before acute (class 230); a-dot-below exists, its acute does not.
    QCOMPARE(gridscope::toNfc("za\xCC\x81\xCC\xA3z"), std::string("z\xE1\xBA\xA1\xCC\x81z"));
    // Hangul L + V + T.
    QCOMPARE(gridscope::toNfc("\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8"), std::string("\xEA\xB0\x81"));
    QCOMPARE(gridscope::toNfc("caf\xC3\xA9"), std::string("caf\xC3\xA9"));
}

void TestTokenizer::facts() {
    GRIDSCOPE_NEED_SHARED();
    auto tokenizer = neox();
    GRIDSCOPE_VERIFY_OK(tokenizer);
    QCOMPARE(tokenizer->vocabularySize(), std::uint64_t{50277});
    QCOMPARE(tokenizer->endOfDocumentId().value_or(99), 0u);
    QCOMPARE(tokenizer->tokenId("<|padding|>").value_or(99), 1u);
    QVERIFY(!tokenizer->tokenId("no such token").has_value());
    QCOMPARE(tokenizer->templateIdCount(), std::size_t{0});
    QCOMPARE(tokenizer->sha256().size(), std::size_t{64});
    const Tokenizer moved = std::move(*tokenizer);
    QCOMPARE(*moved.decode(Ids{12092, 4'000'000, 1533}), std::string("Hello world"));
}

QTEST_GUILESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
