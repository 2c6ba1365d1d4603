// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include <set>

#include "core/quant/grid.h"
#include "tests/support/test_data.h"

using namespace gridscope;

class TestGrid : public QObject {
    Q_OBJECT

private slots:
    void readsIds_data();
    void readsIds();
    void refuses_data();
    void refuses();
    void everyCombinationSurvivesItsId();
    void presetsAreValid();
    void namesWhatPeopleCallIt_data();
    void namesWhatPeopleCallIt();
    void groupLengths();
};

void TestGrid::readsIds_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("id");
    QTest::newRow("paper int4") << "int4"
                                << "a4g128:minmax";
    QTest::newRow("paper int8") << "int8"
                                << "s8channel:absmax";
    QTest::newRow("int3") << "int3"
                          << "a3g128:minmax";
    QTest::newRow("int2") << "int2"
                          << "a2g128:minmax";
    QTest::newRow("gptq") << "gptq-int4"
                          << "a4g128:gptq";
    QTest::newRow("gptq sym") << "gptq-sym-int4"
                              << "s4g128:gptq";
    QTest::newRow("awq") << "awq-int4"
                         << "a4g128:awq";
    QTest::newRow("tinygemm") << "tinygemm-int4"
                              << "a4g128:float-zero";
    QTest::newRow("q4_0") << "q4_0"
                          << "s4g32:q4_0";
    QTest::newRow("q4_1") << "q4_1"
                          << "a4g32:q4_1";
    QTest::newRow("q8_0") << "q8_0"
                          << "s8g32:q8_0";
    QTest::newRow("torchao") << "torchao-int8"
                             << "s8channel:torchao";
    QTest::newRow("nf4") << "nf4"
                         << "nf4g64";
    QTest::newRow("default asymmetric") << "a4g128"
                                        << "a4g128:minmax";
    QTest::newRow("default symmetric") << "s8channel"
                                       << "s8channel:absmax";
    QTest::newRow("tensor") << "a6tensor"
                            << "a6tensor:minmax";
    QTest::newRow("phase of default") << "a4g128~phase"
                                      << "a4g128:minmax~phase";
    QTest::newRow("noise of preset") << "int4~noise"
                                     << "a4g128:minmax~noise";
    QTest::newRow("noise of nf4") << "nf4g64~noise"
                                  << "nf4g64~noise";
    QTest::newRow("group of 1") << "a2g1:minmax"
                                << "a2g1:minmax";
    QTest::newRow("group of 7") << "a2g7:awq"
                                << "a2g7:awq";
    QTest::newRow("group of 2^31") << "s5g2147483648"
                                   << "s5g2147483648:absmax";
}

void TestGrid::readsIds() {
    QFETCH(QString, text);
    QFETCH(QString, id);
    const Expected<Grid> grid = parseGrid(text.toStdString());
    GRIDSCOPE_VERIFY_OK(grid);
    QCOMPARE(QString::fromStdString(gridId(*grid)), id);
}

void TestGrid::refuses_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("code");
    const auto syntax = QStringLiteral("settings.syntax");
    const auto range = QStringLiteral("settings.range");
    QTest::newRow("empty") << "" << syntax;
    QTest::newRow("word") << "int5" << syntax;
    QTest::newRow("no bits") << "ag128" << syntax;
    QTest::newRow("no group") << "a4" << syntax;
    QTest::newRow("no size") << "a4g" << syntax;
    QTest::newRow("negative size") << "a4g-1" << syntax;
    QTest::newRow("trailing") << "a4g128x" << syntax;
    QTest::newRow("empty dialect") << "a4g128:" << syntax;
    QTest::newRow("unknown dialect") << "a4g128:magic" << syntax;
    QTest::newRow("unknown control") << "a4g128~chaos" << syntax;
    QTest::newRow("control before dialect") << "a4g128~phase:minmax" << syntax;
    QTest::newRow("nf4 with dialect") << "nf4g64:minmax" << syntax;
    QTest::newRow("upper case") << "A4g128" << syntax;
    QTest::newRow("W08 1 bit") << "a1g128" << range;
    QTest::newRow("W08 9 bits") << "a9g128" << range;
    QTest::newRow("W08 16 bits") << "s16channel" << range;
    QTest::newRow("W08 huge bits") << "a99999999999999999999999g128" << range;
    QTest::newRow("W08 size 0") << "a4g0" << range;
    QTest::newRow("W08 size 2^32") << "a4g4294967296" << range;
    QTest::newRow("W08 size beyond 64 bits") << "a4g99999999999999999999" << range;
    QTest::newRow("W08 nf4 size 0") << "nf4g0" << range;
    QTest::newRow("symmetric minmax") << "s4g128:minmax" << range;
    QTest::newRow("asymmetric absmax") << "a4g128:absmax" << range;
    QTest::newRow("q4_0 of 8 bits") << "s8g32:q4_0" << range;
    QTest::newRow("q8_0 of 4 bits") << "s4g32:q8_0" << range;
    QTest::newRow("symmetric q4_1") << "s4g32:q4_1" << range;
    QTest::newRow("phase of nf4") << "nf4g64~phase" << range;
}

void TestGrid::refuses() {
    QFETCH(QString, text);
    QFETCH(QString, code);
    const Expected<Grid> grid = parseGrid(text.toStdString());
    QVERIFY(!grid);
    const std::string_view found = errorCodeText(grid.error().code);
    QCOMPARE(QString::fromUtf8(found.data(), static_cast<qsizetype>(found.size())), code);
    QVERIFY(!grid.error().what.empty());
    QVERIFY(!grid.error().hint.empty());
}

void TestGrid::everyCombinationSurvivesItsId() {
    std::set<std::string> ids;
    std::set<std::string> names;
    for (const int bits : {2, 3, 4, 5, 6, 8}) {
        for (const char* sign : {"a", "s"}) {
            for (const char* group : {"g32", "g64", "g128", "g256", "channel", "tensor"}) {
                const Expected<Grid> grid = parseGrid(sign + std::to_string(bits) + group);
                GRIDSCOPE_VERIFY_OK(grid);
                const Expected<Grid> again = parseGrid(gridId(*grid));
                GRIDSCOPE_VERIFY_OK(again);
                QVERIFY(*again == *grid);
                ids.insert(gridId(*grid));
                names.insert(gridDisplayName(*grid));
            }
        }
    }
    QCOMPARE(ids.size(), std::size_t{72});
    QCOMPARE(names.size(), std::size_t{72});
}

void TestGrid::presetsAreValid() {
    QCOMPARE(gridPresets().size(), std::size_t{13});
    for (const GridPreset& preset : gridPresets()) {
        const Expected<Grid> byName = parseGrid(preset.name);
        GRIDSCOPE_VERIFY_OK(byName);
        QCOMPARE(gridId(*byName), std::string(preset.id));
        QVERIFY(!preset.note.empty());
    }
}

void TestGrid::namesWhatPeopleCallIt_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("name");
    QTest::newRow("int4") << "int4"
                          << "INT4";
    QTest::newRow("int8") << "int8"
                          << "INT8";
    QTest::newRow("int2") << "int2"
                          << "INT2";
    QTest::newRow("nf4") << "nf4"
                         << "NF4";
    QTest::newRow("other group") << "a4g32"
                                 << "INT4 asym g32";
    QTest::newRow("other scheme of 8 bits") << "a8g128"
                                            << "INT8 asym g128";
    QTest::newRow("channel") << "s4channel"
                             << "INT4 sym per channel";
    QTest::newRow("awq") << "awq-int4"
                         << "INT4 asym g128 awq";
    QTest::newRow("control") << "int4~phase"
                             << "INT4, random phase";
}

void TestGrid::namesWhatPeopleCallIt() {
    QFETCH(QString, id);
    QFETCH(QString, name);
    const Expected<Grid> grid = parseGrid(id.toStdString());
    GRIDSCOPE_VERIFY_OK(grid);
    QCOMPARE(QString::fromStdString(gridDisplayName(*grid)), name);
}

// W06: widths below the group size and no multiple of it.
void TestGrid::groupLengths() {
    QCOMPARE(parseGrid("a4g128")->groupLength(96, 960), std::uint64_t{96});
    QCOMPARE(parseGrid("a4g128")->groupLength(352, 3520), std::uint64_t{128});
    QCOMPARE(parseGrid("a4channel")->groupLength(352, 3520), std::uint64_t{352});
    QCOMPARE(parseGrid("a4tensor")->groupLength(352, 3520), std::uint64_t{3520});
    QCOMPARE(parseGrid("nf4g64")->groupLength(32, 3520), std::uint64_t{64});
}

QTEST_GUILESS_MAIN(TestGrid)
#include "tst_grid.moc"
