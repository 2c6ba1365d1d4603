// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_choice.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <algorithm>

#include "core/base/numbers.h"
#include "core/checkpoint/checkpoint_label.h"
#include "views/plot/schedule_lines.h"

namespace gridscope::views {

namespace {

constexpr double kDaySeconds = 86'400.0;

QString tr(const char* text) { return QCoreApplication::translate("ForkChoice", text); }

ForkCondition condition(const char* name, ScheduleForm form, const ScheduleSettings& base) {
    ForkCondition made{name, base};
    made.schedule.form = form;
    return made;
}

/// Cosine, SGDR and OLI, whose bump rate the user must give.
ForkDesign threeConditions(const ScheduleSettings& base) {
    ForkDesign design;
    design.forkStep = base.forkStep;
    design.conditions = {condition("cosine", ScheduleForm::Neox2023, base),
                         condition("sgdr", ScheduleForm::Sgdr, base),
                         condition("oli", ScheduleForm::Oli, base)};
    design.seeds = {0, 1, 2};
    return design;
}

QString bytesText(double bytes) {
    return QString::fromStdString(formatBytes(static_cast<std::uint64_t>(std::max(0.0, bytes))));
}

QString outputProblem(const QString& out) {
    if (out.isEmpty()) return tr("Choose the folder for the experiment.");
    QFileInfo folder(out);
    // The runner makes what is missing below a folder that is there.
    while (!folder.exists() && folder.absoluteFilePath() != folder.absolutePath())
        folder = QFileInfo(folder.absolutePath());
    if (!folder.isDir()) return tr("%1 is a file, not a folder.").arg(folder.filePath());
    return folder.isWritable() ? QString()
                               : tr("The folder %1 is not writable.").arg(folder.filePath());
}

QString sourceProblem(const QString& tokens, const QString& dtype, const QString& text) {
    const QString file = tokens.isEmpty() ? text : tokens;
    if (!QFileInfo(file).isFile()) return tr("There is no file %1.").arg(file);
    if (tokens.endsWith(QStringLiteral(".bin")) && dtype.isEmpty())
        return tr("%1 needs its number type.").arg(QFileInfo(tokens).fileName());
    return {};
}

QString trainingProblem(const ForkChoice& choice) {
    if (choice.tokens.isEmpty() == choice.text.isEmpty())
        return choice.text.isEmpty()
                   ? tr("Choose a token file or a text file to train on.")
                   : tr("Train either on a token file or on a text file, not on both.");
    if (!choice.tokenizer.isEmpty() && !QFileInfo(choice.tokenizer).isFile())
        return tr("There is no tokenizer %1.").arg(choice.tokenizer);
    return sourceProblem(choice.tokens, choice.dtype, choice.text);
}

QString evaluationProblem(const ForkChoice& choice) {
    if (!choice.evalTokens.isEmpty() && !choice.evalText.isEmpty())
        return tr("Probe either on a token file or on a text file, not on both.");
    if (!choice.evalTokens.isEmpty() || !choice.evalText.isEmpty())
        if (const QString why = sourceProblem(choice.evalTokens, choice.evalDtype, choice.evalText);
            !why.isEmpty())
            return why;
    bool isNumber = false;
    const bool isAll = choice.windows.isEmpty() || choice.windows == QStringLiteral("all");
    if (!isAll && (choice.windows.toULongLong(&isNumber) == 0 || !isNumber))
        return tr("The number of windows is a number above 0, or \"all\".");
    if (!choice.evalLength.isEmpty() && (choice.evalLength.toULongLong(&isNumber) < 2 || !isNumber))
        return tr("The window length is a number above 1.");
    return {};
}

}  // namespace

ForkDesign paperForkDesign() {
    ScheduleSettings base;
    base.lrMax = 6e-4;
    base.lrMin = 6e-5;
    base.warmupSteps = 1430;
    base.totalSteps = 143'000;
    base.forkStep = 70'000;
    ForkDesign design = threeConditions(base);
    design.steps = 30'000;
    design.batch = 4;
    design.length = 2048;
    return design;
}

ForkDesign smallForkDesign() {
    ScheduleSettings base;
    base.lrMax = 6e-3;
    base.lrMin = 1.2e-4;
    base.warmupSteps = 50;
    base.totalSteps = 14'000;
    base.forkStep = 7000;
    base.period = 150;
    base.bumpSteps = 15;
    base.coolSteps = 60;
    ForkDesign design = threeConditions(base);
    design.steps = 600;
    design.batch = 8;
    design.length = 64;
    design.weightDecay = 0.0;
    design.probing.every = 50;
    return design;
}

ForkChoice withDesign(ForkChoice choice, ForkDesign design) {
    if (!choice.checkpoint.isEmpty()) design.forkStep = choice.design.forkStep;
    for (ForkCondition& condition : design.conditions)
        condition.schedule.forkStep = design.forkStep;
    choice.design = std::move(design);
    choice.isOpened = false;
    return choice;
}

std::optional<std::int64_t> forkStepOf(const QString& checkpoint) {
    const auto label = parseCheckpointLabel(QFileInfo(checkpoint).fileName().toStdString());
    return label.step ? std::optional(label.step->value) : std::nullopt;
}

ForkChoice forkedFrom(ForkChoice choice, const QString& checkpoint) {
    choice.checkpoint = checkpoint;
    choice.design.forkStep = forkStepOf(checkpoint).value_or(choice.design.forkStep);
    return withDesign(choice, choice.design);
}

QString forkProblem(const ForkChoice& choice) {
    if (choice.checkpoint.isEmpty()) return tr("Choose the checkpoint to fork from.");
    if (!QFileInfo(choice.checkpoint).isDir())
        return tr("There is no folder %1.").arg(choice.checkpoint);
    if (const QString why = outputProblem(choice.out); !why.isEmpty()) return why;
    if (const QString why = trainingProblem(choice); !why.isEmpty()) return why;
    if (const QString why = evaluationProblem(choice); !why.isEmpty()) return why;
    if (auto checked = checkForkDesign(choice.design); !checked) {
        Error error = std::move(checked).error();
        error.hint.clear();  // speaks of the options of the command line
        return errorSentence(error);
    }
    if (mostProbes(choice.design) > kMostProbes)
        return tr("More than %1 probes a run are too many: probe less often.")
            .arg(QLocale().toString(kMostProbes, 'f', 0));
    return {};
}

QString errorSentence(const Error& error) {
    const auto shown = [](const std::string& text) {
        return QString::fromStdString(escapeForDisplay(text, 400));
    };
    QString sentence = shown(error.what);
    if (!error.where.empty()) sentence = tr("%1: %2").arg(shown(error.where), sentence);
    if (!error.hint.empty()) sentence = tr("%1. %2").arg(sentence, shown(error.hint));
    return sentence.endsWith(u'.') ? sentence : QString(sentence % u'.');
}

bool ForkStatus::isBegun() const {
    return std::any_of(runs.begin(), runs.end(), [](const ForkRunRow& run) {
        return run.mood != ForkRunMood::Planned || !run.trajectory.isEmpty();
    });
}

QStringList ForkStatus::worries() const {
    QStringList worries;
    if (!cost) return worries;
    if (cost->seconds > kDaySeconds)
        worries
            << tr("It takes about %1.").arg(QString::fromStdString(formatDuration(cost->seconds)));
    if (cost->diskBytes > cost->freeDiskBytes)
        worries << tr("It writes %1, and %2 are free on the disk.")
                       .arg(bytesText(cost->diskBytes), bytesText(cost->freeDiskBytes));
    return worries;
}

}  // namespace gridscope::views
