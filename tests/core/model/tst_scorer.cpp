// SPDX-License-Identifier: GPL-3.0-or-later

#include <QJsonArray>
#include <QtTest>
#include <cmath>

#include "core/model/worker_thread.h"
#include "tests/core/model/model_fixture.h"
#include "tests/support/test_data.h"
#include "tests/support/tiny_checkpoint.h"

using namespace gridscope;
using test::loadModel, test::mean, test::readJson, test::readWindows;
using test::orDie, test::StoredTensor, test::writeCheckpoint;

namespace {

Grid gridOfReference(const QJsonObject& grid) {
    const QString dialect = grid["dialect"].toString();
    const int group = grid["group"].toInt();
    const bool symmetric = dialect == QStringLiteral("sym");
    QString id = QString(symmetric ? "s" : "a") + QString::number(grid["bits"].toInt());
    id += group == 0 ? QStringLiteral("channel") : QStringLiteral("g%1").arg(group);
    id += QChar(':') + (symmetric ? QStringLiteral("absmax") : dialect);
    auto parsed = parseGrid(id.toStdString());
    if (!parsed) qFatal("%s", parsed.error().toText().c_str());
    return *parsed;
}

}  // namespace

class TestScorer : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        auto engine = initEngine();
        GRIDSCOPE_VERIFY_OK(engine);
        initWorkerThread(0);
    }

    // formats.md 11: the smallest type of each tensor, then the largest of these. One tensor that
    // only bf16 keeps and one that only fp16 keeps fit neither as a whole, and still need no fp32.
    void mantissaIsThatOfTheTensors() {
        QTemporaryDir temporary;
        const std::filesystem::path folder = temporary.path().toStdString();
        const QJsonObject config = QJsonDocument::fromJson(test::kTinyConfig).object();
        const auto parsed = orDie(parseModelConfig(test::kTinyConfig, "config.json"));
        std::vector<StoredTensor> tensors;
        for (const TensorSpec& spec : expectedTensors(parsed)) {
            StoredTensor tensor{spec.name, {}, {}};
            std::size_t count = 1;
            for (const std::int64_t size : spec.shape) {
                tensor.shape.push_back(static_cast<std::uint64_t>(size));
                count *= static_cast<std::size_t>(size);
            }
            tensor.values.assign(count, 0.5F);
            tensors.push_back(std::move(tensor));
        }
        const auto mantissaOf = [&] {
            writeCheckpoint(folder, config, tensors);
            return loadModel(folder)->effectiveMantissa();
        };
        QCOMPARE(mantissaOf(), std::string("bf16"));
        tensors[0].values[1] = 0x1p60F;  // beyond fp16
        QCOMPARE(mantissaOf(), std::string("bf16"));
        tensors[1].values[1] = 1.0F + 0x1p-10F;  // 11 bits of significand
        QCOMPARE(mantissaOf(), std::string("fp16"));
        tensors[0].values[2] = 1.0F + 0x1p-10F;  // both in one tensor
        QCOMPARE(mantissaOf(), std::string("fp32"));
    }

    void suiteAgreesWithTheReference_data() {
        GRIDSCOPE_NEED_SHARED();
        QTest::addColumn<int>("checkpoint");
        const QJsonObject reference =
            readJson(test::sharedFolder() / "data" / "suite_a" / "reference.json");
        const QJsonArray checkpoints = reference["checkpoints"].toArray();
        for (int i = 0; i < checkpoints.size(); ++i)
            QTest::newRow(checkpoints[i].toObject()["label"].toString().toLatin1()) << i;
    }

    void suiteAgreesWithTheReference() {
        GRIDSCOPE_NEED_SHARED();
        QFETCH(int, checkpoint);
        const auto folder = test::sharedFolder() / "data" / "suite_a";
        const QJsonObject reference = readJson(folder / "reference.json");
        const QJsonObject expected = reference["checkpoints"].toArray()[checkpoint].toObject();
        const EvalWindows windows =
            readWindows(folder / "val_tokens.npy", {.count = 112, .length = 64});
        const auto weights = loadModel(folder / expected["label"].toString().toStdString());
        auto scope = scopeTensors(weights->specs(), "blocks");
        GRIDSCOPE_VERIFY_OK(scope);
        QCOMPARE(scope->size(), std::size_t{8});

        Scorer scorer(weights, windows, *scope, {});
        auto fp32 = scorer.hidden({});
        GRIDSCOPE_VERIFY_OK(fp32);
        const QJsonArray grids = reference["grids"].toArray();
        std::vector<HiddenStates> variants;
        for (const QJsonValue& grid : grids) {
            auto states = scorer.hiddenQuantized(gridOfReference(grid.toObject()), {});
            GRIDSCOPE_VERIFY_OK(states);
            variants.push_back(*states);
        }
        auto scores = scorer.score(*fp32, variants, {});
        GRIDSCOPE_VERIFY_OK(scores);
        const double ce = mean(scores->front().nll, windows);
        QVERIFY(std::fabs(ce - expected["fp32"].toObject()["ce"].toDouble()) <= 2e-6);
        for (int g = 0; g < grids.size(); ++g) {
            const QString name = grids[g].toObject()["name"].toString();
            const QJsonObject want = expected["grids"].toObject()[name].toObject();
            QVERIFY2(!want.isEmpty(), qPrintable(name));
            const WindowScores& got = (*scores)[static_cast<std::size_t>(g) + 1];
            const double gridCe = mean(got.nll, windows);
            const double gap = 100.0 * std::expm1(gridCe - ce);
            const double top1 =
                static_cast<double>(got.top1Matches) / static_cast<double>(windows.scoredTokens());
            QVERIFY2(std::fabs(gridCe - want["ce"].toDouble()) <= 2e-6, qPrintable(name));
            QVERIFY2(std::fabs(gap - want["gap_percent"].toDouble()) <= 5e-4, qPrintable(name));
            QVERIFY2(std::fabs(mean(got.kl, windows) - want["kl_mean"].toDouble()) <= 1e-7,
                     qPrintable(name));
            QVERIFY2(std::fabs(top1 - want["top1_agreement"].toDouble()) <= 3e-4, qPrintable(name));
        }
    }

    void cancelledBeforeTheFirstProduct() {
        GRIDSCOPE_NEED_SHARED();
        const auto folder = test::sharedFolder() / "data" / "suite_a";
        Scorer scorer(loadModel(folder / "step40"),
                      readWindows(folder / "val_tokens.npy", {.count = 4, .length = 64}), {}, {});
        std::stop_source stop;
        stop.request_stop();
        auto states = scorer.hidden(stop.get_token());
        QVERIFY(!states);
        QCOMPARE(states.error().code, ErrorCode::RunCancelled);
    }
};

QTEST_GUILESS_MAIN(TestScorer)
#include "tst_scorer.moc"
