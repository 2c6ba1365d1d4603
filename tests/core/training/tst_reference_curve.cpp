// SPDX-License-Identifier: GPL-3.0-or-later

// 200 steps beside PyTorch's own training loop (tests/data/training/make_reference_curve.py).

#include <QtTest>

#include <algorithm>
#include <cmath>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "core/training/trainer.h"
#include "tests/core/training/trainer_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::test;

namespace {

constexpr std::int64_t kSteps = 200;

/// The start that the script gives its model: a saw tooth whose phase comes from the name.
Weights sawTooth(const Weights& shapes) {
    Weights weights = shapes;
    for (auto& [name, tensor] : weights) {
        std::int64_t phase = 0;
        // The script's library calls the head so in memory; in files it has the older name.
        const std::string named = name == "embed_out.weight" ? "lm_head.weight" : name;
        for (const char letter : named) phase += static_cast<unsigned char>(letter);
        const bool isNorm = name.ends_with("norm.weight");
        for (std::size_t i = 0; i < tensor.values.size(); ++i) {
            const std::int64_t place = (static_cast<std::int64_t>(i) * 37 + phase * 101) % 1009;
            tensor.values[i] = static_cast<float>(
                (isNorm ? 1.0 : 0.0) + 0.2 * (static_cast<double>(place) / 1009.0 - 0.5));
        }
    }
    return weights;
}

QJsonObject readReference() {
    QFile file(QString::fromStdString((dataFolder() / "training/reference_curve.json").string()));
    if (!file.open(QIODevice::ReadOnly)) return {};
    return QJsonDocument::fromJson(file.readAll()).object();
}

}  // namespace

class TestReferenceCurve : public QObject {
    Q_OBJECT
private slots:
    void followsTheReference();
};

void TestReferenceCurve::followsTheReference() {
    const QJsonObject reference = readReference();
    const QJsonArray losses = reference[QStringLiteral("loss")].toArray();
    const QJsonArray norms = reference[QStringLiteral("gradient_norm")].toArray();
    QCOMPARE(losses.size(), qsizetype{kSteps});

    TrainingSettings settings = tinySettings(kSteps);
    settings.model.rope.rotaryDimensions = 4;  // half of a head, as in the script
    const Weights start = sawTooth(startOf(settings));
    settings.startingWeights = tensorsOf(start);
    RecordingSink sink;
    GRIDSCOPE_VERIFY_OK(trainWith(settings, sink));

    // Both round in FP32 in another order. The differences grow from step to step: 200 steps of
    // the two stay within a thousandth of the loss, the first 20 within a few roundings.
    double early = 0.0, late = 0.0, norm = 0.0;
    for (std::int64_t step = 1; step <= kSteps; ++step) {
        const TrainingPoint& point = sink.points.at(step);
        const double difference =
            std::abs(point.loss - losses[static_cast<qsizetype>(step - 1)].toDouble());
        (step <= 20 ? early : late) = std::max(step <= 20 ? early : late, difference);
        if (step <= 20)
            norm = std::max(norm, std::abs(point.gradientNorm /
                                               norms[static_cast<qsizetype>(step - 1)].toDouble() -
                                           1.0));
    }
    qInfo("largest difference of the loss: %.2e in 20 steps, %.2e later; of the norm %.2e", early,
          late, norm);
    QVERIFY(early < 2e-6);
    QVERIFY(norm < 2e-5);
    QVERIFY(late < 1e-3);
    // The curve is worth following: it learns.
    QVERIFY(losses.last().toDouble() < 0.5 * losses.first().toDouble());
}

QTEST_GUILESS_MAIN(TestReferenceCurve)
#include "tst_reference_curve.moc"
