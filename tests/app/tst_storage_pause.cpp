// SPDX-License-Identifier: GPL-3.0-or-later

// A probe whose rows cannot be written waits for the user (reliability.md H01).

#include <QLabel>
#include <QPushButton>

#include <mutex>

#include "tests/app/open_folder.h"

using namespace gridscope;
using namespace gridscope::app;
using test::choiceFor;
using test::OpenFolder;

namespace {

const Error kFull{ErrorCode::FileDiskFull, "/data/out.h5", "needs 3 MB, 1 MB is free",
                  "Make room."};

/// What the worker heard, in order.
struct Heard {
    std::mutex mutex;
    std::vector<StorageAnswer> answers;
};

/// Asks until the answer is not to retry; then shows two rows and ends.
auto probeOnAFullDisk(Heard& heard) {
    return [&heard](const ProbeRequest& request, const Engine::OnSnapshot& onSnapshot,
                    ProgressSink&, std::stop_token) -> Expected<ProbeReport> {
        for (;;) {
            const StorageAnswer answer = request.onStorageFailure(kFull);
            {
                const std::lock_guard lock(heard.mutex);
                heard.answers.push_back(answer);
            }
            if (answer.action == StorageAnswer::Action::Stop) return kFull;
            if (answer.action == StorageAnswer::Action::Elsewhere) break;
        }
        ProbeReport report;
        report.trajectory = test::scriptedTrajectory(2, RowStatus::Complete);
        onSnapshot(report.trajectory);
        return report;
    };
}

struct Waiting {
    explicit Waiting(Heard& answers) : open(5) {
        open.engine.onProbe = probeOnAFullDisk(answers);
        open.controller().startProbe(choiceFor(*open.fixture));
    }
    bool asks() {
        auto* banner = open.fixture->child<QWidget>("storageBanner");
        auto* text = open.fixture->child<QLabel>("storageProblem");
        return banner->isVisible() && text->text().contains(QStringLiteral("1 MB is free"));
    }
    void click(const char* name) { open.fixture->child<QPushButton>(name)->click(); }

    OpenFolder open;
};

}  // namespace

class TestStoragePause : public QObject {
    Q_OBJECT
private slots:
    void retryAsksAgainWhenItFails();
    void elsewhereGoesOnInTheOtherFile();
    void theOtherFileIsOfOneProbe();
    void stopEndsTheProbe();
    void closingEndsTheWait();
};

void TestStoragePause::retryAsksAgainWhenItFails() {
    Heard heard;
    Waiting waiting(heard);
    QTRY_VERIFY(waiting.asks());
    QVERIFY(QApplication::activeModalWidget() == nullptr);
    waiting.click("storageRetry");
    QTRY_COMPARE(heard.answers.size(), std::size_t{1});
    QCOMPARE(heard.answers[0].action, StorageAnswer::Action::Retry);
    QTRY_VERIFY(waiting.asks());
    QVERIFY(waiting.open.controller().probe().isRunning());
    waiting.click("storageStop");
    QTRY_VERIFY(!waiting.open.controller().probe().isRunning());
}

void TestStoragePause::elsewhereGoesOnInTheOtherFile() {
    Heard heard;
    Waiting waiting(heard);
    QTRY_VERIFY(waiting.asks());
    const QString other = waiting.open.fixture->folder.filePath(QStringLiteral("other.h5"));
    waiting.open.controller().probe().saveElsewhere(other);
    QTRY_VERIFY(!waiting.open.controller().probe().isRunning());
    QVERIFY(!waiting.asks());
    QCOMPARE(heard.answers.back().file, std::filesystem::path(other.toStdString()));
    const RunSession* run = waiting.open.controller().session();
    QCOMPARE(run->lastChoice.output, other);  // where "Go On" goes
    QCOMPARE(run->file, std::filesystem::path(other.toStdString()));
    QCOMPARE(run->table->rowCount(), std::size_t{2});
}

// It ended before any row was in the other file; the next one writes where it was told to.
void TestStoragePause::theOtherFileIsOfOneProbe() {
    OpenFolder open(5);
    const views::ProbeChoice choice = choiceFor(*open.fixture);
    ProbeControl& probe = open.controller().probe();
    open.engine.onProbe = [](const ProbeRequest& request, const Engine::OnSnapshot&, ProgressSink&,
                             std::stop_token) -> Expected<ProbeReport> {
        request.onStorageFailure(kFull);
        return Error{ErrorCode::TrajectoryVerify, {}, "the copy differs", {}};
    };
    open.controller().startProbe(choice);
    QTRY_VERIFY(!probe.storageProblem().isEmpty());
    probe.saveElsewhere(open.fixture->folder.filePath(QStringLiteral("other.h5")));
    QTRY_VERIFY(!probe.isRunning());
    open.engine.onProbe = [](const ProbeRequest&, const Engine::OnSnapshot&, ProgressSink&,
                             std::stop_token) -> Expected<ProbeReport> {
        ProbeReport report;
        report.trajectory = test::scriptedTrajectory(2, RowStatus::Complete);
        return report;
    };
    open.controller().startProbe(choice);
    QTRY_VERIFY(!probe.isRunning());
    const RunSession* run = open.controller().session();
    QCOMPARE(run->lastChoice.output, choice.output);
    QCOMPARE(run->file, std::filesystem::path(choice.output.toStdString()));
}

void TestStoragePause::stopEndsTheProbe() {
    Heard heard;
    Waiting waiting(heard);
    QTRY_VERIFY(waiting.asks());
    waiting.click("storageStop");
    QTRY_VERIFY(!waiting.open.controller().probe().isRunning());
    QVERIFY(!waiting.asks());
    QCOMPARE(heard.answers.back().action, StorageAnswer::Action::Stop);
}

// The worker must not wait for an answer that cannot come any more.
void TestStoragePause::closingEndsTheWait() {
    Heard heard;
    {
        Waiting waiting(heard);
        QTRY_VERIFY(waiting.asks());
    }
    QCOMPARE(heard.answers.size(), std::size_t{1});
    QCOMPARE(heard.answers[0].action, StorageAnswer::Action::Stop);
}

QTEST_MAIN(TestStoragePause)
#include "tst_storage_pause.moc"
