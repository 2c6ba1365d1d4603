// SPDX-License-Identifier: GPL-3.0-or-later

// gridscope [FOLDER or RUN.h5]... [--screenshot FILE.png]; gridscope figure ...

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QFileInfo>
#include <QIcon>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "app/cli/exit_code.h"
#include "app/control/core_engine.h"
#include "app/control/workbench_controller.h"
#include "app/gui/figure_command.h"
#include "app/gui/main_window.h"
#include "app/gui/outlined_style.h"
#include "app/gui/screenshot.h"
#include "core/base/version.h"
#include "core/model/worker_thread.h"

namespace {

constexpr auto kJoinLimit = std::chrono::seconds(2);

void nameTheProgram() {
    QApplication::setStyle(new gridscope::app::OutlinedStyle);  // owned by the application
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

/// What the arguments of the window ask for.
struct WindowOptions {
    QStringList paths;
    QString screenshot;  ///< file; empty = a window to work in
    int page = 0;
    std::optional<gridscope::views::Theme> theme;
};

/// Nothing, after a message, when the arguments make no sense.
std::optional<WindowOptions> windowOptions() {
    using gridscope::views::Theme;
    QCommandLineParser parser;
    const QString screenshot = QStringLiteral("screenshot");
    const QString page = QStringLiteral("page");
    const QString theme = QStringLiteral("theme");
    parser.addOption({screenshot, {}, QStringLiteral("file")});
    parser.addOption({page, {}, QStringLiteral("name"), QStringLiteral("dashboard")});
    parser.addOption({theme, {}, QStringLiteral("name"), QStringLiteral("system")});
    const auto refuse = [](const QString& why) {
        std::fprintf(stderr, "gridscope: %s\n", why.toUtf8().constData());
        return std::nullopt;
    };
    if (!parser.parse(QApplication::arguments())) return refuse(parser.errorText());
    WindowOptions options{parser.positionalArguments(), parser.value(screenshot), 0, {}};
    options.page =
        static_cast<int>(QStringList{QStringLiteral("dashboard"), QStringLiteral("layers"),
                                     QStringLiteral("fork"), QStringLiteral("watch")}
                             .indexOf(parser.value(page)));
    if (options.page < 0)
        return refuse(QStringLiteral("--page is dashboard, layers, fork or watch"));
    const auto themeAt =
        QStringList{QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")}
            .indexOf(parser.value(theme));
    if (themeAt < 0) return refuse(QStringLiteral("--theme is system, light or dark"));
    constexpr Theme kThemes[] = {Theme::System, Theme::Light, Theme::Dark};
    if (parser.isSet(theme)) options.theme = kThemes[themeAt];
    return options;
}

int runWindow(int argc, char** argv) {
    using namespace gridscope;
    QApplication application(argc, argv);
    nameTheProgram();
    const std::optional<WindowOptions> options = windowOptions();
    if (!options) return static_cast<int>(app::ExitCode::Usage);
    for (const QString& path : options->paths) {
        if (QFileInfo::exists(path)) continue;
        std::fprintf(stderr, "gridscope: there is no %s\n", path.toUtf8().constData());
        return static_cast<int>(app::ExitCode::InputUnusable);
    }
    if (const auto engine = initEngine(); !engine) {
        std::fprintf(stderr, "gridscope: %s\n", engine.error().toText().c_str());
        return static_cast<int>(app::ExitCode::InputUnusable);
    }
    // A screenshot shows the window as it first starts and leaves the user's settings alone.
    const QTemporaryDir fresh;
    const QString folder = options->screenshot.isEmpty()
                               ? QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation)
                               : fresh.path();
    QDir().mkpath(folder);
    app::SettingsStore settings(QDir(folder).filePath(QStringLiteral("gridscope.ini")));
    app::CoreEngine engine(systemFileOps());
    app::JobRunner jobs([] { initWorkerThread(0); });
    int code = 0;
    {
        app::WorkbenchController controller(jobs, engine);
        app::MainWindow window(controller, settings);
        if (options->theme) window.setTheme(*options->theme);
        window.showPage(options->page);
        window.show();
        for (const QString& path : options->paths) controller.open(path);
        if (!options->screenshot.isEmpty())
            app::screenshotWhenReady(window, controller, options->screenshot);
        code = QApplication::exec();
        if (!jobs.shutDown(kJoinLimit)) {
            // A thread is stuck in a call of the system; the files on disk are complete.
            std::_Exit(code);
        }
    }
    return code;
}

/// Answers --help and --version without a display.
bool answered(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--version" || argument == "-v") {
            std::printf("gridscope %s\n", gridscope::kVersion);
            return true;
        }
        if (argument != "--help" && argument != "-h") continue;
        std::puts(
            "gridscope [FOLDER or RUN.h5]...\n"
            "  Opens checkpoint folders, trajectories and fork experiments in the window.\n"
            "  --theme system, light or dark; --page dashboard, layers, fork or watch;\n"
            "  --screenshot FILE.png saves a picture of the window and ends.\n"
            "gridscope figure RUN.h5 --figure NAME --out FILE [...]\n"
            "  Writes a figure without a display; gridscope figure --help lists its options.\n"
            "gridscope --help, gridscope --version");
        return true;
    }
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "figure") == 0) return runFigure(argc, argv);
    if (answered(argc, argv)) return 0;
    return runWindow(argc, argv);
}
