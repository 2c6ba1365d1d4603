// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/checkpoint/audit_report.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "core/base/numbers.h"

namespace gridscope {

namespace {

constexpr std::size_t kHashDigits = 12;
constexpr std::size_t kEveryLabel = static_cast<std::size_t>(-1);

/// A cell of a Markdown table: bars would end it, line breaks are escaped already.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '|' || c == '\\') escaped += '\\';
        escaped += c;
    }
    return escaped.empty() ? " " : escaped;
}

std::string markdownRow(std::initializer_list<std::string> cells) {
    std::string row = "|";
    for (const std::string& text : cells) row += " " + cell(text) + " |";
    return row + "\n";
}

std::string checkName(const AuditFinding& finding) {
    return std::string(auditCheckId(finding.check)) + " " +
           std::string(auditCheckTitle(finding.check));
}

std::string percent(double share) { return formatFixed(100.0 * share, 2) + " %"; }

std::string checkpointRow(const CheckpointFacts& facts) {
    std::uint64_t nonFinite = 0;
    for (const TensorFacts& tensor : facts.tensors) nonFinite += tensor.nonFinite;
    const bool deep = facts.mantissa != Mantissa::Unknown;
    return markdownRow({escapeForDisplay(facts.label, 200),
                        facts.step ? std::to_string(*facts.step) : std::string(), facts.format,
                        facts.dtype, std::string(mantissaText(facts.mantissa)),
                        deep ? percent(facts.fitsFp16) : std::string(),
                        deep ? percent(facts.fitsBf16) : std::string(),
                        facts.contentSha256.empty() ? std::string() : std::to_string(nonFinite),
                        facts.contentSha256.substr(0, kHashDigits)});
}

std::string csvField(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace

std::string auditToMarkdown(const AuditReport& report) {
    const auto problems = std::count_if(
        report.findings.begin(), report.findings.end(),
        [](const AuditFinding& finding) { return finding.severity != AuditSeverity::Note; });
    std::string text = "# Integrity audit of " + escapeForDisplay(report.runName, 200) + "\n\n" +
                       "Folder: " + escapeForDisplay(report.root.string(), 4096) + "\n\n" +
                       "Level: " + std::string(auditLevelText(report.level)) +
                       ". Checkpoints: " + std::to_string(report.checkpoints.size()) +
                       ". Problems and warnings: " + std::to_string(problems) + ". Notes: " +
                       std::to_string(report.findings.size() - static_cast<std::size_t>(problems)) +
                       ".\n\n## Findings\n\n";
    if (report.findings.empty()) text += "None.\n";
    if (!report.findings.empty())
        text += "| severity | check | checkpoints | finding | hint |\n|---|---|---|---|---|\n";
    for (const AuditFinding& finding : report.findings)
        text += markdownRow({std::string(auditSeverityText(finding.severity)), checkName(finding),
                             labelList(report.checkpoints, finding.checkpoints), finding.finding,
                             finding.hint});
    text +=
        "\n## Checkpoints\n\n"
        "| label | step | container | stored as | values need | fit fp16 | fit bf16 "
        "| NaN or Inf | model hash |\n|---|---|---|---|---|---|---|---|---|\n";
    for (const CheckpointFacts& facts : report.checkpoints) text += checkpointRow(facts);
    return text;
}

std::string auditToCsv(const AuditReport& report) {
    std::string text = "severity,check,code,checkpoints,finding,hint\n";
    for (const AuditFinding& finding : report.findings) {
        std::string labels;
        for (const std::size_t i : finding.checkpoints)
            labels += (labels.empty() ? "" : " ") +
                      escapeForDisplay(report.checkpoints[i].label, kEveryLabel);
        for (const std::string_view field :
             {auditSeverityText(finding.severity), auditCheckId(finding.check),
              errorCodeText(finding.code), std::string_view(labels),
              std::string_view(finding.finding)})
            text += csvField(field) + ",";
        text += csvField(finding.hint) + "\n";
    }
    return text;
}

Expected<void> checkAuditReportName(const std::filesystem::path& file) {
    const std::string extension = file.extension().string();
    if (extension == ".md" || extension == ".csv") return {};
    return Error{ErrorCode::SettingsSyntax, file.string(),
                 "the form of the report is told by the extension, found \"" +
                     escapeForDisplay(extension) + "\"",
                 "End the name with .md or .csv"};
}

Expected<void> saveAuditReport(FileOps& ops, const std::filesystem::path& file,
                               const AuditReport& report) {
    GRIDSCOPE_TRY(checkAuditReportName(file));
    return writeFileAtomically(
        ops, file, file.extension() == ".csv" ? auditToCsv(report) : auditToMarkdown(report));
}

}  // namespace gridscope
