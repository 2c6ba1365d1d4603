// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/training/fork_report.h"
#include "tests/core/training/fork_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::test;
namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

#define VERIFY_CONTAINS(text, part) QVERIFY2(contains(text, part), (text).c_str())

std::vector<std::string> keysOf(const nlohmann::ordered_json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    return keys;
}

}  // namespace

class TestForkReport : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { writeForkExperiment(root()); }

    void text();
    void jsonKeysAndValues();
    void latex();
    void csv();
    void auditIsTheNearestMeasuredRow();
    void auditWithoutTheGrid();
    void nothingMeasuredYet();

private:
    fs::path root() const { return fs::path(m_folder.path().toStdString()) / "experiment"; }
    ForkReport report() const {
        auto results = readForkResults(systemFileOps(), root(), "");
        if (!results) qFatal("%s", results.error().toText().c_str());
        ForkReport report = makeForkReport(std::move(*results));
        auto paper = readPaperFork(
            systemFileOps(), dataFolder().parent_path().parent_path() / "resources/reference");
        if (!paper) qFatal("%s", paper.error().toText().c_str());
        report.paper = std::move(*paper);
        return report;
    }
    QTemporaryDir m_folder;
};

void TestForkReport::text() {
    const std::string text = forkReportToText(report());
    VERIFY_CONTAINS(text, "Fork of step100 at step 100: 12 steps, 2 conditions, 2 seeds");
    VERIFY_CONTAINS(text, "oli        oli:eta=0.01,bump=2,cool=4,first=bump");
    // Every run with its state, whether it takes part or not.
    VERIFY_CONTAINS(text, "cosine-seed8  diverged");
    VERIFY_CONTAINS(text, "the loss is NaN");
    VERIFY_CONTAINS(text, "oli-seed8     begun");
    VERIFY_CONTAINS(text, "cosine-seed8 was measured up to step 103 only, others up to 112");
    VERIFY_CONTAINS(text, "C oli (paper)");
    VERIFY_CONTAINS(text, "The paper's numbers, not measured here");
    VERIFY_CONTAINS(text, "12.3 % and 47.0 % at step 100000: -34.70 points");
    VERIFY_CONTAINS(text, "The learning rate of the bump is not known");
    QVERIFY(text.ends_with("\n"));
}

void TestForkReport::jsonKeysAndValues() {
    const auto document = nlohmann::ordered_json::parse(forkReportToJson(report()));
    QCOMPARE(keysOf(document),
             (std::vector<std::string>{"format_version", "experiment", "runs", "rows", "wins",
                                       "trade", "remarks", "audit", "paper"}));
    QVERIFY(document["audit"].is_null());
    QCOMPARE(document["runs"].size(), std::size_t(4));
    QCOMPARE(document["runs"][1]["probes"][2].dump(),
             std::string("{\"step\":106,\"kind\":\"bump\",\"lr\":0.01,\"gap_percent\":9.0,"
                         "\"fp32_ppl\":30.0,\"ppl\":32.7}"));
    QVERIFY(document["runs"][3]["step"].is_null());
    // cosine, oli all, bump, cool
    QCOMPARE(document["rows"].size(), std::size_t(4));
    QCOMPARE(keysOf(document["rows"][3]),
             (std::vector<std::string>{"condition", "probes", "final_gap_percent", "final_fp32_ppl",
                                       "mean_gap_percent", "mean_fp32_ppl", "control_gap_percent",
                                       "wins", "pairs", "welch", "permutation"}));
    const auto& cool = document["rows"][3];
    QCOMPARE(cool["probes"].get<std::string>(), std::string("cool"));
    QCOMPARE(cool["mean_gap_percent"]["mean"].get<double>(), 2.5);
    QVERIFY(cool["mean_gap_percent"]["sd"].is_null());  // one seed
    QCOMPARE(cool["final_gap_percent"]["mean"].get<double>(), 3.0);
    QCOMPARE(cool["final_fp32_ppl"]["mean"].get<double>(), 24.0);
    // The diverged control run leaves step 103 to compare at: 4 and 4.5 against 2.
    QCOMPARE(cool["control_gap_percent"]["mean"].get<double>(), 4.25);
    QCOMPARE(cool["wins"].get<int>(), 2);
    QCOMPARE(cool["permutation"]["deals"].get<int>(), 3);
    QVERIFY(cool["welch"]["p"].is_null());
    QCOMPARE(document["wins"][1][0]["wins"].get<int>(), 1);  // over all common steps 6 to 5.75
    QCOMPARE(document["trade"].size(), std::size_t(2));
    QCOMPARE(document["trade"][1]["probes"].get<std::string>(), std::string("cool"));
    QCOMPARE(document["paper"]["rows"].size(), std::size_t(4));
    QVERIFY(document["paper"]["rows"][0]["wins"].is_null());
}

void TestForkReport::latex() {
    ForkReport made = report();
    made.results.record.design.conditions[1].name = "oli_1";
    const std::string text = forkReportToLatex(made);
    VERIFY_CONTAINS(text, "\\begin{tabular}{llrrrrrrrrrr}");
    VERIFY_CONTAINS(text, "\\end{tabular}");
    VERIFY_CONTAINS(text, "oli\\_1 & cool & 1 & 3.00 & 2.50 &");
    VERIFY_CONTAINS(text, "% cosine-seed8: diverged, the loss is NaN");
    VERIFY_CONTAINS(text, "12.3 $\\pm$ 0.8");
    VERIFY_CONTAINS(text, "$-$5.46 & $<$ 0.0001");
    // Twelve cells a line, and no percent sign that would begin a comment.
    for (const QString& line : QString::fromStdString(text).split('\n')) {
        if (!line.endsWith("\\\\")) continue;
        QCOMPARE(line.count(" & "), 11);
        QVERIFY(!QRegularExpression("(^|[^\\\\])%").match(line).hasMatch());
    }
}

void TestForkReport::csv() {
    QStringList rows;
    for (const QString& line : QString::fromStdString(forkReportToCsv(report())).split('\n'))
        if (!line.isEmpty() && !line.startsWith('#')) rows << line;
    QCOMPARE(rows.size(), 5);  // headings; cosine; oli all, bump, cool
    const QStringList headings = rows[0].split(',');
    for (const QString& row : rows) QCOMPARE(row.split(',').size(), headings.size());
    const auto cell = [&](int row, const char* name) {
        return rows[row].split(',').value(headings.indexOf(QLatin1String(name)));
    };
    QCOMPARE(cell(4, "condition"), QStringLiteral("oli"));
    QCOMPARE(cell(4, "probes"), QStringLiteral("cool"));
    QCOMPARE(cell(4, "mean_gap [%]"), QStringLiteral("2.5"));
    QCOMPARE(cell(4, "mean_gap_sd [%]"), QString());  // one seed
    QCOMPARE(cell(4, "control_gap [%]"), QStringLiteral("4.25"));
    QCOMPARE(cell(4, "wins"), QStringLiteral("2"));
    QCOMPARE(cell(4, "welch_p"), QString());
}

void TestForkReport::auditIsTheNearestMeasuredRow() {
    const fs::path file = fs::path(m_folder.path().toStdString()) / "audit.h5";
    writeForkRun(file, {{90, 1.0, 20.0},
                        {110, 30.0, 20.0},
                        {112, std::numeric_limits<double>::quiet_NaN(), 20.0},
                        {120, 50.0, 20.0}});
    const auto loaded = readTrajectory(systemFileOps(), file);
    GRIDSCOPE_VERIFY_OK(loaded);
    ForkReport made = report();
    auto distance = auditDistance(made.results, SeriesTable(loaded->trajectory), "audit.h5");
    GRIDSCOPE_VERIFY_OK(distance);
    QCOMPARE(distance->label, std::string("step110"));
    QCOMPARE(distance->auditStep, std::int64_t(110));
    QCOMPARE(distance->auditGap, 30.0);
    QCOMPARE(distance->controlStep, std::int64_t(112));
    QCOMPARE(distance->controlGap, 8.0);
    QCOMPARE(distance->seeds, std::size_t(1));  // the other seed diverged before
    made.audit = *distance;
    VERIFY_CONTAINS(forkReportToText(made),
                    "audit.h5 has 30.00 % at step110 (step 110): -22.00 points");
    const auto document = nlohmann::json::parse(forkReportToJson(made));
    QCOMPARE(document["audit"]["difference_points"].get<double>(), -22.0);
    VERIFY_CONTAINS(forkReportToLatex(made), "audit, step 110 & all & -- & 30.00");
}

void TestForkReport::auditWithoutTheGrid() {
    const fs::path file = fs::path(m_folder.path().toStdString()) / "other.h5";
    writeForkRun(file, {{110, 30.0, 20.0}}, "a3g128:minmax");
    const auto loaded = readTrajectory(systemFileOps(), file);
    GRIDSCOPE_VERIFY_OK(loaded);
    const auto distance =
        auditDistance(report().results, SeriesTable(loaded->trajectory), "other.h5");
    QVERIFY(!distance);
    QCOMPARE(distance.error().code, ErrorCode::TrajectoryNoData);
    QCOMPARE(distance.error().where, std::string("other.h5"));
}

void TestForkReport::nothingMeasuredYet() {
    const ForkFolder folder(systemFileOps(), root() / "new");
    GRIDSCOPE_DO_OK(folder.writeRecord(forkRecord()));
    auto results = readForkResults(systemFileOps(), folder.root(), "");
    GRIDSCOPE_VERIFY_OK(results);
    const ForkReport made = makeForkReport(std::move(*results));
    VERIFY_CONTAINS(forkReportToText(made), "cosine-seed7  planned");
    const auto document = nlohmann::json::parse(forkReportToJson(made));
    QVERIFY(document["rows"][0]["final_gap_percent"]["mean"].is_null());
    QVERIFY(document["paper"].is_null());
    VERIFY_CONTAINS(forkReportToLatex(made), "cosine & all & 0 & -- &");
    QVERIFY(made.trade.empty());
}

QTEST_GUILESS_MAIN(TestForkReport)
#include "tst_fork_report.moc"
