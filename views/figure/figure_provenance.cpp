// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/figure/figure_provenance.h"

#include <QCryptographicHash>

#include <algorithm>
#include <cmath>

#include "core/base/numbers.h"
#include "core/base/version.h"
#include "core/training/schedule_text.h"
#include "views/plot/heat_map_data.h"

namespace gridscope::views {

namespace {

QString number(double value) { return QString::fromStdString(formatNumber(value)); }

QString orUnknown(const std::string& text) {
    return text.empty() ? QStringLiteral("unknown") : QString::fromStdString(text);
}

QString originOf(const PhaseBoundary& boundary) {
    if (!boundary.manual) return QStringLiteral("detected");
    return std::isnan(boundary.detected)
               ? QStringLiteral("manual, not detected")
               : QStringLiteral("manual, detected: ") + number(boundary.detected);
}

/// Every field of the specification in fixed order, for its hash.
QString specText(const FigureSpec& spec) {
    QStringList parts{spec.name,
                      number(spec.widthInches),
                      spec.heightInches ? number(*spec.heightInches) : QStringLiteral("auto"),
                      number(spec.baseFontPoints),
                      spec.fontFamily,
                      number(spec.dpi),
                      spec.grid,
                      number(spec.layer),
                      layerMetricFor(spec.layerMetric),
                      number(static_cast<double>(spec.stepScale)),
                      number(spec.panelColumns),
                      number(spec.phaseBands ? 1 : 0),
                      number(spec.references ? 1 : 0)};
    for (const double step : spec.steps) parts << number(step);
    if (spec.stepRange) parts << number(spec.stepRange->low) << number(spec.stepRange->high);
    return parts.join(u'|');
}

QString specLine(const FigureSpec& spec) {
    const QByteArray hash =
        QCryptographicHash::hash(specText(spec).toUtf8(), QCryptographicHash::Sha256);
    return QStringLiteral("specification: ") + QString::fromLatin1(hash.toHex().left(16));
}

QStringList forkLines(const FigureInput& input) {
    const ForkResults& results = input.fork->results;
    const ForkRecord& record = results.record;
    const ForkDesign& design = record.design;
    QStringList lines{
        QStringLiteral("program: Gridscope ") + QString::fromLatin1(kVersion),
        QStringLiteral("fork: ") + orUnknown(record.checkpointLabel),
        QStringLiteral("checkpoint: ") + orUnknown(record.checkpointSha256),
        QStringLiteral("training tokens: ") + orUnknown(record.trainingSha256),
        QStringLiteral("probed on: ") + orUnknown(record.evaluation),
        QStringLiteral("figure: ") + input.spec.name,
        QStringLiteral("grid: ") + orUnknown(results.gridId),
        QStringLiteral("steps: %1 to %2").arg(design.forkStep).arg(design.lastStep())};
    for (const ForkCondition& condition : design.conditions)
        lines << QStringLiteral("condition: ") +
                     QString::fromStdString(condition.name + " " +
                                            conditionText(condition.schedule));
    for (const ForkRunResult& run : results.runs)
        lines << QStringLiteral("run: %1, %2 probes, %3")
                     .arg(QString::fromStdString(run.name))
                     .arg(run.probes.size())
                     .arg(QString::fromStdString(std::string(forkRunStateName(run.status.state))));
    if (input.spec.references && input.fork->paper) {
        for (const std::string& source : input.fork->paper->sources)
            lines << QStringLiteral("reference: ") + QString::fromStdString(source);
    }
    lines << specLine(input.spec);
    return lines;
}

}  // namespace

QString figureTitle(const FigureInput& input) {
    const std::string run = input.fork ? "a fork of " + input.fork->results.record.checkpointLabel
                                       : input.table->trajectory().title;
    return QStringLiteral("Gridscope %1: %2").arg(QString::fromLatin1(kVersion), input.spec.name) +
           (run.empty() ? QString() : QStringLiteral(" of ") + QString::fromStdString(run));
}

QStringList provenanceLines(const FigureInput& input) {
    if (input.fork) return forkLines(input);
    const Trajectory& run = input.table->trajectory();
    const FigureSpec& spec = input.spec;
    QStringList lines;
    lines << QStringLiteral("program: Gridscope ") + QString::fromLatin1(kVersion)
          << QStringLiteral("run: ") + orUnknown(run.title)
          << QStringLiteral("plan: ") + orUnknown(run.planHash)
          << QStringLiteral("tokens: ") + orUnknown(run.evalSha256)
          << QStringLiteral("figure: ") + spec.name << QStringLiteral("grid: ") + spec.grid;
    if (spec.layer >= 0 && static_cast<std::size_t>(spec.layer) < run.layers.size())
        lines << QStringLiteral("layer: ") +
                     QString::fromStdString(run.layers[static_cast<std::size_t>(spec.layer)].name);
    const auto& steps = input.table->steps();
    if (!steps.empty())
        lines << QStringLiteral("steps: %1 to %2, %3 checkpoints")
                     .arg(number(*std::min_element(steps.begin(), steps.end())),
                          number(*std::max_element(steps.begin(), steps.end())))
                     .arg(steps.size());
    for (const PhaseBoundary& boundary : input.phases.boundaries)
        lines << QStringLiteral("boundary: %1 %2 (%3)")
                     .arg(boundary.kind, number(boundary.step), originOf(boundary));
    lines << specLine(spec);
    return lines;
}

QDateTime figureDate(const FigureInput& input) {
    bool isNumber = false;
    const qint64 seconds = qEnvironmentVariable("SOURCE_DATE_EPOCH").toLongLong(&isNumber);
    if (isNumber) return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC);
    // fork.json holds no date.
    const std::string made = input.table ? input.table->trajectory().created : std::string();
    const QDateTime created = QDateTime::fromString(QString::fromStdString(made), Qt::ISODate);
    return created.isValid() ? created.toUTC() : QDateTime::fromSecsSinceEpoch(0, Qt::UTC);
}

}  // namespace gridscope::views
