// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "core/analysis/loss_log_tail.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

void put(const QString& file, const QByteArray& text, QIODevice::OpenMode mode) {
    QFile out(file);
    if (!out.open(mode)) qFatal("cannot write %s", qPrintable(file));
    out.write(text);
}
void append(const QString& file, const QByteArray& text) { put(file, text, QIODevice::Append); }
void write(const QString& file, const QByteArray& text) {
    put(file, text, QIODevice::WriteOnly | QIODevice::Truncate);
}

}  // namespace

class TestLossLog : public QObject {
    Q_OBJECT

private slots:
    void lines_data();
    void lines();
    void nulByte();
    void formats();
    void csvColumns();
    void trainerState();
    void growingFile();
    void replacedFile_data();
    void replacedFile();
    void halfWrittenState();
    void everyPrefixGivesTheSamePoints();
    void longAndBadLinesAreNamed();

private:
    QString file(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)); }
    QTemporaryDir m_folder;
};

void TestLossLog::lines_data() {
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("metric");
    QTest::addColumn<double>("step");  // -1: no point, -2: error
    QTest::addColumn<double>("loss");
    const auto row = [](const char* name, const char* line, const char* metric, double step,
                        double loss) {
        QTest::newRow(name) << QByteArray(line) << QString(metric) << step << loss;
    };
    row("plain", R"({"step": 10, "eval_loss": 2.5})", "", 10, 2.5);
    row("global step", R"({"global_step": 10, "val_loss": 2.5})", "", 10, 2.5);
    row("perplexity", R"({"step": 1, "eval_ppl": 20})", "", 1, std::log(20.0));
    row("loss before perplexity", R"({"step": 1, "eval_ppl": 20, "eval_loss": 2})", "", 1, 2);
    row("training loss is not taken", R"({"step": 1, "loss": 2})", "", -1, 0);
    row("unless named", R"({"step": 1, "loss": 2})", "loss", 1, 2);
    row("named perplexity", R"({"step": 1, "my_ppl": 10})", "my_ppl", 1, std::log(10.0));
    row("no step", R"({"eval_loss": 2})", "", -1, 0);
    row("null", R"({"step": 1, "eval_loss": null})", "", -1, 0);
    row("NaN of Python", R"({"step": 1, "eval_loss": NaN})", "", 1, NAN);
    row("infinity", R"({"eval_loss": Infinity, "step": 3})", "", 3, INFINITY);
    row("word in a text", R"({"note": "NaN \" NaN", "step": 3, "eval_loss": 1})", "", 3, 1);
    row("blank", "   ", "", -1, 0);
    row("windows end", "{\"step\":1,\"eval_loss\":2}\r", "", 1, 2);
    row("cut", R"({"step": 1, "eval_l)", "", -2, 0);
    row("no object", "[1, 2]", "", -2, 0);
    row("words", "epoch 3 done", "", -2, 0);
    QTest::newRow("deep") << QByteArray(100000, '[') << QString() << -2.0 << 0.0;
}

void TestLossLog::lines() {
    QFETCH(QByteArray, line);
    QFETCH(QString, metric);
    QFETCH(double, step);
    QFETCH(double, loss);
    LossLogReader reader(LossLogFormat::JsonLines, metric.toStdString());
    const auto point = reader.line(line.toStdString());
    QCOMPARE(point.hasValue(), step != -2);
    if (!point) {
        QCOMPARE(QString::fromStdString(point.error().where), QString("line 1"));
        return;
    }
    QCOMPARE(point->has_value(), step >= 0);
    if (!*point) return;
    QCOMPARE((*point)->step, step);
    if (std::isnan(loss))
        QVERIFY(std::isnan((*point)->loss));
    else
        QCOMPARE((*point)->loss, loss);
}

// What stands behind a NUL byte is part of the line.
void TestLossLog::nulByte() {
    LossLogReader reader(LossLogFormat::JsonLines, {});
    const auto found = reader.line(std::string_view("{\"step\":1,\"eval_loss\":2}\0x", 28));
    QVERIFY(!found);
    QCOMPARE(found.error().code, ErrorCode::JsonSyntax);
    QCOMPARE(found.error().where, std::string("line 1"));
}

void TestLossLog::formats() {
    QVERIFY(*lossLogFormat("a/b.jsonl") == LossLogFormat::JsonLines);
    QVERIFY(*lossLogFormat("x.csv") == LossLogFormat::Csv);
    QVERIFY(*lossLogFormat("trainer_state.json") == LossLogFormat::TrainerState);
    QVERIFY(!lossLogFormat("log.txt"));
    QVERIFY(!lossLogFormat("log"));
}

void TestLossLog::csvColumns() {
    LossLogReader reader(LossLogFormat::Csv, "");
    QVERIFY(!reader.line("# a remark")->has_value());
    QVERIFY(!reader.line("epoch,step,loss,eval_loss")->has_value());
    QVERIFY(!reader.line("1,100,3.0,")->has_value());
    const auto point = reader.line("1,200,3.0,2.9");
    QVERIFY(point && *point);
    QCOMPARE((*point)->step, 200.0);
    QCOMPARE((*point)->loss, 2.9);
    QCOMPARE(reader.found(), std::string("eval_loss"));
    const auto wrong = reader.line("1,300,3.0");
    QVERIFY(!wrong);
    QCOMPARE(wrong.error().code, ErrorCode::ReferenceFormat);
    QCOMPARE(wrong.error().where, std::string("line 5"));
}

void TestLossLog::trainerState() {
    const LossLogReader reader(LossLogFormat::TrainerState, "");
    const auto points = reader.document(
        R"({"best_metric": 1, "log_history": [{"loss": 3.1, "step": 10},
            {"eval_loss": 3.0, "step": 10}, 5, {"eval_loss": NaN, "step": 20}]})");
    GRIDSCOPE_VERIFY_OK(points);
    QCOMPARE(points->size(), std::size_t(2));
    QCOMPARE(points->front().loss, 3.0);
    QVERIFY(std::isnan(points->back().loss));
    QVERIFY(!reader.document(R"({"log_history": 3})"));
    QVERIFY(!reader.document(R"({"log_history": [)"));
}

void TestLossLog::growingFile() {
    const QString log = file("grow.jsonl");
    LossLogTail tail(systemFileOps(), log.toStdString(), LossLogFormat::JsonLines, "");
    QCOMPARE(tail.poll().error().code, ErrorCode::FileMissing);
    write(log, "{\"step\":1,\"eval_loss\":3}\n{\"step\":2,\"eval");
    QCOMPARE(tail.poll()->points.size(), std::size_t(1));
    QCOMPARE(tail.poll()->points.size(), std::size_t(0));
    append(log, "_loss\":2.5}\n{\"step\":3,\"eval_loss\":2}");
    const auto second = tail.poll();
    QCOMPARE(second->points.size(), std::size_t(1));
    QCOMPARE(second->points[0].loss, 2.5);
    QVERIFY(!second->restarted);
    // No line end will come any more.
    QCOMPARE(tail.finish()->points.size(), std::size_t(1));
}

void TestLossLog::replacedFile_data() {
    QTest::addColumn<QString>("how");
    for (const char* how : {"cut", "rewritten longer", "another file"})
        QTest::newRow(how) << QString(how);
}

void TestLossLog::replacedFile() {
    QFETCH(QString, how);
    const QString log = file("replaced.csv");
    QFile::remove(log);
    write(log, "step,eval_loss\n1,3\n2,2\n");
    LossLogTail tail(systemFileOps(), log.toStdString(), LossLogFormat::Csv, "");
    QCOMPARE(tail.poll()->points.size(), std::size_t(2));
    if (how == "cut") write(log, "step,eval_loss\n7,1\n");
    if (how == "rewritten longer")
        write(log, "step,train,eval_loss\n7,0,1\n8,0,1\n9,0,1\n10,0,1\n");
    if (how == "another file") {
        QVERIFY(QFile::rename(log, file("rotated.csv")));
        QCOMPARE(tail.poll().error().code, ErrorCode::FileMissing);
        write(log, "step,eval_loss\n1,3\n2,2\n7,1\n");
        QVERIFY(QFile::remove(file("rotated.csv")));
    }
    const auto news = tail.poll();
    GRIDSCOPE_VERIFY_OK(news);
    QVERIFY(news->restarted);
    QVERIFY(news->badLines.empty());
    QVERIFY(news->points.back().loss == 1.0);
    QVERIFY(!tail.poll()->restarted);
}

void TestLossLog::halfWrittenState() {
    const QString log = file("trainer_state.json");
    LossLogTail tail(systemFileOps(), log.toStdString(), LossLogFormat::TrainerState, "");
    write(log, R"({"log_history": [{"eval_loss": 3, "st)");
    const auto half = tail.poll();
    QVERIFY(half && half->points.empty() && half->badLines.size() == 1);
    write(log, R"({"log_history": [{"eval_loss": 3, "step": 5}]})");
    QCOMPARE(tail.poll()->points.size(), std::size_t(1));
    QVERIFY(tail.poll()->points.empty());  // unchanged
}

// Whatever the moments of reading, the points are those of the whole file.
void TestLossLog::everyPrefixGivesTheSamePoints() {
    QByteArray text;
    for (int i = 1; i <= 6; ++i)
        text += "{\"step\":" + QByteArray::number(i) +
                ",\"eval_loss\":" + QByteArray::number(9 - i) + "}\n";
    for (qsizetype cut = 0; cut <= text.size(); ++cut) {
        const QString log = file("prefix.jsonl");
        write(log, text.left(cut));
        LossLogTail tail(systemFileOps(), log.toStdString(), LossLogFormat::JsonLines, "");
        std::vector<LossPoint> points = tail.poll()->points;
        append(log, text.mid(cut));
        const auto rest = tail.poll();
        QVERIFY(!rest->restarted && rest->badLines.empty());
        points.insert(points.end(), rest->points.begin(), rest->points.end());
        QCOMPARE(points.size(), std::size_t(6));
        for (std::size_t i = 0; i < 6; ++i) QCOMPARE(points[i].step, double(i + 1));
    }
}

void TestLossLog::longAndBadLinesAreNamed() {
    const QString log = file("long.jsonl");
    write(log, QByteArray(3 << 20, 'x') + "\n{\"step\":1,\"eval_loss\":3}\nbroken\n");
    LossLogTail tail(systemFileOps(), log.toStdString(), LossLogFormat::JsonLines, "");
    const auto news = tail.poll();
    GRIDSCOPE_VERIFY_OK(news);
    QCOMPARE(news->points.size(), std::size_t(1));
    QCOMPARE(news->badLines.size(), std::size_t(2));
    QVERIFY(news->badLines[1].where.ends_with("long.jsonl, line 3"));
}

QTEST_GUILESS_MAIN(TestLossLog)
#include "tst_loss_log.moc"
