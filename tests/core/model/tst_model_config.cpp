// SPDX-License-Identifier: GPL-3.0-or-later

#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>
#include <algorithm>
#include <cmath>

#include "core/base/file_ops.h"
#include "core/checkpoint/checkpoint_check.h"
#include "core/checkpoint/tensor_source.h"
#include "core/model/model_config.h"
#include "tests/core/model/config_text.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using test::changed, test::kLlama, test::kNeox;
namespace fs = std::filesystem;

namespace {

/// Every member that decides about the function, beside the hash.
void compareConfigs(const ModelConfig& a, const ModelConfig& b) {
    QCOMPARE(configHash(a), configHash(b));
    QCOMPARE(a.modelType, b.modelType);
    QCOMPARE(a.vocabularyRows, b.vocabularyRows);
    QCOMPARE(a.hidden, b.hidden);
    QCOMPARE(a.layers, b.layers);
    QCOMPARE(a.heads, b.heads);
    QCOMPARE(a.keyValueHeads, b.keyValueHeads);
    QCOMPARE(a.headDimension, b.headDimension);
    QCOMPARE(a.intermediate, b.intermediate);
    QCOMPARE(a.maxPositions, b.maxPositions);
    QCOMPARE(a.activation, b.activation);
    QCOMPARE(a.normEpsilon, b.normEpsilon);
    QCOMPARE(a.parallelResidual, b.parallelResidual);
    QCOMPARE(a.attentionBias, b.attentionBias);
    QCOMPARE(a.attentionOutputBias, b.attentionOutputBias);
    QCOMPARE(a.mlpBias, b.mlpBias);
    QCOMPARE(a.tiedEmbeddings, b.tiedEmbeddings);
    QCOMPARE(a.clipQkv, b.clipQkv);
    QVERIFY(a.rope == b.rope);
    QCOMPARE(a.rotateLayer, b.rotateLayer);
    QVERIFY(a.slidingWindow == b.slidingWindow);
}

}  // namespace

class TestModelConfig : public QObject {
    Q_OBJECT

private slots:
    void spellingsAgree_data();
    void spellingsAgree();
    void fixturesFitTheirWeights_data();
    void fixturesFitTheirWeights();
    void neoxDefaults();
    void neoxFixtures();
    void classDefaults_data();
    void classDefaults();
    void ropePrecedence_data();
    void ropePrecedence();
    void yarn();
    void hashIgnoresWhatIsNoFunction();
    void roundTrip_data();
    void roundTrip();
    void pythiaSizes_data();
    void pythiaSizes();
    void ignoredBuffers_data();
    void ignoredBuffers();
};

void TestModelConfig::spellingsAgree_data() {
    GRIDSCOPE_NEED_SHARED();
    QTest::addColumn<QString>("first");
    QTest::addColumn<QString>("other");
    int rows = 0;
    for (const auto& folder : fs::directory_iterator(test::sharedFolder() / "data" / "arch")) {
        if (!folder.is_directory()) continue;
        for (const auto& file : fs::directory_iterator(folder)) {
            const std::string name = file.path().filename().string();
            if (!name.starts_with("config_") || !name.ends_with(".json")) continue;
            QTest::newRow((folder.path().filename() / name).c_str())
                << QString::fromStdString((folder.path() / "config.json").string())
                << QString::fromStdString(file.path().string());
            ++rows;
        }
    }
    QVERIFY(rows >= 15);
}

void TestModelConfig::spellingsAgree() {
    QFETCH(QString, first);
    QFETCH(QString, other);
    std::vector<ModelConfig> configs;
    for (const QString& path : {first, other}) {
        const auto text = readWholeFile(systemFileOps(), path.toStdString(), 1 << 20);
        GRIDSCOPE_VERIFY_OK(text);
        const auto config = parseModelConfig(*text, path.toStdString());
        GRIDSCOPE_VERIFY_OK(config);
        configs.push_back(*config);
    }
    compareConfigs(configs[0], configs[1]);
}

void TestModelConfig::fixturesFitTheirWeights_data() {
    GRIDSCOPE_NEED_SHARED();
    QTest::addColumn<QString>("folder");
    for (const auto& folder : fs::directory_iterator(test::sharedFolder() / "data" / "arch")) {
        if (folder.is_directory())
            QTest::newRow(folder.path().filename().c_str())
                << QString::fromStdString(folder.path().string());
    }
}

void TestModelConfig::fixturesFitTheirWeights() {
    QFETCH(QString, folder);
    const fs::path path = folder.toStdString();
    const auto text = readWholeFile(systemFileOps(), path / "config.json", 1 << 20);
    GRIDSCOPE_VERIFY_OK(text);
    const auto config = parseModelConfig(*text, "config.json");
    GRIDSCOPE_VERIFY_OK(config);
    const auto source = openTensorSource(systemFileOps(), path / "model.safetensors");
    GRIDSCOPE_VERIFY_OK(source);
    GRIDSCOPE_VERIFY_OK(checkTensors(*config, (*source)->tensors(), "model.safetensors"));
    for (const TensorSpec& spec : expectedTensors(*config)) {
        const auto found = findTensor((*source)->tensors(), *config, spec);
        QVERIFY2(found || spec.optional, spec.name.c_str());
    }
}

void TestModelConfig::neoxDefaults() {
    const auto config = parseModelConfig(kNeox, "config.json");
    GRIDSCOPE_VERIFY_OK(config);
    QCOMPARE(config->architecture, Architecture::GptNeox);
    QCOMPARE(config->headDimension, std::int64_t{64});
    QCOMPARE(config->keyValueHeads, std::int64_t{12});
    QCOMPARE(config->maxPositions, std::int64_t{2048});
    QCOMPARE(config->activation, Activation::GeluExact);
    QCOMPARE(config->norm, NormKind::LayerNorm);
    QCOMPARE(config->normEpsilon, 1e-5);
    QVERIFY(config->parallelResidual && config->attentionBias && config->attentionOutputBias &&
            config->mlpBias && !config->tiedEmbeddings);
    QCOMPARE(config->rope.rotaryDimensions, std::int64_t{16});
    QCOMPARE(config->rope.theta, 10000.0);
    QVERIFY(config->warnings.empty());
}

void TestModelConfig::neoxFixtures() {
    GRIDSCOPE_NEED_SHARED();
    const auto read = [](const char* name) {
        const fs::path path = test::sharedFolder() / "data" / "arch" / name / "config.json";
        return parseModelConfig(*readWholeFile(systemFileOps(), path, 1 << 20), name).value();
    };
    const ModelConfig sequential = read("gpt_neox_sequential");
    QVERIFY(!sequential.parallelResidual && !sequential.attentionBias);
    QVERIFY(!sequential.attentionOutputBias && sequential.mlpBias);
    QCOMPARE(sequential.normEpsilon, 0.001);
    QCOMPARE(sequential.rope.rotaryDimensions, std::int64_t{6});
    const ModelConfig half = read("gpt_neox_fp16");
    QCOMPARE(half.rope.rotaryDimensions, std::int64_t{4});
    QCOMPARE(half.storageDtype, std::string("float16"));
    const ModelConfig smol = read("smollm3");
    QCOMPARE(smol.rotateLayer, (std::vector<bool>{true, true, true, false}));
    QVERIFY(smol.tiedEmbeddings && !smol.rotates(3) && smol.rotates(0));
    const ModelConfig llama = read("llama_tied_llama3");
    QCOMPARE(llama.rope.type, RopeType::Llama3);
    QCOMPARE(llama.rope.originalPositions, 16.0);
    QCOMPARE(*read("olmo").clipQkv, 1.5);
    QCOMPARE(read("qwen3_bf16").headDimension, std::int64_t{24});
}

void TestModelConfig::classDefaults_data() {
    QTest::addColumn<QByteArray>("changes");
    QTest::addColumn<int>("keyValueHeads");
    QTest::addColumn<int>("headDimension");
    QTest::addColumn<bool>("tied");
    QTest::addColumn<int>("positions");
    QTest::addColumn<double>("theta");
    QTest::addColumn<double>("epsilon");
    QTest::addColumn<QByteArray>("biases");  // qkv, out, mlp
    const auto row = [](const char* name, const char* changes, int keyValueHeads, int headDimension,
                        bool tied, int positions, double theta, double epsilon,
                        const char* biases) {
        QTest::newRow(name) << QByteArray(changes) << keyValueHeads << headDimension << tied
                            << positions << theta << epsilon << QByteArray(biases);
    };
    row("llama", "{}", 6, 8, false, 2048, 1e4, 1e-6, "nnn");
    row("llama biases", R"({"attention_bias":true,"mlp_bias":true})", 6, 8, false, 2048, 1e4, 1e-6,
        "yyy");
    row("olmo", R"({"model_type":"olmo","rms_norm_eps":1,"mlp_bias":true})", 6, 8, false, 2048, 1e4,
        1e-5, "nnn");
    row("olmo2", R"({"model_type":"olmo2"})", 6, 8, false, 2048, 1e4, 1e-5, "nnn");
    row("qwen2", R"({"model_type":"qwen2","num_attention_heads":32,"hidden_size":64})", 32, 2,
        false, 32768, 1e4, 1e-6, "ynn");
    row("qwen2 null", R"({"model_type":"qwen2","num_key_value_heads":null})", 6, 8, false, 32768,
        1e4, 1e-6, "ynn");
    row("qwen3", R"({"model_type":"qwen3","num_attention_heads":64,"hidden_size":64})", 32, 128,
        false, 32768, 1e4, 1e-6, "nnn");
    row("smollm3", R"({"model_type":"smollm3","num_attention_heads":8})", 4, 6, true, 32768, 2e6,
        1e-6, "nnn");
}

void TestModelConfig::classDefaults() {
    QFETCH(QByteArray, changes);
    QFETCH(int, keyValueHeads);
    QFETCH(int, headDimension);
    QFETCH(bool, tied);
    QFETCH(int, positions);
    QFETCH(double, theta);
    QFETCH(double, epsilon);
    QFETCH(QByteArray, biases);
    const auto config = parseModelConfig(changed(kLlama, changes).toStdString(), "config.json");
    GRIDSCOPE_VERIFY_OK(config);
    QCOMPARE(static_cast<int>(config->keyValueHeads), keyValueHeads);
    QCOMPARE(static_cast<int>(config->headDimension), headDimension);
    QCOMPARE(config->tiedEmbeddings, tied);
    QCOMPARE(static_cast<int>(config->maxPositions), positions);
    QCOMPARE(config->rope.theta, theta);
    QCOMPARE(config->normEpsilon, epsilon);
    QCOMPARE(config->attentionBias, biases[0] == 'y');
    QCOMPARE(config->attentionOutputBias, biases[1] == 'y');
    QCOMPARE(config->mlpBias, biases[2] == 'y');
    QVERIFY(!config->parallelResidual);
}

void TestModelConfig::ropePrecedence_data() {
    QTest::addColumn<QByteArray>("changes");
    QTest::addColumn<double>("theta");
    QTest::addColumn<int>("dimensions");
    QTest::addColumn<int>("type");
    const auto row = [](const char* name, const char* changes, double theta, int dimensions,
                        RopeType type) {
        QTest::newRow(name) << QByteArray(changes) << theta << dimensions << static_cast<int>(type);
    };
    row("old keys", R"({"rotary_emb_base":500,"rotary_pct":0.5})", 500, 32, RopeType::Default);
    row("new keys win",
        R"({"rotary_emb_base":500,"rope_parameters":{"rope_theta":700,"partial_rotary_factor":1.0}})",
        700, 64, RopeType::Default);
    row("share absent in both", R"({"rotary_pct":null,"rope_parameters":{"rope_theta":700}})", 700,
        16, RopeType::Default);
    row("rope_scaling replaces rope_parameters",
        R"({"rotary_emb_base":500,"rope_parameters":{"rope_theta":700},
            "rope_scaling":{"type":"linear","factor":2}})",
        500, 16, RopeType::Linear);
    row("empty rope_scaling does not",
        R"({"rope_parameters":{"rope_theta":700},"rope_scaling":{}})", 700, 16, RopeType::Default);
    row("rope_type before type",
        R"({"rope_scaling":{"type":"linear","rope_type":"dynamic","factor":2}})", 10000, 16,
        RopeType::Dynamic);
    row("by layer type",
        R"({"rope_parameters":{"full_attention":{"rope_theta":700,"rope_type":"default"}}})", 700,
        16, RopeType::Default);
    row("truncates", R"({"rotary_pct":0.3})", 10000, 19, RopeType::Default);
}

void TestModelConfig::ropePrecedence() {
    QFETCH(QByteArray, changes);
    QFETCH(double, theta);
    QFETCH(int, dimensions);
    QFETCH(int, type);
    const auto config = parseModelConfig(changed(kNeox, changes).toStdString(), "config.json");
    GRIDSCOPE_VERIFY_OK(config);
    QCOMPARE(config->rope.theta, theta);
    QCOMPARE(static_cast<int>(config->rope.rotaryDimensions), dimensions);
    QCOMPARE(static_cast<int>(config->rope.type), type);
}

void TestModelConfig::yarn() {
    const auto read = [](const char* scaling) {
        return parseModelConfig(
                   changed(kLlama, QByteArray("{\"rope_scaling\":") + scaling + "}").toStdString(),
                   "config.json")
            .value()
            .rope;
    };
    const RopeSettings plain = read(R"({"rope_type":"yarn","factor":4})");
    QCOMPARE(plain.type, RopeType::Yarn);
    QCOMPARE(plain.originalPositions, 2048.0);
    QCOMPARE(plain.attentionFactor, 0.1 * std::log(4.0) + 1.0);
    QVERIFY(plain.truncate);
    const RopeSettings full =
        read(R"({"rope_type":"yarn","factor":4,"mscale":2,"mscale_all_dim":1,"beta_fast":16,
                 "beta_slow":2,"truncate":false,"original_max_position_embeddings":512})");
    QCOMPARE(full.attentionFactor, (0.2 * std::log(4.0) + 1.0) / (0.1 * std::log(4.0) + 1.0));
    QCOMPARE(full.betaFast, 16.0);
    QCOMPARE(full.betaSlow, 2.0);
    QCOMPARE(full.originalPositions, 512.0);
    QVERIFY(!full.truncate);
    QCOMPARE(read(R"({"rope_type":"yarn","factor":4,"attention_factor":3})").attentionFactor, 3.0);
}

void TestModelConfig::hashIgnoresWhatIsNoFunction() {
    const auto hash = [](const char* base, const char* changes) {
        return configHash(
            parseModelConfig(changed(base, changes).toStdString(), "config.json").value());
    };
    const std::string plain = hash(kNeox, "{}");
    QCOMPARE(plain.size(), std::size_t{64});
    QCOMPARE(hash(kNeox, R"({"torch_dtype":"float16","transformers_version":"1","eos_token_id":7,
                             "attention_dropout":0.1,"max_position_embeddings":64})"),
             plain);
    for (const char* change :
         {R"({"vocab_size":50432})", R"({"hidden_act":"gelu_new"})", R"({"layer_norm_eps":1e-6})",
          R"({"use_parallel_residual":false})", R"({"rotary_pct":0.5})",
          R"({"rotary_emb_base":10001})", R"({"attention_bias":false})",
          R"({"tie_word_embeddings":true})", R"({"rope_scaling":{"type":"linear","factor":2}})"})
        QVERIFY2(hash(kNeox, change) != plain, change);
    QVERIFY(hash(kLlama, R"({"model_type":"olmo2","rms_norm_eps":1e-6})") != hash(kLlama, "{}"));
    QVERIFY(hash(kNeox, R"({"rope_scaling":{"type":"dynamic","factor":2}})") !=
            hash(kNeox, R"({"rope_scaling":{"type":"dynamic","factor":2},
                            "max_position_embeddings":64})"));
}

void TestModelConfig::roundTrip_data() {
    QTest::addColumn<QByteArray>("changes");
    for (const char* changes :
         {"{}", R"({"rotary_pct":0.3,"hidden_act":"gelu_fast","torch_dtype":"float16"})",
          R"({"rotary_pct":0.71,"use_parallel_residual":false,"attention_bias":false})",
          R"({"tie_word_embeddings":true,"layer_norm_eps":1e-12,"rotary_emb_base":12345.678})",
          R"({"rope_scaling":{"rope_type":"yarn","factor":4,"mscale":2,"mscale_all_dim":1}})",
          R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,
              "high_freq_factor":4}})"})
        QTest::newRow(changes) << QByteArray(changes);
}

void TestModelConfig::roundTrip() {
    QFETCH(QByteArray, changes);
    const auto config = parseModelConfig(changed(kNeox, changes).toStdString(), "config.json");
    GRIDSCOPE_VERIFY_OK(config);
    const std::string text = writeGptNeoxConfig(*config);
    const auto again = parseModelConfig(text, "written");
    GRIDSCOPE_VERIFY_OK(again);
    compareConfigs(*config, *again);
    const QJsonObject object = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    QCOMPARE(object["architectures"][0].toString(), QString("GPTNeoXForCausalLM"));
    QCOMPARE(object["model_type"].toString(), QString("gpt_neox"));
}

// Tensor and parameter counts of formats.md 8.
void TestModelConfig::pythiaSizes_data() {
    QTest::addColumn<int>("layers");
    QTest::addColumn<int>("hidden");
    QTest::addColumn<int>("heads");
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("tensors");
    QTest::addColumn<qint64>("parameters");
    QTest::newRow("14m") << 6 << 128 << 4 << 50304 << 76 << qint64{14'067'712};
    QTest::newRow("160m") << 12 << 768 << 12 << 50304 << 148 << qint64{162'322'944};
    QTest::newRow("1b") << 16 << 2048 << 8 << 50304 << 196 << qint64{1'011'781'632};
    QTest::newRow("12b") << 36 << 5120 << 40 << 50688 << 436 << qint64{11'846'072'320};
}

void TestModelConfig::pythiaSizes() {
    QFETCH(int, layers);
    QFETCH(int, hidden);
    QFETCH(int, heads);
    QFETCH(int, rows);
    QFETCH(int, tensors);
    QFETCH(qint64, parameters);
    const QByteArray changes = QJsonDocument(QJsonObject{{"num_hidden_layers", layers},
                                                         {"hidden_size", hidden},
                                                         {"num_attention_heads", heads},
                                                         {"vocab_size", rows},
                                                         {"intermediate_size", 4 * hidden}})
                                   .toJson();
    const auto config = parseModelConfig(changed(kNeox, changes).toStdString(), "config.json");
    GRIDSCOPE_VERIFY_OK(config);
    const std::vector<TensorSpec> specs = expectedTensors(*config);
    QCOMPARE(static_cast<int>(specs.size()), tensors);
    qint64 sum = 0;
    qint64 blockWeights = 0;
    for (const TensorSpec& spec : specs) {
        qint64 count = 1;
        for (const std::int64_t size : spec.shape) count *= size;
        sum += count;
        if (spec.role == TensorRole::BlockMatrix) {
            blockWeights += count;
            QVERIFY(spec.block >= 0 && spec.block < layers && !spec.transposed);
        }
    }
    QCOMPARE(sum, parameters);
    QCOMPARE(blockWeights, 12 * qint64{layers} * hidden * hidden);
}

void TestModelConfig::ignoredBuffers_data() {
    QTest::addColumn<int>("architecture");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<bool>("ignored");
    const auto row = [](Architecture architecture, const char* name, bool ignored) {
        QTest::newRow(name) << static_cast<int>(architecture) << QByteArray(name) << ignored;
    };
    using enum Architecture;
    row(GptNeox, "gpt_neox.layers.0.attention.bias", true);
    row(GptNeox, "gpt_neox.layers.11.attention.masked_bias", true);
    row(GptNeox, "gpt_neox.layers.11.attention.rotary_emb.inv_freq", true);
    row(GptNeox, "gpt_neox.layers.0.attention.dense.bias", false);
    row(GptNeox, "gpt_neox.layers.0.attention.query_key_value.bias", false);
    row(GptNeox, "gpt_neox.layers.0.attention.bias2", false);
    row(GptNeox, "x.gpt_neox.layers.0.attention.bias", false);
    row(GptNeox, "gpt_neox.layers..attention.bias", false);
    row(GptNeox, "gpt_neox.layers.0x.attention.bias", false);
    row(GptNeox, "gpt_neox.layers.0", false);
    row(Gpt2, "h.0.attn.bias", true);
    row(Gpt2, "transformer.h.3.attn.masked_bias", true);
    row(Gpt2, "h.0.attn.c_attn.bias", false);
    row(Llama, "model.layers.1.self_attn.rotary_emb.inv_freq", true);
    row(Qwen3, "model.rotary_emb.inv_freq", true);
    row(Llama, "model.layers.1.self_attn.q_proj.bias", false);
}

void TestModelConfig::ignoredBuffers() {
    QFETCH(int, architecture);
    QFETCH(QByteArray, name);
    QFETCH(bool, ignored);
    QCOMPARE(isIgnoredBuffer(static_cast<Architecture>(architecture), name.toStdString()), ignored);
}

QTEST_GUILESS_MAIN(TestModelConfig)
#include "tst_model_config.moc"
