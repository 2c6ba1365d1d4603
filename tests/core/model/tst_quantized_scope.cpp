// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>

#include "core/model/worker_thread.h"
#include "core/quant/reference_quantize.h"
#include "tests/core/model/model_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
namespace fs = std::filesystem;

namespace {

using Tensors = std::vector<test::StoredTensor>;

/// Small groups, so that even these models have several in a row, and few bits, so that it shows.
const Grid kGrid = *parseGrid("a3g8:minmax");

/// A stored matrix rounded to the grid by whole-tensor operations, groups along `in`.
std::vector<float> rounded(const test::StoredTensor& tensor, bool storedByInput) {
    const std::size_t first = tensor.shape[0], second = tensor.shape[1];
    const std::vector<float> weight =
        storedByInput ? test::transposed(tensor.values, first, second) : tensor.values;
    const auto out = static_cast<std::int64_t>(storedByInput ? second : first);
    const auto in = static_cast<std::int64_t>(storedByInput ? first : second);
    const auto result = test::orDie(referenceQuantize({weight.data(), out, in}, kGrid, 0));
    return storedByInput ? test::transposed(result.values, second, first) : result.values;
}

fs::path source(const char* name) { return test::dataFolder() / "arch_variants" / name; }

EvalWindows windowsOf(const fs::path& folder) {
    return test::readWindows(folder / "input_ids.npy", {.count = std::nullopt, .length = 24});
}

/// What the scorer says of the model with `scope` rounded, nats per window.
std::vector<double> nllOfScope(const fs::path& folder, std::string_view scope) {
    const auto weights = test::loadModel(folder);
    const EvalWindows windows = windowsOf(folder);
    Scorer scorer(weights, windows, test::orDie(scopeTensors(weights->specs(), scope)), {});
    const auto reference = test::orDie(scorer.hidden({}));
    const std::vector<HiddenStates> variants{test::orDie(scorer.hiddenQuantized(kGrid, {}))};
    return test::orDie(scorer.score(reference, variants, {})).back().nll;
}

bool agree(const std::vector<double>& a, const std::vector<double>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](double x, double y) { return std::fabs(x - y) <= 1e-6 * std::fabs(y); });
}

}  // namespace

/// A scope rounded in memory against a checkpoint that was rounded on disk before.
class TestQuantizedScope : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        const auto engine = initEngine();
        GRIDSCOPE_VERIFY_OK(engine);
        initWorkerThread(1);
    }

    void blocks_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<bool>("storedByInput");
        QTest::addColumn<int>("matrices");
        QTest::newRow("gpt2") << QByteArray("gpt2_scales") << true << 3 * 4;
        QTest::newRow("gpt_neox") << QByteArray("gpt_neox_odd") << false << 2 * 4;
        QTest::newRow("llama") << QByteArray("llama_biases") << false << 2 * 7;
        QTest::newRow("olmo2") << QByteArray("olmo2_shared_heads") << false << 2 * 7;
    }

    void blocks() {
        QFETCH(QByteArray, name);
        QFETCH(bool, storedByInput);
        QFETCH(int, matrices);
        const fs::path folder = source(name);
        Tensors tensors = test::readTensors(folder);
        int found = 0;
        for (test::StoredTensor& tensor : tensors) {
            const bool inBlock = tensor.name.find(".h.") != std::string::npos ||
                                 tensor.name.find(".layers.") != std::string::npos;
            if (!inBlock || tensor.shape.size() != 2) continue;
            tensor.values = rounded(tensor, storedByInput);
            ++found;
        }
        QCOMPARE(found, matrices);
        const fs::path written = newFolder();
        test::writeCheckpoint(written, test::readJson(folder / "config.json"), tensors);
        const auto expected = test::nllOf(test::loadModel(written), windowsOf(folder));
        QVERIFY(agree(nllOfScope(folder, "blocks"), expected));
        QVERIFY(!agree(test::nllOf(test::loadModel(folder), windowsOf(folder)), expected));
    }

    void tiedPair_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("embedding");
        QTest::addColumn<QByteArray>("head");
        QTest::addColumn<QByteArray>("scope");
        const auto rows = [](const char* name, const char* embedding, const char* head) {
            for (const char* scope : {"blocks+embed", "blocks+head", "blocks+embed+head"})
                QTest::addRow("%s %s", name, scope) << QByteArray(name) << QByteArray(embedding)
                                                    << QByteArray(head) << QByteArray(scope);
        };
        rows("gpt_neox_odd", "gpt_neox.embed_in.weight", "embed_out.weight");
        rows("qwen2_sliding", "model.embed_tokens.weight", "lm_head.weight");
    }

    /// science.md 1.2: each half is rounded on its own, so +head leaves the embedding as it is.
    void tiedPair() {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, embedding);
        QFETCH(QByteArray, head);
        QFETCH(QByteArray, scope);
        const fs::path folder = source(name);
        QJsonObject config = test::readJson(folder / "config.json");
        QVERIFY(config[QStringLiteral("tie_word_embeddings")].toBool());
        Tensors tensors = test::readTensors(folder);
        for (test::StoredTensor& tensor : tensors) {
            if (tensor.name.find(".layers.") != std::string::npos && tensor.shape.size() == 2)
                tensor.values = rounded(tensor, false);
        }
        test::StoredTensor output = test::tensorNamed(tensors, embedding.toStdString());
        output.name = head.toStdString();
        if (scope.contains("+head")) output.values = rounded(output, false);
        test::StoredTensor& input = test::tensorNamed(tensors, embedding.toStdString());
        if (scope.contains("+embed")) input.values = rounded(input, false);
        tensors.push_back(output);
        config[QStringLiteral("tie_word_embeddings")] = false;
        const fs::path written = newFolder();
        test::writeCheckpoint(written, config, tensors);
        const auto expected = test::nllOf(test::loadModel(written), windowsOf(folder));
        QVERIFY(agree(nllOfScope(folder, scope.toStdString()), expected));
        QVERIFY(!agree(nllOfScope(folder, "blocks"), expected));
    }

    /// Every way in which files carry a tied pair gives one model (formats.md 7.3).
    void tiedContainers() {
        const fs::path folder = source("qwen2_sliding");
        const QJsonObject config = test::readJson(folder / "config.json");
        const Tensors embeddingOnly = test::readTensors(folder);
        const EvalWindows windows = windowsOf(folder);
        const auto expected = test::nllOf(test::loadModel(folder), windows);
        const auto loaded = [&](const Tensors& tensors) {
            const fs::path written = newFolder();
            test::writeCheckpoint(written, config, tensors);
            return test::loadModel(written);
        };

        Tensors headOnly = embeddingOnly;
        test::tensorNamed(headOnly, "model.embed_tokens.weight").name = "lm_head.weight";
        QVERIFY(test::nllOf(loaded(headOnly), windows) == expected);

        Tensors both = embeddingOnly;
        test::StoredTensor head = test::tensorNamed(both, "model.embed_tokens.weight");
        head.name = "lm_head.weight";
        both.push_back(head);
        const auto equal = loaded(both);
        QVERIFY(equal->warnings().empty());
        QVERIFY(test::nllOf(equal, windows) == expected);

        both.back().values[5] += 0.25F;
        const auto different = loaded(both);
        QCOMPARE(different->warnings().size(), std::size_t{1});
        QCOMPARE(different->warnings().front().code, ErrorCode::ModelTensors);
        QCOMPARE(different->warnings().front().where, std::string("lm_head.weight"));
        QVERIFY(test::nllOf(different, windows) != expected);
    }

private:
    fs::path newFolder() {
        return fs::path(m_temporary.path().toStdString()) / std::to_string(m_folders++);
    }

    QTemporaryDir m_temporary;
    int m_folders = 0;
};

QTEST_GUILESS_MAIN(TestQuantizedScope)
#include "tst_quantized_scope.moc"
