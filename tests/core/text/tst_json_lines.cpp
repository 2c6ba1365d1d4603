// SPDX-License-Identifier: GPL-3.0-or-later

#include <zstd.h>

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "core/text/text_file.h"
#include "core/text/tokenize_file.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using gridscope::test::Fault;
using gridscope::test::FaultyFileOps;

namespace {

/// One frame with a checksum; its window has 2^`windowLog` bytes if that is given.
QByteArray packed(const QByteArray& content, int windowLog = 0) {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    if (windowLog > 0) {
        // A frame that knows its content needs no larger window than that.
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, windowLog);
    }
    QByteArray frame(
        static_cast<qsizetype>(ZSTD_compressBound(static_cast<std::size_t>(content.size()))) + 64,
        '\0');
    ZSTD_outBuffer out{frame.data(), static_cast<std::size_t>(frame.size()), 0};
    ZSTD_inBuffer in{content.constData(), static_cast<std::size_t>(content.size()), 0};
    // Without ZSTD_compress2, which would write the content size: a stream in two calls.
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
    const std::size_t left = ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
    ZSTD_freeCCtx(context);
    return left == 0 ? frame.first(static_cast<qsizetype>(out.pos)) : QByteArray();
}

QByteArray skippable(const QByteArray& content) {
    return QByteArray("\x50\x2A\x4D\x18", 4) + static_cast<char>(content.size()) +
           QByteArray(3, '\0') + content;
}

}  // namespace

class TestJsonLines : public QObject {
    Q_OBJECT

private slots:
    void lines_data();
    void lines();
    void refused_data();
    void refused();
    void longLines();
    void utf8IsMended();
    void frames_data();
    void frames();
    void framesRefused_data();
    void framesRefused();
    void frameCutAnywhere();
    void windows();
    void wholeText();
    void names();
    void tokenizes();
    void stopsWhenThereAreEnough();
    void everyFaultIsAnError();

private:
    std::filesystem::path put(const char* name, const QByteArray& content) const {
        const auto path = std::filesystem::path(m_folder.path().toStdString()) / name;
        QFile file(QString::fromStdString(path.string()));
        if (!file.open(QIODevice::WriteOnly)) return {};
        file.write(content);
        return path;
    }
    static Expected<QByteArrayList> read(const std::filesystem::path& path,
                                         FileOps& ops = systemFileOps(),
                                         const JsonLinesSettings& settings = {}) {
        GRIDSCOPE_TRY_ASSIGN(reader, JsonLinesReader::open(ops, path, settings));
        QByteArrayList texts;
        for (;;) {
            GRIDSCOPE_TRY_ASSIGN(text, reader.next());
            if (!text) return texts;
            texts << QByteArray::fromStdString(*text);
        }
    }
    QTemporaryDir m_folder;
};

void TestJsonLines::lines_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArrayList>("texts");
    const auto row = [](const char* name, const QByteArray& file, const QByteArrayList& texts) {
        QTest::newRow(name) << file << texts;
    };
    row("two", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n", {"a", "b"});
    row("no line end", "{\"text\":\"a\"}\n{\"text\":\"b\"}", {"a", "b"});
    row("Windows lines", "{\"text\":\"a\"}\r\n\r\n{\"text\":\"b\"}\r\n", {"a", "b"});
    row("empty lines", "\n\n{\"text\":\"a\"}\n \t\n\n{\"text\":\"b\"}\n\n", {"a", "b"});
    row("byte order mark", "\xEF\xBB\xBF{\"text\":\"a\"}\n", {"a"});
    row("other keys", R"({"meta":{"text":"x","l":[1,{"text":2}]},"text":"a","n":null,"f":1.5})",
        {"a"});
    row("escapes", R"({"text":"a\n\u00e9\ud83d\ude00\"\\"})", {"a\n\xC3\xA9\xF0\x9F\x98\x80\"\\"});
    row("NUL", R"({"text":"a\u0000b"})", {QByteArray("a\0b", 3)});
    row("empty text", "{\"text\":\"\"}\n{\"text\":\"b\"}", {"", "b"});
    row("empty file", "", {});
    row("only empty lines", "\n \n", {});
    row("64 levels", "{\"m\":" + QByteArray(63, '[') + QByteArray(63, ']') + ",\"text\":\"a\"}",
        {"a"});
}

void TestJsonLines::lines() {
    QFETCH(QByteArray, file);
    QFETCH(QByteArrayList, texts);
    const auto found = read(put("a.jsonl", file));
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(*found, texts);
    const auto unpacked = read(put("a.jsonl.zst", packed(file)));
    GRIDSCOPE_VERIFY_OK(unpacked);
    QCOMPARE(*unpacked, texts);
}

void TestJsonLines::refused_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QByteArray>("place");
    const auto row = [](const char* name, const QByteArray& file, ErrorCode code,
                        const char* place) {
        QTest::newRow(name) << file << code << QByteArray(place);
    };
    const QByteArray good = "{\"text\":\"a\"}\n";
    row("not JSON", good + "\nplain text\n" + good, ErrorCode::JsonSyntax, "line 3");
    row("cut", good + "{\"text\":\"b", ErrorCode::JsonSyntax, "line 2");
    row("NUL after the object", QByteArray("{\"text\":\"a\"}\0{\"text\":\"b\"}", 25),
        ErrorCode::JsonSyntax, "line 1");
    row("two objects", "{\"text\":\"a\"}{\"text\":\"b\"}", ErrorCode::JsonSyntax, "line 1");
    row("line end in a string", "{\"text\":\"a\nb\"}", ErrorCode::JsonSyntax, "line 1");
    row("half a surrogate pair", R"({"text":"\ud83d"})", ErrorCode::JsonSyntax, "line 1");
    row("NaN", R"({"text":"a","score":NaN})", ErrorCode::JsonSyntax, "line 1");
    row("65 levels", "{\"m\":" + QByteArray(64, '[') + QByteArray(64, ']') + "}",
        ErrorCode::JsonDepth, "line 1");
    row("M05 a million levels", good + QByteArray(1'000'000, '['), ErrorCode::TokensFormat,
        "line 2");
    row("M05 a million levels in an object", good + "{\"m\":" + QByteArray(1'000'000, '['),
        ErrorCode::JsonDepth, "line 2");
    row("list", "[\"text\"]", ErrorCode::TokensFormat, "line 1");
    row("string", "\"text\"", ErrorCode::TokensFormat, "line 1");
    row("no text", good + "{\"content\":\"a\"}", ErrorCode::TokensFormat, "line 2");
    row("text deeper only", R"({"m":{"text":"a"}})", ErrorCode::TokensFormat, "line 1");
    row("text twice", R"({"text":"a","text":"b"})", ErrorCode::TokensFormat, "line 1");
    row("number", R"({"text":1})", ErrorCode::TokensFormat, "line 1");
    row("null", R"({"text":null})", ErrorCode::TokensFormat, "line 1");
    row("object", R"({"text":{"text":"a"}})", ErrorCode::TokensFormat, "line 1");
    row("list as text", R"({"text":["a"]})", ErrorCode::TokensFormat, "line 1");
    row("UTF-16", QByteArray("\xFF\xFE{\0", 4), ErrorCode::FileWrongType, "a.jsonl");
    row("L03 pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n",
        ErrorCode::FileLfsPointer, "a.jsonl");
    row("L04 web page", "<!DOCTYPE html>", ErrorCode::FileWrongType, "a.jsonl");
    row("packed", packed(good), ErrorCode::FileWrongType, "a.jsonl");
}

void TestJsonLines::refused() {
    QFETCH(QByteArray, file);
    QFETCH(ErrorCode, code);
    QFETCH(QByteArray, place);
    const auto found = read(put("a.jsonl", file));
    QVERIFY(!found);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(found.error().code))),
             QByteArray::fromStdString(std::string(errorCodeText(code))));
    const QByteArray where = QByteArray::fromStdString(found.error().where);
    QVERIFY2(where.contains("a.jsonl") && where.endsWith(place), where.constData());
    QVERIFY(found.error().what.size() <= 300);
}

void TestJsonLines::longLines() {
    const QByteArray open = "{\"text\":\"";
    const qsizetype longest = (64 << 20) - open.size() - 2;
    const auto found = read(put("a.jsonl", open + QByteArray(longest, 'x') + "\"}\n"));
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(found->first().size(), longest);
    const auto tooLong = read(put("a.jsonl", "{}\n" + open + QByteArray(longest + 1, 'x') + "\"}"),
                              systemFileOps(), {"other", kZstdWindowBytes});
    QCOMPARE(tooLong.error().code, ErrorCode::TokensFormat);
    QVERIFY(QByteArray::fromStdString(tooLong.error().where).endsWith("line 1"));
    // A few KB that unpack to one endless line.
    const auto bomb = read(put("a.jsonl.zst", packed(QByteArray(80 << 20, ' '))));
    QCOMPARE(bomb.error().code, ErrorCode::TokensFormat);
    QVERIFY(bomb.error().what.find("67108864") != std::string::npos);
}

void TestJsonLines::utf8IsMended() {
    auto reader = JsonLinesReader::open(
        systemFileOps(), put("a.jsonl", "{\"text\":\"caf\xE9\"}\n{\"text\":\"\xFF\xFF\"}\n"), {});
    GRIDSCOPE_VERIFY_OK(reader);
    QCOMPARE(reader->next()->value(), std::string("caf\xEF\xBF\xBD"));
    QCOMPARE(reader->replaced(), std::uint64_t{1});
    QCOMPARE(reader->next()->value(), std::string("\xEF\xBF\xBD\xEF\xBF\xBD"));
    QCOMPARE(reader->replaced(), std::uint64_t{3});
    QVERIFY(!*reader->next());
    QVERIFY(!*reader->next());  // the end stays the end
}

void TestJsonLines::frames_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArrayList>("texts");
    const QByteArray a = "{\"text\":\"a\"}\n";
    const QByteArray b = "{\"text\":\"b\"}\n";
    const QByteArray large = "{\"text\":\"" + QByteArray(3'000'000, 'y') + "\"}\n";
    QTest::newRow("two frames") << packed(a) + packed(b) << QByteArrayList{"a", "b"};
    QTest::newRow("cut inside a line")
        << packed(a + b.left(5)) + packed(b.mid(5)) << QByteArrayList{"a", "b"};
    QTest::newRow("skippable frames")
        << skippable("note") + packed(a) + skippable("") + packed(b) + skippable("end")
        << QByteArrayList{"a", "b"};
    QTest::newRow("empty frames") << packed({}) + packed(a) + packed({}) << QByteArrayList{"a"};
    QTest::newRow("only an empty frame") << packed({}) << QByteArrayList{};
    QTest::newRow("large frames") << packed(large) + packed(a + large)
                                  << QByteArrayList{large.mid(9, 3'000'000), "a",
                                                    large.mid(9, 3'000'000)};
    QTest::newRow("window of 2^27") << packed(a, 27) << QByteArrayList{"a"};
}

void TestJsonLines::frames() {
    QFETCH(QByteArray, file);
    QFETCH(QByteArrayList, texts);
    const auto found = read(put("a.jsonl.zst", file));
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(*found, texts);
    FaultyFileOps slow(systemFileOps());
    slow.setLargestTransfer(file.size() > 1000 ? 4099 : 1);
    const auto pieces = read(put("a.jsonl.zst", file), slow);
    GRIDSCOPE_VERIFY_OK(pieces);
    QCOMPARE(*pieces, texts);
}

void TestJsonLines::framesRefused_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<ErrorCode>("code");
    const QByteArray whole = packed("{\"text\":\"a\"}\n");
    QByteArray checksum = whole;
    checksum[whole.size() - 1] = static_cast<char>(checksum[whole.size() - 1] ^ 1);
    QTest::newRow("empty") << QByteArray() << ErrorCode::TokensCompressed;
    QTest::newRow("not packed") << QByteArray("{\"text\":\"a\"}\n") << ErrorCode::TokensCompressed;
    QTest::newRow("text behind") << whole + "{\"text\":\"a\"}\n" << ErrorCode::TokensCompressed;
    QTest::newRow("magic alone") << whole.left(4) << ErrorCode::TokensCompressed;
    QTest::newRow("checksum") << checksum << ErrorCode::TokensCompressed;
    QTest::newRow("gzip") << QByteArray("\x1F\x8B\x08\0\0\0\0\0", 8) << ErrorCode::TokensCompressed;
    QTest::newRow("second frame cut") << whole + whole.chopped(3) << ErrorCode::TokensCompressed;
    QTest::newRow("window of 2^28")
        << packed("{\"text\":\"a\"}\n", 28) << ErrorCode::TokensCompressed;
    QTest::newRow("L04 web page") << QByteArray("<html>") << ErrorCode::FileWrongType;
}

void TestJsonLines::framesRefused() {
    QFETCH(QByteArray, file);
    QFETCH(ErrorCode, code);
    const auto target = put("a.jsonl.zst", file);
    const auto found = read(target);
    QVERIFY(!found);
    QCOMPARE(found.error().code, code);
    QVERIFY(found.error().where.starts_with(target.string()));
    QVERIFY(!found.error().hint.empty());
}

void TestJsonLines::frameCutAnywhere() {
    const QByteArray whole = packed("{\"text\":\"some words\"}\n");
    for (qsizetype size = 0; size < whole.size(); ++size) {
        const auto found = read(put("a.jsonl.zst", whole.left(size)));
        QVERIFY2(!found, QByteArray::number(size).constData());
        QCOMPARE(found.error().code, ErrorCode::TokensCompressed);
        QCOMPARE(readTextFile(systemFileOps(), put("a.txt.zst", whole.left(size))).error().code,
                 ErrorCode::TokensCompressed);
    }
}

// Larger windows than 2^27 are taken where the caller has the memory for them.
void TestJsonLines::windows() {
    const auto target = put("a.jsonl.zst", packed("{\"text\":\"a\"}\n", 28));
    for (const std::uint64_t bytes : {std::uint64_t{0}, kZstdWindowBytes, 2 * kZstdWindowBytes - 1})
        QVERIFY(!read(target, systemFileOps(), {"text", bytes}));
    for (const std::uint64_t bytes : {2 * kZstdWindowBytes, UINT64_MAX})
        GRIDSCOPE_VERIFY_OK(read(target, systemFileOps(), {"text", bytes}));
}

void TestJsonLines::wholeText() {
    const auto found = readTextFile(
        systemFileOps(),
        put("a.txt.zst", packed("\xEF\xBB\xBFh\xC3\xA9 ") + packed("\xFF") + packed("!\n")));
    GRIDSCOPE_VERIFY_OK(found);
    QCOMPARE(found->text, std::string("h\xC3\xA9 \xEF\xBF\xBD!\n"));
    QCOMPARE(found->replaced, std::uint64_t{1});
    QByteArray large;
    for (int i = 0; i < 700'000; ++i) large += QByteArray::number(i);
    const auto unpacked = readTextFile(systemFileOps(), put("b.txt.zst", packed(large)));
    GRIDSCOPE_VERIFY_OK(unpacked);
    QVERIFY(unpacked->text == large.toStdString());
}

void TestJsonLines::names() {
    QVERIFY(isJsonLinesName("a/b.jsonl") && isJsonLinesName("b.jsonl.zst"));
    for (const char* name :
         {"a.json", "a.txt.zst", "a.zst", "a.jsonl.gz", "a.jsonl/b.txt", "jsonl"})
        QVERIFY2(!isJsonLinesName(name), name);
}

void TestJsonLines::tokenizes() {
    const QByteArray json =
        R"({"added_tokens":[{"id":2,"content":"<|endoftext|>","single_word":false,"lstrip":false,)"
        R"("rstrip":false,"normalized":false,"special":true}],"normalizer":null,)"
        R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"post_processor":null,)"
        R"("decoder":{"type":"ByteLevel"},)"
        R"("model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]}})";
    const auto tokenizer = Tokenizer::parse(json.toStdString(), "t");
    GRIDSCOPE_VERIFY_OK(tokenizer);
    const auto ids = [&](const char* name, const QByteArray& file, const char* field = "text") {
        TokenizeSettings settings;
        settings.lines.field = field;
        const auto text = tokenizeFile(systemFileOps(), put(name, file), *tokenizer, settings);
        return text ? text->ids : std::vector<std::uint32_t>{99};
    };
    using Ids = std::vector<std::uint32_t>;
    // Between documents, not at the ends; a document without ids is no document.
    QCOMPARE(ids("a.jsonl", "{\"text\":\"ab\"}\n{\"text\":\"\"}\n{\"text\":\"a\"}\n"),
             (Ids{0, 1, 2, 0}));
    QCOMPARE(ids("a.jsonl", "{\"text\":\"\"}\n{\"text\":\"a\"}\n"), (Ids{0}));
    QCOMPARE(ids("a.jsonl", "{\"text\":\"a\",\"code\":\"bb\"}\n", "code"), (Ids{1, 1}));
    QCOMPARE(ids("a.jsonl", "{\"text\":\"a\"}\n", "code"), (Ids{99}));
    QCOMPARE(ids("a.jsonl.zst", packed("{\"text\":\"b\"}\n{\"text\":\"a\"}")), (Ids{1, 2, 0}));
    QCOMPARE(ids("a.txt.zst", packed("ab")), (Ids{0, 1}));
    QCOMPARE(ids("a.txt", "{\"aa\":\"b\"}"), (Ids{0, 0, 1}));  // plain text, whatever it looks like
    // Without such a token the user is told.
    QByteArray other = json;
    other.replace("<|endoftext|>", "<|x|>");
    const auto without = Tokenizer::parse(other.toStdString(), "t");
    GRIDSCOPE_VERIFY_OK(without);
    const auto text = tokenizeFile(
        systemFileOps(), put("a.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\xFF\"}"), *without, {});
    GRIDSCOPE_VERIFY_OK(text);
    QCOMPARE(text->ids, (Ids{0, 1}));
    QCOMPARE(text->documents, std::uint64_t{2});
    QCOMPARE(text->notes.size(), std::size_t{2});
}

void TestJsonLines::stopsWhenThereAreEnough() {
    const auto tokenizer =
        Tokenizer::parse(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[]},)"
                         R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}})",
                         "t");
    GRIDSCOPE_VERIFY_OK(tokenizer);
    const auto target = put("a.jsonl", "{\"text\":\"aaa\"}\n{\"text\":\"aaa\"}\nbroken\n");
    TokenizeSettings settings;
    settings.most = 4;
    const auto enough = tokenizeFile(systemFileOps(), target, *tokenizer, settings);
    GRIDSCOPE_VERIFY_OK(enough);
    QCOMPARE(enough->ids.size(), std::size_t{6});
    settings.most = 7;
    const auto more = tokenizeFile(systemFileOps(), target, *tokenizer, settings);
    QCOMPARE(more.error().code, ErrorCode::JsonSyntax);
}

void TestJsonLines::everyFaultIsAnError() {
    const auto target = put("a.jsonl.zst", packed("{\"text\":\"a\"}\n{\"text\":\"b\"}"));
    for (std::uint64_t k = 1;; ++k) {
        QVERIFY(k < 200);
        FaultyFileOps ops(systemFileOps(), {k, EIO, Fault::Extent::FromThenOn});
        ops.setLargestTransfer(7);
        auto reader = JsonLinesReader::open(ops, target, {});
        auto first = reader ? reader->next() : Expected<std::optional<std::string>>(reader.error());
        QCOMPARE(bool(first), !ops.hitFault());
        if (first) return;
        QVERIFY(first.error().where.starts_with(target.string()));
        QCOMPARE(first.error().code, ErrorCode::FileRead);
    }
}

QTEST_GUILESS_MAIN(TestJsonLines)
#include "tst_json_lines.moc"
