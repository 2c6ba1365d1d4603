// SPDX-License-Identifier: GPL-3.0-or-later

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_runner.h"
#include "tests/support/bad_checkpoints.h"
#include "tests/support/test_data.h"
#include "tests/support/tiny_checkpoint.h"

using namespace gridscope;
using test::CliResult;
namespace fs = std::filesystem;

namespace {

struct Cost {
    int exitCode = -1;
    long kibibytes = 0;  ///< largest resident memory
    qint64 milliseconds = 0;
};

/// `gridscope-cli scan FOLDER`, its output dropped, with what it took.
Cost scanCost(const fs::path& folder) {
    Cost cost;
    QElapsedTimer timer;
    timer.start();
    const pid_t child = fork();
    if (child == 0) {
        if (std::freopen("/dev/null", "w", stdout) == nullptr ||
            std::freopen("/dev/null", "w", stderr) == nullptr)
            _exit(126);
        execl(test::cliProgram().toUtf8().constData(), "gridscope-cli", "scan", folder.c_str(),
              static_cast<char*>(nullptr));
        _exit(127);
    }
    int status = 0;
    rusage used{};
    if (child < 0 || wait4(child, &status, 0, &used) != child) return cost;
    cost.milliseconds = timer.elapsed();
    cost.kibibytes = used.ru_maxrss;
    if (WIFEXITED(status)) cost.exitCode = WEXITSTATUS(status);
    return cost;
}

/// A one-dimensional .npy of int32 ids 0..7, repeated.
void writeTokens(const QString& file) {
    QByteArray header = "{'descr': '<i4', 'fortran_order': False, 'shape': (64,), }";
    header = header.leftJustified(117, ' ') + '\n';
    QFile out(file);
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write(QByteArray("\x93NUMPY\x01\x00", 8) + char(header.size()) + '\0' + header);
    for (int i = 0; i < 64; ++i)
        out.write(QByteArray(1, static_cast<char>(i % 8)) + QByteArray(3, '\0'));
}

}  // namespace

// The same bad inputs as in tst_core_reader_catalogue through the program: exit code, error code,
// time and memory of reliability.md 6.3.
class TestCliCatalogue : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        writeTokens(m_shared.filePath(QStringLiteral("tokens.npy")));
        test::writeTinyCheckpoint(fs::path(m_shared.path().toStdString()) / "good", 1.0f);
        const fs::path good = fs::path(m_shared.path().toStdString()) / "good";
        const CliResult scored = score(good);
        QVERIFY2(scored.exitCode == 0, scored.error);
        m_baseline = scanCost(good);
        QCOMPARE(m_baseline.exitCode, 0);
    }

    void refused_data() {
        QTest::addColumn<QByteArray>("id");
        for (const auto& row : test::badCheckpoints())
            QTest::newRow(row.first.c_str()) << QByteArray(row.first.c_str());
    }

    void refused() {
        QFETCH(QByteArray, id);
        const test::BadCheckpoint bad = test::badCheckpoints().at(id.toStdString());
        QTemporaryDir folder;
        const fs::path step = fs::path(folder.path().toStdString()) / "step1";
        test::writeTinyCheckpoint(step, 1.0f);
        bad.build(step);
        const CliResult scored = score(step);
        QVERIFY2(scored.exitCode == 3 || scored.exitCode == 4, scored.error);
        QCOMPARE(scored.errorCode(), QString::fromLatin1(bad.code));
        const Cost cost = scanCost(step);
        QVERIFY2(cost.kibibytes < m_baseline.kibibytes + 64 * 1024,
                 qPrintable(QString::number(cost.kibibytes - m_baseline.kibibytes)));
        // A second beyond what the program takes to start.
        QVERIFY2(cost.milliseconds < m_baseline.milliseconds * 5 + 1000,
                 qPrintable(QString::number(cost.milliseconds)));
    }

private:
    CliResult score(const fs::path& checkpoint) const {
        return test::runCli(
            {QStringLiteral("score"), QString::fromStdString(checkpoint.string()),
             QStringLiteral("--tokens"), m_shared.filePath(QStringLiteral("tokens.npy")),
             QStringLiteral("--windows"), QStringLiteral("2"), QStringLiteral("--length"),
             QStringLiteral("8"), QStringLiteral("--json")},
            60);
    }

    QTemporaryDir m_shared;
    Cost m_baseline;
};

QTEST_GUILESS_MAIN(TestCliCatalogue)
#include "tst_cli_catalogue.moc"
