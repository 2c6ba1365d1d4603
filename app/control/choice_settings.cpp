// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/choice_settings.h"

#include <QFile>

#include "core/quant/grid.h"

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

}  // namespace gridscope::app
