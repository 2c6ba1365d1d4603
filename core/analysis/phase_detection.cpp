// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/phase_detection.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "core/analysis/change_points.h"
#include "core/analysis/derivative_rule.h"
#include "core/analysis/hmm_detector.h"
#include "core/base/numbers.h"
#include "core/base/step_text.h"

namespace gridscope {

namespace {

using Json = nlohmann::ordered_json;

/// Steps are whole numbers in practice; written without a fraction then.
Json stepJson(double step) {
    constexpr double kExactLimit = 9007199254740992.0;
    if (std::isfinite(step) && step == std::floor(step) && std::abs(step) < kExactLimit)
        return static_cast<std::int64_t>(step);
    return step;  // the library writes non-finite numbers as null
}

Json stepJson(const std::optional<double>& step) { return step ? stepJson(*step) : Json(nullptr); }

Json numberJson(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json associationsJson(const std::vector<Association>& tested) {
    Json list = Json::array();
    for (const Association& association : tested)
        list.push_back({{"name", association.name},
                        {"unit", association.unit},
                        {"value", numberJson(association.value)},
                        {"low", numberJson(association.low)},
                        {"high", numberJson(association.high)},
                        {"n", association.n},
                        {"from", stepJson(association.from)},
                        {"to", stepJson(association.to)},
                        {"note", association.note}});
    return list;
}

std::string lineOf(const Association& association) {
    std::string text = association.name;
    if (association.from)
        text += ", steps " + formatStep(*association.from) + " to " +
                formatStep(association.to.value_or(*association.from));
    text += ": ";
    const int digits = association.unit == "r" ? 2 : 0;
    if (association.value) {
        text += formatFixed(*association.value, digits) + " " + association.unit;
        if (association.low && association.high)
            text += " (" + formatFixed(*association.low, digits) + " to " +
                    formatFixed(*association.high, digits) + ")";
        text += ", n " + std::to_string(association.n);
    }
    if (!association.note.empty()) text += (association.value ? "; " : "") + association.note;
    return text;
}

/// A line a sentence.
std::string sentences(std::string_view note) {
    std::string text;
    while (!note.empty()) {
        const std::size_t end = note.find(". ");
        text += "  " + std::string(note.substr(0, end)) + (end == note.npos ? "\n" : ".\n");
        note.remove_prefix(end == note.npos ? note.size() : end + 2);
    }
    return text;
}

Expected<void> checkLength(const char* field, std::size_t found, std::size_t expected) {
    if (found == expected) return {};
    return Error{ErrorCode::SettingsRange,
                 field,
                 "expected " + std::to_string(expected) + " values, one a step, found " +
                     std::to_string(found),
                 {}};
}

Expected<Detector> parseDetector(std::string_view name) {
    for (const Detector detector : allDetectors()) {
        if (name == detectorName(detector)) return detector;
    }
    return Error{ErrorCode::SettingsSyntax, "detector",
                 "unknown detector \"" + std::string(name) + "\"",
                 "Choose from derivative, changepoints, hmm"};
}

}  // namespace

DetectorResult detectPhases(const PhaseInput& input, Detector detector,
                            const PhaseSettings& settings) {
    switch (detector) {
    case Detector::Derivative:
        return detectByDerivative(input, settings);
    case Detector::ChangePoints:
        return detectByChangePoints(input, settings);
    case Detector::Hmm:
        return detectByHmm(input, settings);
    }
    return {};
}

std::vector<Detector> allDetectors() {
    return {Detector::Derivative, Detector::ChangePoints, Detector::Hmm};
}

Expected<std::vector<Detector>> parseDetectors(std::string_view list) {
    if (list.empty()) return allDetectors();
    std::vector<Detector> detectors;
    for (;;) {
        const std::size_t comma = list.find(',');
        GRIDSCOPE_TRY_ASSIGN(detector, parseDetector(list.substr(0, comma)));
        if (std::find(detectors.begin(), detectors.end(), detector) != detectors.end())
            return Error{ErrorCode::SettingsSyntax, "detector",
                         std::string(detectorName(detector)) + " is named twice",
                         "Name each detector once"};
        detectors.push_back(detector);
        if (comma == std::string_view::npos) return detectors;
        list.remove_prefix(comma + 1);
    }
}

Expected<PhaseReport> analysePhases(const PhaseInput& input, const std::vector<Detector>& detectors,
                                    const PhaseSettings& settings) {
    GRIDSCOPE_TRY(checkPhaseSettings(settings));
    const std::size_t rows = input.steps.size();
    GRIDSCOPE_TRY(checkLength("ppl", input.ppl.size(), rows));
    const std::pair<const char*, const std::vector<double>*> optional[] = {
        {"gapPercent", &input.gapPercent}, {"ceStandardErrors", &input.ceStandardErrors},
        {"kurtosis", &input.kurtosis},     {"learningRate", &input.learningRate},
        {"values", &input.values},
    };
    for (const auto& [field, values] : optional) {
        if (!values->empty()) GRIDSCOPE_TRY(checkLength(field, values->size(), rows));
    }
    if (!input.metric.empty()) GRIDSCOPE_TRY(checkLength("values", input.values.size(), rows));
    PhaseReport report;
    for (const Detector detector : detectors)
        report.detectors.push_back(detectPhases(input, detector, settings));
    return report;
}

std::string phasesToJson(const PhaseReport& report, const std::vector<Association>& tested) {
    Json detectors = Json::array();
    for (const DetectorResult& result : report.detectors) {
        Json boundaries = Json::array();
        for (const Boundary& boundary : result.boundaries)
            boundaries.push_back({{"step", stepJson(boundary.step)},
                                  {"low", stepJson(boundary.low)},
                                  {"high", stepJson(boundary.high)},
                                  {"kind", boundaryKindName(boundary.kind)}});
        detectors.push_back({{"name", result.name},
                             {"state", detectorStateName(result.state)},
                             {"boundaries", std::move(boundaries)},
                             {"converged_step", stepJson(result.convergedStep)},
                             {"flat_since", stepJson(result.flatSince)},
                             {"note", result.note}});
    }
    Json document{{"detectors", std::move(detectors)}};
    if (!tested.empty()) document["associations"] = associationsJson(tested);
    return document.dump();
}

std::string phasesToText(const PhaseReport& report, const std::vector<Association>& tested) {
    std::string text;
    for (const DetectorResult& result : report.detectors) {
        text += result.name + ": " + std::string(detectorStateName(result.state)) + "\n";
        for (const Boundary& boundary : result.boundaries)
            text += "  " + std::string(boundaryKindName(boundary.kind)) + " at step " +
                    formatStep(boundary.step) + " (" + formatStep(boundary.low) + " to " +
                    formatStep(boundary.high) + ")\n";
        text += sentences(result.note);
    }
    if (!tested.empty()) text += "associations:\n";
    for (const Association& association : tested) text += "  " + lineOf(association) + "\n";
    return text;
}

}  // namespace gridscope
