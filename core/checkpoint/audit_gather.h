// SPDX-License-Identifier: GPL-3.0-or-later

// Reads one checkpoint for the audit: headers, then as many of its values as the level asks for.
#pragma once

#include <stop_token>
#include <string>

#include "core/checkpoint/audit.h"
#include "core/checkpoint/audit_sample.h"

namespace gridscope {

/// What the catalogue alone says of an entry; no file is touched.
/// @param run the name under which the entry is compared with others
CheckpointFacts catalogFacts(const CheckpointEntry& entry, const std::string& run);

/// Adds what the files of a usable `entry` say. Whatever cannot be read goes to `facts.problems`,
/// and the model hash then stays empty. One tensor is in memory at a time.
/// @param sample filled at AuditLevel::Deep
/// Errors: run.cancelled
Expected<void> gatherFacts(FileOps& ops, const CheckpointEntry& entry, AuditLevel level,
                           const std::stop_token& stop, CheckpointFacts& facts,
                           WeightSample& sample);

}  // namespace gridscope
