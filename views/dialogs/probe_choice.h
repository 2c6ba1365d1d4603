// SPDX-License-Identifier: GPL-3.0-or-later

// What the user decides in the probe dialog, and what the dialog must know to help.
#pragma once

#include <QString>
#include <QStringList>

#include <cstdint>
#include <functional>
#include <optional>

namespace gridscope::views {

struct ProbeChoice {
    QString tokens;     ///< .npy, .bin or .idx; or empty
    QString dtype;      ///< of a .bin
    QString text;       ///< .txt or .jsonl, also .zst; or empty
    QString tokenizer;  ///< empty = that of the checkpoints
    QStringList grids;  ///< ids, in the order of the list
    QString scope = QStringLiteral("blocks");
    QString preset = QStringLiteral("paper");
    QString windows;  ///< empty = the preset's, "all", or a number
    std::optional<std::uint64_t> length;
    QString order = QStringLiteral("coarse-to-fine");
    QString device = QStringLiteral("auto");
    int threads = 0;  ///< 0 = all cores
    QString output;   ///< .h5 file
};

/// A grid that the dialog offers by name.
struct GridOffer {
    QString id;
    QString title;  ///< "INT4"
    QString note;
    bool initially = false;
};

/// A named way of cutting the evaluation text.
struct PresetOffer {
    QString name;               ///< "paper"
    std::uint64_t windows = 0;  ///< 0 = all of the text
    std::uint64_t length = 0;   ///< tokens a window
};

struct ProbeQuestion {
    int checkpoints = 0;           ///< ticked ones
    std::uint64_t parameters = 0;  ///< of one checkpoint
    int cores = 1;
    double multiplyRate = 0.0;  ///< FLOP/s on all cores; NaN or 0 = not measured yet
    QList<PresetOffer> presets;
    QList<GridOffer> grids;
    /// Empty when `id` names a grid, else why not.
    std::function<QString(const QString& id)> gridProblem;
};

}  // namespace gridscope::views
