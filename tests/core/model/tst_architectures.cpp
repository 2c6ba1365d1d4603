// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>

#include "core/model/architecture.h"
#include "core/model/worker_thread.h"
#include "tests/core/model/model_fixture.h"
#include "tests/support/test_data.h"

using namespace gridscope;
namespace fs = std::filesystem;

namespace {

// Rounding of the forward pass of such models, by formats.md 7.2; the reference folders allow more.
constexpr double kParity = 3e-5;

/// Folders with a configuration, weights, ids and logits: those beside the checkout and our own.
std::vector<fs::path> referenceFolders() {
    std::vector<fs::path> roots{test::dataFolder() / "arch_variants"};
    if (!test::sharedFolder().empty()) roots.push_back(test::sharedFolder() / "data" / "arch");
    std::vector<fs::path> folders;
    for (const fs::path& root : roots) {
        for (const auto& entry : fs::directory_iterator(root)) {
            if (entry.is_directory()) folders.push_back(entry.path());
        }
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

EvalWindows windowsOf(const fs::path& folder, std::uint64_t length = 24) {
    return test::readWindows(folder / "input_ids.npy", {.count = std::nullopt, .length = length});
}

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
    return largest;
}

}  // namespace

/// Every kind of model against the logits of the Hugging Face implementation.
class TestArchitectures : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void everyArchitectureHasAReference();
    void logitsAgreeWithTheReference_data();
    void logitsAgreeWithTheReference();
    void spellingsAreBitEqual_data();
    void spellingsAreBitEqual();
    void dynamicWithinTheContextIsPlain();
    void positionsMatterWhereTheyShould();
    void tooLongWindows_data();
    void tooLongWindows();

private:
    /// A copy of `folder` with another configuration.
    fs::path variant(const fs::path& folder, const QJsonObject& config) {
        const fs::path copy =
            fs::path(m_temporary.path().toStdString()) / ("variant" + std::to_string(m_variants++));
        fs::create_directories(copy);
        fs::copy_file(folder / "model.safetensors", copy / "model.safetensors");
        test::writeJson(copy / "config.json", config);
        return copy;
    }

    QTemporaryDir m_temporary;
    int m_variants = 0;
};

void TestArchitectures::initTestCase() {
    const auto engine = initEngine();
    GRIDSCOPE_VERIFY_OK(engine);
    initWorkerThread(0);
}

void TestArchitectures::everyArchitectureHasAReference() {
    GRIDSCOPE_NEED_SHARED();
    QStringList missing = QString::fromStdString(supportedModelTypes()).split(QStringLiteral(", "));
    QCOMPARE(missing.size(), 8);
    for (const fs::path& folder : referenceFolders())
        missing.removeAll(
            test::readJson(folder / "config.json")[QStringLiteral("model_type")].toString());
    QVERIFY2(missing.isEmpty(), qPrintable(missing.join(QChar(' '))));
}

void TestArchitectures::logitsAgreeWithTheReference_data() {
    QTest::addColumn<QString>("folder");
    for (const fs::path& folder : referenceFolders())
        QTest::newRow(folder.filename().c_str()) << QString::fromStdString(folder.string());
    if (test::sharedFolder().empty())
        qWarning("SKIPPED: the reference folders of ../shared are not beside this checkout");
}

void TestArchitectures::logitsAgreeWithTheReference() {
    QFETCH(QString, folder);
    const fs::path path = folder.toStdString();
    const auto weights = test::loadModel(path);
    QVERIFY(weights->warnings().empty());
    const EvalWindows windows = windowsOf(path);
    const std::vector<float> logits = test::logitsOf(weights, windows);
    QCOMPARE(logits.size(),
             windows.ids.size() * static_cast<std::size_t>(weights->config().vocabularyRows));
    const std::vector<float> expected = test::lastFloats(path / "logits.npy", logits.size());
    const double difference = largestDifference(logits, expected);
    qInfo("largest difference of logits %.1e", difference);
    // kParity is how far the program may lie from exact arithmetic; the reference, in FP32 too,
    // lies off by what its meta.json says. Processors with AVX2 only round other sums than AVX-512
    // does.
    double ofReference = 0.0;
    if (fs::exists(path / "meta.json")) {
        ofReference =
            test::readJson(path / "meta.json")[QStringLiteral("fp32_vs_fp64_max_abs_diff")]
                .toDouble();
        QVERIFY(ofReference > 0.0 && ofReference < kParity);
    }
    QVERIFY2(difference <= kParity + ofReference, qPrintable(QString::number(difference)));

    const double ce = test::mean(test::nllOf(weights, windows), windows);
    const double expectedCe =
        test::readJson(path / "ce.json")[QStringLiteral("mean_ce")].toDouble();
    QVERIFY2(std::fabs(ce - expectedCe) <= 1e-5, qPrintable(QString::number(ce - expectedCe)));
}

void TestArchitectures::spellingsAreBitEqual_data() {
    GRIDSCOPE_NEED_SHARED();
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("spelling");
    int rows = 0;
    for (const fs::path& folder : referenceFolders()) {
        for (const auto& file : fs::directory_iterator(folder)) {
            const std::string name = file.path().filename().string();
            if (!name.starts_with("config_")) continue;
            QTest::newRow((folder.filename() / name).c_str())
                << QString::fromStdString(folder.string()) << QString::fromStdString(name);
            ++rows;
        }
    }
    QCOMPARE(rows, 15);
}

void TestArchitectures::spellingsAreBitEqual() {
    QFETCH(QString, folder);
    QFETCH(QString, spelling);
    const fs::path path = folder.toStdString();
    const fs::path other = variant(path, test::readJson(path / spelling.toStdString()));
    const EvalWindows windows = windowsOf(path);
    QVERIFY(test::logitsOf(test::loadModel(path), windows) ==
            test::logitsOf(test::loadModel(other), windows));
}

void TestArchitectures::dynamicWithinTheContextIsPlain() {
    const fs::path folder = test::dataFolder() / "arch_variants" / "llama_dynamic";
    QJsonObject config = test::readJson(folder / "config.json");
    const int context = config[QStringLiteral("max_position_embeddings")].toInt();
    QCOMPARE(context, 16);
    config.remove(QStringLiteral("rope_scaling"));
    const auto dynamic = test::loadModel(folder);
    const auto plain = test::loadModel(variant(folder, config));
    // Up to the trained context the two are one model, one token beyond it they are not.
    const auto flat = [&](std::uint64_t length) {
        EvalWindows windows = windowsOf(folder);
        windows.ids.resize(length);
        windows.count = 1;
        windows.length = length;
        return windows;
    };
    QVERIFY(test::logitsOf(dynamic, flat(16)) == test::logitsOf(plain, flat(16)));
    QVERIFY(largestDifference(test::logitsOf(dynamic, flat(17)), test::logitsOf(plain, flat(17))) >
            1e-3);
}

/// The references would notice: without its setting each of these models gives other logits.
void TestArchitectures::positionsMatterWhereTheyShould() {
    struct Change {
        const char* folder;
        const char* key;
        QJsonValue value;
    };
    const auto yarn = [](const char* folder, const char* key, const QJsonValue& value) {
        QJsonObject scaling = test::readJson(test::dataFolder() / "arch_variants" / folder /
                                             "config.json")[QStringLiteral("rope_scaling")]
                                  .toObject();
        scaling[QString::fromLatin1(key)] = value;
        return Change{folder, "rope_scaling", scaling};
    };
    for (const Change& change :
         {yarn("llama_yarn", "factor", 2.0),
          yarn("llama_yarn", "original_max_position_embeddings", 32),
          yarn("llama_yarn", "attention_factor", 1.0), yarn("llama_yarn_mscale", "truncate", true),
          yarn("llama_yarn_mscale", "mscale", 1.0), yarn("llama_yarn_mscale", "beta_fast", 2.0),
          yarn("llama_dynamic", "factor", 2.0), Change{"gpt2_scales", "scale_attn_weights", true},
          Change{"gpt2_scales", "scale_attn_by_inverse_layer_idx", false},
          Change{"gpt_neox_odd", "rotary_pct", 8.0 / 24.0}}) {
        const fs::path folder = test::dataFolder() / "arch_variants" / change.folder;
        QJsonObject config = test::readJson(folder / "config.json");
        config[QString::fromLatin1(change.key)] = change.value;
        const EvalWindows windows = windowsOf(folder);
        const double difference =
            largestDifference(test::logitsOf(test::loadModel(folder), windows),
                              test::logitsOf(test::loadModel(variant(folder, config)), windows));
        QVERIFY2(difference > 100.0 * kParity, change.folder);
    }
}

void TestArchitectures::tooLongWindows_data() {
    QTest::addColumn<QString>("folder");
    QTest::addColumn<int>("fits");
    QTest::addColumn<QString>("where");
    QTest::newRow("learned positions")
        << QStringLiteral("gpt2_scales") << 24 << QStringLiteral("n_positions");
    QTest::newRow("sliding window")
        << QStringLiteral("qwen2_sliding") << 32 << QStringLiteral("sliding_window");
    QTest::newRow("rotary positions go on") << QStringLiteral("llama_biases") << 70 << QString();
}

void TestArchitectures::tooLongWindows() {
    QFETCH(QString, folder);
    QFETCH(int, fits);
    QFETCH(QString, where);
    const fs::path path = test::dataFolder() / "arch_variants" / folder.toStdString();
    const auto weights = test::loadModel(path);
    for (const int length : {fits, fits + 1}) {
        EvalWindows windows;
        windows.count = 1;
        windows.length = static_cast<std::uint64_t>(length);
        windows.ids.assign(windows.length, 7);
        Scorer scorer(weights, windows, {}, {});
        const auto states = scorer.hidden({});
        if (length == fits || where.isEmpty()) {
            GRIDSCOPE_VERIFY_OK(states);
        } else {
            QVERIFY(!states);
            QCOMPARE(states.error().code, ErrorCode::ConfigUnsupported);
            QCOMPARE(QString::fromStdString(states.error().where), where);
            QVERIFY(states.error().hint.find(std::to_string(fits)) != std::string::npos);
        }
    }
}

QTEST_GUILESS_MAIN(TestArchitectures)
#include "tst_architectures.moc"
