// SPDX-License-Identifier: GPL-3.0-or-later

// The window over a scripted engine, with a folder of checkpoints open.
#pragma once

#include <QDir>

#include <optional>

#include "tests/app/scripted_engine.h"
#include "tests/app/window_fixture.h"

namespace gridscope::test {

inline views::ProbeChoice choiceFor(const WindowFixture& fixture) {
    views::ProbeChoice choice;
    choice.output = fixture.folder.filePath(QStringLiteral("out.h5"));
    choice.grids = {QStringLiteral("a4g128:minmax")};
    return choice;
}

/// A window with the folder of `count` checkpoints open.
struct OpenFolder {
    explicit OpenFolder(int count) {
        engine.onScan = [count](ProgressSink&, std::stop_token) -> Expected<CheckpointCatalog> {
            return test::scriptedCatalog(count);
        };
        fixture.emplace(engine);
        fixture->controller.open(fixture->folder.path());
        while (controller().models().checkpoints.rowCount() != count) QTest::qWait(5);
    }
    app::WorkbenchController& controller() { return fixture->controller; }
    views::RunId openAnother(const char* name) {
        const QString path = fixture->folder.filePath(QString::fromLatin1(name));
        QDir().mkpath(path);
        const auto before = controller().sessions().all().size();
        controller().open(path);
        while (controller().sessions().all().size() == before) QTest::qWait(5);
        return controller().history().state().run;
    }

    ScriptedEngine engine;
    std::optional<WindowFixture> fixture;
};

}  // namespace gridscope::test
