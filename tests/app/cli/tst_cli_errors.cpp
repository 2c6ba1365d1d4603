// SPDX-License-Identifier: GPL-3.0-or-later

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/app/cli/cli_runner.h"
#include "tests/support/test_data.h"

using namespace gridscope::test;

namespace {

QString text(const char* latin1) { return QString::fromLatin1(latin1); }

void copyTree(const QString& from, const QString& to) {
    QDir().mkpath(to);
    for (const QFileInfo& entry :
         QDir(from).entryInfoList(QDir::AllEntries | QDir::NoDotAndDotDot)) {
        const QString target = to + QChar('/') + entry.fileName();
        if (entry.isDir())
            copyTree(entry.filePath(), target);
        else
            QFile::copy(entry.filePath(), target);
        QFile::setPermissions(target, QFile::permissions(target) | QFile::WriteOwner);
    }
}

}  // namespace

/// Bad input on the command line: a typed error with where, what and hint, the exit code of
/// the contract, and nothing lost.
class TestCliErrors : public QObject {
    Q_OBJECT

private slots:
    void init() {
        GRIDSCOPE_NEED_SHARED();
        m_folder = std::make_unique<QTemporaryDir>();
        for (const char* step : {"step0", "step40", "step150"})
            copyTree(sharedData("suite_a/") + text(step), suite() + QChar('/') + text(step));
    }

    void wholeRunFails_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("code");
        const QStringList tokens{text("--tokens"), sharedData("suite_a/val_tokens.npy")};
        const QStringList windows{text("--windows"), text("112"), text("--length"), text("64")};
        const QString probe = text("probe"), out = text("--out"), run = text("OUT/run.h5");
        QTest::newRow("missing folder")
            << (QStringList{probe, text("/does/not/exist"), out, run} + tokens + windows) << 4
            << text("file.missing");
        QTest::newRow("empty folder")
            << (QStringList{probe, text("EMPTY"), out, run} + tokens + windows) << 4
            << text("scan.empty");
        QTest::newRow("too few tokens") << (QStringList{probe, text("SUITE"), out, run} + tokens)
                                        << 4 << text("tokens.too-few");
        QTest::newRow("F06 output folder absent")
            << (QStringList{probe, text("SUITE"), out, text("/proc/none/run.h5")} + tokens +
                windows)
            << 5 << text("output.not-writable");
        QTest::newRow("neither tokens nor text")
            << QStringList{probe, text("SUITE"), out, run} << 2 << text("settings.range");
        QTest::newRow("unknown grid")
            << (QStringList{probe, text("SUITE"), out, run, text("--grid"), text("int99")} +
                tokens + windows)
            << 2 << text("settings.syntax");
        QTest::newRow("bits out of range")
            << (QStringList{probe, text("SUITE"), out, run, text("--grid"), text("a9g128")} +
                tokens + windows)
            << 2 << text("settings.range");
        QTest::newRow("nothing selected")
            << (QStringList{probe, text("SUITE"), out, run, text("--select"), text("5000..6000")} +
                tokens + windows)
            << 2 << text("settings.range");
        QTest::newRow("show: no file")
            << QStringList{text("show"), text("/no/such.h5")} << 4 << text("file.missing");
        QTest::newRow("show: not HDF5")
            << QStringList{text("show"), text("TEXT")} << 4 << text("trajectory.format");
    }

    void wholeRunFails() {
        QFETCH(QStringList, arguments);
        QFETCH(int, exitCode);
        QFETCH(QString, code);
        const QString empty = m_folder->filePath(text("empty"));
        QDir().mkpath(empty);
        write(m_folder->filePath(text("text.h5")), "this is no trajectory\n");
        arguments.replaceInStrings(QRegularExpression(text("^SUITE$")), suite());
        arguments.replaceInStrings(QRegularExpression(text("^EMPTY$")), empty);
        arguments.replaceInStrings(QRegularExpression(text("^TEXT$")),
                                   m_folder->filePath(text("text.h5")));
        arguments.replaceInStrings(QRegularExpression(text("^OUT")), m_folder->path());
        const CliResult result = runCli(arguments << text("--json"));
        QVERIFY2(result.exitCode == exitCode, result.error + result.out);
        QCOMPARE(result.errorCode(), code);
        const QJsonObject error = result.json()[text("error")].toObject();
        QVERIFY(!error[text("what")].toString().isEmpty());
        QVERIFY(!error[text("where")].toString().isEmpty());
    }

    void idsBeyondTheVocabulary() {
        // .npy of u16 ids, one of them 384 in a vocabulary of 0..383.
        QByteArray npy = read(sharedData("suite_a/val_tokens.npy"));
        const int position = 100;
        const int offset = static_cast<int>(npy.size()) - 2 * 7225 + 2 * position;
        npy[offset] = static_cast<char>(384 & 0xFF);
        npy[offset + 1] = static_cast<char>(384 >> 8);
        const QString file = m_folder->filePath(text("bad.npy"));
        write(file, npy);
        const CliResult result =
            runCli({text("probe"), suite(), text("--tokens"), file, text("--windows"), text("10"),
                    text("--length"), text("64"), text("--out"), run(), text("--json")});
        QCOMPARE(result.exitCode, 4);
        QCOMPARE(result.errorCode(), text("tokens.id-range"));
        QVERIFY(result.out.contains("100"));
    }

    void oneBadAmongGood_data() {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("code");
        QTest::newRow("truncated safetensors") << text("cut") << text("safetensors.size-mismatch");
        QTest::newRow("Git LFS pointer") << text("lfs") << text("file.lfs-pointer");
        QTest::newRow("config missing") << text("noconfig") << text("config.missing");
        QTest::newRow("W01 NaN weight") << text("nan") << text("weights.not-finite");
    }

    void oneBadAmongGood() {
        QFETCH(QString, kind);
        QFETCH(QString, code);
        const QString weights = suite() + text("/step40/model.safetensors");
        QByteArray bytes = read(weights);
        if (kind == text("cut")) write(weights, bytes.left(bytes.size() - 1000));
        if (kind == text("lfs"))
            write(weights, "version https://git-lfs.github.com/spec/v1\noid sha256:" +
                               QByteArray(64, 'a') + "\nsize 571000\n");
        if (kind == text("noconfig")) QFile::remove(suite() + text("/step40/config.json"));
        if (kind == text("nan")) {
            bytes[bytes.size() - 1] = static_cast<char>(0x7E);  // F16 NaN, little-endian
            bytes[bytes.size() - 2] = static_cast<char>(0x01);
            write(weights, bytes);
        }
        const CliResult result = runCli(probe());
        QVERIFY2(result.exitCode == 3, result.error);
        QVERIFY2(result.error.contains(code.toLatin1()), result.error);
        const QJsonArray rows =
            runCli({text("show"), text("--json"), run()}).json()[text("checkpoints")].toArray();
        QCOMPARE(rows.size(), 3);
        QCOMPARE(rows[0].toObject()[text("status")].toString(), text("complete"));
        QCOMPARE(rows[1].toObject()[text("status")].toString(), text("failed"));
        QVERIFY(rows[1].toObject()[text("error")].toString().contains(code));
        QVERIFY(rows[1].toObject()[text("fp32")].toObject()[text("ppl")].isNull());
        QCOMPARE(rows[2].toObject()[text("status")].toString(), text("complete"));
    }

    void repairedCheckpointIsMeasuredOnTheNextRun() {
        const QString weights = suite() + text("/step40/model.safetensors");
        const QByteArray bytes = read(weights);
        write(weights, bytes.left(5000));
        QCOMPARE(runCli(probe()).exitCode, 3);
        write(weights, bytes);
        const CliResult second = runCli(probe());
        QVERIFY2(second.exitCode == 0, second.error);
        const QJsonArray rows =
            runCli({text("show"), text("--json"), run()}).json()[text("checkpoints")].toArray();
        QCOMPARE(rows[1].toObject()[text("status")].toString(), text("complete"));
        // The neighbour's flips now refer to the repaired checkpoint.
        QCOMPARE(rows[2].toObject()[text("predecessor")].toString(), text("step40"));
    }

    void damagedTrajectoryIsKept() {
        QCOMPARE(runCli(probe()).exitCode, 0);
        QByteArray bytes = read(run());
        bytes = bytes.left(bytes.size() / 2);
        write(run(), bytes);
        const CliResult result = runCli(probe() << text("--json"));
        QCOMPARE(result.exitCode, 4);
        QVERIFY2(result.errorCode().startsWith(text("trajectory.")), result.out);
        QCOMPARE(read(run()), bytes);
    }

    void changedWeightsAskWhatToDo() {
        QCOMPARE(runCli(probe()).exitCode, 0);
        const QByteArray other = read(suite() + text("/step150/model.safetensors"));
        QFile::remove(suite() + text("/step40/model.safetensors"));
        write(suite() + text("/step40/model.safetensors"), other);
        const CliResult refused = runCli(probe());
        QVERIFY2(refused.exitCode == 3, refused.error);
        QVERIFY2(refused.error.contains("trajectory.conflict"), refused.error);
        const CliResult replaced = runCli(probe() << text("--on-conflict") << text("replace"));
        QVERIFY2(replaced.exitCode == 0, replaced.error);
        const QJsonArray rows =
            runCli({text("show"), text("--json"), run()}).json()[text("checkpoints")].toArray();
        QCOMPARE(rows.size(), 3);
        // Equal content is computed once and said to be a duplicate.
        QCOMPARE(rows[2].toObject()[text("duplicate_of")].toString(), text("step40"));
        QCOMPARE(rows[1].toObject()[text("fp32")], rows[2].toObject()[text("fp32")]);
    }

private:
    QString suite() const { return m_folder->filePath(text("suite")); }
    QString run() const { return m_folder->filePath(text("run.h5")); }
    QStringList probe() const {
        return {
            text("probe"),     suite(),    text("--tokens"), sharedData("suite_a/val_tokens.npy"),
            text("--windows"), text("20"), text("--length"), text("64"),
            text("--out"),     run()};
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestCliErrors)
#include "tst_cli_errors.moc"
