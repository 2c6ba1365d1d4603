// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

#include "tests/app/cli/cli_runner.h"
#include "tests/support/test_data.h"

using namespace gridscope::test;
namespace fs = std::filesystem;

namespace {

CliResult audit(const QString& folder, const QStringList& more = {}) {
    return runCli(QStringList{QStringLiteral("scan"), folder, QStringLiteral("--audit")} + more);
}

/// "A1 problem step0,step40" for each finding.
QStringList findings(const CliResult& result) {
    QStringList lines;
    for (const QJsonValue& value : result.json()[QStringLiteral("audit")].toArray()) {
        QStringList labels;
        for (const QJsonValue& label : value[QStringLiteral("checkpoints")].toArray())
            labels << label.toString();
        lines << QStringLiteral("%1 %2 %3")
                     .arg(value[QStringLiteral("check")].toString(),
                          value[QStringLiteral("severity")].toString(),
                          labels.join(QLatin1Char(',')));
    }
    return lines;
}

QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

class TestCliAudit : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() {
        if (sharedFolder().empty()) return;
        // suite_a with the weights of step 1000 under step 1800 too, and without those of 2800.
        for (const char* step : {"step0", "step40", "step150", "step400", "step1000", "step2800"})
            copyStep(step, step);
        copyStep("step1000", "step1800");
        fs::resize_file(suite() / "step2800" / "model.safetensors", 5000);
    }

    void soundSuite() {
        GRIDSCOPE_NEED_SHARED();
        const CliResult json = audit(sharedData("suite_a"), {QStringLiteral("--json")});
        QCOMPARE(json.exitCode, 0);
        QCOMPARE(findings(json), QStringList{QStringLiteral("A7 note step0")});
        const QJsonArray checkpoints = json.json()[QStringLiteral("checkpoints")].toArray();
        QCOMPARE(checkpoints.size(), 8);
        QCOMPARE(checkpoints[0][QStringLiteral("effective_mantissa")].toString(),
                 QStringLiteral("fp32"));
        QCOMPARE(checkpoints[1][QStringLiteral("effective_mantissa")].toString(),
                 QStringLiteral("fp16"));
        QCOMPARE(checkpoints[1][QStringLiteral("content_sha256")].toString().size(), 64);
        const CliResult table = audit(sharedData("suite_a"));
        QCOMPARE(table.exitCode, 0);
        QVERIFY(table.out.contains("audit (deep): 0 problems, 0 warnings, 1 note\n"));
    }

    void withoutAudit() {
        GRIDSCOPE_NEED_SHARED();
        const CliResult plain =
            runCli({QStringLiteral("scan"), sharedData("suite_a"), QStringLiteral("--json")});
        QCOMPARE(plain.exitCode, 0);
        QVERIFY(!plain.json().contains(QStringLiteral("audit")));
        const QJsonObject first =
            plain.json()[QStringLiteral("checkpoints")].toArray()[0].toObject();
        QVERIFY(!first.contains(QStringLiteral("content_sha256")));
    }

    void damagedSuite() {
        GRIDSCOPE_NEED_SHARED();
        const QString folder = QString::fromStdString(suite().string());
        const CliResult json = audit(folder, {QStringLiteral("--json")});
        QCOMPARE(json.exitCode, 3);
        QCOMPARE(findings(json), (QStringList{QStringLiteral("files problem step2800"),
                                              QStringLiteral("A1 problem step1000,step1800"),
                                              QStringLiteral("A7 note step0")}));
        const QJsonArray all = json.json()[QStringLiteral("audit")].toArray();
        QCOMPARE(all[0][QStringLiteral("code")].toString(),
                 QStringLiteral("safetensors.size-mismatch"));
        QCOMPARE(all[1][QStringLiteral("code")].toString(), QStringLiteral("audit.duplicate"));
        const CliResult table = audit(folder);
        QCOMPARE(table.exitCode, 3);
        QVERIFY(table.out.contains("step1000 and step1800 hold the same weights"));
        const CliResult quick = audit(
            folder, {QStringLiteral("--json"), QStringLiteral("--level"), QStringLiteral("quick")});
        QCOMPARE(findings(quick), (QStringList{QStringLiteral("files problem step2800"),
                                               QStringLiteral("A7 note step0")}));
    }

    void reports() {
        GRIDSCOPE_NEED_SHARED();
        const QString folder = QString::fromStdString(suite().string());
        for (const char* name : {"audit.md", "audit.csv"}) {
            const QString file = m_folder.filePath(QString::fromLatin1(name));
            QCOMPARE(audit(folder, {QStringLiteral("--report"), file}).exitCode, 3);
            QVERIFY2(contentOf(file).contains("step1000 and step1800 hold the same weights"), name);
        }
        QVERIFY(contentOf(m_folder.filePath(QStringLiteral("audit.md"))).startsWith("# Integrity"));
        QVERIFY(contentOf(m_folder.filePath(QStringLiteral("audit.csv"))).startsWith("severity,"));
        const QString nowhere = m_folder.filePath(QStringLiteral("none/audit.md"));
        QCOMPARE(audit(folder, {QStringLiteral("--report"), nowhere}).exitCode, 5);
    }

    void usage_data() {
        QTest::addColumn<QStringList>("options");
        const auto row = [](const char* options) {
            QTest::newRow(options) << QString::fromLatin1(options).split(QLatin1Char(' '));
        };
        row("--level quick");
        row("--report a.md");
        row("--audit --level thorough");
        row("--audit --report a.txt");
        row("--audit --report");
    }

    void usage() {
        QFETCH(QStringList, options);
        const CliResult result =
            runCli(QStringList{QStringLiteral("scan"), m_folder.path()} + options);
        QCOMPARE(result.exitCode, 2);
        QVERIFY(result.out.isEmpty());
        QVERIFY(!result.error.isEmpty());
    }

    void help() {
        const CliResult help = runCli({QStringLiteral("scan"), QStringLiteral("--help")});
        QCOMPARE(help.exitCode, 0);
        for (const char* word : {"\"audit\":[", "severity", "quick", "A8", "content_sha256"})
            QVERIFY2(help.out.contains(word), word);
    }

private:
    fs::path suite() const { return fs::path(m_folder.path().toStdString()) / "suite"; }
    void copyStep(const char* from, const char* to) const {
        fs::create_directories(suite());
        fs::copy(sharedFolder() / "data" / "suite_a" / from, suite() / to,
                 fs::copy_options::recursive);
        fs::permissions(suite() / to, fs::perms::owner_all, fs::perm_options::add);
        fs::permissions(suite() / to / "model.safetensors", fs::perms::owner_write,
                        fs::perm_options::add);
    }
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCliAudit)
#include "tst_cli_audit.moc"
