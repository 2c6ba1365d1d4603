// SPDX-License-Identifier: GPL-3.0-or-later

// Runs phase detectors over a trajectory and writes their findings as JSON and as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/associations.h"
#include "core/analysis/phase_types.h"

namespace gridscope {

/// One detector. `settings` are valid, the vectors of `input` equally long (analysePhases checks).
DetectorResult detectPhases(const PhaseInput& input, Detector detector,
                            const PhaseSettings& settings);

/// Every detector there is, in the order in which they are listed.
std::vector<Detector> allDetectors();

/// "derivative,changepoints"; an empty text means all. Errors: settings.syntax (unknown or
/// repeated name).
Expected<std::vector<Detector>> parseDetectors(std::string_view list);

/// Runs `detectors` over `input`.
/// Errors: settings.range (settings, or vectors of different length; `where` names the field).
Expected<PhaseReport> analysePhases(const PhaseInput& input,
                                    const std::vector<Detector>& detectors = allDetectors(),
                                    const PhaseSettings& settings = {});

/// The document of `phases --json` (cli.md), with two additions a detector: "state"
/// (detectorStateName) and "flat_since". Missing steps are null. No line end.
/// With `tested`, the list "associations": name, unit, value, low, high, n, from, to, note.
std::string phasesToJson(const PhaseReport& report, const std::vector<Association>& tested = {});

/// Several lines for people.
std::string phasesToText(const PhaseReport& report, const std::vector<Association>& tested = {});

}  // namespace gridscope
