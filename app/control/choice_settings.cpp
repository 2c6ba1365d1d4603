// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/choice_settings.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

#include "core/quant/grid.h"
#include "core/text/eval_preset.h"

namespace gridscope::app {

std::filesystem::path pathOf(const QString& text) {
    return std::filesystem::path(QFile::encodeName(text).toStdString());
}

EvalInput evalInputOf(const views::ProbeChoice& choice) {
    EvalInput input;
    input.tokens = pathOf(choice.tokens);
    input.dtype = choice.dtype.toStdString();
    input.text = pathOf(choice.text);
    input.tokenizer = pathOf(choice.tokenizer);
    input.preset = choice.preset.toStdString();
    if (!choice.windows.isEmpty()) input.windows = choice.windows.toStdString();
    input.length = choice.length;
    return input;
}

Expected<ProbeSettings> probeSettingsOf(const views::ProbeChoice& choice) {
    ProbeSettings settings;
    settings.grids.clear();
    for (const QString& id : choice.grids) {
        GRIDSCOPE_TRY_ASSIGN(grid, parseGrid(id.toStdString()));
        settings.grids.push_back(grid);
    }
    settings.scope = choice.scope.toStdString();
    settings.preset = choice.preset.toStdString();
    settings.order =
        choice.order == QStringLiteral("steps") ? ProbeOrder::Steps : ProbeOrder::CoarseToFine;
    settings.device = choice.device.toStdString();
    settings.threads = choice.threads;
    return settings;
}

std::optional<views::ProbeChoice> choiceOf(const Trajectory& trajectory,
                                           views::ProbeChoice suggested) {
    const QString source = QFile::decodeName(QByteArray::fromStdString(trajectory.evalSource));
    const QString ending = QFileInfo(source).suffix();
    if (!QFileInfo(source).isFile()) return std::nullopt;
    views::ProbeChoice choice = std::move(suggested);
    choice.tokens.clear();
    choice.text.clear();
    const bool isTokens = ending == QStringLiteral("npy") || ending == QStringLiteral("idx");
    // A .bin does not tell how wide its ids are, and a text not which tokenizer read it.
    if (!isTokens) return std::nullopt;
    choice.tokens = source;
    const QJsonObject plan =
        QJsonDocument::fromJson(QByteArray::fromStdString(trajectory.planJson)).object();
    choice.preset = plan.value(QStringLiteral("preset")).toString(choice.preset);
    choice.scope = plan.value(QStringLiteral("scope")).toString(choice.scope);
    choice.grids.clear();
    for (const std::string& id : trajectory.gridIds) choice.grids << QString::fromStdString(id);
    choice.windows = QString::number(trajectory.windows);
    // Rows of a 2-D array are windows as they are; a length that was asked for scales the share
    // of scored positions, which is how the two are told apart.
    const auto preset = findEvalPreset(choice.preset.toStdString());
    if (!preset) return std::nullopt;
    const std::uint64_t scaled = std::max<std::uint64_t>(
        1, preset->windows.firstScored * trajectory.windowLength / preset->windows.length);
    const auto firstScored = plan.value(QStringLiteral("first_scored")).toInteger();
    if (firstScored == static_cast<qint64>(scaled)) choice.length = trajectory.windowLength;
    return choice;
}

}  // namespace gridscope::app
