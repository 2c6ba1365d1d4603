// SPDX-License-Identifier: GPL-3.0-or-later

// Puts the checkpoints that a scan found into runs, order and places on the axis of steps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/checkpoint/catalog.h"

namespace gridscope {

/// Fills label steps of aliases, tokens, positions, order and runs of `catalog`, whose entries are
/// as found, and warns of rows that claim one step (formats.md 1.2 and 1.3). Rows such as "main"
/// that are the same weights as a row with a step become its alias.
void arrangeRuns(CheckpointCatalog& catalog);

/// "seed3", "data-seed1" or "weight-seed2" at the end of a run's name, or empty.
std::string seedOfRun(std::string_view runName);

/// True for a configuration with the sizes of a published Pythia model (formats.md 8).
bool isPythiaConfig(const ModelConfig& config);

}  // namespace gridscope
