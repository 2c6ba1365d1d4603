// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "core/probe/eval_input.h"
#include "tests/core/text/megatron_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using gridscope::test::MegatronFixture;

namespace {

using Ids = std::vector<std::uint32_t>;

constexpr const char* kTokenizer =
    R"({"added_tokens":[{"id":2,"content":"<|endoftext|>","single_word":false,"lstrip":false,)"
    R"("rstrip":false,"normalized":false,"special":true}],"normalizer":null,)"
    R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"post_processor":null,)"
    R"("decoder":{"type":"ByteLevel"},)"
    R"("model":{"type":"BPE","vocab":{"a":0,"b":1,"c":3,"d":4},"merges":[]}})";

}  // namespace

/// The same ids from every kind of file, cut into the same windows.
class TestEvalInput : public QObject {
    Q_OBJECT

private slots:
    void init();
    void documents_data();
    void documents();
    void packedSequences_data();
    void packedSequences();
    void packedBeyondThePositions();
    void withoutTokenizer();
    void unusableTokenizer();
    void tokenizerWithoutEnd();
    void refused_data();
    void refused();

private:
    std::filesystem::path path(const char* name) const {
        return std::filesystem::path(m_folder->path().toStdString()) / name;
    }
    void put(const char* name, const QByteArray& content) const {
        QFile file(QString::fromStdString(path(name).string()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    void putDataset(const char* stem, const QList<QList<int>>& sequences) const {
        put((QByteArray(stem) + ".idx").constData(), MegatronFixture::of(sequences).index());
        put((QByteArray(stem) + ".bin").constData(), MegatronFixture::data(sequences));
    }
    Expected<LoadedWindows> load(const QByteArray& name, std::optional<std::uint64_t> length,
                                 const char* count = "all") const {
        EvalInput input;
        const auto file = path(name.constData());
        const bool isText = name.contains("json") || name.contains("txt");
        (isText ? input.text : input.tokens) = file;
        if (name == "ids.bin") input.dtype = "u16";
        if (name == "other.jsonl") input.textField = "content";
        input.windows = count;
        input.length = length;
        CheckpointCatalog catalog;
        catalog.entries.resize(1);
        catalog.entries[0].folder = path("");
        if (m_positions > 0) {
            catalog.entries[0].config.emplace();
            catalog.entries[0].config->maxPositions = m_positions;
        }
        return loadEvalWindows(systemFileOps(), input, catalog);
    }
    std::unique_ptr<QTemporaryDir> m_folder;
    std::int64_t m_positions = 0;  // of the model; 0 = not known
};

void TestEvalInput::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_positions = 0;
    put("tokenizer.json", kTokenizer);
}

// "ab", "cd" and "a", joined by id 2: 0 1 2 3 4 2 0.
void TestEvalInput::documents_data() {
    QTest::addColumn<QByteArray>("name");
    for (const char* name : {"ids.bin", "set.idx", "lines.jsonl", "other.jsonl", "text.txt"})
        QTest::newRow(name) << QByteArray(name);
}

void TestEvalInput::documents() {
    QFETCH(QByteArray, name);
    put("ids.bin", MegatronFixture::data({{0, 1, 2, 3, 4, 2, 0}}));
    putDataset("set", {{0, 1}, {3, 4, 2}, {0}});  // one document ends with the id already
    put("lines.jsonl", "{\"text\":\"ab\"}\n{\"text\":\"cd\"}\n{\"text\":\"a\"}\n");
    put("other.jsonl", "{\"content\":\"ab\"}\n{\"content\":\"cd\"}\n{\"content\":\"a\"}\n");
    put("text.txt", "ab<|endoftext|>cd<|endoftext|>a");
    const auto loaded = load(name, 3);
    GRIDSCOPE_VERIFY_OK(loaded);
    QCOMPARE(loaded->windows.ids, (Ids{0, 1, 2, 3, 4, 2}));
    QCOMPARE(loaded->windows.count, std::uint64_t{2});
    QCOMPARE(loaded->windows.source, path(name.constData()).string());
    const auto one = load(name, 7, "1");
    GRIDSCOPE_VERIFY_OK(one);
    QCOMPARE(one->windows.ids, (Ids{0, 1, 2, 3, 4, 2, 0}));
    const auto tooMany = load(name, 3, "3");
    QVERIFY(!tooMany);
    QCOMPARE(tooMany.error().code, ErrorCode::TokensTooFew);
    QVERIFY(tooMany.error().what.find("has 7") != std::string::npos);
}

void TestEvalInput::packedSequences_data() {
    QTest::addColumn<int>("length");
    QTest::addColumn<QByteArray>("windows");
    QTest::addColumn<QList<int>>("ids");
    QTest::newRow("as they are") << 0 << QByteArray("all")
                                 << QList<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    QTest::newRow("the first") << 5 << QByteArray("1") << QList<int>{0, 1, 2, 3, 4};
    QTest::newRow("cut in two") << 2 << QByteArray("all")
                                << QList<int>{0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13};
    QTest::newRow("the first three halves") << 2 << QByteArray("3") << QList<int>{0, 1, 2, 3, 5, 6};
    QTest::newRow("shorter") << 3 << QByteArray("2") << QList<int>{0, 1, 2, 5, 6, 7};
}

void TestEvalInput::packedSequences() {
    QFETCH(int, length);
    QFETCH(QByteArray, windows);
    QFETCH(QList<int>, ids);
    putDataset("set", {{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}, {10, 11, 12, 13, 14}});
    const auto asked = length > 0 ? std::optional(static_cast<std::uint64_t>(length))
                                  : std::optional<std::uint64_t>();
    const auto loaded = load("set.idx", asked, windows.constData());
    GRIDSCOPE_VERIFY_OK(loaded);
    QCOMPARE(QList<int>(loaded->windows.ids.begin(), loaded->windows.ids.end()), ids);
    QCOMPARE(loaded->windows.length, static_cast<std::uint64_t>(length > 0 ? length : 5));
    QVERIFY(!loaded->notes.empty());
}

void TestEvalInput::packedBeyondThePositions() {
    putDataset("set", {{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}});
    m_positions = 4;  // enough: the last id of a window is not fed in
    const auto whole = load("set.idx", std::nullopt);
    GRIDSCOPE_VERIFY_OK(whole);
    QCOMPARE(whole->windows.length, std::uint64_t{5});
    m_positions = 3;
    const auto cut = load("set.idx", std::nullopt);
    GRIDSCOPE_VERIFY_OK(cut);
    QCOMPARE(cut->windows.ids, (Ids{0, 1, 2, 5, 6, 7}));
}

// One that nobody asked for does not stop the probe; a named one does.
void TestEvalInput::unusableTokenizer() {
    put("tokenizer.json", "{}");
    putDataset("set", {{0, 1}, {3, 4, 5}});
    const auto loaded = load("set.idx", 5);
    GRIDSCOPE_VERIFY_OK(loaded);
    QCOMPARE(loaded->windows.ids, (Ids{0, 1, 3, 4, 5}));
    QVERIFY(loaded->notes.back().find("cannot be used (") != std::string::npos);
    EvalInput input;
    input.tokens = path("set.idx");
    input.tokenizer = path("tokenizer.json");
    QCOMPARE(loadEvalWindows(systemFileOps(), input, {}).error().code, ErrorCode::TokenizerJson);
}

void TestEvalInput::tokenizerWithoutEnd() {
    put("tokenizer.json", QByteArray(kTokenizer).replace("<|endoftext|>", "<|padding|>"));
    putDataset("set", {{0, 1}, {3, 4, 5}});
    const auto loaded = load("set.idx", 5);
    GRIDSCOPE_VERIFY_OK(loaded);
    QCOMPARE(loaded->windows.ids, (Ids{0, 1, 3, 4, 5}));
    QVERIFY(loaded->notes.back().find("has no end-of-document token") != std::string::npos);
}

void TestEvalInput::withoutTokenizer() {
    QVERIFY(std::filesystem::remove(path("tokenizer.json")));
    putDataset("set", {{0, 1}, {3, 4, 5}});
    const auto loaded = load("set.idx", 5);
    GRIDSCOPE_VERIFY_OK(loaded);
    QCOMPARE(loaded->windows.ids, (Ids{0, 1, 3, 4, 5}));
    QVERIFY(loaded->notes.back().find("no tokenizer") != std::string::npos);
}

void TestEvalInput::refused_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<int>("length");
    QTest::addColumn<ErrorCode>("code");
    QTest::newRow("windows above the sequences")
        << QByteArray("set.idx") << 6 << ErrorCode::SettingsRange;
    QTest::newRow("windows of one") << QByteArray("set.idx") << 1 << ErrorCode::SettingsRange;
    QTest::newRow("windows of none") << QByteArray("set.idx") << 0 << ErrorCode::SettingsRange;
    QTest::newRow("broken line") << QByteArray("bad.jsonl") << 2 << ErrorCode::JsonSyntax;
    QTest::newRow("no lines") << QByteArray("none.jsonl") << 2 << ErrorCode::TokensTooFew;  // T05
    QTest::newRow("absent") << QByteArray("absent.idx") << 2 << ErrorCode::FileMissing;
}

void TestEvalInput::refused() {
    QFETCH(QByteArray, name);
    QFETCH(int, length);
    QFETCH(ErrorCode, code);
    putDataset("set", {{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}});
    put("bad.jsonl", "{\"text\":\"ab\"}\n{\"text\":");
    put("none.jsonl", "\n");
    const auto loaded = load(name, static_cast<std::uint64_t>(length));
    QVERIFY(!loaded);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(loaded.error().code))),
             QByteArray::fromStdString(std::string(errorCodeText(code))));
}

QTEST_GUILESS_MAIN(TestEvalInput)
#include "tst_eval_input.moc"
