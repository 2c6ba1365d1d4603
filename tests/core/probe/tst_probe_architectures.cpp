// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTemporaryDir>
#include <QtTest>

#include "core/probe/probe_runner.h"
#include "core/quant/reference_quantize.h"
#include "tests/core/model/model_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
namespace fs = std::filesystem;

namespace {

constexpr const char* kGridId = "a4g8:minmax";

/// Names and kinds as the file has them, shapes as [out, in].
std::vector<LayerInfo> expectedLayers(const QByteArray& name) {
    if (name == "gpt2_scales")
        return {{"transformer.h.0.attn.c_attn.weight", 72, 24, 0, "attn.qkv"},
                {"transformer.h.0.attn.c_proj.weight", 24, 24, 0, "attn.out"},
                {"transformer.h.0.mlp.c_fc.weight", 20, 24, 0, "mlp.up"},
                {"transformer.h.0.mlp.c_proj.weight", 24, 20, 0, "mlp.down"}};
    return {{"model.layers.0.self_attn.q_proj.weight", 24, 24, 0, "attn.q"},
            {"model.layers.0.self_attn.k_proj.weight", 8, 24, 0, "attn.k"},
            {"model.layers.0.self_attn.v_proj.weight", 8, 24, 0, "attn.v"},
            {"model.layers.0.self_attn.o_proj.weight", 24, 24, 0, "attn.out"},
            {"model.layers.0.mlp.gate_proj.weight", 20, 24, 0, "mlp.gate"},
            {"model.layers.0.mlp.up_proj.weight", 20, 24, 0, "mlp.up"},
            {"model.layers.0.mlp.down_proj.weight", 24, 20, 0, "mlp.down"}};
}

/// One matrix of a step, as [out, in], rounded by whole-tensor operations.
struct Rounded {
    std::vector<float> weight;
    ReferenceQuantized result;
};

Rounded roundedMatrix(const fs::path& folder, const LayerInfo& layer) {
    auto tensors = test::readTensors(folder);
    const test::StoredTensor& stored = test::tensorNamed(tensors, layer.name);
    const bool byInput = layer.name.starts_with("transformer.");
    Rounded out;
    out.weight =
        byInput ? test::transposed(stored.values, stored.shape[0], stored.shape[1]) : stored.values;
    out.result = test::orDie(
        referenceQuantize({out.weight.data(), layer.rows, layer.columns}, *parseGrid(kGridId), 0));
    return out;
}

double share(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
    std::size_t different = 0;
    for (std::size_t i = 0; i < a.size(); ++i) different += a[i] != b[i] ? 1u : 0u;
    return static_cast<double>(different) / static_cast<double>(a.size());
}

}  // namespace

/// A probe from folder to rows over models that are not GPT-NeoX.
class TestProbeArchitectures : public QObject {
    Q_OBJECT

private slots:
    void rows_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<int>("layers");
        QTest::newRow("gpt2") << QByteArray("gpt2_scales") << 12;
        QTest::newRow("llama") << QByteArray("llama_biases") << 14;
    }

    void rows() {
        QFETCH(QByteArray, name);
        QFETCH(int, layers);
        const fs::path suite = makeSuite(name);
        const auto trajectory = probe(suite, "blocks");
        QCOMPARE(static_cast<int>(trajectory->layers.size()), layers);
        const std::vector<LayerInfo> expected = expectedLayers(name);
        for (std::size_t l = 0; l < expected.size(); ++l)
            QVERIFY2(trajectory->layers[l] == expected[l], trajectory->layers[l].name.c_str());
        QCOMPARE(trajectory->rows.size(), std::size_t{2});
        for (std::size_t i = 0; i < 2; ++i) {
            const ProbeRecord& row = *trajectory->rows[i];
            QCOMPARE(row.status, RowStatus::Complete);
            QVERIFY2(row.error.empty(), row.error.c_str());
            const fs::path folder = suite / row.label;
            const double ce =
                test::mean(test::nllOf(test::loadModel(folder), windows(name)), windows(name));
            QVERIFY(std::fabs(row.fp32.ce.value - ce) <= 1e-9);
            QVERIFY(row.grids.at(kGridId).deltaCe.value != 0.0);
        }
    }

    void statisticsOfAMatrix_data() { rows_data(); }

    void statisticsOfAMatrix() {
        QFETCH(QByteArray, name);
        const fs::path suite = makeSuite(name);
        const auto trajectory = probe(suite, "blocks");
        // The last one of a block is not square: in gpt2 its file has [20, 24] for [24, 20].
        const std::size_t l = expectedLayers(name).size() - 1;
        const LayerInfo& layer = trajectory->layers[l];
        QCOMPARE(layer.kind, std::string("mlp.down"));
        const Rounded first = roundedMatrix(suite / "step1", layer);
        const Rounded second = roundedMatrix(suite / "step2", layer);
        const GridStatistics& got = trajectory->rows[1]->grids.at(kGridId).layers[l];

        double energy = 0.0, error = 0.0, absolute = 0.0;
        std::array<std::uint32_t, kResidualBins> residuals{};
        std::vector<std::uint32_t> codes(16);
        for (std::size_t i = 0; i < second.weight.size(); ++i) {
            const double weight = second.weight[i];
            const double difference = weight - static_cast<double>(second.result.values[i]);
            const double residual = second.result.residuals[i];
            energy += weight * weight;
            error += difference * difference;
            absolute += std::fabs(residual);
            ++residuals[std::min<std::size_t>(
                static_cast<std::size_t>((residual + 0.5) * kResidualBins), kResidualBins - 1)];
            ++codes[second.result.codes.codes[i]];
        }
        const auto near = [](double a, double b) {
            return std::fabs(a - b) <= 1e-6 * std::fabs(b);
        };
        QVERIFY(near(got.sqnrDb, 10.0 * std::log10(energy / error)));
        QVERIFY(near(got.meanAbsResidual, absolute / static_cast<double>(second.weight.size())));
        QVERIFY(got.residualHistogram == residuals);
        QVERIFY(got.codeHistogram == codes);
        const double flips = share(first.result.codes.codes, second.result.codes.codes);
        QVERIFY(flips > 0.0);
        QCOMPARE(got.flipRate, flips);
        QVERIFY(near(trajectory->rows[1]->layers[l].norm, std::sqrt(energy)));
    }

    /// The file has one tensor for the pair; both halves are in the scope, first and last.
    void tiedPairInTheScope() {
        const fs::path suite = makeSuite("qwen2_sliding");
        for (const auto& [scope, more] :
             {std::pair{"blocks+embed+head", 2}, {"blocks+embed", 1}, {"blocks+head", 1}}) {
            const auto trajectory = probe(suite, scope);
            QCOMPARE(static_cast<int>(trajectory->layers.size()), 14 + more);
            const LayerInfo embedding{"model.embed_tokens.weight", 31, 24, -1, "embed"};
            const LayerInfo head{"lm_head.weight", 31, 24, -1, "head"};
            const bool hasEmbedding = trajectory->layers.front() == embedding;
            const bool hasHead = trajectory->layers.back() == head;
            QCOMPARE(hasEmbedding, std::string_view(scope).find("embed") != std::string_view::npos);
            QCOMPARE(hasHead, std::string_view(scope).find("head") != std::string_view::npos);
            for (const auto& row : trajectory->rows) {
                QCOMPARE(row->status, RowStatus::Complete);
                const auto& measured = row->grids.at(kGridId).layers;
                if (hasEmbedding && hasHead)
                    QVERIFY(measured.front().codeHistogram == measured.back().codeHistogram);
                QVERIFY(std::isfinite(row->grids.at(kGridId).gapPercent.value));
            }
        }
    }

    void windowsBeyondTheModelAreRefused() {
        const fs::path suite = makeSuite("gpt2_scales");
        NullProgress progress;
        const auto catalog = test::orDie(scanFolder(systemFileOps(), suite, progress, {}));
        EvalWindows tooLong;
        tooLong.count = 1;
        tooLong.length = 25;
        tooLong.ids.assign(25, 3);
        ProbeSettings settings;
        settings.grids = defaultGrids();
        const auto plan = makePlan(catalog, {0, 1}, tooLong, settings);
        QVERIFY(!plan);
        QCOMPARE(plan.error().code, ErrorCode::ConfigUnsupported);
        QCOMPARE(plan.error().where, std::string("n_positions"));
    }

private:
    /// step1 with the weights of a reference folder, step2 with all of them moved a little.
    fs::path makeSuite(const QByteArray& name) {
        const fs::path source = test::dataFolder() / "arch_variants" / name.toStdString();
        const fs::path suite =
            fs::path(m_temporary.path().toStdString()) / std::to_string(m_suites++);
        const QJsonObject config = test::readJson(source / "config.json");
        auto tensors = test::readTensors(source);
        test::writeCheckpoint(suite / "step1", config, tensors);
        for (test::StoredTensor& tensor : tensors) {
            for (std::size_t i = 0; i < tensor.values.size(); ++i)
                tensor.values[i] += 0.03F * std::sin(static_cast<float>(i));
        }
        test::writeCheckpoint(suite / "step2", config, tensors);
        return suite;
    }

    static EvalWindows windows(const QByteArray& name) {
        return test::readWindows(
            test::dataFolder() / "arch_variants" / name.toStdString() / "input_ids.npy",
            {.count = std::nullopt, .length = 24});
    }

    std::shared_ptr<const Trajectory> probe(const fs::path& suite, std::string_view scope) {
        NullProgress progress;
        const auto catalog = test::orDie(scanFolder(systemFileOps(), suite, progress, {}));
        ProbeSettings settings;
        settings.grids = {*parseGrid(kGridId)};
        settings.scope = scope;
        settings.threads = 1;
        const QByteArray name = catalog.entries.front().config->architecture == Architecture::Gpt2
                                    ? "gpt2_scales"
                                    : "llama_biases";
        const auto plan = test::orDie(makePlan(catalog, {0, 1}, windows(name), settings));
        const fs::path file = suite / (std::string(scope) + ".h5");
        const auto store =
            test::orDie(TrajectoryStore::open(systemFileOps(), file, emptyTrajectory(plan)));
        const ProbeInput input{systemFileOps(),
                               plan,
                               *store,
                               [](const ProbeRecord&, ProbeStage) {},
                               [](const std::shared_ptr<const Trajectory>&) {},
                               {}};
        return test::orDie(runProbe(input, progress, {})).trajectory;
    }

    QTemporaryDir m_temporary;
    int m_suites = 0;
};

QTEST_GUILESS_MAIN(TestProbeArchitectures)
#include "tst_probe_architectures.moc"
