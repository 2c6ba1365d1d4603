// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include "core/checkpoint/audit_report.h"
#include "tests/support/test_data.h"

using namespace gridscope;
namespace fs = std::filesystem;

namespace {

AuditReport sample() {
    AuditReport report;
    report.root = "/data/run|1";
    report.runName = "run";
    for (const char* label : {"step0", "step,1"}) {
        CheckpointFacts facts;
        facts.label = label;
        facts.dtype = "F16";
        facts.format = "safetensors";
        report.checkpoints.push_back(facts);
    }
    report.checkpoints[0].step = 0;
    report.checkpoints[0].contentSha256 = std::string(64, 'c');
    report.checkpoints[0].mantissa = Mantissa::Fp16;
    report.checkpoints[0].fitsFp16 = 1.0;
    report.checkpoints[0].fitsBf16 = 0.125;
    report.findings = {
        {AuditSeverity::Problem,
         AuditCheck::SameModel,
         ErrorCode::AuditDuplicate,
         {0, 1},
         "a \"quoted\" finding | here",
         "hint, with comma"},
        {AuditSeverity::Note, AuditCheck::Precision, ErrorCode::AuditPrecision, {}, "x", {}}};
    return report;
}

}  // namespace

class TestAuditReport : public QObject {
    Q_OBJECT
private slots:
    void markdown();
    void csv();
    void saving();
    void problems();
};

void TestAuditReport::markdown() {
    const QString text = QString::fromStdString(auditToMarkdown(sample()));
    QVERIFY(text.startsWith("# Integrity audit of run\n"));
    QVERIFY2(text.contains("| problem | A1 two checkpoints, one model | step0 and step,1 | "
                           "a \"quoted\" finding \\| here | hint, with comma |\n"),
             qPrintable(text));
    QVERIFY2(text.contains("| step0 | 0 | safetensors | F16 | fp16 | 100.00 % | 12.50 % | 0 | "
                           "cccccccccccc |\n"),
             qPrintable(text));
    QVERIFY(text.contains("Problems and warnings: 1. Notes: 1."));
    for (const QString& line : text.split('\n')) {
        if (line.startsWith("| step")) QCOMPARE(line.count('|'), 10);
    }
    QVERIFY(auditToMarkdown({}).find("None.") != std::string::npos);
}

void TestAuditReport::csv() {
    QCOMPARE(
        QString::fromStdString(auditToCsv(sample())),
        QStringLiteral("severity,check,code,checkpoints,finding,hint\n"
                       "problem,A1,audit.duplicate,\"step0 step,1\",\"a \"\"quoted\"\" finding "
                       "| here\",\"hint, with comma\"\n"
                       "note,A7,audit.precision,,x,\n"));
}

void TestAuditReport::saving() {
    QTemporaryDir temporary;
    const fs::path folder = temporary.path().toStdString();
    for (const char* name : {"a.md", "a.csv"}) {
        GRIDSCOPE_VERIFY_OK(saveAuditReport(systemFileOps(), folder / name, sample()));
        const auto text = readWholeFile(systemFileOps(), folder / name, 1 << 20);
        GRIDSCOPE_VERIFY_OK(text);
        QCOMPARE(*text,
                 std::string(name) == "a.md" ? auditToMarkdown(sample()) : auditToCsv(sample()));
    }
    for (const char* name : {"a.txt", "a", "md", "a.CSV.gz"}) {
        const auto saved = saveAuditReport(systemFileOps(), folder / name, sample());
        QVERIFY(!saved);
        QCOMPARE(saved.error().code, ErrorCode::SettingsSyntax);
        QVERIFY(!fs::exists(folder / name));
    }
    const auto nowhere = saveAuditReport(systemFileOps(), folder / "none" / "a.md", sample());
    QVERIFY(!nowhere);
}

void TestAuditReport::problems() {
    AuditReport report = sample();
    QVERIFY(report.hasProblems());
    report.findings.erase(report.findings.begin());
    QVERIFY(!report.hasProblems());  // a note is none
    report.findings[0].severity = AuditSeverity::Warning;
    QVERIFY(report.hasProblems());
}

QTEST_GUILESS_MAIN(TestAuditReport)
#include "tst_audit_report.moc"
