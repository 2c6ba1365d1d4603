// SPDX-License-Identifier: GPL-3.0-or-later

// The reference numbers of shared/data/suite_a (its README.md defines them and their tolerances).

#include <QTest>

#include "core/quant/fake_quantize.h"
#include "core/quant/matrix_moments.h"
#include "tests/core/quant/suite_reader.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using namespace gridscope::test;

namespace {

/// Kurtosis, SQNR, residual means and entropy: 1e-9 relative.
bool close(double found, double expected) {
    return std::fabs(found - expected) <= 1e-9 * std::fabs(expected);
}

Grid gridOf(const QJsonObject& description) {
    const QString dialect = description.value(QStringLiteral("dialect")).toString();
    const int group = description.value(QStringLiteral("group")).toInt();
    const bool symmetric = dialect == QStringLiteral("sym");
    const QString id =
        QStringLiteral("%1%2%3:%4")
            .arg(symmetric ? QStringLiteral("s") : QStringLiteral("a"))
            .arg(description.value(QStringLiteral("bits")).toInt())
            .arg(group == 0 ? QStringLiteral("channel") : QStringLiteral("g%1").arg(group),
                 symmetric ? QStringLiteral("absmax") : dialect);
    return parseGrid(id.toStdString()).value();
}

std::vector<std::uint32_t> counts(const QJsonValue& value) {
    std::vector<std::uint32_t> out;
    for (const QJsonValue& entry : value.toArray())
        out.push_back(static_cast<std::uint32_t>(entry.toInteger()));
    return out;
}

}  // namespace

class TestQuantizeSuite : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void statistics_data();
    void statistics();
    void kurtosis_data() { checkpointRows(0); }
    void kurtosis();
    void transitions_data() { checkpointRows(1); }
    void transitions();

private:
    void checkpointRows(qsizetype first);
    std::map<QString, SuiteMatrix> matricesOf(const QString& label) const;

    QJsonArray m_grids;
    QJsonArray m_checkpoints;
};

void TestQuantizeSuite::initTestCase() {
    GRIDSCOPE_NEED_SHARED();
    const QJsonObject reference = readJson(sharedFolder() / "data/suite_a/reference.json");
    m_grids = reference.value(QStringLiteral("grids")).toArray();
    m_checkpoints = reference.value(QStringLiteral("checkpoints")).toArray();
    QCOMPARE(m_grids.size(), 11);
    QCOMPARE(m_checkpoints.size(), 8);
}

void TestQuantizeSuite::checkpointRows(qsizetype first) {
    QTest::addColumn<int>("index");
    for (qsizetype i = first; i < m_checkpoints.size(); ++i) {
        const QString label = m_checkpoints[i].toObject().value(QStringLiteral("label")).toString();
        QTest::newRow(label.toUtf8().constData()) << static_cast<int>(i);
    }
}

std::map<QString, SuiteMatrix> TestQuantizeSuite::matricesOf(const QString& label) const {
    return readMatrices(sharedFolder() / "data/suite_a" / label.toStdString() /
                        "model.safetensors");
}

void TestQuantizeSuite::statistics_data() { checkpointRows(0); }

void TestQuantizeSuite::statistics() {
    QFETCH(int, index);
    const QJsonObject checkpoint = m_checkpoints[index].toObject();
    const auto matrices = matricesOf(checkpoint.value(QStringLiteral("label")).toString());
    const QJsonObject tensors = checkpoint.value(QStringLiteral("tensors")).toObject();
    QCOMPARE(tensors.size(), 8);
    for (const QString& name : tensors.keys()) {
        const SuiteMatrix& matrix = matrices.at(name);
        const QJsonObject grids =
            tensors.value(name).toObject().value(QStringLiteral("grids")).toObject();
        for (const QJsonValue& description : m_grids) {
            const QString gridName =
                description.toObject().value(QStringLiteral("name")).toString();
            const QJsonObject expected = grids.value(gridName).toObject();
            QVERIFY(!expected.isEmpty());
            const Grid grid = gridOf(description.toObject());
            const auto found = quantizeMatrix(matrix.view(), grid, {});
            GRIDSCOPE_VERIFY_OK(found);
            const QByteArray where = (name + QStringLiteral(" ") + gridName).toUtf8();
            const auto number = [&](const char* key) {
                return expected.value(QLatin1String(key)).toDouble(kNotMeasured);
            };
            QVERIFY2(close(found->sqnrDb, number("sqnr_db")), where);
            QVERIFY2(close(found->meanAbsResidual, number("mean_abs_residual")), where);
            QVERIFY2(close(found->rmsResidual, number("rms_residual")), where);
            QVERIFY2(close(found->codeEntropy, number("code_entropy_bits")), where);
            // Shares of counts: equal counts print equal numbers.
            QVERIFY2(std::fabs(found->edgeMass - number("edge_mass")) < 1e-12, where);
            const double groups =
                static_cast<double>(groupCount(grid, matrix.rows, matrix.columns));
            QCOMPARE(found->exactGroups * groups, number("constant_groups"));
            if (!expected.contains(QLatin1String("residual_hist"))) continue;
            const std::vector<std::uint32_t> residuals(found->residualHistogram.begin(),
                                                       found->residualHistogram.end());
            QVERIFY2(residuals == counts(expected.value(QLatin1String("residual_hist"))), where);
            QVERIFY2(found->codeHistogram == counts(expected.value(QLatin1String("code_hist"))),
                     where);
        }
    }
}

void TestQuantizeSuite::kurtosis() {
    QFETCH(int, index);
    const QJsonObject checkpoint = m_checkpoints[index].toObject();
    const auto matrices = matricesOf(checkpoint.value(QStringLiteral("label")).toString());
    const QJsonObject tensors = checkpoint.value(QStringLiteral("tensors")).toObject();
    std::vector<MatrixMoments> all;
    double sum = 0.0;
    double largest = -3.0;
    for (const QString& name : tensors.keys()) {
        const SuiteMatrix& matrix = matrices.at(name);
        const QJsonObject expected = tensors.value(name).toObject();
        const auto moments = matrixMoments(matrix.view(), {}, {});
        GRIDSCOPE_VERIFY_OK(moments);
        const QByteArray where = name.toUtf8();
        QVERIFY2(
            close(moments->kurtosis, expected.value(QStringLiteral("excess_kurtosis")).toDouble()),
            where);
        const double elements = static_cast<double>(matrix.weights.size());
        QVERIFY2(close(moments->norm / std::sqrt(elements),
                       expected.value(QStringLiteral("rms")).toDouble()),
                 where);
        const double absmax = std::max(-expected.value(QStringLiteral("min")).toDouble(),
                                       expected.value(QStringLiteral("max")).toDouble());
        QVERIFY2(close(moments->absmax, absmax), where);  // printed with 12 digits
        all.push_back(*moments);
        sum += moments->kurtosis;
        largest = std::max(largest, moments->kurtosis);
    }
    const QJsonObject model = checkpoint.value(QStringLiteral("excess_kurtosis")).toObject();
    QVERIFY(close(sum / 8.0, model.value(QStringLiteral("mean_over_tensors")).toDouble()));
    QVERIFY(close(largest, model.value(QStringLiteral("max")).toDouble()));
    QVERIFY(close(pooledKurtosis(all), model.value(QStringLiteral("pooled")).toDouble()));
}

void TestQuantizeSuite::transitions() {
    QFETCH(int, index);
    const QJsonObject checkpoint = m_checkpoints[index].toObject();
    const QJsonObject transition = checkpoint.value(QStringLiteral("transition")).toObject();
    const auto now = matricesOf(checkpoint.value(QStringLiteral("label")).toString());
    const auto before = matricesOf(transition.value(QStringLiteral("from")).toString());
    const QJsonObject grids = transition.value(QStringLiteral("grids")).toObject();
    QVERIFY(grids.size() >= 9);
    for (const QJsonValue& description : m_grids) {
        const QString gridName = description.toObject().value(QStringLiteral("name")).toString();
        if (!grids.contains(gridName)) continue;
        const Grid grid = gridOf(description.toObject());
        const QJsonObject all = grids.value(gridName).toObject();
        const QJsonObject tensors = all.value(QStringLiteral("tensors")).toObject();
        QCOMPARE(tensors.size(), 8);
        std::uint64_t flips = 0;
        std::uint64_t compared = 0;
        for (const QString& name : tensors.keys()) {
            QuantizedCodes codes;
            QuantizeOptions options;
            options.codes = &codes;
            GRIDSCOPE_VERIFY_OK(quantizeMatrix(before.at(name).view(), grid, options));
            options.previous = &codes;  // replaced while it is compared
            const auto found = quantizeMatrix(now.at(name).view(), grid, options);
            GRIDSCOPE_VERIFY_OK(found);
            const QJsonObject expected = tensors.value(name).toObject();
            const QByteArray where = (name + QStringLiteral(" ") + gridName).toUtf8();
            const auto agrees = [&](const char* key, double value) {
                const QJsonValue reference = expected.value(QLatin1String(key));
                return reference.isUndefined() || std::fabs(value - reference.toDouble()) < 1e-12;
            };
            QVERIFY2(expected.contains(QLatin1String("flip_rate")), where);
            QVERIFY2(agrees("flip_rate", found->flipRate), where);
            QVERIFY2(agrees("level_flip_rate", found->levelFlipRate), where);
            QVERIFY2(agrees("zero_point_change_rate", found->zeroPointChange), where);
            QVERIFY2(found->scaleChange >= 0.0, where);
            flips += found->codeFlips;
            compared += found->compared;
        }
        const double rate = static_cast<double>(flips) / static_cast<double>(compared);
        QVERIFY(std::fabs(rate - all.value(QStringLiteral("flip_rate")).toDouble()) < 1e-12);
    }
}

QTEST_GUILESS_MAIN(TestQuantizeSuite)
#include "tst_quantize_suite.moc"
