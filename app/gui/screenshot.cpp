// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/screenshot.h"

#include <QApplication>
#include <QTimer>

#include <cstdio>

#include "app/cli/exit_code.h"
#include "app/control/workbench_controller.h"
#include "app/gui/main_window.h"

namespace gridscope::app {

namespace {
constexpr int kPollMilliseconds = 100;
/// Pictures are computed and drawn after their data arrived: the window must stay idle that long.
constexpr int kIdlePolls = 8;
}  // namespace

void screenshotWhenReady(MainWindow& window, WorkbenchController& controller, const QString& file) {
    auto* timer = new QTimer(&window);
    QObject::connect(
        timer, &QTimer::timeout, &window, [timer, &window, &controller, file, idle = 0]() mutable {
            const bool isBusy = controller.jobs().isBusy() ||
                                controller.viewState().kind == ViewState::Kind::Loading;
            idle = isBusy ? 0 : idle + 1;
            if (idle < kIdlePolls) return;
            timer->stop();
            const bool isSaved = window.grab().save(file);
            if (!isSaved)
                std::fprintf(stderr, "gridscope: %s cannot be written\n",
                             file.toUtf8().constData());
            QApplication::exit(
                static_cast<int>(isSaved ? ExitCode::Done : ExitCode::StorageFailed));
        });
    timer->start(kPollMilliseconds);
}

}  // namespace gridscope::app
