// SPDX-License-Identifier: GPL-3.0-or-later

// Every fuzz harness over its committed corpus, and over every prefix and one-bit flip of the small
// valid files in it. The harnesses check their results and stop the program where one is wrong.

#include <QDir>
#include <QFile>
#include <QtTest>

#include "tests/fuzz/fuzz_targets.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

constexpr qsizetype kSweptBytes = 2048;

QDir corpusFolder() {
    return QDir(
        QString::fromStdString((test::dataFolder().parent_path() / "fuzz" / "corpus").string()));
}

QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

fuzz::Harness harnessOf(const QString& name) {
    for (const fuzz::NamedHarness& named : fuzz::kHarnesses)
        if (name == QLatin1String(named.name)) return named.harness;
    return nullptr;
}

fuzz::Outcome replay(fuzz::Harness harness, const QByteArray& bytes) {
    return harness(std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

}  // namespace

class TestFuzzCorpus : public QObject {
    Q_OBJECT

private slots:
    void everyHarnessHasInputs();
    void replays_data() { addFiles(QStringLiteral("*")); }
    void replays();
    void prefixes_data() { addFiles(QStringLiteral("valid_*")); }
    void prefixes();
    void bitFlips_data() { addFiles(QStringLiteral("valid_*")); }
    void bitFlips();

private:
    static void addFiles(const QString& pattern);
};

void TestFuzzCorpus::addFiles(const QString& pattern) {
    QTest::addColumn<QString>("harness");
    QTest::addColumn<QString>("path");
    for (const fuzz::NamedHarness& named : fuzz::kHarnesses) {
        const QDir folder(corpusFolder().filePath(QString::fromLatin1(named.name)));
        for (const QString& file : folder.entryList({pattern}, QDir::Files, QDir::Name))
            QTest::newRow(qPrintable(QStringLiteral("%1/%2").arg(named.name, file)))
                << QString::fromLatin1(named.name) << folder.filePath(file);
    }
}

void TestFuzzCorpus::everyHarnessHasInputs() {
    for (const fuzz::NamedHarness& named : fuzz::kHarnesses) {
        const QDir folder(corpusFolder().filePath(QString::fromLatin1(named.name)));
        QVERIFY2(!folder.entryList({QStringLiteral("valid_*")}, QDir::Files).isEmpty(), named.name);
        QVERIFY2(!folder.entryList({QStringLiteral("bad_*")}, QDir::Files).isEmpty(), named.name);
    }
    QCOMPARE(corpusFolder().entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(),
             static_cast<qsizetype>(std::size(fuzz::kHarnesses)));
}

// valid_* must be read, bad_* must be refused; of any other file only the harness judges.
void TestFuzzCorpus::replays() {
    QFETCH(QString, harness);
    QFETCH(QString, path);
    const fuzz::Outcome outcome = replay(harnessOf(harness), contentOf(path));
    const QString name = QFileInfo(path).fileName();
    if (name.startsWith(QLatin1String("valid_"))) QVERIFY(outcome.accepted);
    if (name.startsWith(QLatin1String("bad_"))) QVERIFY(!outcome.accepted);
}

// A part of a file is refused, or reads as the whole where only white space is gone. Lines and raw
// ids are whole in parts: there a part reads as the beginning of the whole.
void TestFuzzCorpus::prefixes() {
    QFETCH(QString, harness);
    QFETCH(QString, path);
    const QByteArray whole = contentOf(path);
    QVERIFY2(whole.size() <= kSweptBytes, "valid files of the corpus have at most 2 KiB");
    const fuzz::Outcome complete = replay(harnessOf(harness), whole);
    const bool inParts =
        path.contains(QLatin1String("lines")) || path.contains(QLatin1String("raw"));
    for (qsizetype size = 0; size < whole.size(); ++size) {
        const fuzz::Outcome part = replay(harnessOf(harness), whole.first(size));
        if (!part.accepted) continue;
        const QByteArray where = "of " + QByteArray::number(size) + " bytes";
        if (inParts)
            QVERIFY2(complete.digest.starts_with(part.digest), where.constData());
        else
            QVERIFY2(whole.mid(size).trimmed().isEmpty() && part.digest == complete.digest,
                     where.constData());
    }
}

void TestFuzzCorpus::bitFlips() {
    QFETCH(QString, harness);
    QFETCH(QString, path);
    const QByteArray whole = contentOf(path);
    const std::string complete = replay(harnessOf(harness), whole).digest;
    int noticed = 0;
    for (qsizetype bit = 0; bit < whole.size() * 8; ++bit) {
        QByteArray flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const fuzz::Outcome outcome = replay(harnessOf(harness), flipped);
        noticed += !outcome.accepted || outcome.digest != complete;
    }
    // White space and ignored keys may change unnoticed, half of a file not.
    QVERIFY(noticed > whole.size() * 4);
}

QTEST_GUILESS_MAIN(TestFuzzCorpus)
#include "tst_fuzz_corpus.moc"
