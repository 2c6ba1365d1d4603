// SPDX-License-Identifier: GPL-3.0-or-later

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include "core/text/bpe_trainer.h"
#include "core/text/tokenizer.h"
#include "tests/support/test_data.h"

using namespace gridscope;

class TestBpeTrainer : public QObject {
    Q_OBJECT

private slots:
    void mergesByHand_data();
    void mergesByHand();
    void encodesWithWhatItLearned();
    void roundTripOfAnyText();
    void isDeterministicAndStopsAtTheSize();
    void refusals();
};

void TestBpeTrainer::mergesByHand_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QStringList>("merges");
    const auto g = [](const char* text) { return QString::fromUtf8(text); };
    // Pieces ab, " ab" twice, " abc": (a,b) 4, (space,a) 3; then (space,ab) 3; (..,c) occurs once.
    QTest::newRow("counts") << QByteArray("ab ab ab abc")
                            << QStringList{g("a b"), g("\xC4\xA0 ab")};
    // (a,b), (c,d) and (space,c) twice each: the smaller ids first; (space,c) is gone by then.
    QTest::newRow("ties") << QByteArray("ab cd ab cd")
                          << QStringList{g("a b"), g("c d"), g("\xC4\xA0 cd")};
    // aaaa holds (a,a) three times; merged from the left it is aa aa, whose pair occurs twice
    // over the two pieces that have it.
    QTest::newRow("overlap") << QByteArray("aaaa\naaaa") << QStringList{g("a a"), g("aa aa")};
    QTest::newRow("nothing twice") << QByteArray("abcdefg") << QStringList{};
}

void TestBpeTrainer::mergesByHand() {
    QFETCH(QByteArray, text);
    QFETCH(QStringList, merges);
    const auto trained = trainBpeTokenizer(text.toStdString(), 300);
    GRIDSCOPE_VERIFY_OK(trained);
    const QJsonObject model = QJsonDocument::fromJson(QByteArray::fromStdString(trained->json))
                                  .object()
                                  .value(QLatin1String("model"))
                                  .toObject();
    QStringList found;
    for (const auto& merge : model.value(QLatin1String("merges")).toArray())
        found << merge.toString();
    QCOMPARE(found, merges);
    QCOMPARE(trained->merges, static_cast<std::uint64_t>(merges.size()));
    QCOMPARE(trained->vocabularySize, static_cast<std::uint64_t>(257 + merges.size()));
    QCOMPARE(model.value(QLatin1String("vocab")).toObject().size(), 257 + merges.size());
}

void TestBpeTrainer::encodesWithWhatItLearned() {
    const auto trained = trainBpeTokenizer("ab ab ab abc", 300);
    GRIDSCOPE_VERIFY_OK(trained);
    const auto tokenizer = Tokenizer::parse(trained->json, "tokenizer.json");
    GRIDSCOPE_VERIFY_OK(tokenizer);
    // '!' is byte character 33 and id 1, so 'c' (99) is 67; the merges follow the 257 first ids.
    const std::vector<std::uint32_t> expected{257, 258, 67, 0};
    QCOMPARE(*tokenizer->encode("ab abc<|endoftext|>", SpecialTokens::With), expected);
    QCOMPARE(tokenizer->endOfDocumentId().value_or(1), 0u);
    QCOMPARE(tokenizer->vocabularySize(), std::uint64_t{259});
}

void TestBpeTrainer::roundTripOfAnyText() {
    const auto trained =
        trainBpeTokenizer("the cat and the hat and the mat\n\n  the bat 12 12", 280);
    GRIDSCOPE_VERIFY_OK(trained);
    const auto tokenizer = Tokenizer::parse(trained->json, "tokenizer.json");
    GRIDSCOPE_VERIFY_OK(tokenizer);
    std::string everyByteSequence = "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \t\r\n";
    for (char c = 1; c < 127; ++c) everyByteSequence.push_back(c);
    for (const std::string& text : {everyByteSequence, std::string("the cat\n"), std::string()}) {
        const auto ids = tokenizer->encode(text, SpecialTokens::Without);
        GRIDSCOPE_VERIFY_OK(ids);
        QCOMPARE(*tokenizer->decode(*ids), text);
    }
}

void TestBpeTrainer::isDeterministicAndStopsAtTheSize() {
    std::string text;
    std::uint32_t state = 1;
    for (int i = 0; i < 20'000; ++i) {
        state = state * 1664525u + 1013904223u;
        text.push_back(" etaoinshr"[(state >> 24) % 10]);
    }
    const auto first = trainBpeTokenizer(text, 512);
    const auto second = trainBpeTokenizer(text, 512);
    GRIDSCOPE_VERIFY_OK(first);
    GRIDSCOPE_VERIFY_OK(second);
    QCOMPARE(first->json, second->json);
    QCOMPARE(first->vocabularySize, std::uint64_t{512});
    // A smaller vocabulary is a beginning of the larger one: every merge is chosen greedily.
    const auto smaller = trainBpeTokenizer(text, 300);
    GRIDSCOPE_VERIFY_OK(smaller);
    const std::string merges = smaller->json.substr(smaller->json.find("\"merges\":"));
    QVERIFY(first->json.find(merges.substr(0, merges.size() - 4)) != std::string::npos);
}

void TestBpeTrainer::refusals() {
    QCOMPARE(trainBpeTokenizer("text", 257).error().code, ErrorCode::SettingsRange);
    QCOMPARE(trainBpeTokenizer("text", 1'000'001).error().code, ErrorCode::SettingsRange);
    QCOMPARE(trainBpeTokenizer("", 300).error().code, ErrorCode::TokensTooFew);
}

QTEST_GUILESS_MAIN(TestBpeTrainer)
#include "tst_bpe_trainer.moc"
