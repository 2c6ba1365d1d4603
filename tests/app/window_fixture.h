// SPDX-License-Identifier: GPL-3.0-or-later

// The whole window over an engine, with settings in a temporary folder.
#pragma once

#include <QApplication>
#include <QDialog>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <functional>

#include "app/control/workbench_controller.h"
#include "app/gui/main_window.h"

namespace gridscope::test {

struct WindowFixture {
    explicit WindowFixture(app::Engine& engine)
        : settings(folder.filePath(QStringLiteral("settings.ini"))),
          controller(jobs, engine),
          window(controller, settings) {
        window.show();
    }

    QTemporaryDir folder;
    app::SettingsStore settings;
    app::JobRunner jobs;
    app::WorkbenchController controller;
    app::MainWindow window;

    template <class Widget>
    Widget* child(const char* name) {
        return window.findChild<Widget*>(QString::fromLatin1(name));
    }
    void trigger(const char* id) { window.actions().find(QString::fromLatin1(id))->trigger(); }

    /// Calls `act` with the next modal dialog named `name`. Put before what opens it.
    static void whenDialogOpens(const char* name, std::function<void(QDialog*)> act) {
        auto* timer = new QTimer(qApp);
        QObject::connect(timer, &QTimer::timeout, qApp, [timer, name, act = std::move(act)] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            if (dialog == nullptr || dialog->objectName() != QString::fromLatin1(name)) return;
            timer->stop();
            timer->deleteLater();
            act(dialog);
        });
        timer->start(5);
    }
};

}  // namespace gridscope::test
