// SPDX-License-Identifier: GPL-3.0-or-later

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "core/checkpoint/keep_best.h"
#include "core/probe/event_actions.h"
#include "core/probe/folder_watch.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

/// Time passes when somebody waits; what is due then happens.
class ScriptedClock final : public Clock {
public:
    double steadySeconds() const override { return m_now; }
    void wait(double seconds, const std::stop_token&) override {
        m_now += seconds;
        ++waits;
        if (onWait) onWait(m_now);
    }
    std::function<void(double)> onWait;
    int waits = 0;

private:
    double m_now = 100.0;
};

std::filesystem::path suite() { return test::sharedFolder() / "data" / "suite_a"; }

}  // namespace

class TestFolderWatch : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { GRIDSCOPE_NEED_SHARED(); }
    void init() {
        m_temporary = std::make_unique<QTemporaryDir>();
        m_folder = std::filesystem::path(m_temporary->path().toStdString()) / "run";
        m_probed.clear();
        m_told.clear();
        m_clock = {};
    }

    void eachIsProbedOnceAfterItSettled() {
        FolderWatch watch = make(10.0, 30.0);
        NullProgress silent;
        copy("step0");
        QCOMPARE(*watch.look(silent, {}), std::size_t(0));  // seen for the first time
        m_clock.wait(29.0, {});
        QCOMPARE(*watch.look(silent, {}), std::size_t(0));
        m_clock.wait(1.0, {});
        QCOMPARE(*watch.look(silent, {}), std::size_t(1));
        m_clock.wait(100.0, {});
        QCOMPARE(*watch.look(silent, {}), std::size_t(0));
        copy("step40");
        QCOMPARE(*watch.look(silent, {}), std::size_t(0));
        QCOMPARE(watch.waiting(), std::size_t(1));
        m_clock.wait(30.0, {});
        QCOMPARE(*watch.look(silent, {}), std::size_t(1));
        QCOMPARE(m_probed, (std::vector<std::string>{"step0", "step0 step40"}));
    }

    void halfWrittenOnesWait() {
        FolderWatch watch = make(10.0, 30.0);
        NullProgress silent;
        copy("step0");
        std::filesystem::create_directories(m_folder / "step40");
        std::filesystem::copy(suite() / "step40/config.json", m_folder / "step40/config.json");
        QFile whole(QString::fromStdString((suite() / "step40/model.safetensors").string()));
        QVERIFY(whole.open(QIODevice::ReadOnly));
        const QByteArray bytes = whole.readAll();
        QFile part(QString::fromStdString((m_folder / "step40/model.safetensors").string()));
        QVERIFY(part.open(QIODevice::WriteOnly));
        part.write(bytes.left(bytes.size() / 2));
        part.flush();
        watch.look(silent, {}).hasValue();
        for (int i = 0; i < 5; ++i) {
            m_clock.wait(100.0, {});
            QVERIFY(watch.look(silent, {}).hasValue());
        }
        QCOMPARE(m_probed, std::vector<std::string>{"step0"});
        QCOMPARE(m_told.size(), std::size_t(1));  // said once, not at every look
        QVERIFY(m_told[0].starts_with("step40 is not finished"));
        part.write(bytes.mid(bytes.size() / 2));
        part.close();
        watch.look(silent, {}).hasValue();
        QCOMPARE(m_probed.size(), std::size_t(1));  // complete, but only just
        m_clock.wait(30.0, {});
        QCOMPARE(*watch.look(silent, {}), std::size_t(1));
        QCOMPARE(m_probed.back(), std::string("step0 step40"));
    }

    void changedOnesAreProbedAnew() {
        FolderWatch watch = make(10.0, 30.0);
        NullProgress silent;
        copy("step0");
        watch.look(silent, {}).hasValue();
        m_clock.wait(30.0, {});
        QCOMPARE(*watch.look(silent, {}), std::size_t(1));
        std::filesystem::copy_file(suite() / "step40/model.safetensors",
                                   m_folder / "step0/model.safetensors",
                                   std::filesystem::copy_options::overwrite_existing);
        QCOMPARE(*watch.look(silent, {}), std::size_t(0));
        m_clock.wait(30.0, {});
        QCOMPARE(*watch.look(silent, {}), std::size_t(1));
    }

    // The folder comes late, loses checkpoints, vanishes, comes back; the watch goes on.
    void foldersComeAndGo() {
        std::stop_source stop;
        FolderWatch watch = make(10.0, 20.0);
        m_clock.onWait = [&](double) {
            if (m_clock.waits == 2) copy("step0");
            if (m_clock.waits == 6) copy("step40");
            if (m_clock.waits == 10) std::filesystem::remove_all(m_folder / "step0");
            if (m_clock.waits == 14) std::filesystem::remove_all(m_folder);
            if (m_clock.waits == 18) copy("step150");
            if (m_clock.waits == 24) stop.request_stop();
        };
        NullProgress silent;
        const auto ended = watch.run(WatchEnd::WhenStopped, silent, stop.get_token());
        QVERIFY(!ended);
        QCOMPARE(ended.error().code, ErrorCode::RunCancelled);
        QCOMPARE(m_probed, (std::vector<std::string>{"step0", "step0 step40", "step150"}));
        QVERIFY(m_told.size() >= 2);  // missing at first, and again
    }

    void onceEndsByItself() {
        copy("step0");
        copy("step40");
        FolderWatch watch = make(10.0, 25.0);
        NullProgress silent;
        GRIDSCOPE_VERIFY_OK(watch.run(WatchEnd::WhenAllProbed, silent, {}));
        QCOMPARE(m_probed, std::vector<std::string>{"step0 step40"});
        QCOMPARE(m_clock.steadySeconds(), 125.0);
    }

    void probeErrorsEndTheWatch() {
        copy("step0");
        FolderWatch watch(
            systemFileOps(), m_clock, {m_folder, 1.0, 0.0},
            {[](const CheckpointCatalog&, const std::vector<std::size_t>&) {
                return Expected<void>(Error{ErrorCode::FileDiskFull, "x", "full", {}});
            }});
        NullProgress silent;
        const auto ended = watch.run(WatchEnd::WhenStopped, silent, {});
        QVERIFY(!ended);
        QCOMPARE(ended.error().code, ErrorCode::FileDiskFull);
    }

    void keepsByLinkAndRemovesOnlyItsOwn() {
        copy("step0");
        copy("step40");
        const std::filesystem::path best = m_folder.parent_path() / "best";
        std::filesystem::create_directories(best / "mine");
        QFile own(QString::fromStdString((best / "mine/notes.txt").string()));
        QVERIFY(own.open(QIODevice::WriteOnly));
        const auto first = keepBest(systemFileOps(), m_folder / "step0", best);
        GRIDSCOPE_VERIFY_OK(first);
        QVERIFY(first->linked && !first->present);
        QVERIFY(std::filesystem::equivalent(best / "step0/model.safetensors",
                                            m_folder / "step0/model.safetensors"));
        QVERIFY(keepBest(systemFileOps(), m_folder / "step0", best)->present);
        // The trainer deletes its own: the kept one stays.
        std::filesystem::remove_all(m_folder / "step0");
        QVERIFY(std::filesystem::exists(best / "step0/model.safetensors"));
        QFile added(QString::fromStdString((best / "step0/added.txt").string()));
        QVERIFY(added.open(QIODevice::WriteOnly));
        GRIDSCOPE_VERIFY_OK(keepBest(systemFileOps(), m_folder / "step40", best));
        QVERIFY(std::filesystem::exists(best / "step40/config.json"));
        QVERIFY(!std::filesystem::exists(best / "step0/model.safetensors"));
        QVERIFY(std::filesystem::exists(best / "step0/added.txt"));
        QVERIFY(std::filesystem::exists(best / "mine/notes.txt"));
        QVERIFY(std::filesystem::exists(m_folder / "step40/model.safetensors"));
        const auto foreign = keepBest(systemFileOps(), m_folder / "step40", m_folder);
        QVERIFY(!foreign);
        QCOMPARE(foreign.error().code, ErrorCode::OutputExists);
    }

    void actionsAreToldThroughVariables() {
        copy("step40");
        const std::filesystem::path base = m_folder.parent_path();
        QCOMPARE(findCheckpoint(systemFileOps(), m_folder, 40.0), m_folder / "step40");
        QVERIFY(findCheckpoint(systemFileOps(), m_folder, 41.0).empty());
        const EventActions actions{
            "printf '%s %s %s' \"$GRIDSCOPE_EVENT\" \"$GRIDSCOPE_STEP\" \"$GRIDSCOPE_KEPT\" > '" +
                (base / "said").string() + "'; exit 3",
            base / "marker.json", base / "best"};
        TrainingEvent event{"converged", 40.0, 90.0, 2.0, 0.99, 0.0, m_folder, m_folder / "step40"};
        const auto told = carryOut(systemFileOps(), actions, event);
        QCOMPARE(told.size(), std::size_t(3));
        QCOMPARE(told[2], std::string("the command ended with 3"));
        QFile said(QString::fromStdString((base / "said").string()));
        QVERIFY(said.open(QIODevice::ReadOnly));
        QCOMPARE(said.readAll().toStdString(), "converged 40 " + (base / "best/step40").string());
        QFile marker(QString::fromStdString((base / "marker.json").string()));
        QVERIFY(marker.open(QIODevice::ReadOnly));
        QVERIFY(marker.readAll().contains("\"noticed_at\": 90"));
    }

private:
    void copy(const char* label) {
        std::filesystem::create_directories(m_folder);
        std::filesystem::copy(suite() / label, m_folder / label);
    }
    FolderWatch make(double poll, double settle) {
        return FolderWatch(
            systemFileOps(), m_clock, {m_folder, poll, settle},
            {[this](const CheckpointCatalog& catalog, const std::vector<std::size_t>& settled) {
                 std::string labels;
                 for (const std::size_t i : settled)
                     labels += (labels.empty() ? "" : " ") + catalog.entries[i].label.text;
                 m_probed.push_back(labels);
                 return Expected<void>();
             },
             [this](std::string_view text) { m_told.emplace_back(text); }});
    }

    std::unique_ptr<QTemporaryDir> m_temporary;
    std::filesystem::path m_folder;
    ScriptedClock m_clock;
    std::vector<std::string> m_probed, m_told;
};

QTEST_GUILESS_MAIN(TestFolderWatch)
#include "tst_folder_watch.moc"
