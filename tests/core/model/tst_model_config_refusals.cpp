// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include "core/model/model_config.h"
#include "tests/core/model/config_text.h"
#include "tests/support/test_data.h"

using namespace gridscope;
using test::changed, test::kLlama, test::kNeox;

/// What a configuration may not ask for: each with its code and the key it is about.
class TestModelConfigRefusals : public QObject {
    Q_OBJECT

private slots:
    void slidingWindow_data();
    void slidingWindow();
    void sequenceLength();
    void unknownModelTypeNamesTheKnown();
    void bad_data();
    void bad();
    void hints_data();
    void hints();
    void deepAndLarge();
};

void TestModelConfigRefusals::slidingWindow_data() {
    QTest::addColumn<QByteArray>("changes");
    QTest::addColumn<int>("window");  // 0 = no layer slides
    const auto row = [](const char* name, const char* changes, int window) {
        QTest::newRow(name) << QByteArray(changes) << window;
    };
    row("listed", R"({"layer_types":["full_attention","sliding_attention"],"sliding_window":64})",
        64);
    row("listed as full", R"({"layer_types":["full_attention","full_attention"],
                              "sliding_window":64})",
        0);
    row("key of another kind", R"({"sliding_window":64,"use_sliding_window":true})", 0);
    row("qwen2 off", R"({"model_type":"qwen2","num_key_value_heads":6,"sliding_window":64,
                         "max_window_layers":0})",
        0);
    row("qwen2 on", R"({"model_type":"qwen2","num_key_value_heads":6,"sliding_window":64,
                        "use_sliding_window":true,"max_window_layers":1})",
        64);
    row("qwen2 default window", R"({"model_type":"qwen2","num_key_value_heads":6,
                                    "use_sliding_window":true,"max_window_layers":0})",
        4096);
    row("qwen2 null window", R"({"model_type":"qwen2","num_key_value_heads":6,
                                 "use_sliding_window":true,"max_window_layers":0,
                                 "sliding_window":null})",
        0);
    row("qwen2 beyond the layers", R"({"model_type":"qwen2","num_key_value_heads":6,
                                       "sliding_window":64,"use_sliding_window":true,
                                       "max_window_layers":2})",
        0);
    row("qwen2 list wins", R"({"model_type":"qwen2","num_key_value_heads":6,"sliding_window":64,
                               "use_sliding_window":true,"max_window_layers":0,
                               "layer_types":["full_attention","full_attention"]})",
        0);
    row("qwen3 default start", R"({"model_type":"qwen3","num_key_value_heads":6,
                                   "sliding_window":64,"use_sliding_window":true})",
        0);
    row("smollm3 slides where it does not rotate",
        R"({"model_type":"smollm3","num_key_value_heads":6,"no_rope_layers":[1,0],
            "sliding_window":64,"use_sliding_window":true})",
        64);
    row("smollm3 rotates everywhere",
        R"({"model_type":"smollm3","num_key_value_heads":6,"no_rope_layers":[1,1],
            "sliding_window":64,"use_sliding_window":true})",
        0);
}

// Which layers slide: transformers 5.23.0, configuration classes of these kinds.
void TestModelConfigRefusals::slidingWindow() {
    QFETCH(QByteArray, changes);
    QFETCH(int, window);
    const auto config = parseModelConfig(changed(kLlama, changes).toStdString(), "config.json");
    GRIDSCOPE_VERIFY_OK(config);
    QCOMPARE(static_cast<int>(config->slidingWindow.value_or(0)), window);
}

void TestModelConfigRefusals::sequenceLength() {
    const auto where = [](const ModelConfig& config, std::uint64_t length) {
        const auto checked = checkSequenceLength(config, length);
        if (checked) return std::string("fits");
        return std::string(errorCodeText(checked.error().code)) + " " + checked.error().where;
    };
    const auto read = [](const char* base, const char* changes) {
        return parseModelConfig(changed(base, changes).toStdString(), "config.json").value();
    };
    const ModelConfig gpt2 = read(
        R"({"model_type":"gpt2","vocab_size":9,"n_embd":4,"n_layer":1,"n_head":1,"n_positions":64})",
        "{}");
    QCOMPARE(where(gpt2, 64), std::string("fits"));
    QCOMPARE(where(gpt2, 65), std::string("config.unsupported n_positions"));
    const ModelConfig sliding = read(
        kLlama, R"({"layer_types":["full_attention","sliding_attention"],"sliding_window":64})");
    QCOMPARE(where(sliding, 64), std::string("fits"));
    QCOMPARE(where(sliding, 65), std::string("config.unsupported sliding_window"));
    // Rotary positions have no end; the caller warns.
    QCOMPARE(where(read(kLlama, R"({"max_position_embeddings":64})"), 65), std::string("fits"));
}

void TestModelConfigRefusals::unknownModelTypeNamesTheKnown() {
    const auto config =
        parseModelConfig(changed(kLlama, R"({"model_type":"apertus"})").toStdString(), "c.json");
    QVERIFY(!config);
    QVERIFY(config.error().what.find("apertus") != std::string::npos);
    for (const char* known :
         {"gpt_neox", "gpt2", "llama", "olmo", "olmo2", "qwen2", "qwen3", "smollm3"})
        QVERIFY2(config.error().hint.find(known) != std::string::npos, known);
}

void TestModelConfigRefusals::bad_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("place");
    const auto raw = [](const char* name, const QByteArray& json, const char* code,
                        const char* place) {
        QTest::newRow(name) << json << QByteArray(code) << QByteArray(place);
    };
    const auto row = [&](const char* name, const char* changes, const char* code,
                         const char* place) { raw(name, changed(kNeox, changes), code, place); };
    raw("M04 empty", "", "config.json", "");
    raw("M04 list", "[]", "config.json", "");
    raw("M04 text after", "{}x", "config.json", "");
    raw("M04 NaN", "{\"model_type\":\"gpt_neox\",\"layer_norm_eps\":NaN}", "config.json",
        "layer_norm_eps");
    raw("M04 Infinity", "{\"layer_norm_eps\":-Infinity}", "config.json", "layer_norm_eps");
    raw("M04 1e400", "{\"layer_norm_eps\":1e400}", "config.range", "layer_norm_eps");
    raw("M04 repeated", "{\"hidden_size\":1,\"hidden_size\":1}", "config.json", "hidden_size");
    raw("M04 not UTF-8", "{\"a\":\"\xFF\"}", "config.json", "a");
    raw("M04 no model_type", "{\"hidden_size\":1}", "config.key", "model_type");
    row("M04 unknown model_type", R"({"model_type":"bloom"})", "config.unsupported", "model_type");
    row("M04 no layers", R"({"num_hidden_layers":null})", "config.key", "num_hidden_layers");
    row("M04 -1 layers", R"({"num_hidden_layers":-1})", "config.range", "num_hidden_layers");
    row("M04 10^9 layers", R"({"num_hidden_layers":1000000000})", "config.range",
        "num_hidden_layers");
    raw("M04 2^64-1 layers",
        QByteArray(kNeox).replace("\"num_hidden_layers\":12",
                                  "\"num_hidden_layers\":18446744073709551615"),
        "config.range", "num_hidden_layers");
    row("M04 layers as text", R"({"num_hidden_layers":"12"})", "config.key", "num_hidden_layers");
    row("M04 layers fractional", R"({"num_hidden_layers":12.5})", "config.key",
        "num_hidden_layers");
    row("M04 hidden 0", R"({"hidden_size":0})", "config.range", "hidden_size");
    row("M04 heads not dividing", R"({"num_attention_heads":7})", "config.range",
        "num_attention_heads");
    row("head_dim of gpt_neox", R"({"head_dim":32})", "config.unsupported", "head_dim");
    row("activation", R"({"hidden_act":"mish"})", "config.unsupported", "hidden_act");
    row("epsilon 0", R"({"layer_norm_eps":0})", "config.range", "layer_norm_eps");
    row("flag as number", R"({"use_parallel_residual":1})", "config.key", "use_parallel_residual");
    row("quantized", R"({"quantization_config":{"bits":4}})", "config.unsupported",
        "quantization_config");
    row("encoder-decoder", R"({"is_encoder_decoder":true})", "config.unsupported",
        "is_encoder_decoder");
    row("experts", R"({"num_local_experts":8})", "config.unsupported", "num_local_experts");
    row("soft cap", R"({"final_logit_softcapping":30.0})", "config.unsupported",
        "final_logit_softcapping");
    row("alibi", R"({"alibi":true})", "config.unsupported", "alibi");
    row("longrope", R"({"rope_scaling":{"rope_type":"longrope"}})", "config.unsupported",
        "rope_scaling, rope_type");
    row("proportional", R"({"rope_parameters":{"rope_type":"proportional"}})", "config.unsupported",
        "rope_parameters, rope_type");
    row("cross attention", R"({"add_cross_attention":true})", "config.unsupported",
        "add_cross_attention");
    row("soft cap of attention", R"({"attn_logit_softcapping":50})", "config.unsupported",
        "attn_logit_softcapping");
    row("odd head, all of it rotating", R"({"hidden_size":36,"rotary_pct":1.0})",
        "config.unsupported", "rotary_pct");
    raw("dynamic with one pair",
        changed(kLlama, R"({"hidden_size":12,"rope_scaling":{"type":"dynamic","factor":2}})"),
        "config.unsupported", "rope_scaling");
    row("linear without factor", R"({"rope_scaling":{"type":"linear"}})", "config.key",
        "rope_scaling, factor");
    row("nothing rotates", R"({"rotary_pct":0.001})", "config.unsupported", "rotary_pct");
    row("share above 1", R"({"rotary_pct":1.5})", "config.range", "rotary_pct");
    row("theta negative", R"({"rotary_emb_base":-1})", "config.range", "rotary_emb_base");
    raw("partial rotary elsewhere",
        changed(kLlama, R"({"rope_parameters":{"partial_rotary_factor":0.5}})"),
        "config.unsupported", "rope_parameters/partial_rotary_factor");
    raw("kv heads", changed(kLlama, R"({"num_key_value_heads":4})"), "config.range",
        "num_key_value_heads");
    raw("sliding layers without a window",
        changed(kLlama, R"({"layer_types":["full_attention","sliding_attention"]})"),
        "config.unsupported", "sliding_window");
    raw("rotary parameters of sliding layers",
        changed(kLlama, R"({"layer_types":["full_attention","sliding_attention"],
                            "sliding_window":64,
                            "rope_parameters":{"full_attention":{"rope_theta":700}}})"),
        "config.unsupported", "rope_parameters");
    raw("layer types of another length", changed(kLlama, R"({"layer_types":["full_attention"]})"),
        "config.key", "layer_types");
    raw("other layers", changed(kLlama, R"({"layer_types":["full_attention","linear_attention"]})"),
        "config.unsupported", "layer_types");
    raw("smollm3 flags", changed(kLlama, R"({"model_type":"smollm3","num_key_value_heads":6,
                            "no_rope_layers":[1,2]})"),
        "config.range", "no_rope_layers");
    raw("gpt2 without n_embd", R"({"model_type":"gpt2","vocab_size":9})", "config.key", "n_embd");
    raw("gpt2 without n_positions",
        R"({"model_type":"gpt2","vocab_size":9,"n_embd":4,"n_layer":1,"n_head":1})", "config.key",
        "n_positions");
}

void TestModelConfigRefusals::bad() {
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, place);
    const auto config = parseModelConfig(json.toStdString(), "config.json");
    QVERIFY(!config);
    QCOMPARE(QByteArray::fromStdString(std::string(errorCodeText(config.error().code))), code);
    const QString where = QString::fromStdString(config.error().where);
    QVERIFY2(where.startsWith("config.json"), qPrintable(where));
    QVERIFY2(where.endsWith(QString::fromUtf8(place)), qPrintable(where));
    QVERIFY(config.error().what.size() <= 300);
    if (json.contains("NaN")) QVERIFY(config.error().hint.find("Python") != std::string::npos);
}

void TestModelConfigRefusals::hints_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("hint");
    const QByteArray whole(kNeox);
    const auto row = [](const char* name, const QByteArray& json, const char* hint) {
        QTest::newRow(name) << json << QByteArray(hint);
    };
    row("empty", "", "ends too early");
    row("cut after a value", whole.chopped(1), "ends too early");
    row("cut inside a key", whole.left(5), "ends too early");
    row("cut inside a number", whole.left(whole.indexOf("50304") + 2), "ends too early");
    row("cut inside a literal", "{\"tie_word_embeddings\":tr", "ends too early");
    row("NaN", "{\"a\":NaN}", "Python");
    row("Infinity", "{\"a\":[Infinity]}", "Python");
    row("-Infinity", "{\"a\":-Infinity}", "Python");
    row("comma", "{\"a\":1,}", "damaged");
    row("something behind", "{}x", "damaged");
    row("no UTF-8", "{\"a\":\"\xFF\"}", "damaged");
}

void TestModelConfigRefusals::hints() {
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, hint);
    const auto config = parseModelConfig(json.toStdString(), "config.json");
    QVERIFY(!config);
    QCOMPARE(config.error().code, ErrorCode::ConfigJson);
    QVERIFY2(QByteArray::fromStdString(config.error().hint).contains(hint),
             config.error().hint.c_str());
}

void TestModelConfigRefusals::deepAndLarge() {
    const auto code = [](const std::string& json) {
        const auto config = parseModelConfig(json, "config.json");
        return config ? ErrorCode::Internal : config.error().code;
    };
    const auto nested = [](std::size_t levels) {
        return "{\"x\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
    };
    QCOMPARE(code(nested(64)), ErrorCode::ConfigKey);  // parsed; the model_type is missing
    QCOMPARE(code(nested(65)), ErrorCode::JsonDepth);
    QCOMPARE(code(std::string(1 << 20, '[')), ErrorCode::JsonDepth);
    QCOMPARE(code(std::string((1 << 20) + 1, ' ')), ErrorCode::ConfigTooLarge);
    // M04: what stands behind a NUL byte is part of the file.
    QCOMPARE(code(nested(64) + std::string("\0x", 2)), ErrorCode::ConfigJson);
}

QTEST_GUILESS_MAIN(TestModelConfigRefusals)
#include "tst_model_config_refusals.moc"
