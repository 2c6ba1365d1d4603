// SPDX-License-Identifier: GPL-3.0-or-later

#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/app/cli/cli_runner.h"
#include "tests/support/test_data.h"

using namespace gridscope::test;

namespace {

/// Rows of the trajectory that are done, by label; values as text so that equal means bit-equal.
QMap<QString, QByteArray> finishedRows(const QString& file) {
    QMap<QString, QByteArray> rows;
    const CliResult show = runCli(
        {QStringLiteral("show"), QStringLiteral("--json"), QStringLiteral("--layers"), file});
    for (const QJsonValue& value : show.json()[QStringLiteral("checkpoints")].toArray()) {
        QJsonObject row = value.toObject();
        // The time that measuring took is the one thing that may differ.
        row.remove(QStringLiteral("seconds"));
        if (row[QStringLiteral("status")].toString() == QStringLiteral("complete"))
            rows[row[QStringLiteral("label")].toString()] = QJsonDocument(row).toJson();
    }
    return rows;
}

}  // namespace

/// kill -9 at any moment: the file stays sound, no finished row is lost, the end is the same.
class TestCliKill : public QObject {
    Q_OBJECT

private slots:
    void killedAndResumed() {
        GRIDSCOPE_NEED_SHARED();
        const QString whole = m_folder.filePath(QStringLiteral("whole.h5"));
        QElapsedTimer clock;
        clock.start();
        QCOMPARE(runCli(probe(whole)).exitCode, 0);
        const qint64 undisturbed = clock.elapsed();
        const QMap<QString, QByteArray> expected = finishedRows(whole);
        QCOMPARE(expected.size(), 8);

        const int rounds = qEnvironmentVariableIsSet("GRIDSCOPE_LONG_TESTS") ? 100 : 12;
        QRandomGenerator random(20260417);
        const QString file = m_folder.filePath(QStringLiteral("killed.h5"));
        QMap<QString, QByteArray> before;
        int finishedRuns = 0;
        for (int round = 0; round < rounds; ++round) {
            QProcess process;
            process.start(cliProgram(), probe(file));
            QVERIFY(process.waitForStarted());
            const int delay = random.bounded(static_cast<int>(undisturbed) + 1);
            const bool ended = process.waitForFinished(delay);
            process.kill();
            process.waitForFinished();
            if (!QFile::exists(file)) continue;
            const CliResult verify = runCli({QStringLiteral("verify"), file});
            QVERIFY2(verify.exitCode == 0, verify.error);
            const QMap<QString, QByteArray> rows = finishedRows(file);
            for (auto row = before.cbegin(); row != before.cend(); ++row)
                QCOMPARE(rows[row.key()], row.value());
            before = rows;
            if (ended || rows.size() == 8) {
                // Start over, so that the kills keep falling into work.
                QCOMPARE(rows, expected);
                ++finishedRuns;
                before.clear();
                QVERIFY(QFile::remove(file));
            }
        }
        QCOMPARE(runCli(probe(file)).exitCode, 0);
        QCOMPARE(finishedRows(file), expected);
        qInfo("%d kills, %d runs brought to an end on the way, %lld ms undisturbed", rounds,
              finishedRuns, static_cast<long long>(undisturbed));
    }

private:
    QStringList probe(const QString& out) const {
        return {QStringLiteral("probe"),     sharedData("suite_a"),
                QStringLiteral("--tokens"),  sharedData("suite_a/val_tokens.npy"),
                QStringLiteral("--windows"), QStringLiteral("112"),
                QStringLiteral("--length"),  QStringLiteral("64"),
                QStringLiteral("--out"),     out};
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCliKill)
#include "tst_cli_kill.moc"
