// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/run_failures.h"

#include <QCoreApplication>

#include <algorithm>
#include <string>
#include <string_view>

namespace gridscope::app {

namespace {

/// Takes "where: what (code). hint" apart, the form of Error::toText. A text of another form
/// becomes the sentence as a whole.
Error errorOfText(const std::string& text) {
    for (int i = 0; i <= static_cast<int>(ErrorCode::Internal); ++i) {
        const auto code = static_cast<ErrorCode>(i);
        const std::string mark = " (" + std::string(errorCodeText(code)) + ')';
        const std::size_t at = text.rfind(mark);
        if (at == std::string::npos) continue;
        std::string_view hint = std::string_view(text).substr(at + mark.size());
        hint.remove_prefix(std::min(hint.find_first_not_of(". "), hint.size()));
        return {code, {}, text.substr(0, at), std::string(hint)};
    }
    return {ErrorCode::Internal, {}, text, {}};
}

/// True if `error` is about the checkpoint `label`: its place begins with it.
bool speaksOf(const Error& error, const std::string& label) {
    return error.where == label || error.where.rfind(label + ", ", 0) == 0;
}

}  // namespace

std::vector<Error> rowFailures(const Trajectory& trajectory) {
    std::vector<Error> failures;
    for (const auto& row : trajectory.rows) {
        if (row->status != RowStatus::Failed) continue;
        Error error = errorOfText(row->error);
        error.where = row->label;
        if (error.what.empty())
            error.what = QCoreApplication::translate("RunFailures", "The reason was not stored.")
                             .toStdString();
        failures.push_back(std::move(error));
    }
    return failures;
}

std::vector<Error> runFailures(const Trajectory* trajectory, const std::vector<Error>& reported) {
    std::vector<Error> failures = reported;
    if (trajectory == nullptr) return failures;
    for (Error& failure : rowFailures(*trajectory)) {
        const bool known = std::any_of(reported.begin(), reported.end(), [&](const Error& other) {
            return speaksOf(other, failure.where);
        });
        if (!known) failures.push_back(std::move(failure));
    }
    return failures;
}

}  // namespace gridscope::app
