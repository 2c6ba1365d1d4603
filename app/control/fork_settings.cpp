// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/fork_settings.h"

#include <QRegularExpression>
#include <QStringList>

#include "app/control/choice_settings.h"
#include "core/base/numbers.h"
#include "core/training/schedule_text.h"

namespace gridscope::app {

namespace {

QString quoted(const QString& word) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_./:=+,@%-]+$"));
    if (plain.match(word).hasMatch()) return word;
    QString inner = word;
    inner.replace(QStringLiteral("'"), QStringLiteral("'\\''"));
    return QString(u'\'' % inner % u'\'');
}

QString numberOf(double value) { return QString::fromStdString(formatNumber(value)); }
QString numberOf(std::int64_t value) { return QString::number(value); }
QString wordOf(std::string_view word) {
    return QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size()));
}

/// "oli=oli:eta=0.001,bump=75,cool=300,first=bump", and what differs from the common base.
QString conditionWord(const ForkCondition& condition, const ScheduleSettings& base) {
    const ScheduleSettings& s = condition.schedule;
    QString text = QString::fromStdString(condition.name + "=" + conditionText(s));
    const auto add = [&text](const char* key, const QString& value) {
        text += (text.contains(u':') ? QStringLiteral(",") : QStringLiteral(":")) +
                QString::fromLatin1(key) + u'=' + value;
    };
    if (s.lrMax != base.lrMax) add("lr-max", numberOf(s.lrMax));
    if (s.lrMin != base.lrMin) add("lr-min", numberOf(s.lrMin));
    if (s.warmupSteps != base.warmupSteps) add("warmup", numberOf(s.warmupSteps));
    if (s.totalSteps != base.totalSteps) add("total", numberOf(s.totalSteps));
    return text;
}

/// Collects options; those without a value are left out.
class CommandLine {
public:
    explicit CommandLine(const QString& checkpoint)
        : m_words{QStringLiteral("gridscope-cli"), QStringLiteral("fork"), quoted(checkpoint)} {}
    void add(const char* option, const QString& value) {
        if (!value.isEmpty()) m_words << QString::fromLatin1(option) << quoted(value);
    }
    QString text() const { return m_words.join(u' '); }

private:
    QStringList m_words;
};

void addSources(CommandLine& line, const views::ForkChoice& choice) {
    line.add("--out", choice.out);
    line.add("--tokens", choice.tokens);
    line.add("--dtype", choice.dtype);
    line.add("--text", choice.text);
    line.add("--tokenizer", choice.tokenizer);
    line.add("--eval-tokens", choice.evalTokens);
    line.add("--eval-dtype", choice.evalDtype);
    line.add("--eval-text", choice.evalText);
    line.add("--windows", choice.windows);
    line.add("--eval-length", choice.evalLength);
    for (const QString& grid : choice.grids) line.add("--grid", grid);
}

void addDesign(CommandLine& line, const ForkDesign& design) {
    const ScheduleSettings& base = design.conditions.front().schedule;
    for (const ForkCondition& condition : design.conditions)
        line.add("--condition", conditionWord(condition, base));
    line.add("--lr-max", numberOf(base.lrMax));
    line.add("--lr-min", numberOf(base.lrMin));
    line.add("--warmup", numberOf(base.warmupSteps));
    line.add("--total", numberOf(base.totalSteps));
    line.add("--fork-step", numberOf(design.forkStep));
    line.add("--seeds", QString::number(design.seeds.size()));
    line.add("--seed", QString::number(design.seeds.front()));
    line.add("--steps", numberOf(design.steps));
    line.add("--batch", numberOf(design.batch));
    line.add("--length", numberOf(design.length));
    line.add("--accumulate", numberOf(design.accumulate));
    line.add("--weight-decay", numberOf(design.weightDecay));
    line.add("--clip", numberOf(design.clip));
    if (design.dataOrder == DataOrder::File) {
        line.add("--data-order", wordOf(dataOrderName(design.dataOrder)));
        line.add("--first-window", numberOf(design.firstWindow));
    }
    line.add("--rewarm", numberOf(design.rewarmSteps));
    const ForkProbing& probing = design.probing;
    line.add("--probe-every", numberOf(probing.every));
    if (probing.placement == ProbePlacement::CoolEnd)
        line.add("--probe-at", wordOf(probePlacementName(probing.placement)));
    else
        line.add("--probe-offset", numberOf(probing.offset));
    line.add("--timing", probing.timing == ProbeTiming::BeforeUpdate ? QStringLiteral("before")
                                                                     : QStringLiteral("after"));
}

}  // namespace

views::ForkRunMood forkRunMood(ForkRunState state) {
    switch (state) {
    case ForkRunState::Planned:
        return views::ForkRunMood::Planned;
    case ForkRunState::Complete:
        return views::ForkRunMood::Complete;
    case ForkRunState::Stopped:
        return views::ForkRunMood::Stopped;
    case ForkRunState::Diverged:
        return views::ForkRunMood::Diverged;
    }
    return views::ForkRunMood::Planned;
}

Expected<ForkRequest> forkRequestOf(const views::ForkChoice& choice) {
    ForkRequest request;
    request.checkpoint = pathOf(choice.checkpoint);
    request.out = pathOf(choice.out);
    request.training.tokens = pathOf(choice.tokens);
    request.training.dtype = choice.dtype.toStdString();
    request.training.text = pathOf(choice.text);
    request.training.tokenizer = pathOf(choice.tokenizer);
    request.evaluation.tokens = pathOf(choice.evalTokens);
    request.evaluation.dtype = choice.evalDtype.toStdString();
    request.evaluation.text = pathOf(choice.evalText);
    request.evaluation.tokenizer = request.training.tokenizer;
    if (!choice.windows.isEmpty()) request.evaluation.windows = choice.windows.toStdString();
    if (!choice.evalLength.isEmpty()) request.evaluation.length = choice.evalLength.toULongLong();
    request.design = choice.design;
    request.monitor = choice.monitor;
    request.keep = choice.keep;
    for (const QString& id : choice.grids) {
        GRIDSCOPE_TRY_ASSIGN(grid, parseGrid(id.toStdString()));
        request.probe.grids.push_back(grid);
    }
    return request;
}

QString forkCommandLine(const views::ForkChoice& choice) {
    CommandLine line(choice.checkpoint);
    addSources(line, choice);
    addDesign(line, choice.design);
    line.add("--monitor", wordOf(monitorActionName(choice.monitor)));
    line.add("--keep",
             choice.keep == KeepWeights::All ? QStringLiteral("all") : QStringLiteral("last"));
    return line.text();
}

}  // namespace gridscope::app
