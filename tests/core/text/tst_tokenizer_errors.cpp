// SPDX-License-Identifier: GPL-3.0-or-later

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "core/text/tokenizer.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

// A small valid file; the rows below each spoil one place of it.
const QByteArray kGood =
    R"({"version":"1.0","added_tokens":[{"id":5,"content":"<e>","single_word":false,)"
    R"("lstrip":false,"rstrip":false,"normalized":false,"special":true}],)"
    R"("normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},)"
    R"("post_processor":null,"decoder":{"type":"ByteLevel"},)"
    R"("model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"ab":3,"abc":4},)"
    R"("merges":["a b","ab c"]}})";

std::vector<std::uint32_t> encoded(const QByteArray& json, const char* text) {
    const auto tokenizer = Tokenizer::parse(json.toStdString(), "t");
    return tokenizer ? *tokenizer->encode(text, SpecialTokens::With)
                     : std::vector<std::uint32_t>{9999};
}

}  // namespace

class TestTokenizerErrors : public QObject {
    Q_OBJECT

private slots:
    void goodFile();
    void refused_data();
    void refused();
    void variants_data();
    void variants();
    void limits();
    void growth();
    void truncations();
    void bitFlips();
    void files();
};

void TestTokenizerErrors::goodFile() {
    const std::vector<std::uint32_t> expected{4, 5, 3, 0};
    QCOMPARE(encoded(kGood, "abc<e>abxa"), expected);  // x is not in the vocabulary
}

void TestTokenizerErrors::refused_data() {
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QByteArray>("where");
    const auto row = [](const char* name, const char* from, const char* to, ErrorCode code,
                        const char* where) {
        QTest::newRow(name) << QByteArray(from) << QByteArray(to) << code << QByteArray(where);
    };
    row("T01 equal ids", R"("b":1)", R"("b":0)", ErrorCode::TokenizerVocabulary, "/model/vocab");
    row("T01 negative id", R"("b":1)", R"("b":-1)", ErrorCode::TokenizerVocabulary, "/model/vocab");
    row("T01 id limit", R"("b":1)", R"("b":4194304)", ErrorCode::TokenizerVocabulary, "vocab");
    row("T01 id as text", R"("b":1)", R"("b":"1")", ErrorCode::TokenizerVocabulary, "vocab");
    row("T01 real id", R"("b":1)", R"("b":1.5)", ErrorCode::TokenizerVocabulary, "vocab");
    row("T01 equal tokens", R"("b":1)", R"("b":1,"a":7)", ErrorCode::TokenizerVocabulary, "a");
    row("T01 empty vocabulary", R"({"a":0,"b":1,"c":2,"ab":3,"abc":4})", "{}",
        ErrorCode::TokenizerVocabulary, "/model/vocab");
    row("T01 absent part", R"("a b")", R"("a z")", ErrorCode::TokenizerMerges, "/model/merges/0");
    row("T01 absent result", R"("ab c")", R"("ab b")", ErrorCode::TokenizerMerges, "merges/1");
    row("T01 one part", R"("ab c")", R"("abc")", ErrorCode::TokenizerMerges, "merges/1");
    row("T01 three parts", R"("ab c")", R"("a b c")", ErrorCode::TokenizerMerges, "merges/1");
    row("T01 pair of one", R"("ab c")", R"(["ab"])", ErrorCode::TokenizerMerges, "merges/1");
    row("T01 pair of three", R"("ab c")", R"(["a","b","c"])", ErrorCode::TokenizerMerges,
        "merges/1");
    row("T01 merge as number", R"("ab c")", "7", ErrorCode::TokenizerMerges, "merges/1");
    row("T01 no merges", R"(,"merges":["a b","ab c"])", "", ErrorCode::TokenizerJson, "merges");
    row("T01 bad UTF-8", R"("b":1)", "\"\xFF\":1", ErrorCode::TokenizerJson, "byte ");
    const QByteArray nul = R"("merges":["a b","ab c"]}})" + QByteArray("\0x", 2);
    QTest::newRow("T01 NUL after the object") << QByteArray(R"("merges":["a b","ab c"]}})") << nul
                                              << ErrorCode::TokenizerJson << QByteArray("byte ");
    const auto many = [](const char* name, const QByteArray& from, const QByteArray& type,
                         const QByteArray& key, const QByteArray& step, int count,
                         const QByteArray& place) {
        const QByteArray list = (step + ",").repeated(count).chopped(1);
        const QByteArray sequence = R"({"type":"Sequence",")" + key + R"(":[)" + list + "]}";
        QTest::newRow(name) << from << QByteArray("\"" + type + "\":" + sequence)
                            << ErrorCode::TokenizerLimit << place;
    };
    const QByteArray pre = R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false})";
    many("T01 100,000 steps", pre, "pre_tokenizer", "pretokenizers",
         R"({"type":"Digits","individual_digits":true})", 100'000,
         "/pre_tokenizer/pretokenizers/64");
    many("T01 65 normalizers", R"("normalizer":null)", "normalizer", "normalizers",
         R"({"type":"NFC"})", 65, "/normalizer/normalizers/64");
    many("T01 65 post-processors", R"("post_processor":null)", "post_processor", "processors",
         R"({"type":"ByteLevel"})", 65, "/post_processor/processors/64");
    many("T01 65 decoders", R"("decoder":{"type":"ByteLevel"})", "decoder", "decoders",
         R"({"type":"Fuse"})", 65, "/decoder/decoders/64");
    row("T01 not JSON", R"("version")", "version", ErrorCode::TokenizerJson, "byte ");
    row("T01 doubled key", R"("version":"1.0")", R"("model":1)", ErrorCode::TokenizerJson, "model");
    row("T01 model type", R"("BPE")", R"("Unigram")", ErrorCode::TokenizerUnsupported, "/model");
    row("T01 suffix", R"("type":"BPE")", R"("type":"BPE","end_of_word_suffix":"</w>")",
        ErrorCode::TokenizerUnsupported, "end_of_word_suffix");
    row("T01 dropout", R"("type":"BPE")", R"("type":"BPE","dropout":0.1)",
        ErrorCode::TokenizerUnsupported, "dropout");
    row("T01 unknown token absent", R"("type":"BPE")", R"("type":"BPE","unk_token":"?")",
        ErrorCode::TokenizerVocabulary, "unk_token");
    row("T01 normalizer", R"("normalizer":null)", R"("normalizer":{"type":"Lowercase"})",
        ErrorCode::TokenizerUnsupported, "/normalizer");
    row("T01 normalizer in a sequence", R"("normalizer":null)",
        R"("normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"NFKC"}]})",
        ErrorCode::TokenizerUnsupported, "/normalizer/normalizers/1");
    row("T01 pre-tokenizer", R"("type":"ByteLevel","add_prefix_space":false)",
        R"("type":"Punctuation")", ErrorCode::TokenizerUnsupported, "/pre_tokenizer");
    row("T01 unknown pattern", R"({"type":"ByteLevel","add_prefix_space":false})",
        R"({"type":"Split","pattern":{"Regex":"\\d+"},"behavior":"Isolated","invert":false})",
        ErrorCode::TokenizerUnsupported, "/pre_tokenizer/pattern");
    row("T01 split behavior", R"({"type":"ByteLevel","add_prefix_space":false})",
        R"({"type":"Split","pattern":{"String":"-"},"behavior":"Removed","invert":false})",
        ErrorCode::TokenizerUnsupported, "/pre_tokenizer/behavior");
    row("T01 post-processor", R"("post_processor":null)",
        R"("post_processor":{"type":"BertProcessing"})", ErrorCode::TokenizerUnsupported,
        "/post_processor");
    row("T01 decoder", R"("decoder":{"type":"ByteLevel"})", R"("decoder":{"type":"WordPiece"})",
        ErrorCode::TokenizerUnsupported, "/decoder");
    row("T01 component without type", R"("normalizer":null)", R"("normalizer":{})",
        ErrorCode::TokenizerJson, "/normalizer/type");
    row("T01 added id taken", R"("id":5)", R"("id":0)", ErrorCode::TokenizerVocabulary,
        "/added_tokens/0");
    row("T01 added content taken", R"("content":"<e>")", R"("content":"ab")",
        ErrorCode::TokenizerVocabulary, "/added_tokens/0");
    row("T01 added id limit", R"("id":5)", R"("id":4194304)", ErrorCode::TokenizerVocabulary,
        "/added_tokens/0/id");
    row("T01 added id negative", R"("id":5)", R"("id":-5)", ErrorCode::TokenizerJson,
        "/added_tokens/0/id");
    const char* second = R"("special":true},{"id":%,"content":"$","normalized":false}])";
    const auto added = [&](const char* name, const char* id, const char* content) {
        const QByteArray to = QByteArray(second).replace('%', id).replace('$', content);
        row(name, R"("special":true}])", to.constData(), ErrorCode::TokenizerVocabulary,
            "/added_tokens/1");
    };
    added("T01 two added tokens, one id", "5", "<f>");
    added("T01 two added tokens, one content", "6", "<e>");
    added("T01 one token added twice", "5", "<e>");
    row("T01 single word", R"("single_word":false)", R"("single_word":true)",
        ErrorCode::TokenizerUnsupported, "/added_tokens/0");
    row("template id", R"("post_processor":null)",
        R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},)"
        R"({"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[-1]}}})",
        ErrorCode::TokenizerJson, "/post_processor/special_tokens/<s>/ids");
    row("template id without a token", R"("post_processor":null)",
        R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},)"
        R"({"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[6]}}})",
        ErrorCode::TokenizerVocabulary, "/post_processor");
}

void TestTokenizerErrors::refused() {
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    QFETCH(ErrorCode, code);
    QFETCH(QByteArray, where);
    QByteArray json = kGood;
    QVERIFY(json.contains(from));
    json.replace(from, to);
    const auto outcome = Tokenizer::parse(json.toStdString(), "x.json");
    QVERIFY(!outcome);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(outcome.error().code))),
             QByteArray::fromStdString(std::string(errorCodeText(code))));
    const QByteArray found = QByteArray::fromStdString(outcome.error().where);
    QVERIFY2(found.startsWith("x.json") && found.contains(where), found.constData());
    QVERIFY(!outcome.error().what.empty() && outcome.error().what.size() <= 300);
}

void TestTokenizerErrors::variants_data() {
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QList<int>>("ids");
    const auto row = [](const char* name, const char* from, const char* to, const char* text,
                        const QList<int>& ids) {
        QTest::newRow(name) << QByteArray(from) << QByteArray(to) << QByteArray(text) << ids;
    };
    const char* pre = R"({"type":"ByteLevel","add_prefix_space":false})";
    row("merges as pairs", R"(["a b","ab c"])", R"([["a","b"],["ab","c"]])", "abc", {4});
    row("gaps in ids", R"("abc":4)", R"("abc":4000000)", "abc", {4000000});
    row("no type", R"("type":"BPE",)", "", "abc", {4});
    row("empty affix, no dropout", R"("type":"BPE")",
        R"("type":"BPE","end_of_word_suffix":"","dropout":0.0)", "abc", {4});
    row("unknown symbols", R"("type":"BPE")", R"("type":"BPE","unk_token":"c")", "axx", {0, 2, 2});
    row("fused unknown", R"("type":"BPE")", R"("type":"BPE","unk_token":"c","fuse_unk":true)",
        "axxa", {0, 2, 0});
    row("whole pieces", R"("abc":4)", R"("abc":4,"ba":7)", "ba", {1, 0});
    row("whole pieces first", R"("type":"BPE","vocab":{)",
        R"("type":"BPE","ignore_merges":true,"vocab":{"ba":7,)", "ba", {7});
    row("literal split", pre,
        R"({"type":"Split","pattern":{"String":"b"},"behavior":"Isolated","invert":false})", "abc",
        {0, 1, 2});
    row("space before", R"("lstrip":false,"rstrip":false)", R"("lstrip":true,"rstrip":true)",
        "a \t<e>\n b", {0, 5, 1});
    row("no pre-tokenizer", pre, "null", "abcab", {4, 3});
    // Metaspace: the mark is not in the vocabulary and is dropped; it still cuts.
    row("metaspace", pre, R"({"type":"Metaspace","replacement":"\u2581","prepend_scheme":"first"})",
        "a b", {0, 1});
    row("template around", R"("post_processor":null)",
        R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"s"}},)"
        R"({"Sequence":{"id":"A"}},{"SpecialToken":{"id":"s"}}],)"
        R"("special_tokens":{"s":{"ids":[5]}}})",
        "abc", {5, 4, 5});
}

void TestTokenizerErrors::variants() {
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    QFETCH(QByteArray, text);
    QFETCH(QList<int>, ids);
    QByteArray json = kGood;
    QVERIFY(json.contains(from));
    json.replace(from, to);
    QList<int> found;
    for (const auto id : encoded(json, text.constData())) found << static_cast<int>(id);
    QCOMPARE(found, ids);
}

void TestTokenizerErrors::limits() {
    const auto codeOf = [](const QByteArray& json) {
        const auto outcome = Tokenizer::parse(json.toStdString(), "t");
        return outcome ? ErrorCode::Internal : outcome.error().code;
    };
    QByteArray json = kGood;
    json.replace(R"("b":1)", "\"" + QByteArray(4097, 'x') + R"(":1)");
    QCOMPARE(codeOf(json), ErrorCode::TokenizerLimit);
    json = kGood;
    json.replace(R"("version":"1.0")", R"("version":)" + QByteArray(100'000, '['));
    QCOMPARE(codeOf(json), ErrorCode::JsonDepth);  // M05
    json = kGood;
    QByteArray tokens;
    for (int i = 0; i <= 1'000'000; ++i) tokens += "\"" + QByteArray::number(i, 36) + "\":1,";
    json.replace(R"("a":0,)", tokens);
    QCOMPARE(codeOf(json), ErrorCode::TokenizerLimit);
    json = kGood;
    QByteArray merges;
    for (int i = 0; i <= 2'000'000; ++i) merges += R"("a b",)";
    json.replace(R"("a b",)", merges);
    QCOMPARE(codeOf(json), ErrorCode::TokenizerLimit);
    QCOMPARE(codeOf(QByteArray((64 << 20) + 1, ' ')), ErrorCode::TokenizerLimit);
}

// T01: steps that each double a text are stopped before they fill the memory.
void TestTokenizerErrors::growth() {
    const QByteArray doubling = R"({"type":"Replace","pattern":{"String":"a"},"content":"aa"})";
    const QByteArray steps = (doubling + ",").repeated(40).chopped(1);
    QByteArray normalizer = kGood;
    normalizer.replace(R"("normalizer":null)",
                       R"("normalizer":{"type":"Sequence","normalizers":[)" + steps + "]}");
    const auto tokenizer = Tokenizer::parse(normalizer.toStdString(), "t");
    GRIDSCOPE_VERIFY_OK(tokenizer);
    QCOMPARE(tokenizer->encode("bc", SpecialTokens::With)->size(), std::size_t{2});
    const auto ids = tokenizer->encode("ba", SpecialTokens::With);
    QVERIFY(!ids);
    QCOMPARE(ids.error().code, ErrorCode::TokenizerLimit);

    // An added token that is looked for in normalized text would be 2^40 bytes long.
    normalizer.replace(R"("content":"<e>")", R"("content":"<a>")");
    normalizer.replace(R"("normalized":false)", R"("normalized":true)");
    const auto added = Tokenizer::parse(normalizer.toStdString(), "t");
    QVERIFY(!added);
    QCOMPARE(added.error().code, ErrorCode::TokenizerLimit);
    QVERIFY(added.error().where.find("/added_tokens, <a>") != std::string::npos);

    QByteArray decoder = kGood;
    decoder.replace(R"("decoder":{"type":"ByteLevel"})",
                    R"("decoder":{"type":"Sequence","decoders":[)" + steps + "]}");
    const auto growing = Tokenizer::parse(decoder.toStdString(), "t");
    GRIDSCOPE_VERIFY_OK(growing);
    QCOMPARE(*growing->decode(std::vector<std::uint32_t>{1, 2}), std::string("bc"));
    const auto text = growing->decode(std::vector<std::uint32_t>{1, 0});
    QVERIFY(!text);
    QCOMPARE(text.error().code, ErrorCode::TokenizerLimit);
}

void TestTokenizerErrors::truncations() {
    for (qsizetype size = 0; size < kGood.size(); ++size)
        QVERIFY2(!Tokenizer::parse(kGood.left(size).toStdString(), "t"), QByteArray::number(size));
}

void TestTokenizerErrors::bitFlips() {
    int loaded = 0;
    for (qsizetype bit = 0; bit < kGood.size() * 8; ++bit) {
        QByteArray json = kGood;
        json[bit / 8] = static_cast<char>(json[bit / 8] ^ (1 << (bit % 8)));
        const auto tokenizer = Tokenizer::parse(json.toStdString(), "t");
        if (!tokenizer) {
            QVERIFY(!tokenizer.error().where.empty());
            continue;
        }
        ++loaded;
        const auto ids = tokenizer->encode("abc<e>ab", SpecialTokens::With);
        QVERIFY(ids);
        for (const auto id : *ids) QVERIFY(id < tokenizer->vocabularySize());
    }
    QVERIFY(loaded > 0 && loaded < kGood.size() * 8);
}

void TestTokenizerErrors::files() {
    const QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "tokenizer.json";
    const auto codeOf = [&](const QByteArray& content) {
        QFile file(QString::fromStdString(path.string()));
        if (!file.open(QIODevice::WriteOnly)) return ErrorCode::Internal;
        file.write(content);
        file.close();
        const auto outcome = Tokenizer::load(systemFileOps(), path);
        return outcome ? ErrorCode::Internal : outcome.error().code;
    };
    QCOMPARE(Tokenizer::load(systemFileOps(), path).error().code, ErrorCode::TokenizerMissing);
    QCOMPARE(codeOf("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"),
             ErrorCode::FileLfsPointer);                                    // L03
    QCOMPARE(codeOf("\n<!DOCTYPE html><html>"), ErrorCode::FileWrongType);  // L04
    QCOMPARE(codeOf({}), ErrorCode::TokenizerJson);
    // L02: a link of a cache may lead to its blobs and nowhere else.
    QVERIFY(codeOf(kGood) == ErrorCode::Internal);
    const auto cache = path.parent_path() / "models--o--n";
    const auto link = cache / "snapshots" / std::string(40, 'a') / "tokenizer.json";
    std::filesystem::create_directories(link.parent_path());
    std::filesystem::create_directories(cache / "blobs");
    std::filesystem::copy_file(path, cache / "blobs" / "x");
    std::filesystem::create_symlink("../../blobs/x", link);
    GRIDSCOPE_VERIFY_OK(Tokenizer::load(systemFileOps(), link));
    std::filesystem::remove(link);
    std::filesystem::create_symlink(path, link);
    QCOMPARE(Tokenizer::load(systemFileOps(), link).error().code, ErrorCode::FileNotRegular);
}

QTEST_GUILESS_MAIN(TestTokenizerErrors)
#include "tst_tokenizer_errors.moc"
