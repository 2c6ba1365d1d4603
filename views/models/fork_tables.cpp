// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/fork_tables.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "views/models/number_text.h"
#include "views/plot/fork_series.h"

namespace gridscope::views {

namespace {

QString translated(const char* text) { return QCoreApplication::translate("ForkTables", text); }

QString shown(const std::string& bytes, std::size_t limit = 200) {
    return QString::fromStdString(escapeForDisplay(bytes, limit));
}

QString fixedText(double value, int digits) {
    constexpr double kTooLong = 1e7;
    if (!std::isfinite(value) || std::fabs(value) >= kTooLong) return numberText(value);
    return QLocale().toString(value, 'f', digits);
}

QString signedText(double value, int digits) {
    return (value > 0 ? QStringLiteral("+") : QString()) + fixedText(value, digits);
}

TableCell textCell(const QString& text) { return {text, text}; }

TableCell missingCell() { return {numberText(std::nan("")), {}}; }

TableCell numberCell(double value, int digits) {
    if (std::isnan(value)) return missingCell();
    return {fixedText(value, digits), value};
}

TableCell countCell(std::size_t count) {
    return {QLocale().toString(static_cast<qulonglong>(count)), static_cast<double>(count)};
}

TableCell meanCell(double mean, double sd, int digits) {
    TableCell cell = numberCell(mean, digits);
    if (!std::isnan(mean) && !std::isnan(sd))
        cell.text += QStringLiteral(" ± ") + fixedText(sd, digits);
    return cell;
}

TableCell meanCell(const MeanSd& value) {
    TableCell cell = meanCell(value.mean, value.sd, 2);
    if (value.count == 1) cell.tip = translated("One seed: there is no standard deviation.");
    return cell;
}

TableCell boundCell(double bound) { return {translated("< %1").arg(fixedText(bound, 4)), bound}; }

TableCell pCell(double p) {
    constexpr double kLeast = 0.0001;
    return p < kLeast ? TableCell{boundCell(kLeast).text, p} : numberCell(p, 4);
}

TableCell winsCell(double wins, double pairs) {
    if (!(pairs > 0)) return missingCell();
    return {QStringLiteral("%1/%2").arg(wins).arg(pairs), wins / pairs};
}

QString className(ProbeClass which) {
    switch (which) {
    case ProbeClass::All:
        return translated("all");
    case ProbeClass::Bump:
        return translated("bump");
    case ProbeClass::Cool:
        return translated("cool");
    }
    return {};
}

const ForkDesign& designOf(const ForkReport& report) { return report.results.record.design; }

QString conditionName(const ForkReport& report, std::size_t condition) {
    return conditionLabel(designOf(report), condition);
}

TableCell seedsCell(const ForkReport& report, std::size_t measured) {
    const std::size_t planned = designOf(report).seeds.size();
    TableCell cell = countCell(measured);
    if (measured != planned) cell.text = translated("%1 of %2").arg(measured).arg(planned);
    return cell;
}

/// Headings of the table of results, which the paper's rows begin with too.
void nameResults(CellTable& table) {
    table.textColumns = {0, 1};
    const std::pair<QString, QString> columns[] = {
        {translated("Condition"), {}},
        {translated("Probes"),
         translated("Probes while the rate is raised (bump), at the baseline (cool), or all")},
        {translated("Seeds"), translated("Seeds with a gap in this class of probes")},
        {translated("Final gap\n[%]"),
         translated("Each seed's last probe of the class; mean ± standard deviation over seeds")},
        {translated("Mean gap\n[%]"),
         translated("Each seed's mean over the class; mean ± standard deviation over seeds")},
        {translated("Control,\nsame steps\n[%]"),
         translated("The control's mean over the steps of the class that both sides have")},
        {translated("FP32 PPL,\nlast probe"),
         translated("FP32 perplexity of each seed's last probe of the class")},
        {translated("Wins over\ncontrol"),
         translated("Seed pairs in which the condition has the lower mean gap. Pairs share runs, "
                    "so they are not independent.")}};
    for (const auto& [heading, tip] : columns) {
        table.headings << heading;
        table.tips << tip;
    }
}

}  // namespace

CellTable forkResultsTable(const ForkReport& report) {
    CellTable table;
    nameResults(table);
    for (const ForkRow& row : report.comparison.rows) {
        table.rows.push_back(
            {{textCell(conditionName(report, row.condition)), textCell(className(row.probes)),
              seedsCell(report, row.meanGap.count), meanCell(row.finalGap), meanCell(row.meanGap),
              meanCell(row.controlGap), meanCell(row.finalPpl),
              winsCell(static_cast<double>(row.wins), static_cast<double>(row.pairs))},
             row.condition});
    }
    return table;
}

CellTable paperForkTable(const ForkReport& report) {
    CellTable table;
    nameResults(table);
    table.headings << translated("t over\nprobes") << translated("p over\nprobes");
    if (!report.paper) return table;
    for (const PaperForkRow& row : report.paper->rows) {
        const TableCell gap = meanCell(row.gapPercent, row.gapSd, 1);
        table.rows.push_back(
            {{textCell(translated("%1 (reference)").arg(shown(row.condition + ' ' + row.schedule))),
              textCell(shown(row.probes)), countCell(PaperForkRow::kSeeds),
              row.gapIsMean() ? missingCell() : gap, row.gapIsMean() ? gap : missingCell(),
              numberCell(row.controlGap, 1), numberCell(row.fp32Ppl, 1),
              winsCell(row.wins, row.pairs), numberCell(row.t, 2),
              std::isnan(row.pBelow) ? missingCell() : boundCell(row.pBelow)},
             {}});
    }
    return table;
}

CellTable forkWinsTable(const ForkReport& report) {
    CellTable table;
    table.headings << translated("Wins over");
    const std::size_t count = designOf(report).conditions.size();
    for (std::size_t a = 0; a < count; ++a) {
        table.headings << conditionName(report, a);
        TableRow row{{textCell(conditionName(report, a))}, a};
        for (std::size_t b = 0; b < count; ++b) {
            const WinsCell& wins = report.comparison.wins[a][b];
            TableCell cell =
                winsCell(static_cast<double>(wins.wins), static_cast<double>(wins.pairs));
            if (wins.pairs > 0)
                cell.tip =
                    translated("%1 has the lower mean gap in %2 seed pairs, %3 in %4; %5 ties.")
                        .arg(conditionName(report, a))
                        .arg(wins.wins)
                        .arg(conditionName(report, b))
                        .arg(wins.losses)
                        .arg(wins.pairs - wins.wins - wins.losses);
            row.cells.push_back(std::move(cell));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

CellTable forkTestsTable(const ForkReport& report) {
    CellTable table;
    table.textColumns = {0, 1};
    table.headings << translated("Condition") << translated("Probes")
                   << translated("Probes\ncompared") << translated("Welch t")
                   << translated("Degrees of\nfreedom") << translated("p over\nprobes")
                   << translated("Exact p,\none-sided") << translated("Least\npossible")
                   << translated("Exact p,\ntwo-sided") << translated("Least\npossible");
    table.tips << QString() << QString()
               << translated("Probes of the condition and of the control at the same steps")
               << translated("Negative: the condition's gap is lower than the control's")
               << translated("Welch-Satterthwaite")
               << translated("Too small: probes of one run follow each other (autocorrelation)")
               << translated("Permutation of whole seeds; condition lower than control")
               << translated("With this many seeds no smaller p can come out")
               << translated("Permutation of whole seeds; difference in either direction")
               << translated("With this many seeds no smaller p can come out");
    for (const ForkRow& row : report.comparison.rows) {
        if (row.condition == 0) continue;
        const WelchTest& welch = row.overProbes;
        const PermutationTest exact = row.overSeeds.value_or(PermutationTest{});
        TableCell counts = missingCell();
        if (welch.countA + welch.countB > 0)
            counts = {QStringLiteral("%1 + %2").arg(welch.countA).arg(welch.countB),
                      static_cast<double>(welch.countA + welch.countB)};
        table.rows.push_back(
            {{textCell(conditionName(report, row.condition)), textCell(className(row.probes)),
              counts, numberCell(welch.t, 2), numberCell(welch.degrees, 1), pCell(welch.p),
              pCell(exact.pLower), pCell(exact.smallestLower), pCell(exact.pTwoSided),
              pCell(exact.smallestTwoSided)},
             row.condition});
    }
    return table;
}

QString forkSummary(const ForkReport& report) {
    const ForkDesign& design = designOf(report);
    const auto& runs = report.results.runs;
    const auto inState = [&](ForkRunState state) {
        return static_cast<int>(
            std::count_if(runs.begin(), runs.end(),
                          [&](const ForkRunResult& run) { return run.status.state == state; }));
    };
    QStringList parts{
        translated("Fork of %1 at step %2")
            .arg(shown(report.results.record.checkpointLabel),
                 stepText(static_cast<double>(design.forkStep))),
        translated("%1 steps").arg(stepText(static_cast<double>(design.steps))),
        translated("conditions: %1").arg(design.conditions.size()),
        translated("seeds: %1").arg(design.seeds.size()),
        translated("%1 of %2 runs complete").arg(inState(ForkRunState::Complete)).arg(runs.size())};
    if (const int stopped = inState(ForkRunState::Stopped); stopped > 0)
        parts << translated("%1 stopped").arg(stopped);
    if (const int diverged = inState(ForkRunState::Diverged); diverged > 0)
        parts << translated("%1 diverged").arg(diverged);
    return parts.join(QStringLiteral(" \u00b7 "));
}

QString auditSentence(const ForkReport& report) {
    if (!report.audit) return {};
    const AuditDistance& audit = *report.audit;
    return translated(
               "Control against audit: %1 % at step %2 (mean, seeds: %3); %4 has %5 % at step %6: "
               "%7 points.")
        .arg(fixedText(audit.controlGap, 2), stepText(static_cast<double>(audit.controlStep)))
        .arg(audit.seeds)
        .arg(shown(audit.name), fixedText(audit.auditGap, 2),
             stepText(static_cast<double>(audit.auditStep)), signedText(audit.points(), 2));
}

QString paperSentence(const ForkReport& report) {
    if (!report.paper || report.paper->rows.empty()) return {};
    const double control = report.paper->rows.front().gapPercent;
    const double audit = report.paper->auditGap;
    return translated(
               "At step %1 the paper's control has %2 %, its audit of the same model %3 %: %4 "
               "points. The control does not reproduce the audit.")
        .arg(stepText(report.paper->auditStep), fixedText(control, 1), fixedText(audit, 1),
             signedText(control - audit, 1));
}

QStringList forkNotes(const ForkReport& report) {
    QStringList notes;
    const std::string warning = aliasingWarning(designOf(report));
    if (!warning.empty()) notes << shown(warning, 2000);
    for (const std::string& remark : report.comparison.remarks) notes << shown(remark, 2000);
    return notes;
}

QStringList paperNotes(const ForkReport& report) {
    QStringList notes;
    if (!report.paper) return notes;
    for (const std::string& note : report.paper->notes) notes << shown(note, 2000);
    for (const std::string& source : report.paper->sources)
        notes << translated("Source: %1").arg(shown(source, 2000));
    return notes;
}

}  // namespace gridscope::views
