// SPDX-License-Identifier: GPL-3.0-or-later

#include <numeric>

#include "core/base/numbers.h"
#include "core/training/fork_report_cells_impl.h"

namespace gridscope {

namespace {

const CellStyle kLatex{"$\\pm$", "--", "$<$ ", "$-$"};

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("_%&#{}").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// A comment must not end early: a line end in it would begin a line of the document.
std::string comment(const std::string& text) { return "% " + escapeForDisplay(text, 400) + "\n"; }

std::string line(const std::vector<std::string>& cells) {
    std::string out;
    for (const std::string& cell : cells) out += (out.empty() ? "" : " & ") + cell;
    return out + " \\\\\n";
}

/// The first two cells are names and not made for LaTeX yet.
std::vector<std::string> withNamesEscaped(std::vector<std::string> cells) {
    for (std::size_t i = 0; i < 2 && i < cells.size(); ++i) cells[i] = escaped(cells[i]);
    return cells;
}

}  // namespace

std::string forkReportToLatex(const ForkReport& report) {
    const ForkRecord& record = report.results.record;
    std::string text =
        comment("Fork of " + record.checkpointLabel + ", " + std::to_string(record.design.steps) +
                " steps; gap of " + report.results.gridId + "; written by Gridscope") +
        comment(
            "Mean and standard deviation over seeds; t and p over probes (Welch), exact p "
            "over seeds (permutation)");
    for (const ForkRunResult& run : report.results.runs) {
        if (run.status.state != ForkRunState::Complete)
            text += comment(run.name + ": " + std::string(forkRunStateName(run.status.state)) +
                            (run.status.note.empty() ? "" : ", " + run.status.note));
    }
    for (const std::string& remark : report.comparison.remarks) text += comment(remark);
    std::vector<std::string> headings = forkHeadings();
    for (std::string& heading : headings) heading = escaped(heading);
    text += "\\begin{tabular}{ll" + std::string(headings.size() - 2, 'r') + "}\n\\hline\n" +
            line(headings) + "\\hline\n";
    for (const ForkRow& row : report.comparison.rows)
        text += line(withNamesEscaped(forkCells(report, row, kLatex)));
    if (report.audit) {
        std::vector<std::string> cells(headings.size(), kLatex.missing);
        cells[0] = "audit, step " + std::to_string(report.audit->auditStep);
        cells[1] = "all";
        cells[3] = numberCell(report.audit->auditGap, 2, kLatex);
        text += line(cells);
    }
    if (report.paper) {
        text += "\\hline\n";
        for (const PaperForkRow& row : report.paper->rows)
            text += line(withNamesEscaped(paperCells(row, kLatex)));
    }
    text += "\\hline\n\\end{tabular}\n";
    if (report.paper) {
        for (const std::string& note : report.paper->notes) text += comment("paper: " + note);
        for (const std::string& source : report.paper->sources) text += comment(source);
    }
    return text;
}

}  // namespace gridscope
