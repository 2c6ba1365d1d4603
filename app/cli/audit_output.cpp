// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/audit_output.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace gridscope::app {

namespace {

std::string padded(std::string_view text, std::size_t width) {
    std::string cell(text);
    if (cell.size() < width) cell.append(width - cell.size(), ' ');
    return cell + "  ";
}

std::size_t countOf(const AuditReport& report, AuditSeverity severity) {
    return static_cast<std::size_t>(std::count_if(
        report.findings.begin(), report.findings.end(),
        [severity](const AuditFinding& finding) { return finding.severity == severity; }));
}

std::string counted(std::size_t count, const char* word) {
    return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

}  // namespace

const char* const kAuditHelp =
    "Audit levels: quick (headers), hash (all bytes), deep (values; the default).\n"
    "Checks:       files unreadable or changed, A1 two checkpoints with one model, A2 part of\n"
    "              another step, A3 jump out of the trajectory, A4 unrelated step 0, A5 missing\n"
    "              steps, A6 other configuration, tensors or tokenizer, A7 container or "
    "precision,\n"
    "              A8 NaN, infinite, all-zero or constant values\n"
    "JSON:         \"audit\":[{\"severity\":\"problem|warning|note\",\"check\":\"A1\",\"code\",\n"
    "              \"checkpoints\":[labels],\"finding\",\"hint\"}]; each of \"checkpoints\" also "
    "gets\n"
    "              \"content_sha256\" and \"effective_mantissa\" (null where not read)\n"
    "Exit codes:   0 nothing but notes, 3 problems or warnings were found";

std::string auditToText(const AuditReport& report) {
    std::string text = padded("severity", 8) + padded("check", 5) + "finding\n";
    for (const AuditFinding& finding : report.findings) {
        text += padded(auditSeverityText(finding.severity), 8) +
                padded(auditCheckId(finding.check), 5) + finding.finding + "\n";
        if (!finding.hint.empty()) text += std::string(17, ' ') + finding.hint + "\n";
    }
    return text + "audit (" + std::string(auditLevelText(report.level)) +
           "): " + counted(countOf(report, AuditSeverity::Problem), "problem") + ", " +
           counted(countOf(report, AuditSeverity::Warning), "warning") + ", " +
           counted(countOf(report, AuditSeverity::Note), "note") + "\n";
}

nlohmann::json auditToJson(const AuditReport& report) {
    nlohmann::json findings = nlohmann::json::array();
    for (const AuditFinding& finding : report.findings) {
        nlohmann::json labels = nlohmann::json::array();
        for (const std::size_t i : finding.checkpoints)
            labels.push_back(escapeForDisplay(report.checkpoints[i].label, 1024));
        findings.push_back({{"severity", auditSeverityText(finding.severity)},
                            {"check", auditCheckId(finding.check)},
                            {"code", errorCodeText(finding.code)},
                            {"checkpoints", labels},
                            {"finding", finding.finding},
                            {"hint", finding.hint}});
    }
    return findings;
}

Expected<AuditLevel> parseAuditLevel(std::string_view text) {
    for (const AuditLevel level : {AuditLevel::Quick, AuditLevel::Hash, AuditLevel::Deep}) {
        if (text == auditLevelText(level)) return level;
    }
    return Error{ErrorCode::SettingsSyntax, "--level",
                 "\"" + escapeForDisplay(text) + "\" is no level of the audit",
                 "Use quick, hash or deep"};
}

}  // namespace gridscope::app
