// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/plot/fork_series.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/error.h"

namespace gridscope::views {

namespace {

using Measured = double ForkProbe::*;

QString translated(const char* text) { return QCoreApplication::translate("ForkSeries", text); }

/// Values at all steps of the experiment, NaN where there are none.
std::vector<double> valuesOf(const ForkRunResult& run, const std::vector<double>& steps,
                             Measured what) {
    std::vector<double> values(steps.size(), kNotMeasured);
    for (const ForkProbe& probe : run.probes) {
        const auto at =
            std::lower_bound(steps.begin(), steps.end(), static_cast<double>(probe.step));
        values[static_cast<std::size_t>(at - steps.begin())] = probe.*what;
    }
    return values;
}

/// The runs that the mean of a condition is over: those compared that have any value.
std::vector<const ForkRunResult*> meanRuns(const ForkResults& results, std::size_t condition,
                                           Measured what) {
    std::set<std::string> compared;
    for (const ComparedRun& run : comparedRuns(results)) compared.insert(run.name);
    std::vector<const ForkRunResult*> runs;
    for (const ForkRunResult& run : results.runs) {
        const bool isMeasured =
            std::any_of(run.probes.begin(), run.probes.end(),
                        [&](const ForkProbe& probe) { return !std::isnan(probe.*what); });
        if (run.condition == condition && isMeasured && compared.contains(run.name))
            runs.push_back(&run);
    }
    return runs;
}

/// Mean, lowest and highest over the runs, NaN where one of them has no value.
Series meanOf(const std::vector<const ForkRunResult*>& runs, const std::vector<double>& steps,
              Measured what) {
    Series mean;
    mean.values.assign(steps.size(), runs.empty() ? kNotMeasured : 0.0);
    mean.low.assign(steps.size(), std::numeric_limits<double>::infinity());
    mean.high.assign(steps.size(), -std::numeric_limits<double>::infinity());
    for (const ForkRunResult* run : runs) {
        const std::vector<double> values = valuesOf(*run, steps, what);
        for (std::size_t i = 0; i < steps.size(); ++i) {
            mean.values[i] += values[i];
            mean.low[i] = std::fmin(mean.low[i], values[i]);
            mean.high[i] = std::fmax(mean.high[i], values[i]);
        }
    }
    for (double& value : mean.values) value /= static_cast<double>(runs.size());
    if (runs.size() < 2) mean.low = mean.high = {};
    return mean;
}

/// Steps at which a run of the condition was in a bump. The schedule is the same for all seeds.
std::set<double> bumpSteps(const ForkResults& results, std::size_t condition) {
    std::set<double> bumps;
    for (const ForkRunResult& run : results.runs) {
        if (run.condition != condition) continue;
        for (const ForkProbe& probe : run.probes) {
            const bool isForkPoint = probe.step == results.record.design.forkStep;
            if (probe.kind == ScheduleKind::Bump && !isForkPoint)
                bumps.insert(static_cast<double>(probe.step));
        }
    }
    return bumps;
}

/// What the series of a panel are made from.
struct Source {
    const ForkReport& report;
    std::vector<double> steps;
    Measured what;
    const char* metric;
};

void addCondition(PanelData& panel, const Source& source, std::size_t condition) {
    const ForkResults& results = source.report.results;
    const QString label = conditionLabel(results.record.design, condition);
    const auto add = [&](SeriesOrigin origin, const QString& name, const Series& values) {
        PanelSeries series;
        series.key = QStringLiteral("condition|%1").arg(condition);
        series.name = name;
        series.styleIndex = condition;
        series.points = finiteSeries(source.steps, values, panel.spec.scale, StepScale::Linear);
        series.metric = source.metric;
        series.grid = results.gridId;
        series.origin = origin;
        panel.series.push_back(std::move(series));
    };
    std::vector<const ForkRunResult*> runs;
    for (const ForkRunResult& run : results.runs) {
        if (run.condition == condition) runs.push_back(&run);
    }
    if (runs.size() > 1) {
        for (const ForkRunResult* run : runs)
            add(SeriesOrigin::Seed, QStringLiteral("%1, %2").arg(label).arg(run->seed),
                {valuesOf(*run, source.steps, source.what), {}, {}});
    }
    const Series mean =
        meanOf(meanRuns(results, condition, source.what), source.steps, source.what);
    add(SeriesOrigin::Mean, label, mean);
    const std::set<double> bumps = bumpSteps(results, condition);
    if (bumps.empty()) return;
    Series marks{mean.values, {}, {}};
    for (std::size_t i = 0; i < source.steps.size(); ++i) {
        if (!bumps.contains(source.steps[i])) marks.values[i] = kNotMeasured;
    }
    add(SeriesOrigin::Bump, translated("%1, in a bump").arg(label), marks);
}

/// Condition that a row of the paper is drawn like: the first with its kind of schedule.
std::size_t conditionLike(const ForkDesign& design, const PaperForkRow& row) {
    const std::map<std::string, std::set<ScheduleForm>> forms{
        {"cosine", {ScheduleForm::Neox2023, ScheduleForm::NeoxV10}},
        {"sgdr", {ScheduleForm::Sgdr}},
        {"oli", {ScheduleForm::Oli}}};
    const auto wanted = forms.find(row.schedule);
    for (std::size_t i = 0; wanted != forms.end() && i < design.conditions.size(); ++i) {
        if (wanted->second.contains(design.conditions[i].schedule.form)) return i;
    }
    return design.conditions.size();
}

QString paperNote(const PaperFork& paper, double sd) {
    QStringList lines;
    lines << translated("Published, not measured here: step %1 of the paper's fork.")
                 .arg(QLocale().toString(paper.auditStep, 'f', 0));
    if (!std::isnan(sd))
        lines << translated("Standard deviation over 3 seeds: %1 points.")
                     .arg(QLocale().toString(sd, 'f', 1));
    for (const std::string& source : paper.sources)
        lines << translated("Source: %1").arg(QString::fromStdString(source));
    for (const std::string& note : paper.notes)
        lines << translated("Note: %1").arg(QString::fromStdString(note));
    return lines.join(u'\n');
}

void addPaper(PanelData& panel, const Source& source) {
    const ForkDesign& design = source.report.results.record.design;
    const PaperFork& paper = *source.report.paper;
    const bool isGap = source.what == &ForkProbe::gapPercent;
    const auto add = [&](const QString& name, std::size_t style, double value, double sd,
                         std::optional<std::size_t> marker) {
        PanelSeries series;
        series.marker = marker;
        series.origin = SeriesOrigin::Reference;
        series.key = QStringLiteral("paper|") + name;
        series.name = translated("%1 (reference)").arg(name);
        series.note = paperNote(paper, sd);
        series.styleIndex = style;
        series.points = finiteSeries({static_cast<double>(design.lastStep())}, {{value}, {}, {}},
                                     panel.spec.scale, StepScale::Linear);
        std::fill(series.points.rows.begin(), series.points.rows.end(), -1);
        panel.series.push_back(std::move(series));
    };
    for (const PaperForkRow& row : paper.rows) {
        QString name = QString::fromStdString(row.condition + " " + row.schedule);
        const std::size_t like = conditionLike(design, row);
        std::optional<std::size_t> marker;
        if (row.probes != "all") {
            name += u' ' + QString::fromStdString(row.probes);
            marker = like + 1;  // the condition has another row
        }
        add(name, like, isGap ? row.gapPercent : row.fp32Ppl, isGap ? row.gapSd : kNotMeasured,
            marker);
    }
    if (isGap)
        add(translated("audit"), design.conditions.size() + 1, paper.auditGap, kNotMeasured, {});
}

PanelData panelOf(const PanelSpec& spec, const QString& axisLabel, const Source& source,
                  PaperOverlay paper) {
    PanelData panel;
    panel.spec = spec;
    panel.axisLabel = axisLabel;
    const std::size_t count = source.report.results.record.design.conditions.size();
    for (std::size_t i = 0; i < count; ++i) addCondition(panel, source, i);
    // Thin lines below the means, these below the marks of bumps.
    std::stable_sort(panel.series.begin(), panel.series.end(),
                     [](const PanelSeries& a, const PanelSeries& b) {
                         return a.origin == SeriesOrigin::Seed && b.origin != SeriesOrigin::Seed;
                     });
    if (paper == PaperOverlay::Shown && source.report.paper) addPaper(panel, source);
    return panel;
}

}  // namespace

std::vector<double> forkSteps(const ForkResults& results) {
    std::set<double> steps;
    for (const ForkRunResult& run : results.runs) {
        for (const ForkProbe& probe : run.probes) steps.insert(static_cast<double>(probe.step));
    }
    return {steps.begin(), steps.end()};
}

bool hasForkPoints(const ForkResults& results) {
    return std::any_of(results.runs.begin(), results.runs.end(), [](const ForkRunResult& run) {
        return std::any_of(run.probes.begin(), run.probes.end(), [](const ForkProbe& probe) {
            return !std::isnan(probe.gapPercent) || !std::isnan(probe.fp32Ppl);
        });
    });
}

std::vector<PanelData> forkPanels(const ForkReport& report, const ForkPanelChoice& choice) {
    const std::vector<double> steps = forkSteps(report.results);
    PanelSpec gap = gapPanel();
    gap.scale = choice.gapScale;
    const QString grid =
        report.results.gridId.empty() ? QString() : gridLabel(report.results.gridId) + u' ';
    PanelSpec perplexity = metricPanel(QStringLiteral("fp32_ppl"));
    return {panelOf(gap, translated("%1gap [%]").arg(grid),
                    {report, steps, &ForkProbe::gapPercent, "gap_percent"}, choice.paper),
            panelOf(perplexity, translated("FP32 perplexity"),
                    {report, steps, &ForkProbe::fp32Ppl, "fp32_ppl"}, choice.paper)};
}

std::vector<PlotColumn> forkColumns(const ForkResults& results) {
    const std::vector<double> steps = forkSteps(results);
    if (steps.empty()) return {};
    std::vector<PlotColumn> columns{{"step", steps}};
    for (const ForkRunResult& run : results.runs) {
        columns.push_back({"gap_percent " + results.gridId + ' ' + run.name + " [%]",
                           valuesOf(run, steps, &ForkProbe::gapPercent)});
        columns.push_back({"fp32_ppl " + run.name, valuesOf(run, steps, &ForkProbe::fp32Ppl)});
    }
    return columns;
}

QString conditionLabel(const ForkDesign& design, std::size_t condition) {
    const QString name =
        QString::fromStdString(escapeForDisplay(design.conditions[condition].name));
    return condition == 0 ? translated("%1 (control)").arg(name) : name;
}

}  // namespace gridscope::views
