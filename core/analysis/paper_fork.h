// SPDX-License-Identifier: GPL-3.0-or-later

// The fork experiment of the paper (Table 2), to stand beside a measured one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// A row of Table 2 as printed; NaN where the paper has no number.
struct PaperForkRow {
    std::string condition;  ///< "A"
    std::string schedule;   ///< "cosine"
    std::string probes;     ///< "all", "cool"
    double gapPercent = std::numeric_limits<double>::quiet_NaN();
    double gapSd = std::numeric_limits<double>::quiet_NaN();
    double fp32Ppl = std::numeric_limits<double>::quiet_NaN();
    double wins = std::numeric_limits<double>::quiet_NaN();
    double pairs = std::numeric_limits<double>::quiet_NaN();
    double controlGap = std::numeric_limits<double>::quiet_NaN();
    double t = std::numeric_limits<double>::quiet_NaN();
    double pBelow = std::numeric_limits<double>::quiet_NaN();  ///< the bound: "p < 0.0001"

    static constexpr std::size_t kSeeds = 3;  ///< of every condition
    /// Of the cool probes the paper gives the mean, of the others the final gap (see its notes).
    bool gapIsMean() const { return probes == "cool"; }
};

struct PaperFork {
    std::vector<PaperForkRow> rows;
    double auditStep = 100'000.0;  ///< where the experiment ended
    /// Gap of the paper's audit there (Table 1), which its control does not reproduce.
    double auditGap = std::numeric_limits<double>::quiet_NaN();
    std::vector<std::string> notes;    ///< known inconsistencies, to show beside the numbers
    std::vector<std::string> sources;  ///< where the numbers come from
};

/// Reads table1.csv and table2.csv.
/// @param folder resources/reference
/// Errors: file.*, reference.*
Expected<PaperFork> readPaperFork(FileOps& ops, const std::filesystem::path& folder);

}  // namespace gridscope
