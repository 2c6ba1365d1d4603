// SPDX-License-Identifier: GPL-3.0-or-later

// What the Fork Lab page asks for, and what it shows while an experiment runs. Plain values.
#pragma once

#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/training/fork_runner.h"

namespace gridscope::views {

struct ForkChoice {
    QString checkpoint;  ///< folder of one checkpoint
    QString out;         ///< folder of the experiment
    QString tokens;      ///< to train on: .npy, .bin or .idx; or empty
    QString dtype;       ///< of a .bin
    QString text;        ///< to train on: .txt or .jsonl, also .zst; or empty
    QString tokenizer;   ///< empty = that of the checkpoint
    QString evalTokens;  ///< to probe on; neither = the end of the training tokens
    QString evalDtype;
    QString evalText;
    QString windows;     ///< empty = the preset's, "all", or a number
    QString evalLength;  ///< empty = the preset's
    QStringList grids;
    ForkDesign design;
    MonitorAction monitor = MonitorAction::Off;
    KeepWeights keep = KeepWeights::Last;
    /// The design is that of an experiment on disk, and stays as it is.
    bool isOpened = false;

    bool operator==(const ForkChoice&) const = default;
};

/// The paper's: three schedules and seeds, 30,000 steps from step 70,000.
ForkDesign paperForkDesign();
/// A few minutes with the model of the demo.
ForkDesign smallForkDesign();

/// `choice` with another design; a fork point that is chosen keeps its step.
ForkChoice withDesign(ForkChoice choice, ForkDesign design);

/// The step that the name of a checkpoint's folder tells.
std::optional<std::int64_t> forkStepOf(const QString& checkpoint);
/// `choice` going on from another checkpoint.
ForkChoice forkedFrom(ForkChoice choice, const QString& checkpoint);

/// Why no experiment can be made of `choice`; empty = nothing is seen without reading files whole.
/// The grids are looked at by who asks for them.
QString forkProblem(const ForkChoice& choice);
/// "where: what. hint" for people.
QString errorSentence(const Error& error);

enum class ForkRunMood { Planned, Running, Complete, Stopped, Diverged };

/// One run of the experiment.
struct ForkRunRow {
    QString name;
    ForkRunMood mood = ForkRunMood::Planned;
    std::int64_t step = 0;  ///< that it has come to
    QString note;           ///< why it ended
    QString trajectory;     ///< .h5 file; empty = nothing is probed yet

    bool operator==(const ForkRunRow&) const = default;
};

struct ForkStatus {
    bool isRunning = false;
    bool isChecking = false;        ///< files are being read and the cost computed
    QString obstacle;               ///< why nothing can start now; empty = it can
    std::optional<Error> unusable;  ///< what the files or the folder speak against
    QString failure;                ///< what ended the experiment, or kept it from being opened
    std::optional<ForkCost> cost;   ///< of what is chosen now
    QStringList notes;              ///< what was chosen without being asked
    QString said;                   ///< the newest sentence of the experiment
    std::vector<ForkRunRow> runs;

    /// Something is measured already: a start goes on with it.
    bool isBegun() const;
    /// Beyond a day or the free disk: starting asks first.
    QStringList worries() const;
};

}  // namespace gridscope::views
