// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <set>

#include "core/analysis/reference_table.h"
#include "tests/support/test_data.h"

using namespace gridscope;

namespace {

std::filesystem::path referenceFolder() {
    return test::dataFolder().parent_path().parent_path() / "resources/reference";
}

QString codeOf(const Error& error) {
    return QString::fromStdString(std::string(errorCodeText(error.code)));
}

}  // namespace

class TestReferenceTable : public QObject {
    Q_OBJECT

private slots:
    void remarksAndCells();
    void quotesAndLineEnds();
    void badTables_data();
    void badTables();
    void columnErrors();
    void missingFile();
    void shippedTables_data();
    void shippedTables();
    void tableOneAsPrinted();
    void tableTwoAsPrinted();
    void lambadaEqualsItsSource();
    void trainingMapsEqualTheirSource();
};

void TestReferenceTable::remarksAndCells() {
    const auto table = parseReferenceTable(
        "# title: T: a\n# source: S1\n#source:S2\n# note: N\n# licence: L\n# changes: C\n"
        "# just a comment\n\nstep,value\n0,\n10, 2.5\n#3,4\n",
        "t.csv");
    GRIDSCOPE_VERIFY_OK(table);
    QCOMPARE(table->title, std::string("T: a"));
    QCOMPARE(table->sources, (std::vector<std::string>{"S1", "S2"}));
    QCOMPARE(table->notes, std::vector<std::string>{"N"});
    QCOMPARE(table->licence, std::string("L"));
    QCOMPARE(table->changes, std::string("C"));
    QCOMPARE(table->columns, (std::vector<std::string>{"step", "value"}));
    QCOMPARE(table->rows.size(), std::size_t(3));
    QCOMPARE(table->lines, (std::vector<int>{10, 11, 12}));
    const auto values = table->numbers("value");
    GRIDSCOPE_VERIFY_OK(values);
    QVERIFY(std::isnan(values->at(0)));
    QCOMPARE(values->at(1), 2.5);
    const auto part = table->where("step", "10");
    GRIDSCOPE_VERIFY_OK(part);
    QCOMPARE(part->lines, std::vector<int>{11});
    QCOMPARE(part->sources.size(), std::size_t(2));
}

void TestReferenceTable::quotesAndLineEnds() {
    const auto table = parseReferenceTable(
        "\xEF\xBB\xBF"
        "a,\"b,c\"\r\n\"x\"\"y\",\r\n,z",
        "t");
    GRIDSCOPE_VERIFY_OK(table);
    QCOMPARE(table->columns, (std::vector<std::string>{"a", "b,c"}));
    QCOMPARE(table->rows[0], (std::vector<std::string>{"x\"y", ""}));
    QCOMPARE(table->rows[1], (std::vector<std::string>{"", "z"}));
}

void TestReferenceTable::badTables_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("where");
    QTest::newRow("empty") << QByteArray() << "t";
    QTest::newRow("remarks only") << QByteArray("# source: x\n") << "t";
    QTest::newRow("short row") << QByteArray("a,b\n1,2\n3\n") << "t, line 3";
    QTest::newRow("long row") << QByteArray("a,b\n1,2,3\n") << "t, line 2";
    QTest::newRow("open quote") << QByteArray("a\n\"1\n") << "t, line 2";
    QTest::newRow("text behind quote") << QByteArray("a\n\"1\"2\n") << "t, line 2";
    QTest::newRow("repeated column") << QByteArray("a,b,a\n") << "t, line 1";
    QTest::newRow("unnamed column") << QByteArray("a,,b\n") << "t, line 1";
    QTest::newRow("too many columns")
        << QByteArray("a").append(QByteArray(300, ',')) << "t, line 1";
}

void TestReferenceTable::badTables() {
    QFETCH(QByteArray, text);
    QFETCH(QString, where);
    const auto table = parseReferenceTable(text.toStdString(), "t");
    QVERIFY(!table);
    QCOMPARE(codeOf(table.error()), QString("reference.format"));
    QCOMPARE(QString::fromStdString(table.error().where), where);
}

void TestReferenceTable::columnErrors() {
    const auto table = parseReferenceTable("# source: x\na,b\n1,two\n", "t");
    GRIDSCOPE_VERIFY_OK(table);
    QCOMPARE(codeOf(table->texts("c").error()), QString("reference.column"));
    QCOMPARE(codeOf(table->where("c", "1").error()), QString("reference.column"));
    const auto numbers = table->numbers("b");
    QVERIFY(!numbers);
    QCOMPARE(codeOf(numbers.error()), QString("reference.format"));
    QCOMPARE(numbers.error().where, std::string("t, line 3"));
}

void TestReferenceTable::missingFile() {
    const auto table = readReferenceTable(systemFileOps(), referenceFolder() / "absent.csv");
    QVERIFY(!table);
    QCOMPARE(codeOf(table.error()), QString("file.missing"));
}

void TestReferenceTable::shippedTables_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("rows");
    QTest::addColumn<bool>("apache");
    QTest::newRow("table 1") << "table1.csv" << 10 << false;
    QTest::newRow("table 2") << "table2.csv" << 4 << false;
    QTest::newRow("LAMBADA") << "pythia_lambada.csv" << 477 << true;
    QTest::newRow("maps") << "polypythias_training_maps.csv" << 270 << true;
}

void TestReferenceTable::shippedTables() {
    QFETCH(QString, file);
    QFETCH(int, rows);
    QFETCH(bool, apache);
    const auto table = readReferenceTable(systemFileOps(), referenceFolder() / file.toStdString());
    GRIDSCOPE_VERIFY_OK(table);
    QCOMPARE(static_cast<int>(table->rows.size()), rows);
    QVERIFY(!table->title.empty() && !table->sources.empty() && !table->notes.empty());
    const QString licence = QString::fromStdString(table->licence);
    QCOMPARE(licence.contains("Apache-2.0") && licence.contains("EleutherAI"), apache);
    QCOMPARE(!table->changes.empty(), apache);
}

void TestReferenceTable::tableOneAsPrinted() {
    const auto table = readReferenceTable(systemFileOps(), referenceFolder() / "table1.csv");
    GRIDSCOPE_VERIFY_OK(table);
    const auto steps = table->numbers("step");
    const auto gap = table->numbers("a4g128:minmax.gap_percent");
    const auto ppl = table->numbers("fp32_ppl");
    const auto int8 = table->numbers("s8channel:absmax.gap_percent");
    const auto rate = table->numbers("learning_rate_percent");
    GRIDSCOPE_VERIFY_OK(steps);
    GRIDSCOPE_VERIFY_OK(gap);
    GRIDSCOPE_VERIFY_OK(ppl);
    GRIDSCOPE_VERIFY_OK(int8);
    GRIDSCOPE_VERIFY_OK(rate);
    QCOMPARE(*gap, (std::vector<double>{1.7, 5.9, 6.8, 9.1, 11.4, 12.7, 19.1, 47.0, 158.4, 517.1}));
    QCOMPARE(steps->at(5), 77000.0);
    QCOMPARE(ppl->at(5), 33.4);
    QCOMPARE(int8->back(), 0.79);
    QCOMPARE(rate->at(1), 99.9);
}

void TestReferenceTable::tableTwoAsPrinted() {
    const auto table = readReferenceTable(systemFileOps(), referenceFolder() / "table2.csv");
    GRIDSCOPE_VERIFY_OK(table);
    const auto gap = table->numbers("gap_percent");
    const auto wins = table->numbers("wins");
    GRIDSCOPE_VERIFY_OK(gap);
    GRIDSCOPE_VERIFY_OK(wins);
    QCOMPARE(*gap, (std::vector<double>{12.3, 16.7, 5.3, 11.5}));
    QVERIFY(std::isnan(wins->at(0)));
    QCOMPARE(wins->at(1), 0.0);
    QCOMPARE(wins->at(2), 6.0);
}

void TestReferenceTable::lambadaEqualsItsSource() {
    GRIDSCOPE_NEED_SHARED();
    const auto ours = readReferenceTable(systemFileOps(), referenceFolder() / "pythia_lambada.csv");
    const auto source = readReferenceTable(
        systemFileOps(), test::sharedFolder() / "data/pythia_v1_zeroshot_lambada.csv");
    GRIDSCOPE_VERIFY_OK(ours);
    GRIDSCOPE_VERIFY_OK(source);
    QCOMPARE(ours->columns, source->columns);
    QCOMPARE(ours->rows, source->rows);
    const auto models = ours->texts("model");
    GRIDSCOPE_VERIFY_OK(models);
    QCOMPARE(std::set<std::string>(models->begin(), models->end()).size(), std::size_t(19));
}

void TestReferenceTable::trainingMapsEqualTheirSource() {
    GRIDSCOPE_NEED_SHARED();
    const auto ours =
        readReferenceTable(systemFileOps(), referenceFolder() / "polypythias_training_maps.csv");
    GRIDSCOPE_VERIFY_OK(ours);
    QFile file(QString::fromStdString(
        (test::sharedFolder() / "data/polypythias_training_maps.tsv").string()));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = file.readAll().trimmed().split('\n');
    QCOMPARE(lines.size() - 1, static_cast<qsizetype>(ours->rows.size()));
    const auto column = [&](const char* name) { return ours->texts(name).value(); };
    const auto scores = column("score");
    const auto states = column("state");
    const auto steps = column("step");
    const auto seeds = column("seed");
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const QList<QByteArray> cells = lines[static_cast<qsizetype>(i) + 1].split('\t');
        QCOMPARE(QByteArray::fromStdString(scores[i]), cells[1]);
        QCOMPARE(QByteArray::fromStdString(states[i]), cells[2]);
        QCOMPARE(QByteArray::fromStdString(steps[i]), cells[3]);
        QCOMPARE(QByteArray::fromStdString(seeds[i]), cells[4]);
    }
}

QTEST_GUILESS_MAIN(TestReferenceTable)
#include "tst_reference_table.moc"
