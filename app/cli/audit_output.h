// SPDX-License-Identifier: GPL-3.0-or-later

// What `scan --audit` prints: a table for people, JSON for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/checkpoint/audit.h"

namespace gridscope::app {

/// One block per finding, worst first, then a line that counts them.
std::string auditToText(const AuditReport& report);

/// The array "audit" of `scan --json --audit`, described by kAuditHelp.
nlohmann::json auditToJson(const AuditReport& report);

/// "quick", "hash" or "deep". Errors: settings.syntax
Expected<AuditLevel> parseAuditLevel(std::string_view text);

/// For --help: checks, levels and the JSON.
extern const char* const kAuditHelp;

}  // namespace gridscope::app
