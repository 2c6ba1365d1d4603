// SPDX-License-Identifier: GPL-3.0-or-later

#include <fcntl.h>
#include <sys/stat.h>

#include <QtTest>
#include <cerrno>
#include <fstream>
#include <string>

#include "core/base/file_ops.h"
#include "tests/support/faulty_file_ops.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using gridscope::test::Fault;
using gridscope::test::FaultyFileOps;
namespace fs = std::filesystem;

namespace {

const std::string kOld(300, 'o');
const std::string kNew(5000, 'n');

std::string contentOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t filesIn(const fs::path& folder) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

class TestFileOps : public QObject {
    Q_OBJECT

private slots:
    void everyFaultLeavesOldOrNew_data();
    void everyFaultLeavesOldOrNew();
    void diskFullIsNamed();
    void shortTransfersAreContinued();
    void everyReadFaultNamesTheFile();
    void folderMissing();
    void notRegular();
    void tooLarge();
    void cutWhileReading();
    void makesFoldersAbove();
};

void TestFileOps::everyFaultLeavesOldOrNew_data() {
    QTest::addColumn<int>("extent");
    QTest::newRow("one call") << static_cast<int>(Fault::Extent::Once);
    QTest::newRow("all later calls") << static_cast<int>(Fault::Extent::FromThenOn);
}

void TestFileOps::everyFaultLeavesOldOrNew() {
    QFETCH(int, extent);
    std::uint64_t faults = 0;
    for (std::uint64_t k = 1;; ++k) {
        QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "run.csv";
        GRIDSCOPE_VERIFY_OK(writeFileAtomically(systemFileOps(), path, kOld));
        FaultyFileOps ops(systemFileOps(), {k, ENOSPC, static_cast<Fault::Extent>(extent)});
        ops.setLargestTransfer(2000);
        const auto written = writeFileAtomically(ops, path, kNew);
        const std::string content = contentOf(path);
        if (!ops.hitFault()) {
            QVERIFY(written.hasValue());
            QCOMPARE(content, kNew);
            break;
        }
        ++faults;
        QVERIFY2(content == kOld || content == kNew, std::to_string(k).c_str());
        QVERIFY(!written || content == kNew);
        QCOMPARE(filesIn(path.parent_path()), std::size_t{1});
        QCOMPARE(ops.openDescriptors(), 0);
    }
    QVERIFY(faults >= 7);  // open, three writes, fsync, rename and more
}

void TestFileOps::diskFullIsNamed() {
    QTemporaryDir folder;
    const fs::path path = fs::path(folder.path().toStdString()) / "run.csv";
    FaultyFileOps ops(systemFileOps(), {2, ENOSPC, Fault::Extent::Once});
    const auto written = writeFileAtomically(ops, path, kNew);
    QVERIFY(!written);
    QCOMPARE(written.error().code, ErrorCode::FileDiskFull);
    QVERIFY(written.error().where.starts_with(path.string()));
}

void TestFileOps::shortTransfersAreContinued() {
    QTemporaryDir folder;
    const fs::path path = fs::path(folder.path().toStdString()) / "x";
    FaultyFileOps ops(systemFileOps());
    ops.setLargestTransfer(7);
    GRIDSCOPE_VERIFY_OK(writeFileAtomically(ops, path, kNew));
    const auto read = readWholeFile(ops, path, 10'000);
    GRIDSCOPE_VERIFY_OK(read);
    QCOMPARE(*read, kNew);
    QVERIFY(ops.calls() > 2 * kNew.size() / 7);
}

void TestFileOps::everyReadFaultNamesTheFile() {
    QTemporaryDir folder;
    const fs::path path = fs::path(folder.path().toStdString()) / "x";
    GRIDSCOPE_VERIFY_OK(writeFileAtomically(systemFileOps(), path, kNew));
    for (std::uint64_t k = 1;; ++k) {
        QVERIFY(k < 20);
        FaultyFileOps ops(systemFileOps(), {k, EIO, Fault::Extent::FromThenOn});
        const auto read = readWholeFile(ops, path, 10'000);
        if (read) break;
        QCOMPARE(read.error().where, path.string());  // also when fstat fails
        QCOMPARE(read.error().code, ErrorCode::FileRead);
        QVERIFY(k <= 4);  // open, fstat twice, pread
    }
}

void TestFileOps::folderMissing() {
    QTemporaryDir folder;
    const fs::path path = fs::path(folder.path().toStdString()) / "none" / "x";
    const auto read = readWholeFile(systemFileOps(), path, 10);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::FileMissing);
    const auto written = writeFileAtomically(systemFileOps(), path, kNew);
    QVERIFY(!written);
    QCOMPARE(written.error().code, ErrorCode::OutputNotWritable);
}

void TestFileOps::notRegular() {
    QTemporaryDir folder;
    const fs::path fifo = fs::path(folder.path().toStdString()) / "fifo";
    QCOMPARE(::mkfifo(fifo.c_str(), 0600), 0);
    for (const fs::path& path : {fifo, fifo.parent_path(), fs::path("/dev/null")}) {
        const auto file = openForReading(systemFileOps(), path);
        QVERIFY(!file);
        QCOMPARE(file.error().code, ErrorCode::FileNotRegular);
        QCOMPARE(file.error().where, path.string());
    }
}

void TestFileOps::tooLarge() {
    QTemporaryDir folder;
    const fs::path path = fs::path(folder.path().toStdString()) / "x";
    GRIDSCOPE_VERIFY_OK(writeFileAtomically(systemFileOps(), path, kOld));
    GRIDSCOPE_VERIFY_OK(readWholeFile(systemFileOps(), path, 300));
    const auto read = readWholeFile(systemFileOps(), path, 299);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::FileTooLarge);
}

void TestFileOps::cutWhileReading() {
    QTemporaryDir folder;
    const fs::path path = fs::path(folder.path().toStdString()) / "x";
    GRIDSCOPE_VERIFY_OK(writeFileAtomically(systemFileOps(), path, kNew));
    FaultyFileOps ops(systemFileOps());
    ops.setLargestTransfer(1000);
    ops.setBeforeCall([&](std::uint64_t call) {
        if (call == 5) fs::resize_file(path, 1200);  // after open, two fstat and one pread
    });
    const auto read = readWholeFile(ops, path, 10'000);
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::FileVanished);
    QCOMPARE(ops.openDescriptors(), 0);
}

void TestFileOps::makesFoldersAbove() {
    QTemporaryDir folder;
    const fs::path root = folder.path().toStdString();
    GRIDSCOPE_VERIFY_OK(makeFolders(systemFileOps(), root / "a" / "b" / "c"));
    GRIDSCOPE_VERIFY_OK(makeFolders(systemFileOps(), root / "a" / "b" / "c"));
    QVERIFY(fs::is_directory(root / "a" / "b" / "c"));
    GRIDSCOPE_VERIFY_OK(writeFileAtomically(systemFileOps(), root / "file", kOld));
    const auto made = makeFolders(systemFileOps(), root / "file");
    QVERIFY(!made);
    QCOMPARE(made.error().code, ErrorCode::OutputNotWritable);
}

QTEST_GUILESS_MAIN(TestFileOps)
#include "tst_file_ops.moc"
