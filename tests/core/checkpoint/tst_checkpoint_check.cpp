// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <utility>

#include "core/checkpoint/checkpoint_check.h"

using namespace gridscope;

namespace {

constexpr const char* kNeox = R"({"model_type":"gpt_neox","vocab_size":50304,"hidden_size":768,
    "num_hidden_layers":12,"num_attention_heads":12,"intermediate_size":3072,"rotary_pct":0.25})";

std::vector<TensorInfo> tensorsOf(const ModelConfig& config) {
    std::vector<TensorInfo> tensors;
    for (const TensorSpec& spec : expectedTensors(config)) {
        TensorInfo info;
        info.name = spec.name;
        for (const std::int64_t size : spec.shape)
            info.shape.push_back(static_cast<std::uint64_t>(size));
        tensors.push_back(info);
    }
    return tensors;
}

ErrorCode checkCode(const ModelConfig& config, const std::vector<TensorInfo>& tensors) {
    const auto checked = checkTensors(config, tensors, "file");
    return checked ? ErrorCode::Internal : checked.error().code;
}

}  // namespace

class TestCheckpointCheck : public QObject {
    Q_OBJECT

private slots:
    void tiedHeads();
    void tensorMismatches();
};

void TestCheckpointCheck::tiedHeads() {
    ModelConfig config = parseModelConfig(kNeox, "config.json").value();
    std::vector<TensorInfo> all = tensorsOf(config);
    QCOMPARE(checkCode(config, all), ErrorCode::Internal);
    std::vector<TensorInfo> noHead(all.begin(), all.end() - 1);
    std::vector<TensorInfo> noEmbedding(all.begin() + 1, all.end());
    std::vector<TensorInfo> neither(all.begin() + 1, all.end() - 1);
    QCOMPARE(checkCode(config, noHead), ErrorCode::ModelTensors);
    QCOMPARE(checkCode(config, noEmbedding), ErrorCode::ModelTensors);
    config.tiedEmbeddings = true;
    QCOMPARE(checkCode(config, all), ErrorCode::Internal);
    QCOMPARE(checkCode(config, noHead), ErrorCode::Internal);
    QCOMPARE(checkCode(config, noEmbedding), ErrorCode::Internal);
    QCOMPARE(checkCode(config, neither), ErrorCode::ModelTensors);
    all.back().name = "lm_head.weight";
    QCOMPARE(checkCode(config, all), ErrorCode::Internal);
    QCOMPARE(*findTensor(all, config, expectedTensors(config).back()), all.size() - 1);
}

void TestCheckpointCheck::tensorMismatches() {
    const ModelConfig config = parseModelConfig(kNeox, "config.json").value();
    const std::vector<TensorInfo> all = tensorsOf(config);

    std::vector<TensorInfo> renamed = all;
    const std::string was = std::exchange(renamed[5].name, "gpt_neox.layers.0.extra");
    auto checked = checkTensors(config, renamed, "file");
    QVERIFY(!checked);
    QCOMPARE(checked.error().code, ErrorCode::ModelTensors);
    QVERIFY(checked.error().what.find(was) != std::string::npos);
    QVERIFY(checked.error().what.find("gpt_neox.layers.0.extra") != std::string::npos);

    checked = checkTensors(config, {}, "file");
    QVERIFY(!checked);
    QVERIFY(checked.error().what.size() <= 300);

    std::vector<TensorInfo> buffers = all;
    TensorInfo mask;
    mask.name = "gpt_neox.layers.3.attention.bias";
    mask.dtype = Dtype::Bool;
    buffers.push_back(mask);
    QCOMPARE(checkCode(config, buffers), ErrorCode::Internal);

    std::vector<TensorInfo> wrong = all;
    wrong[5].shape = {2304, 767};
    checked = checkTensors(config, wrong, "file");
    QVERIFY(!checked);
    QCOMPARE(checked.error().code, ErrorCode::ModelShape);
    QCOMPARE(checked.error().where, "file, " + all[5].name);
    QVERIFY(checked.error().what.find("[2304, 768]") != std::string::npos);
    QVERIFY(checked.error().what.find("[2304, 767]") != std::string::npos);

    wrong = all;
    wrong[5].dtype = Dtype::F8E4m3;
    QCOMPARE(checkCode(config, wrong), ErrorCode::SafetensorsDtype);
}

QTEST_GUILESS_MAIN(TestCheckpointCheck)
#include "tst_checkpoint_check.moc"
