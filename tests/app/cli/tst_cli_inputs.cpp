// SPDX-License-Identifier: GPL-3.0-or-later

#include <zstd.h>

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/app/cli/cli_runner.h"
#include "tests/core/text/megatron_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope::test;

namespace {

QString text(const char* latin1) { return QString::fromLatin1(latin1); }

/// The ids of the suite's held-out text; .npy of version 1 has its header length at byte 8.
QByteArray heldOut() {
    QFile file(sharedData("suite_a/val_tokens.npy"));
    if (!file.open(QIODevice::ReadOnly)) return {};
    const QByteArray bytes = file.readAll();
    return bytes.mid(10 + static_cast<uchar>(bytes[8]) + 256 * static_cast<uchar>(bytes[9]));
}

QByteArray packed(const QByteArray& content) {
    QByteArray frame(
        static_cast<qsizetype>(ZSTD_compressBound(static_cast<std::size_t>(content.size()))), '\0');
    const std::size_t size =
        ZSTD_compress(frame.data(), static_cast<std::size_t>(frame.size()), content.constData(),
                      static_cast<std::size_t>(content.size()), 3);
    return frame.first(static_cast<qsizetype>(size));
}

}  // namespace

/// One text in every kind of file gives the same numbers.
class TestCliInputs : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { GRIDSCOPE_NEED_SHARED(); }
    void tokenFiles();
    void packedSequences();
    void textFiles();
    void training();
    void refused_data();
    void refused();

private:
    QString put(const char* name, const QByteArray& content) const {
        const QString path = m_folder.filePath(text(name));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write %s", name);
        file.write(content);
        return path;
    }
    static QByteArray score(const QStringList& arguments) {
        const CliResult result = runCli(
            QStringList{text("score"), sharedData("suite_a/step4000"), text("--json")} + arguments);
        return result.exitCode == 0 ? result.out : result.error + result.out;
    }
    QTemporaryDir m_folder;
};

void TestCliInputs::tokenFiles() {
    const QByteArray ids = heldOut();
    MegatronFixture whole;
    whole.lengths = {static_cast<qint32>(ids.size() / 2)};
    whole.offsets = {0};
    whole.documents = {0, 1};
    const QString raw = put("flat.bin", ids);
    const QString index = put("flat.idx", whole.index());
    const QStringList how{text("--windows"), text("20"), text("--length"), text("64")};
    const QByteArray npy =
        score(QStringList{text("--tokens"), sharedData("suite_a/val_tokens.npy")} + how);
    QVERIFY2(npy.startsWith("{\"ce\":"), npy.constData());
    QCOMPARE(score(QStringList{text("--tokens"), raw, text("--dtype"), text("u16")} + how), npy);
    QCOMPARE(score(QStringList{text("--tokens"), index} + how), npy);
}

void TestCliInputs::packedSequences() {
    // 100 sequences of 65: the windows of a training set, as Pythia's are of 2049.
    const QByteArray ids = heldOut().first(100 * 65 * 2);
    MegatronFixture fixture;
    for (int i = 0; i < 100; ++i) {
        fixture.lengths << 65;
        fixture.offsets << 130 * i;
        fixture.documents << i;
    }
    fixture.documents << 100;
    const QString raw = put("rows.bin", ids);
    const QString index = put("rows.idx", fixture.index());
    const QStringList all{text("--windows"), text("all")};
    const QByteArray asRows = score(QStringList{text("--tokens"), index} + all);
    QVERIFY2(asRows.contains("\"tokens\":6400,\"windows\":100"), asRows.constData());
    QCOMPARE(score(QStringList{text("--tokens"), raw, text("--dtype"), text("u16"),
                               text("--length"), text("65")} +
                   all),
             asRows);
}

void TestCliInputs::textFiles() {
    const QString tokenizer = sharedData("tokenizer/gpt2_style/tokenizer.json");
    const auto ids = [&](const QString& file, const QStringList& more = {}) {
        const CliResult result =
            runCli(QStringList{text("tokenize"), text("--tokenizer"), tokenizer, text("--text"),
                               file, text("--json")} +
                   more);
        return result.exitCode == 0 ? result.json()[text("ids")].toArray() : QJsonArray{-1};
    };
    const QByteArray lines = "{\"text\":\"Hello world\"}\n\n{\"text\":\"and again\"}\n";
    const QJsonArray expected = ids(put("a.txt", "Hello world<|endoftext|>and again"));
    QVERIFY(expected.size() >= 5);
    QCOMPARE(ids(put("a.jsonl", lines)), expected);
    QCOMPARE(ids(put("a.jsonl.zst", packed(lines.first(9)) + packed(lines.mid(9)))), expected);
    QCOMPARE(ids(put("a.txt.zst", packed("Hello world<|endoftext|>and again"))), expected);
    QByteArray other = lines;
    other.replace("\"text\"", "\"content\"");
    QCOMPARE(ids(put("b.jsonl", other), {text("--text-field"), text("content")}), expected);
}

void TestCliInputs::training() {
    const QString config = sharedData("suite_a/step0/config.json");
    const QByteArray ids = heldOut();
    put("train.bin", ids);
    MegatronFixture whole;
    whole.lengths = {static_cast<qint32>(ids.size() / 2)};
    whole.offsets = {0};
    whole.documents = {0, 1};
    const auto trained = [&](const char* name, const QStringList& input) {
        const QString out = m_folder.filePath(text(name));
        const CliResult result = runCli(
            QStringList{text("train"), text("--config"), config, text("--out"), out,
                        text("--steps"), text("2"), text("--length"), text("32"), text("--batch"),
                        text("2"), text("--save"), text("2"), text("--threads"), text("1")} +
            input);
        QFile file(out + text("/step2/model.safetensors"));
        return result.exitCode == 0 && file.open(QIODevice::ReadOnly) ? file.readAll()
                                                                      : result.error;
    };
    const QByteArray fromRaw = trained(
        "raw",
        {text("--tokens"), m_folder.filePath(text("train.bin")), text("--dtype"), text("u16")});
    QVERIFY2(fromRaw.size() > 10'000, fromRaw.constData());
    QCOMPARE(trained("index", {text("--tokens"), put("train.idx", whole.index())}), fromRaw);
}

void TestCliInputs::refused_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("code");
    QTest::newRow("no index") << text("x.idx") << QByteArray("text") << text("tokens.format");
    QTest::newRow("not packed") << text("x.jsonl.zst") << QByteArray("{}")
                                << text("tokens.compressed");
    QTest::newRow("no JSON") << text("x.jsonl") << QByteArray("Hello\n") << text("json.syntax");
    QTest::newRow("no field") << text("x.jsonl") << QByteArray("{\"a\":\"b\"}")
                              << text("tokens.format");
    QTest::newRow("too little") << text("x.jsonl") << QByteArray("{\"text\":\"b\"}")
                                << text("tokens.too-few");  // T05
}

void TestCliInputs::refused() {
    QFETCH(QString, name);
    QFETCH(QByteArray, content);
    QFETCH(QString, code);
    const QString file = put(name.toLatin1().constData(), content);
    const bool isIndex = name.endsWith(text(".idx"));
    const CliResult result = runCli({text("score"), sharedData("suite_a/step4000"), text("--json"),
                                     isIndex ? text("--tokens") : text("--text"), file});
    QCOMPARE(result.exitCode, 4);
    QCOMPARE(result.errorCode(), code);
}

QTEST_GUILESS_MAIN(TestCliInputs)
#include "tst_cli_inputs.moc"
