// SPDX-License-Identifier: GPL-3.0-or-later

// Published numbers as curves to draw beside measured ones, with what is known to be wrong in them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"

namespace gridscope {

/// One published curve. NaN where the source has no value.
struct ReferenceSeries {
    std::string id;      ///< "table1.gap_percent.a4g128:minmax", "lambada.pythia-70m.ppl"
    std::string title;   ///< "Table 1: INT4 gap"
    std::string metric;  ///< schema name of the measured metric that it stands beside
    std::string grid;    ///< of a grid's metric; else empty
    std::string unit;    ///< "%", "% of maximum", "" = none
    std::vector<double> steps, values;
    std::vector<double> low, high;     ///< mean -+ one standard deviation; empty = not published
    std::vector<std::string> notes;    ///< known inconsistencies, for tooltip and caption
    std::vector<std::string> sources;  ///< where the numbers come from
};

/// Every shipped curve: Table 1 (perplexity, INT4 and INT8 gap, learning rate), Table 2 (the gaps
/// of the fork conditions at step 100,000), the LAMBADA perplexities of 19 models, the training
/// maps of ten seeds, and both forms of the learning rate of Pythia-160m, computed (science.md 4).
/// @param folder resources/reference
/// Errors: file.*, reference.*
Expected<std::vector<ReferenceSeries>> loadReferenceSeries(FileOps& ops,
                                                           const std::filesystem::path& folder);

}  // namespace gridscope
