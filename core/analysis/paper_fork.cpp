// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/paper_fork.h"

#include <utility>

#include "core/analysis/reference_table.h"

namespace gridscope {

namespace {

Expected<std::vector<PaperForkRow>> rowsOf(const ReferenceTable& table) {
    static constexpr std::pair<const char*, std::string PaperForkRow::*> kTexts[] = {
        {"condition", &PaperForkRow::condition},
        {"schedule", &PaperForkRow::schedule},
        {"probes", &PaperForkRow::probes},
    };
    static constexpr std::pair<const char*, double PaperForkRow::*> kNumbers[] = {
        {"gap_percent", &PaperForkRow::gapPercent},
        {"gap_percent_sd", &PaperForkRow::gapSd},
        {"fp32_ppl", &PaperForkRow::fp32Ppl},
        {"wins", &PaperForkRow::wins},
        {"pairs", &PaperForkRow::pairs},
        {"control_gap_percent", &PaperForkRow::controlGap},
        {"t", &PaperForkRow::t},
        {"p_below", &PaperForkRow::pBelow},
    };
    std::vector<PaperForkRow> rows(table.rows.size());
    for (const auto& [column, member] : kTexts) {
        GRIDSCOPE_TRY_ASSIGN(cells, table.texts(column));
        for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*member = std::move(cells[i]);
    }
    for (const auto& [column, member] : kNumbers) {
        GRIDSCOPE_TRY_ASSIGN(cells, table.numbers(column));
        for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*member = cells[i];
    }
    return rows;
}

}  // namespace

Expected<PaperFork> readPaperFork(FileOps& ops, const std::filesystem::path& folder) {
    GRIDSCOPE_TRY_ASSIGN(fork, readReferenceTable(ops, folder / "table2.csv"));
    GRIDSCOPE_TRY_ASSIGN(audit, readReferenceTable(ops, folder / "table1.csv"));
    PaperFork paper;
    GRIDSCOPE_TRY_ASSIGN(rows, rowsOf(fork));
    GRIDSCOPE_TRY_ASSIGN(steps, audit.numbers("step"));
    GRIDSCOPE_TRY_ASSIGN(gaps, audit.numbers("a4g128:minmax.gap_percent"));
    paper.rows = std::move(rows);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i] == paper.auditStep) paper.auditGap = gaps[i];
    }
    paper.notes = std::move(fork.notes);
    paper.sources = std::move(fork.sources);
    return paper;
}

}  // namespace gridscope
