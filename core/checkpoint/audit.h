// SPDX-License-Identifier: GPL-3.0-or-later

// The integrity audit of a suite: what is wrong with its checkpoints before any is measured.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/expected.h"
#include "core/base/file_ops.h"
#include "core/base/progress.h"
#include "core/checkpoint/audit_facts.h"
#include "core/checkpoint/catalog.h"

namespace gridscope {

/// How much is read: headers; all bytes, for hashes and NaN; all values, with samples.
enum class AuditLevel { Quick, Hash, Deep };
std::string_view auditLevelText(AuditLevel level);  ///< "quick", "hash", "deep"

/// Problem: the rows concerned would mislead. Warning: worth a look. Note: good to know.
enum class AuditSeverity { Note, Warning, Problem };
std::string_view auditSeverityText(AuditSeverity severity);  ///< "note", "warning", "problem"

/// The checks A1 to A8 of formats.md 11, and the files themselves (unreadable, changed).
enum class AuditCheck {
    Files,
    SameModel,
    PartOfAnother,
    Jump,
    UnrelatedStart,
    MissingSteps,
    Configuration,
    Precision,
    Values
};
std::string_view auditCheckId(AuditCheck check);     ///< "files", "A1" ... "A8"
std::string_view auditCheckTitle(AuditCheck check);  ///< a few words for people

/// Marks rows; it changes no number.
struct AuditFinding {
    AuditSeverity severity = AuditSeverity::Note;
    AuditCheck check = AuditCheck::Files;
    ErrorCode code = ErrorCode::Internal;  ///< audit.*, or that of the file's own error
    std::vector<std::size_t> checkpoints;  ///< indices into AuditReport::checkpoints; may be none
    std::string finding;                   ///< one sentence or two
    std::string hint;
};

struct AuditReport {
    std::filesystem::path root;
    std::string runName;
    AuditLevel level = AuditLevel::Deep;
    std::vector<CheckpointFacts> checkpoints;  ///< one per catalogue entry, same order
    std::vector<AuditFinding> findings;        ///< worst first, then by check

    /// Something other than notes was found.
    bool hasProblems() const;
};

/// Progress::stage of an audit that counts bytes; a quick one, which counts checkpoints, has its
/// own.
inline constexpr std::string_view kAuditStage = "audit";
inline constexpr std::string_view kQuickAuditStage = "audit of headers";

struct AuditOptions {
    AuditLevel level = AuditLevel::Deep;
};

/// Reads what `options.level` asks for, one tensor in memory at a time, and runs all checks. A
/// checkpoint that cannot be read is a finding. Progress counts bytes (checkpoints when quick);
/// a stop request ends the audit within one piece of a file.
/// Errors: run.cancelled.
/// Source: formats.md 11, workbench.md 6.3
Expected<AuditReport> auditCatalog(FileOps& ops, const CheckpointCatalog& catalog,
                                   const AuditOptions& options, ProgressSink& progress,
                                   std::stop_token stop);

/// `label` entries for people: "step0, step1 and 61 more", at most `most` names, escaped.
std::string labelList(const std::vector<CheckpointFacts>& facts,
                      const std::vector<std::size_t>& indices, std::size_t most = 4);

}  // namespace gridscope
