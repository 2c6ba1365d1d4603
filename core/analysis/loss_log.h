// SPDX-License-Identifier: GPL-3.0-or-later

// Validation losses out of the log of a training run: JSON lines, CSV or trainer_state.json.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"

namespace gridscope {

enum class LossLogFormat { JsonLines, Csv, TrainerState };

/// From the name: .jsonl and .ndjson, .csv, .json (a Hugging Face trainer_state.json).
/// Errors: settings.syntax
Expected<LossLogFormat> lossLogFormat(std::string_view fileName);

struct LossPoint {
    double step = 0.0;
    double loss = 0.0;  ///< nats per token; not finite where the log says so
};

/// Turns the lines of a log into points, one after the other.
///
/// The step is under `step`, `global_step` or `steps`. The loss is under the name given, else under
/// the first of lossNames() that the record has; a perplexity (name with "ppl" or "perplexity")
/// becomes its logarithm. A training loss is never taken unasked. Records without a step or a loss
/// are passed over: logs mix training and evaluation records. NaN and Infinity, bare as Python
/// writes them or quoted, are losses that are not finite.
/// Keeps the columns of a CSV file, nothing else. Source: cli.md, monitor.
class LossLogReader {
public:
    /// @param metric name of the loss; empty = the first known one
    LossLogReader(LossLogFormat format, std::string metric)
        : m_format(format), m_metric(std::move(metric)) {}

    /// One line of a JsonLines or Csv log, without its end.
    /// Errors: json.syntax, reference.format; `where` is "line N"
    Expected<std::optional<LossPoint>> line(std::string_view text);
    /// All points of a trainer_state.json (`log_history`). Errors: json.syntax
    Expected<std::vector<LossPoint>> document(std::string_view text) const;

    /// The log starts anew: the next line is its first.
    void restart();
    /// The name that the last point was found under; empty before the first.
    const std::string& found() const { return m_found; }

    /// Names of a validation loss, the first goes first.
    static const std::vector<std::string>& lossNames();

private:
    Expected<std::optional<LossPoint>> csvLine(std::string_view text);

    LossLogFormat m_format;
    std::string m_metric;
    mutable std::string m_found;
    std::vector<std::string> m_columns;
    int m_line = 0;
};

}  // namespace gridscope
