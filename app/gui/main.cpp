// SPDX-License-Identifier: GPL-3.0-or-later

// gridscope [FOLDER or RUN.h5]...; gridscope figure ...

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QIcon>
#include <QStandardPaths>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "app/cli/exit_code.h"
#include "app/control/core_engine.h"
#include "app/control/workbench_controller.h"
#include "app/gui/figure_command.h"
#include "app/gui/main_window.h"
#include "core/model/worker_thread.h"

namespace {

constexpr auto kJoinLimit = std::chrono::seconds(2);

void nameTheProgram() {
    QApplication::setApplicationName(QStringLiteral("gridscope"));
    QApplication::setOrganizationName(QStringLiteral("gridscope"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/gridscope.svg")));
}

int runFigure(int argc, char** argv) {
    // Before QApplication: figures need neither display nor platform theme.
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    nameTheProgram();
    return gridscope::app::runFigureCommand(QApplication::arguments().mid(2));
}

int runWindow(int argc, char** argv) {
    using namespace gridscope;
    QApplication application(argc, argv);
    nameTheProgram();
    for (const QString& argument : QApplication::arguments().mid(1)) {
        if (QFileInfo::exists(argument)) continue;
        std::fprintf(stderr, "gridscope: there is no %s\n", argument.toUtf8().constData());
        return static_cast<int>(app::ExitCode::InputUnusable);
    }
    if (const auto engine = initEngine(); !engine) {
        std::fprintf(stderr, "gridscope: %s\n", engine.error().toText().c_str());
        return static_cast<int>(app::ExitCode::InputUnusable);
    }
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation);
    QDir().mkpath(folder);
    app::SettingsStore settings(QDir(folder).filePath(QStringLiteral("gridscope.ini")));
    app::CoreEngine engine(systemFileOps());
    app::JobRunner jobs([] { initWorkerThread(0); });
    int code = 0;
    {
        app::WorkbenchController controller(jobs, engine);
        app::MainWindow window(controller, settings);
        window.show();
        for (const QString& argument : QApplication::arguments().mid(1)) controller.open(argument);
        code = QApplication::exec();
        if (!jobs.shutDown(kJoinLimit)) {
            // A thread is stuck in a call of the system; the files on disk are complete.
            std::_Exit(code);
        }
    }
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "figure") == 0) return runFigure(argc, argv);
    return runWindow(argc, argv);
}
