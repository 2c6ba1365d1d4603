// SPDX-License-Identifier: GPL-3.0-or-later

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/forwarding_file_ops.h"
#include "core/text/npy_writer.h"
#include "core/text/text_file.h"
#include "core/text/token_file.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

using Ids = std::vector<std::uint32_t>;

/// A .npy file with the given dictionary and data; the header is `length` bytes if given.
QByteArray npy(const char* dictionary, const QByteArray& data, int major = 1) {
    const QByteArray text = QByteArray(dictionary) + "\n";
    QByteArray file("\x93NUMPY");
    file += static_cast<char>(major);
    file += '\0';
    file += static_cast<char>(text.size());
    file += '\0';
    if (major > 1) file += QByteArray(2, '\0');
    return file + text + data;
}

constexpr const char* kTwo = "{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }";
const QByteArray kTwoData("\x05\x00\x01\x02", 4);

/// The system's calls, of which number `failing` fails with EIO.
class FailingOps final : public ForwardingFileOps {
public:
    explicit FailingOps(int failing) : ForwardingFileOps(systemFileOps()), m_left(failing) {}
    bool hasFailed() const { return m_left <= 0; }
    int open(const std::filesystem::path& p, int f, unsigned m) override {
        return fails() ? -EIO : ForwardingFileOps::open(p, f, m);
    }
    long pread(int d, std::span<std::byte> b, std::uint64_t o) override {
        const auto piece = b.first(std::min<std::size_t>(b.size(), 7));
        return fails() ? -EIO : ForwardingFileOps::pread(d, piece, o);
    }
    long pwrite(int d, std::span<const std::byte> b, std::uint64_t o) override {
        const auto piece = b.first(std::min<std::size_t>(b.size(), 70));
        return fails() ? -EIO : ForwardingFileOps::pwrite(d, piece, o);
    }
    int fstat(int d, FileStatus& s) override {
        return fails() ? -EIO : ForwardingFileOps::fstat(d, s);
    }
    int fsync(int d) override { return fails() ? -EIO : ForwardingFileOps::fsync(d); }
    int rename(const std::filesystem::path& a, const std::filesystem::path& b) override {
        return fails() ? -EIO : ForwardingFileOps::rename(a, b);
    }

private:
    bool fails() { return --m_left == 0; }
    int m_left;
};

}  // namespace

class TestTokenFile : public QObject {
    Q_OBJECT

private slots:
    void init();
    void npyKinds_data();
    void npyKinds();
    void npyRefused_data();
    void npyRefused();
    void npyTruncations();
    void npyBitFlips();
    void raw_data();
    void raw();
    void rawRefused_data();
    void rawRefused();
    void onlyTheFirstIds();
    void standIns();
    void text_data();
    void text();
    void writesWhatItReads_data();
    void writesWhatItReads();
    void writesNumbersInPieces();
    void writerRefusals();
    void everyFaultLeavesOldOrNew();

private:
    std::filesystem::path path(const char* name) const {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    std::filesystem::path put(const char* name, const QByteArray& content) const {
        QFile file(QString::fromStdString(path(name).string()));
        if (!file.open(QIODevice::WriteOnly)) return {};
        file.write(content);
        return path(name);
    }
    static QByteArray content(const std::filesystem::path& path) {
        QFile file(QString::fromStdString(path.string()));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    QTemporaryDir m_folder;
};

void TestTokenFile::init() { QVERIFY(m_folder.isValid()); }

void TestTokenFile::npyKinds_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QList<uint>>("ids");
    QTest::addColumn<int>("rows");
    const auto row = [](const char* name, const QByteArray& file, const QList<uint>& ids,
                        int rows) { QTest::newRow(name) << file << ids << rows; };
    row("u2", npy(kTwo, kTwoData), {5, 513}, 0);
    row("version 2", npy(kTwo, kTwoData, 2), {5, 513}, 0);
    row("version 3", npy(kTwo, kTwoData, 3), {5, 513}, 0);
    row("u1", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", "\x01\xFF"), {1, 255},
        0);
    row("u4", npy("{'descr': '<u4', 'fortran_order': False, 'shape': (1,)}", "\xFF\xFF\xFF\xFF"),
        {4294967295u}, 0);
    row("i4", npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}", "\x01\x02\x03\x04"),
        {0x04030201}, 0);
    row("i8",
        npy("{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"<i8\"}",
            QByteArray("\x01\x02\x03\x84\0\0\0\0", 8)),
        {0x84030201}, 0);
    row("rows", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }", "abcdef"),
        {97, 98, 99, 100, 101, 102}, 2);
    row("empty", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (0,), }", {}), {}, 0);
}

void TestTokenFile::npyKinds() {
    QFETCH(QByteArray, file);
    QFETCH(QList<uint>, ids);
    QFETCH(int, rows);
    const auto tokens = readTokenFile(systemFileOps(), put("a.npy", file), std::nullopt);
    GRIDSCOPE_VERIFY_OK(tokens);
    QCOMPARE(QList<uint>(tokens->ids.begin(), tokens->ids.end()), ids);
    QCOMPARE(tokens->rows, static_cast<std::uint64_t>(rows));
    QCOMPARE(tokens->columns, static_cast<std::uint64_t>(rows > 0 ? ids.size() / rows : 0));
}

void TestTokenFile::npyRefused_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<ErrorCode>("code");
    const auto row = [](const char* name, const QByteArray& file, ErrorCode code) {
        QTest::newRow(name) << file << code;
    };
    const auto dictionary = [](const char* descr, const char* order, const char* shape) {
        return QByteArray("{'descr': ") + descr + ", 'fortran_order': " + order +
               ", 'shape': " + shape + "}";
    };
    const auto with = [&](const char* descr, const char* order, const char* shape) {
        return npy(dictionary(descr, order, shape).constData(), kTwoData);
    };
    QByteArray huge = npy(kTwo, kTwoData, 2);
    huge.replace(8, 4, QByteArray("\xFF\xFF\xFF\xFF", 4));
    row("T02 4 GB header", huge, ErrorCode::NpyHeader);
    row("T02 version 4", npy(kTwo, kTwoData, 4), ErrorCode::NpyHeader);
    row("T02 no magic", "plain text", ErrorCode::NpyHeader);
    row("T02 unknown key", npy("{'descr': '<u2', 'order': False, 'shape': (2,)}", kTwoData),
        ErrorCode::NpyHeader);
    row("T02 missing key", npy("{'descr': '<u2', 'shape': (2,)}", kTwoData), ErrorCode::NpyHeader);
    row("T02 doubled key",
        npy("{'shape': (2,), 'descr': '<u2', 'fortran_order': False, 'shape': (2,)}", kTwoData),
        ErrorCode::NpyHeader);
    row("T02 behind the dictionary",
        npy("{'descr': '<u2', 'fortran_order': False, 'shape': (2,)} 1", kTwoData),
        ErrorCode::NpyHeader);
    row("T02 no tuple", with("'<u2'", "False", "(2)"), ErrorCode::NpyHeader);
    row("T02 negative extent", with("'<u2'", "False", "(-2,)"), ErrorCode::NpyHeader);
    row("T02 extent above 64 bits", with("'<u2'", "False", "(99999999999999999999,)"),
        ErrorCode::NpyHeader);
    row("T02 big-endian", with("'>u2'", "False", "(2,)"), ErrorCode::NpyDtype);
    row("T02 object", with("'|O'", "False", "(2,)"), ErrorCode::NpyDtype);
    row("T02 float", with("'<f4'", "False", "(1,)"), ErrorCode::NpyDtype);
    row("T02 fields", with("[('a', '<u2')]", "False", "(2,)"), ErrorCode::NpyDtype);
    row("T02 signed bytes", with("'|i1'", "False", "(4,)"), ErrorCode::NpyDtype);
    row("T02 Fortran order", with("'<u2'", "True", "(2,)"), ErrorCode::NpyOrder);
    row("T02 scalar", with("'<u2'", "False", "()"), ErrorCode::NpyShape);
    row("T02 rank 3", with("'<u2'", "False", "(1, 1, 2)"), ErrorCode::NpyShape);
    row("T02 no columns", with("'<u2'", "False", "(2, 0)"), ErrorCode::NpyShape);
    row("T02 more than there is", with("'<u2'", "False", "(3,)"), ErrorCode::NpySize);
    row("T02 less than there is", with("'<u2'", "False", "(1,)"), ErrorCode::NpySize);
    row("T02 10^18 ids", with("'<u2'", "False", "(1000000000000000000,)"), ErrorCode::NpySize);
    row("T02 bytes beyond 64 bits", with("'<i8'", "False", "(2305843009213693952,)"),
        ErrorCode::NpySize);
    row("T02 product beyond 64 bits", with("'<u2'", "False", "(4294967296, 4294967296)"),
        ErrorCode::NpySize);
    row("negative id",
        npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}", "\xFF\xFF\xFF\xFF"),
        ErrorCode::TokensIdRange);
    row("id beyond 32 bits",
        npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}",
            QByteArray("\0\0\0\0\x01\0\0\0", 8)),
        ErrorCode::TokensIdRange);
}

void TestTokenFile::npyRefused() {
    QFETCH(QByteArray, file);
    QFETCH(ErrorCode, code);
    const auto target = put("bad.npy", file);
    const auto outcome = readTokenFile(systemFileOps(), target, std::nullopt);
    QVERIFY(!outcome);
    QCOMPARE(QString::fromStdString(std::string(errorCodeText(outcome.error().code))),
             QString::fromStdString(std::string(errorCodeText(code))));
    QVERIFY(outcome.error().where.starts_with(target.string()));
}

void TestTokenFile::npyTruncations() {
    const QByteArray whole = npy(kTwo, kTwoData);
    for (qsizetype size = 0; size < whole.size(); ++size)
        QVERIFY2(!readTokenFile(systemFileOps(), put("cut.npy", whole.left(size)), std::nullopt),
                 QByteArray::number(size).constData());
    QVERIFY(readTokenFile(systemFileOps(), put("cut.npy", whole), std::nullopt));
}

void TestTokenFile::npyBitFlips() {
    const QByteArray whole = npy(kTwo, kTwoData);
    const qsizetype dataBits = kTwoData.size() * 8;
    int accepted = 0;
    for (qsizetype bit = 0; bit < whole.size() * 8; ++bit) {
        QByteArray flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const auto tokens = readTokenFile(systemFileOps(), put("f.npy", flipped), std::nullopt);
        if (!tokens) continue;
        ++accepted;
        QVERIFY(tokens->ids.size() * 2 <= static_cast<std::size_t>(whole.size()));
        QVERIFY(tokens->ids.size() == 1 || tokens->ids.size() == 2 || tokens->ids.size() == 4);
    }
    QVERIFY(accepted >= dataBits);  // flips in the data give other ids, not errors
    QVERIFY(accepted < whole.size() * 8 / 2);
}

void TestTokenFile::raw_data() {
    QTest::addColumn<QByteArray>("dtype");
    QTest::addColumn<QList<uint>>("ids");
    QTest::newRow("u8") << QByteArray("u8") << QList<uint>{1, 2, 3, 4, 0, 0, 0, 0};
    QTest::newRow("u16") << QByteArray("u16") << QList<uint>{0x0201, 0x0403, 0, 0};
    QTest::newRow("u32") << QByteArray("u32") << QList<uint>{0x04030201, 0};
    QTest::newRow("i32") << QByteArray("i32") << QList<uint>{0x04030201, 0};
    QTest::newRow("i64") << QByteArray("i64") << QList<uint>{0x04030201};
}

void TestTokenFile::raw() {
    QFETCH(QByteArray, dtype);
    QFETCH(QList<uint>, ids);
    const auto kind = parseTokenDtype(dtype.toStdString());
    GRIDSCOPE_VERIFY_OK(kind);
    QCOMPARE(tokenDtypeText(*kind), std::string_view(dtype.constData()));
    const auto target = put("ids.bin", QByteArray("\x01\x02\x03\x04\0\0\0\0", 8));
    const auto tokens = readTokenFile(systemFileOps(), target, *kind);
    GRIDSCOPE_VERIFY_OK(tokens);
    QCOMPARE(QList<uint>(tokens->ids.begin(), tokens->ids.end()), ids);
    QCOMPARE(tokens->rows, std::uint64_t{0});
}

void TestTokenFile::rawRefused_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("dtype");
    QTest::addColumn<ErrorCode>("code");
    QTest::newRow("T03 dtype not given")
        << QByteArray("abcd") << QByteArray() << ErrorCode::TokensDtype;
    QTest::newRow("T03 odd size") << QByteArray("abc") << QByteArray("u16")
                                  << ErrorCode::TokensSize;
    QTest::newRow("T03 empty") << QByteArray() << QByteArray("u16") << ErrorCode::TokensSize;
    QTest::newRow("T03 wrong dtype") << QByteArray("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")
                                     << QByteArray("i64") << ErrorCode::TokensIdRange;
    QTest::newRow("other dtype than the file says")
        << npy(kTwo, kTwoData) << QByteArray("u32") << ErrorCode::TokensDtype;
}

void TestTokenFile::rawRefused() {
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, dtype);
    QFETCH(ErrorCode, code);
    std::optional<TokenDtype> kind;
    if (!dtype.isEmpty()) kind = *parseTokenDtype(dtype.toStdString());
    const auto outcome = readTokenFile(systemFileOps(), put("r.bin", file), kind);
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().code, code);
    QCOMPARE(parseTokenDtype("f32").error().code, ErrorCode::SettingsSyntax);
    QCOMPARE(readTokenFile(systemFileOps(), path("none.bin"), kind).error().code,
             ErrorCode::FileMissing);
}

void TestTokenFile::onlyTheFirstIds() {
    const auto tokens =
        readTokenFile(systemFileOps(), put("n.npy", npy(kTwo, kTwoData)), std::nullopt, 1);
    GRIDSCOPE_VERIFY_OK(tokens);
    QCOMPARE(tokens->ids, Ids{5});
}

void TestTokenFile::standIns() {
    const QByteArray pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\n";
    QCOMPARE(readTokenFile(systemFileOps(), put("l.npy", pointer), std::nullopt).error().code,
             ErrorCode::FileLfsPointer);  // L03
    QCOMPARE(readTextFile(systemFileOps(), put("l.txt", pointer)).error().code,
             ErrorCode::FileLfsPointer);
    QCOMPARE(readTextFile(systemFileOps(), put("u.txt", "\xFF\xFEh")).error().code,
             ErrorCode::FileWrongType);
    QCOMPARE(readTextFile(systemFileOps(), path("absent.txt")).error().code,
             ErrorCode::FileMissing);
}

void TestTokenFile::text_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("replaced");
    QTest::newRow("plain") << QByteArray("h\xC3\xA9\r\n") << QByteArray("h\xC3\xA9\r\n") << 0;
    QTest::newRow("byte order mark") << QByteArray("\xEF\xBB\xBFhi") << QByteArray("hi") << 0;
    QTest::newRow("only one mark is removed")
        << QByteArray("\xEF\xBB\xBF\xEF\xBB\xBF") << QByteArray("\xEF\xBB\xBF") << 0;
    QTest::newRow("Latin-1") << QByteArray("caf\xE9 au lait")
                             << QByteArray("caf\xEF\xBF\xBD au lait") << 1;
    QTest::newRow("empty") << QByteArray() << QByteArray() << 0;
}

void TestTokenFile::text() {
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, text);
    QFETCH(int, replaced);
    const auto document = readTextFile(systemFileOps(), put("t.txt", file));
    GRIDSCOPE_VERIFY_OK(document);
    QCOMPARE(QByteArray::fromStdString(document->text), text);
    QCOMPARE(document->replaced, static_cast<std::uint64_t>(replaced));
}

void TestTokenFile::writesWhatItReads_data() {
    QTest::addColumn<int>("dtype");
    QTest::addColumn<QByteArray>("descr");
    QTest::newRow("u16") << static_cast<int>(NpyDtype::U16) << QByteArray("<u2");
    QTest::newRow("u32") << static_cast<int>(NpyDtype::U32) << QByteArray("<u4");
    QTest::newRow("i32") << static_cast<int>(NpyDtype::I32) << QByteArray("<i4");
}

void TestTokenFile::writesWhatItReads() {
    QFETCH(int, dtype);
    QFETCH(QByteArray, descr);
    Ids ids(70'000);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::uint32_t>(i % 65'536);
    const auto written =
        writeNpyIds(systemFileOps(), path("w.npy"), ids, static_cast<NpyDtype>(dtype));
    GRIDSCOPE_VERIFY_OK(written);
    // The dictionary as numpy 1.24 spells it, the data at a multiple of 64.
    const QByteArray bytes = content(path("w.npy"));
    QVERIFY(bytes.mid(10).startsWith("{'descr': '" + descr +
                                     "', 'fortran_order': False, 'shape': (70000,), }  "));
    QCOMPARE(bytes.indexOf('\n'), 127);
    const auto tokens = readTokenFile(systemFileOps(), path("w.npy"), std::nullopt);
    GRIDSCOPE_VERIFY_OK(tokens);
    QVERIFY(tokens->ids == ids);
}

void TestTokenFile::writesNumbersInPieces() {
    auto writer = NpyWriter::create(systemFileOps(), path("logits.npy"), NpyDtype::F32, {2, 1, 3});
    GRIDSCOPE_VERIFY_OK(writer);
    const std::array<float, 4> first{1.0F, -2.5F, 0.0F, 3.0F};
    const std::array<float, 2> second{4.0F, 5.0F};
    QVERIFY(writer->append(std::span<const float>(first)));
    QVERIFY(!writer->finish());  // two values are missing
    NpyWriter moved = std::move(*writer);
    QVERIFY(moved.append(std::span<const float>(second)));
    QVERIFY(!QFile::exists(QString::fromStdString(path("logits.npy").string())));
    GRIDSCOPE_VERIFY_OK(moved.finish());
    const QByteArray bytes = content(path("logits.npy"));
    QVERIFY(bytes.contains("'shape': (2, 1, 3), }"));
    QCOMPARE(bytes.size(), 128 + 24);
    QCOMPARE(bytes.mid(128, 8), QByteArray("\0\0\x80\x3F\0\0\x20\xC0", 8));  // 1.0, -2.5
    QCOMPARE(bytes.right(4), QByteArray("\0\0\xA0\x40", 4));                 // 5.0
}

void TestTokenFile::writerRefusals() {
    const Ids large{65'536};
    QCOMPARE(writeNpyIds(systemFileOps(), path("x.npy"), large, NpyDtype::U16).error().code,
             ErrorCode::TokensIdRange);
    QCOMPARE(writeNpyIds(systemFileOps(), path("x.npy"), large, NpyDtype::F32).error().code,
             ErrorCode::NpyDtype);
    QCOMPARE(writeNpyIds(systemFileOps(), path("no/x.npy"), large, NpyDtype::U32).error().code,
             ErrorCode::OutputNotWritable);
    auto writer = NpyWriter::create(systemFileOps(), path("x.npy"), NpyDtype::U32, {1});
    GRIDSCOPE_VERIFY_OK(writer);
    const Ids two{1, 2};
    QCOMPARE(writer->append(two).error().code, ErrorCode::NpySize);
    QCOMPARE(writer->append(std::span<const float>()).error().code, ErrorCode::NpyDtype);
    QVERIFY(!NpyWriter::create(systemFileOps(), path("y.npy"), NpyDtype::U32,
                               {std::uint64_t{1} << 40, std::uint64_t{1} << 40}));
}

void TestTokenFile::everyFaultLeavesOldOrNew() {
    const QTemporaryDir folder;
    const auto target = std::filesystem::path(folder.path().toStdString()) / "ids.npy";
    const Ids before{1, 2, 3};
    const Ids after{4, 5, 6, 7};
    int faults = 0;
    for (int k = 1;; ++k) {
        QVERIFY(k < 100);
        GRIDSCOPE_VERIFY_OK(writeNpyIds(systemFileOps(), target, before, NpyDtype::U32));
        FailingOps failing(k);
        const bool written = bool(writeNpyIds(failing, target, after, NpyDtype::U32));
        const auto now = readTokenFile(systemFileOps(), target, std::nullopt);
        GRIDSCOPE_VERIFY_OK(now);
        QVERIFY(now->ids == after || (!written && now->ids == before));
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
        if (!failing.hasFailed()) break;
        QVERIFY(!written);
        ++faults;
    }
    QVERIFY(faults >= 5);  // open, two short writes, fsync, rename, folder
    // Reading in short pieces gives the same; every fault is an error.
    for (int k = 1;; ++k) {
        QVERIFY(k < 100);
        FailingOps failing(k);
        const auto tokens = readTokenFile(failing, target, std::nullopt);
        QCOMPARE(bool(tokens), !failing.hasFailed());
        if (tokens) {
            QVERIFY(tokens->ids == after);
            break;
        }
        QVERIFY(tokens.error().where.starts_with(target.string()));
    }
}

QTEST_GUILESS_MAIN(TestTokenFile)
#include "tst_token_file.moc"
