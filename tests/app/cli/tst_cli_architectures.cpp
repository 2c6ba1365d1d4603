// SPDX-License-Identifier: GPL-3.0-or-later

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <cstring>

#include "tests/app/cli/cli_runner.h"
#include "tests/support/test_data.h"

using namespace gridscope::test;

namespace {

QString text(const char* latin1) { return QString::fromLatin1(latin1); }

QByteArray read(const QString& file) {
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

QJsonObject readJson(const QString& file) { return QJsonDocument::fromJson(read(file)).object(); }

/// Header text and values of a float32 .npy (version 1).
struct FloatArray {
    QByteArray header;
    std::vector<float> values;
};

FloatArray readNpy(const QString& file) {
    constexpr qsizetype kPreamble = 10;
    const QByteArray bytes = read(file);
    if (!bytes.startsWith("\x93NUMPY\x01") || bytes.size() < kPreamble) return {};
    quint16 length = 0;
    std::memcpy(&length, bytes.constData() + 8, sizeof(length));
    FloatArray out{bytes.mid(kPreamble, length), {}};
    const QByteArray data = bytes.mid(kPreamble + length);
    out.values.resize(static_cast<std::size_t>(data.size()) / sizeof(float));
    std::memcpy(out.values.data(), data.constData(), out.values.size() * sizeof(float));
    return out;
}

QStringList evaluation(const QString& folder) {
    return {text("--tokens"),  folder + text("/input_ids.npy"),
            text("--windows"), text("all"),
            text("--length"),  text("24")};
}

}  // namespace

/// Every kind of model through the program, as a user runs it.
class TestCliArchitectures : public QObject {
    Q_OBJECT

private slots:
    void helpNamesTheArchitectures() {
        for (const char* command : {"scan", "probe", "score"}) {
            const CliResult help = runCli({text(command), text("--help")});
            QCOMPARE(help.exitCode, 0);
            for (const char* known :
                 {"gpt_neox", "gpt2", "llama", "olmo,", "olmo2", "qwen2", "qwen3", "smollm3"})
                QVERIFY2(help.out.contains(known), known);
        }
    }

    void score_data() {
        GRIDSCOPE_NEED_SHARED();
        QTest::addColumn<QString>("folder");
        const QDir arch(sharedData("arch"));
        const QStringList names = arch.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
        QCOMPARE(names.size(), 13);
        for (const QString& name : names) QTest::newRow(qPrintable(name)) << arch.filePath(name);
    }

    void score() {
        QFETCH(QString, folder);
        const QString dump = m_folder.filePath(text("logits.npy"));
        const CliResult result =
            runCli(QStringList{text("score"), folder, text("--json"), text("--dump-logits"), dump} +
                   evaluation(folder));
        QVERIFY2(result.exitCode == 0, result.error);
        const double ce = result.json()[text("ce")].toDouble();
        QVERIFY(std::fabs(ce - readJson(folder + text("/ce.json"))[text("mean_ce")].toDouble()) <=
                1e-5);
        QCOMPARE(result.json()[text("tokens")].toInt(), 46);

        const FloatArray got = readNpy(dump);
        const FloatArray want = readNpy(folder + text("/logits.npy"));
        const int vocabulary = readJson(folder + text("/config.json"))[text("vocab_size")].toInt();
        QVERIFY2(got.header.contains("'<f4'"), got.header);
        QVERIFY2(got.header.contains("(2, 24, " + QByteArray::number(vocabulary) + ")"),
                 got.header);
        QCOMPARE(got.values.size(), want.values.size());
        const double allowed = readJson(folder + text("/meta.json"))[text("tolerance")]
                                   .toObject()[text("logits_max_abs")]
                                   .toDouble();
        QVERIFY(allowed > 0.0);
        for (std::size_t i = 0; i < got.values.size(); ++i) {
            const double difference =
                std::fabs(static_cast<double>(got.values[i]) - static_cast<double>(want.values[i]));
            QVERIFY2(difference <= allowed, qPrintable(QString::number(difference)));
        }
    }

    void probe_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QStringList>("layers");  // of the first block, then the head
        QTest::newRow("gpt2") << text("gpt2_scales")
                              << QStringList{text("transformer.h.0.attn.c_attn.weight 72x24"),
                                             text("lm_head.weight 31x24")};
        QTest::newRow("llama") << text("llama_biases")
                               << QStringList{text("model.layers.0.self_attn.q_proj.weight 24x24"),
                                              text("lm_head.weight 31x24")};
        QTest::newRow("gpt_neox, tied")
            << text("gpt_neox_odd")
            << QStringList{text("gpt_neox.layers.0.attention.query_key_value.weight 144x48"),
                           text("embed_out.weight 31x48")};
    }

    void probe() {
        QFETCH(QString, name);
        QFETCH(QStringList, layers);
        const QString folder =
            QString::fromStdString((dataFolder() / "arch_variants").string()) + QChar('/') + name;
        const QString file = m_folder.filePath(name + text(".h5"));
        const CliResult probe =
            runCli(QStringList{text("probe"), folder, text("--out"), file, text("--scope"),
                               text("blocks+head"), text("--grid"), text("a4g8:minmax")} +
                   evaluation(folder));
        QVERIFY2(probe.exitCode == 0, probe.error);
        const CliResult show = runCli({text("show"), file, text("--json"), text("--layers")});
        QVERIFY2(show.exitCode == 0, show.error);
        const QJsonObject row = show.json()[text("checkpoints")].toArray()[0].toObject();
        QCOMPARE(row[text("status")].toString(), text("complete"));
        const double ce = row[text("fp32")].toObject()[text("ce")].toDouble();
        QVERIFY(std::fabs(ce - readJson(folder + text("/ce.json"))[text("mean_ce")].toDouble()) <=
                1e-5);
        const QJsonArray shown = row[text("layers")].toArray();
        const auto layer = [&](qsizetype index) {
            const QJsonObject object = shown[index].toObject();
            return QStringLiteral("%1 %2x%3")
                .arg(object[text("name")].toString())
                .arg(object[text("rows")].toInt())
                .arg(object[text("cols")].toInt());
        };
        QVERIFY(shown.size() > 8);
        QCOMPARE(layer(0), layers.front());
        QCOMPARE(layer(shown.size() - 1), layers.back());
    }

    void refusals_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("where");
        const QString folder =
            QString::fromStdString((dataFolder() / "arch_variants").string()) + QChar('/');
        QTest::newRow("train llama") << QStringList{text("train"),
                                                    text("--config"),
                                                    folder + text("llama_biases/config.json"),
                                                    text("--tokens"),
                                                    m_ids,
                                                    text("--dtype"),
                                                    text("u8"),
                                                    text("--out"),
                                                    m_folder.filePath(text("trained")),
                                                    text("--steps"),
                                                    text("1")}
                                     << text("model_type");
        for (const char* command : {"score", "probe"}) {
            QTest::addRow("%s beyond learned positions", command)
                << (QStringList{text(command), folder + text("gpt2_scales"), text("--tokens"),
                                m_ids, text("--dtype"), text("u8"), text("--windows"), text("1"),
                                text("--length"), text("25"), text("--json")} +
                    output(command))
                << text("n_positions");
            QTest::addRow("%s beyond the sliding window", command)
                << (QStringList{text(command), folder + text("qwen2_sliding"), text("--tokens"),
                                m_ids, text("--dtype"), text("u8"), text("--windows"), text("1"),
                                text("--length"), text("33"), text("--json")} +
                    output(command))
                << text("sliding_window");
        }
    }

    /// By name, with the exit code for input that cannot be used.
    void refusals() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, where);
        QFile ids(m_ids);
        QVERIFY(ids.open(QIODevice::WriteOnly));
        ids.write(QByteArray(256, '\x03'));
        ids.close();
        const CliResult result = runCli(arguments);
        QCOMPARE(result.exitCode, 4);
        if (arguments.contains(text("--json"))) {
            QCOMPARE(result.errorCode(), text("config.unsupported"));
            QCOMPARE(result.json()[text("error")].toObject()[text("where")].toString(), where);
        } else {
            QVERIFY2(result.error.contains(where.toLatin1()), result.error);
        }
    }

private:
    QStringList output(const char* command) const {
        if (QByteArray(command) != "probe") return {};
        return {text("--out"), m_folder.filePath(text("refused.h5"))};
    }

    QTemporaryDir m_folder;
    const QString m_ids = m_folder.filePath(text("ids.bin"));
};

QTEST_GUILESS_MAIN(TestCliArchitectures)
#include "tst_cli_architectures.moc"
