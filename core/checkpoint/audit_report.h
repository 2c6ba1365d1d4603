// SPDX-License-Identifier: GPL-3.0-or-later

// The result of an audit as a document: Markdown for people, CSV for programs.
#pragma once

#include <filesystem>
#include <string>

#include "core/checkpoint/audit.h"

namespace gridscope {

/// Findings as a table, then one line per checkpoint with storage, mantissa and model hash.
std::string auditToMarkdown(const AuditReport& report);

/// One line per finding: severity, check, code, checkpoints (joined by blanks), finding, hint;
/// quoted after RFC 4180.
std::string auditToCsv(const AuditReport& report);

/// Writes the report, completely or not at all, in the form that the extension of `file` names
/// (.md or .csv). Errors: settings.syntax for another extension, output.not-writable,
/// file.disk-full, file.write.
Expected<void> saveAuditReport(FileOps& ops, const std::filesystem::path& file,
                               const AuditReport& report);

/// settings.syntax unless saveAuditReport can tell a form from the extension of `file`.
Expected<void> checkAuditReportName(const std::filesystem::path& file);

}  // namespace gridscope
