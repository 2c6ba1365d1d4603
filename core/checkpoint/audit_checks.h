// SPDX-License-Identifier: GPL-3.0-or-later

// The checks of the audit: pure functions from gathered facts to findings (formats.md 11).
#pragma once

#include <vector>

#include "core/checkpoint/audit.h"

namespace gridscope {

using AuditFindings = std::vector<AuditFinding>;
using AuditFacts = std::vector<CheckpointFacts>;

/// Checkpoints that cannot be read or changed since the scan, one finding per kind of error.
AuditFindings findUnreadable(const AuditFacts& facts);

/// A1: equal model hash, or one file or commit where no hash was made. A label without a step that
/// equals one step ("main") and a step stored twice are notes; branches equal step by step are one
/// finding.
AuditFindings findSameModels(const AuditFacts& facts);

/// A2: at least 5 % of the weights equal, tensor by tensor, to another step. Tensors that never
/// change (frozen) or hold one value only prove nothing and do not count.
AuditFindings findParts(const AuditFacts& facts);

/// A3: relative change of the sample over the root of the step distance, above 5 times the median
/// of 8 neighbouring intervals of the series, and sharply so: intervals that grow or shrink step by
/// step, as in warm-up or with ever longer distances, are no jumps. One finding per checkpoint that
/// lies far from both neighbours, or per interval where the run goes on elsewhere. Intervals
/// without a change (A1) do not count; with fewer than 6 nothing is said.
AuditFindings findJumps(const AuditFacts& facts);

/// A4: cosine between step 0 and the first later step of at most 32 below 0.9.
AuditFindings findUnrelatedStarts(const AuditFacts& facts);

/// A5: steps of a known family (known_families.h) that are missing, else gaps in the commonest
/// spacing. A note where more is missing than there: then it is a selection.
AuditFindings findMissingSteps(const AuditFacts& facts);

/// A6: configuration, tensor names and shapes, or tokenizer unlike those of most checkpoints.
AuditFindings findOtherConfigurations(const AuditFacts& facts);

/// A7: container, stored type or effective mantissa changes along a run (a note where it does so
/// once for good), and files stored wider than their values need.
AuditFindings findPrecisionChanges(const AuditFacts& facts);

/// A8, first half: NaN and infinite values, with tensor, count and first index.
AuditFindings findNonFinite(const AuditFacts& facts);

/// A8, second half: matrices of one value; norms and biases only after step 1000, as a
/// note: before, updates may be too small for the stored type.
AuditFindings findConstants(const AuditFacts& facts);

}  // namespace gridscope
