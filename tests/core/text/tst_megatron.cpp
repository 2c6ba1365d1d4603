// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "core/text/megatron_dataset.h"
#include "tests/core/text/megatron_fixture.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using gridscope::test::FaultyFileOps;
using gridscope::test::littleEndian;
using gridscope::test::MegatronFixture;

namespace {

using Ids = std::vector<std::uint32_t>;

// The second document has two sequences, the third is empty.
const QList<QList<int>> kThree = {{5, 6, 7}, {8, 9}, {513}};

MegatronFixture threeSequences() {
    MegatronFixture fixture = MegatronFixture::of(kThree);
    fixture.documents = {0, 1, 3, 3};
    return fixture;
}

}  // namespace

class TestMegatron : public QObject {
    Q_OBJECT

private slots:
    void cleanup();
    void joinsDocuments();
    void documentThatEndsWithTheId();
    void readsOnlyWhatIsWanted();
    void packed();
    void idTypes_data();
    void idTypes();
    void sequencesInAnyOrder();
    void shards_data();
    void shards();
    void shardsRefused_data();
    void shardsRefused();
    void refused_data();
    void refused();
    void refusedData_data();
    void refusedData();
    void standIns();
    void manySequences();
    void everyFaultIsAnError();

private:
    std::filesystem::path path(const char* name) const {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    void put(const char* name, const QByteArray& content) const {
        QFile file(QString::fromStdString(path(name).string()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    Expected<MegatronDataset> open(FileOps& ops = systemFileOps()) const {
        return MegatronDataset::open(ops, path("a.idx"), std::nullopt);
    }
    QTemporaryDir m_folder;
};

void TestMegatron::cleanup() {
    for (const auto& entry : std::filesystem::directory_iterator(path("")))
        std::filesystem::remove(entry.path());
}

void TestMegatron::joinsDocuments() {
    put("a.idx", threeSequences().index());
    put("a.bin", MegatronFixture::data(kThree));
    auto dataset = open();
    GRIDSCOPE_VERIFY_OK(dataset);
    QCOMPARE(dataset->sequences(), std::uint64_t{3});
    QCOMPARE(dataset->documents(), std::uint64_t{3});
    QCOMPARE(dataset->tokens(), std::uint64_t{6});
    QCOMPARE(dataset->packedLength(), std::uint64_t{0});
    const auto plain = dataset->readStream({});
    GRIDSCOPE_VERIFY_OK(plain);
    QCOMPARE(plain->ids, (Ids{5, 6, 7, 8, 9, 513}));
    QCOMPARE(plain->rows, std::uint64_t{0});
    const auto joined = dataset->readStream({kAllIds, 1});
    GRIDSCOPE_VERIFY_OK(joined);
    QCOMPARE(joined->ids,
             (Ids{5, 6, 7, 1, 8, 9, 513}));  // nothing inside a document, nor at the end
}

void TestMegatron::documentThatEndsWithTheId() {
    put("a.idx", threeSequences().index());
    put("a.bin", MegatronFixture::data(kThree));
    auto dataset = open();
    GRIDSCOPE_VERIFY_OK(dataset);
    const auto joined = dataset->readStream({kAllIds, 7});
    GRIDSCOPE_VERIFY_OK(joined);
    QCOMPARE(joined->ids, (Ids{5, 6, 7, 8, 9, 513}));
}

void TestMegatron::readsOnlyWhatIsWanted() {
    put("a.idx", threeSequences().index());
    put("a.bin", MegatronFixture::data(kThree));
    auto dataset = open();
    GRIDSCOPE_VERIFY_OK(dataset);
    const Ids all{5, 6, 7, 1, 8, 9, 513};
    for (std::size_t most = 0; most <= all.size() + 1; ++most) {
        const auto some = dataset->readStream({most, 1});
        GRIDSCOPE_VERIFY_OK(some);
        QCOMPARE(some->ids, Ids(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(
                                                               std::min(most, all.size()))));
    }
}

// Pythia's set: sequences of one length, each a document, with the end-of-document ids inside.
void TestMegatron::packed() {
    const QList<QList<int>> rows = {{1, 2, 0}, {3, 0, 4}, {5, 6, 7}};
    put("a.idx", MegatronFixture::of(rows).index());
    put("a.bin", MegatronFixture::data(rows));
    auto dataset = open();
    GRIDSCOPE_VERIFY_OK(dataset);
    QCOMPARE(dataset->packedLength(), std::uint64_t{3});
    const auto two = dataset->readRows(2);
    GRIDSCOPE_VERIFY_OK(two);
    QCOMPARE(two->ids, (Ids{1, 2, 0, 3, 0, 4}));
    QCOMPARE(two->rows, std::uint64_t{2});
    QCOMPARE(two->columns, std::uint64_t{3});
    QCOMPARE(dataset->readRows(kAllIds)->rows, std::uint64_t{3});
    QCOMPARE(dataset->readStream({kAllIds, 0})->ids, (Ids{1, 2, 0, 3, 0, 4, 5, 6, 7}));
    const TokenArray split = splitRows(*two, 2);
    QCOMPARE(split.ids, (Ids{1, 2, 3, 0}));
    QCOMPARE(split.rows, std::uint64_t{2});
    QCOMPARE(split.columns, std::uint64_t{2});
}

void TestMegatron::idTypes_data() {
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("bytes");
    QTest::newRow("u8") << 1 << 1;
    QTest::newRow("i32") << 4 << 4;
    QTest::newRow("i64") << 5 << 8;
    QTest::newRow("u16") << 8 << 2;
}

void TestMegatron::idTypes() {
    QFETCH(int, code);
    QFETCH(int, bytes);
    MegatronFixture fixture;
    fixture.dtypeCode = code;
    fixture.lengths = {2, 1};
    fixture.offsets = {0, 2 * bytes};
    fixture.documents = {0, 2};
    put("a.idx", fixture.index());
    put("a.bin", littleEndian(250, bytes) + littleEndian(1, bytes) + littleEndian(77, bytes));
    auto dataset = open();
    GRIDSCOPE_VERIFY_OK(dataset);
    QCOMPARE(dataset->readStream({})->ids, (Ids{250, 1, 77}));
    // A dtype that the user gives must be the one of the index.
    const TokenDtype other = code == 8 ? TokenDtype::U8 : TokenDtype::U16;
    QCOMPARE(MegatronDataset::open(systemFileOps(), path("a.idx"), other).error().code,
             ErrorCode::TokensDtype);
}

void TestMegatron::sequencesInAnyOrder() {
    MegatronFixture fixture = threeSequences();
    fixture.lengths = {2, 3, 1};
    fixture.offsets = {7, 1, 11};  // not aligned to the ids either
    put("a.idx", fixture.index());
    put("a.bin", "?" + MegatronFixture::data(kThree));
    auto dataset = open();
    GRIDSCOPE_VERIFY_OK(dataset);
    QCOMPARE(dataset->readStream({})->ids, (Ids{8, 9, 5, 6, 7, 513}));
}

void TestMegatron::shards_data() {
    QTest::addColumn<QStringList>("names");
    QTest::addColumn<QList<int>>("cuts");
    // Both ways of counting, and cuts through the middle of an id.
    QTest::newRow("0 to N") << QStringList{"a-00000-of-00002.bin", "a-00001-of-00002.bin",
                                           "a-00002-of-00002.bin"}
                            << QList<int>{4, 9};
    QTest::newRow("0 to N - 1") << QStringList{"a-00000-of-00002.bin", "a-00001-of-00002.bin"}
                                << QList<int>{5};
    QTest::newRow("an empty one") << QStringList{"a-0-of-2.bin", "a-1-of-2.bin", "a-2-of-2.bin"}
                                  << QList<int>{3, 3};
    QTest::newRow("beside others") << QStringList{"a-0-of-1.bin", "a-1-of-1.bin", "b-0-of-9.bin",
                                                  "a-x-of-1.bin", "a-1-of-1.bin.tmp"}
                                   << QList<int>{6, 12, 12, 12};
}

void TestMegatron::shards() {
    QFETCH(QStringList, names);
    QFETCH(QList<int>, cuts);
    put("a.idx", threeSequences().index());
    const QByteArray data = MegatronFixture::data(kThree);
    qsizetype begin = 0;
    for (qsizetype i = 0; i < names.size(); ++i) {
        const qsizetype end = i < cuts.size() ? cuts[i] : data.size();
        put(names[i].toUtf8().constData(), data.mid(begin, end - begin));
        begin = end;
    }
    auto dataset = open();
    GRIDSCOPE_VERIFY_OK(dataset);
    QCOMPARE(dataset->readStream({})->ids, (Ids{5, 6, 7, 8, 9, 513}));
}

void TestMegatron::shardsRefused_data() {
    QTest::addColumn<QStringList>("names");
    QTest::addColumn<ErrorCode>("code");
    QTest::newRow("no data") << QStringList{} << ErrorCode::FileMissing;
    QTest::newRow("gap") << QStringList{"a-0-of-2.bin", "a-2-of-2.bin"} << ErrorCode::TokensFormat;
    QTest::newRow("first absent") << QStringList{"a-1-of-1.bin"} << ErrorCode::TokensFormat;
    QTest::newRow("last absent") << QStringList{"a-0-of-3.bin", "a-1-of-3.bin"}
                                 << ErrorCode::TokensFormat;
    QTest::newRow("two sets") << QStringList{"a-0-of-1.bin", "a-1-of-2.bin"}
                              << ErrorCode::TokensFormat;
    QTest::newRow("twice") << QStringList{"a-0-of-1.bin", "a-00-of-1.bin"}
                           << ErrorCode::TokensFormat;
}

void TestMegatron::shardsRefused() {
    QFETCH(QStringList, names);
    QFETCH(ErrorCode, code);
    put("a.idx", threeSequences().index());
    for (const QString& name : names) put(name.toUtf8().constData(), MegatronFixture::data(kThree));
    const auto dataset = open();
    QVERIFY(!dataset);
    QCOMPARE(dataset.error().code, code);
    QVERIFY(!dataset.error().hint.empty());
}

void TestMegatron::refused_data() {
    QTest::addColumn<QByteArray>("index");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QByteArray>("place");
    const auto row = [](const char* name, const MegatronFixture& fixture, ErrorCode code,
                        const char* place = "a.idx") {
        QTest::newRow(name) << fixture.index() << code << QByteArray(place);
    };
    const auto with = [](auto change) {
        MegatronFixture fixture = threeSequences();
        change(fixture);
        return fixture;
    };
    row("older layout", with([](auto& f) { f.magic = QByteArray("TNTIDX\0\0\0", 9); }),
        ErrorCode::TokensFormat);
    row("no magic", with([](auto& f) { f.magic = "MMIDIDX99"; }), ErrorCode::TokensFormat);
    row("version 2", with([](auto& f) { f.version = 2; }), ErrorCode::TokensFormat);
    for (const int code : {0, 2, 3, 6, 7, 9, 255})
        row(qPrintable(QString("type code %1").arg(code)),
            with([code](auto& f) { f.dtypeCode = code; }), ErrorCode::TokensDtype);
    row("no sequences", with([](auto& f) {
            f.lengths = {};
            f.offsets = {};
            f.documents = {0};
        }),
        ErrorCode::TokensSize);
    row("negative length", with([](auto& f) { f.lengths[1] = -1; }), ErrorCode::TokensFormat,
        "sequence 1");
    row("negative offset", with([](auto& f) { f.offsets[2] = -2; }), ErrorCode::TokensFormat,
        "sequence 2");
    row("offset behind the data", with([](auto& f) { f.offsets[2] = 13; }), ErrorCode::TokensSize,
        "sequence 2");
    row("length beyond the data", with([](auto& f) { f.lengths[2] = 2; }), ErrorCode::TokensSize,
        "sequence 2");
    row("offset near 2^63", with([](auto& f) { f.offsets[0] = INT64_MAX; }), ErrorCode::TokensSize,
        "sequence 0");
    row("2^31 ids", with([](auto& f) { f.lengths[0] = INT32_MAX; }), ErrorCode::TokensSize,
        "sequence 0");
    row("the same ids again and again", with([](auto& f) {
            f.lengths = {6, 6, 6};
            f.offsets = {0, 0, 0};
        }),
        ErrorCode::TokensSize, "sequence 1");
    row("no document marks", with([](auto& f) { f.documents = {}; }), ErrorCode::TokensFormat,
        "document 0");
    row("first mark", with([](auto& f) { f.documents[0] = 1; }), ErrorCode::TokensFormat,
        "document 0");
    row("last mark", with([](auto& f) { f.documents.last() = 2; }), ErrorCode::TokensFormat,
        "document 3");
    row("descending marks", with([](auto& f) {
            f.documents = {0, 2, 1, 3};
        }),
        ErrorCode::TokensFormat, "document 2");
    row("negative mark", with([](auto& f) { f.documents[1] = -1; }), ErrorCode::TokensFormat,
        "document 1");
    row("mark beyond", with([](auto& f) { f.documents[1] = 4; }), ErrorCode::TokensFormat,
        "document 1");
    // Counts that the file has no room for; of the last the product wraps round.
    for (const std::uint64_t count :
         {std::uint64_t{4}, std::uint64_t{1} << 32, UINT64_MAX, UINT64_MAX / 12 + 4}) {
        QByteArray index = threeSequences().index();
        index.replace(18, 8, littleEndian(count, 8));
        QTest::newRow(qPrintable(QString("%1 sequences").arg(count)))
            << index << ErrorCode::TokensSize << QByteArray("a.idx");
        index = threeSequences().index();
        index.replace(26, 8, littleEndian(count == 4 ? 5 : count, 8));
        QTest::newRow(qPrintable(QString("%1 marks").arg(count)))
            << index << ErrorCode::TokensSize << QByteArray("a.idx");
    }
    QTest::newRow("something behind")
        << threeSequences().index() + "x" << ErrorCode::TokensSize << QByteArray("a.idx");
    QTest::newRow("empty") << QByteArray() << ErrorCode::TokensFormat << QByteArray("a.idx");
    QTest::newRow("web page") << QByteArray("<html>") << ErrorCode::FileWrongType
                              << QByteArray("a.idx");
}

void TestMegatron::refused() {
    QFETCH(QByteArray, index);
    QFETCH(ErrorCode, code);
    QFETCH(QByteArray, place);
    put("a.idx", index);
    put("a.bin", MegatronFixture::data(kThree));
    const auto dataset = open();
    QVERIFY(!dataset);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(dataset.error().code))),
             QByteArray::fromStdString(std::string(errorCodeText(code))));
    const QByteArray where = QByteArray::fromStdString(dataset.error().where);
    QVERIFY2(where.contains("a.idx") && where.endsWith(place), where.constData());
    QVERIFY(dataset.error().what.size() <= 300);
}

void TestMegatron::refusedData_data() {
    QTest::addColumn<QByteArray>("data");
    QTest::addColumn<int>("dtypeCode");
    QTest::addColumn<ErrorCode>("code");
    const QByteArray whole = MegatronFixture::data(kThree);
    QTest::newRow("cut") << whole.chopped(1) << 8 << ErrorCode::TokensSize;
    QTest::newRow("empty") << QByteArray() << 8 << ErrorCode::TokensSize;
    QTest::newRow("negative id") << QByteArray(24, '\xFF') << 4 << ErrorCode::TokensIdRange;
    QTest::newRow("id above 32 bits") << QByteArray(48, '\x01') << 5 << ErrorCode::TokensIdRange;
}

void TestMegatron::refusedData() {
    QFETCH(QByteArray, data);
    QFETCH(int, dtypeCode);
    QFETCH(ErrorCode, code);
    MegatronFixture fixture = threeSequences();
    fixture.dtypeCode = dtypeCode;
    put("a.idx", fixture.index());
    put("a.bin", data);
    auto dataset = open();
    const Error error = dataset ? dataset->readStream({}).error() : dataset.error();
    QCOMPARE(error.code, code);
    QVERIFY(error.where.find("sequence ") != std::string::npos);
}

void TestMegatron::standIns() {
    put("a.idx", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n");  // L03
    QCOMPARE(open().error().code, ErrorCode::FileLfsPointer);
    QCOMPARE(MegatronDataset::open(systemFileOps(), path("none.idx"), std::nullopt).error().code,
             ErrorCode::FileMissing);
    QVERIFY(isMegatronName("a/b.idx") && !isMegatronName("a.idx/b.bin"));
}

// More sequences than one block of the index holds.
void TestMegatron::manySequences() {
    constexpr int kCount = 150'000;
    MegatronFixture fixture;
    fixture.lengths.fill(1, kCount);
    fixture.lengths[kCount - 1] = 2;
    QByteArray data;
    for (int i = 0; i < kCount; ++i) {
        fixture.offsets << 2 * i;
        fixture.documents << i;
        data += littleEndian(static_cast<std::uint64_t>(i % 65'521), 2);
    }
    fixture.documents << kCount;
    put("a.idx", fixture.index());
    put("a.bin", data + littleEndian(7, 2));
    auto dataset = open();
    GRIDSCOPE_VERIFY_OK(dataset);
    const auto stream = dataset->readStream({});
    GRIDSCOPE_VERIFY_OK(stream);
    QCOMPARE(stream->ids.size(), std::size_t{kCount + 1});
    for (std::size_t i = 0; i < kCount; ++i) QCOMPARE(stream->ids[i], std::uint32_t(i % 65'521));
    QCOMPARE(stream->ids.back(), 7U);
    QCOMPARE(dataset->readStream({kAllIds, 65'530})->ids.size(), std::size_t{2 * kCount});
}

void TestMegatron::everyFaultIsAnError() {
    put("a.idx", threeSequences().index());
    put("a-0-of-1.bin", MegatronFixture::data(kThree).left(5));
    put("a-1-of-1.bin", MegatronFixture::data(kThree).mid(5));
    for (std::uint64_t k = 1;; ++k) {
        QVERIFY(k < 200);
        // ENOENT is no fault here: it is how the single .bin is found absent.
        FaultyFileOps ops(systemFileOps(), {k, EIO, gridscope::test::Fault::Extent::FromThenOn});
        ops.setLargestTransfer(7);
        auto dataset = open(ops);
        auto tokens = dataset ? dataset->readStream({}) : Expected<TokenArray>(dataset.error());
        QCOMPARE(bool(tokens), !ops.hitFault());
        if (tokens) {
            QCOMPARE(tokens->ids, (Ids{5, 6, 7, 8, 9, 513}));
            return;
        }
        QVERIFY(tokens.error().where.starts_with(path("a").string()));
    }
}

QTEST_GUILESS_MAIN(TestMegatron)
#include "tst_megatron.moc"
