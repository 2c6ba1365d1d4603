// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/phase_findings.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <limits>

#include "views/models/number_text.h"
#include "views/plot/panel_data.h"

namespace gridscope::app {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

QString translated(const char* text) { return QCoreApplication::translate("Phases", text); }

QString text(std::string_view bytes) {
    return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

/// Names come from core's stable words, so that a new detector shows up by itself.
QString kindText(std::string_view kind) {
    if (kind == "learning-end") return translated("learning ends");
    if (kind == "convergence") return translated("FP32 convergence");
    if (kind == "ppl-change") return translated("perplexity bends");
    if (kind == "gap-change") return translated("gap bends");
    if (kind == "metric-change") return translated("metric bends");
    if (kind == "state-change") return translated("next state begins");
    return text(kind).replace(u'-', u' ');
}

/// "+3,000": a lag has a sign.
QString lagText(double value) {
    return (value > 0 ? QStringLiteral("+") : QString()) + views::stepText(value);
}

QString associationName(const Association& one) {
    if (one.name == "onset-after-convergence")
        return translated("Onset of the gap after FP32 convergence");
    if (one.name == "onset-after-learning-rate")
        return translated("Onset of the gap after the LR has halved");
    if (one.name != "kurtosis-gap") return text(one.name);
    if (!one.from && !one.to) return translated("Kurtosis with the gap, whole run");
    return translated("Kurtosis with the gap, %1 – %2")
        .arg(one.from ? views::stepText(*one.from) : QString(),
             one.to ? views::stepText(*one.to) : QString());
}

views::PhaseBoundary boundaryOf(const PlacedBoundary& placed) {
    views::PhaseBoundary boundary{placed.step, kNone, kNone, kindText(placed.kind),
                                  placed.moved.has_value()};
    if (placed.detected) {
        boundary.low = placed.detected->low;
        boundary.high = placed.detected->high;
        boundary.detected = placed.detected->step;
    }
    return boundary;
}

}  // namespace

std::vector<views::AssociationRow> associationRows(const std::vector<Association>& associations) {
    std::vector<views::AssociationRow> rows;
    for (const Association& one : associations) {
        const bool isLag = one.unit == "steps";
        const auto shown = [isLag](double value) {
            return isLag ? lagText(value) : QLocale().toString(value, 'f', 2);
        };
        views::AssociationRow row;
        row.name = associationName(one);
        row.value = !one.value ? translated("cannot be told")
                    : isLag    ? translated("%1 steps").arg(shown(*one.value))
                               : translated("r = %1").arg(shown(*one.value));
        if (one.low && one.high)
            row.interval = translated("%1 – %2").arg(shown(*one.low), shown(*one.high));
        row.points = translated("n = %1").arg(one.n);
        row.note = text(one.note);
        rows.push_back(std::move(row));
    }
    return rows;
}

QString detectorTitle(const QString& detector) {
    if (detector == QStringLiteral("derivative")) return translated("Derivative rule");
    if (detector == QStringLiteral("changepoints")) return translated("Change points");
    if (detector == QStringLiteral("hmm")) return translated("Hidden Markov model");
    return detector;
}

std::vector<views::DetectorFinding> findingsOf(const PhaseReport& report,
                                               const BoundaryOverrides& overrides,
                                               const QString& shown) {
    std::vector<views::DetectorFinding> findings;
    for (const DetectorResult& result : report.detectors) {
        views::DetectorFinding finding;
        finding.id = text(result.name);
        finding.name = detectorTitle(finding.id);
        finding.state = text(detectorStateName(result.state));
        finding.note = text(result.note);
        finding.drawsBands = finding.id == shown;
        for (const PlacedBoundary& placed : placeBoundaries(result, overrides))
            finding.boundaries.push_back(boundaryOf(placed));
        findings.push_back(std::move(finding));
    }
    return findings;
}

views::PhaseBands bandsOf(const std::vector<views::DetectorFinding>& findings) {
    views::PhaseBands bands;
    const auto shown = std::find_if(findings.begin(), findings.end(),
                                    [](const auto& finding) { return finding.drawsBands; });
    if (shown == findings.end()) return bands;
    bands.boundaries = shown->boundaries;
    if (bands.boundaries.empty()) {
        bands.names = {translated("whole run")};
        bands.note = shown->state == QStringLiteral("not-enough-data")
                         ? translated("not enough data")
                         : translated("no phase change found");
        return bands;
    }
    // The paper's three phases have names; change points only have numbers.
    const bool named = shown->id == QStringLiteral("derivative") && bands.boundaries.size() <= 2;
    const QString names[] = {translated("Rapid learning"), translated("Plateau"),
                             translated("After convergence")};
    for (std::size_t i = 0; i <= bands.boundaries.size(); ++i)
        bands.names.push_back(named ? names[i] : translated("Phase %1").arg(i + 1));
    return bands;
}

std::vector<double> probedSteps(const SeriesTable& table) {
    std::vector<double> steps;
    for (std::size_t i = 0; i < table.rowCount(); ++i)
        if (views::isProbed(table.row(i))) steps.push_back(table.steps()[i]);
    return steps;
}

}  // namespace gridscope::app
