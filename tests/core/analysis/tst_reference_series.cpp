// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <set>

#include "core/analysis/reference_series.h"
#include "tests/support/test_data.h"

using namespace gridscope;

class TestReferenceSeries : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        auto loaded =
            loadReferenceSeries(systemFileOps(), test::dataFolder().parent_path().parent_path() /
                                                     "resources/reference");
        GRIDSCOPE_VERIFY_OK(loaded);
        m_series = *std::move(loaded);
    }

    void everyCurveIsWhole() {
        // 4 columns, 4 rows, 19 models, 10 seeds, 2 schedules.
        QCOMPARE(m_series.size(), std::size_t(39));
        std::set<std::string> ids;
        for (const ReferenceSeries& series : m_series) {
            QVERIFY(ids.insert(series.id).second);
            QVERIFY(!series.title.empty() && !series.metric.empty());
            QVERIFY(!series.sources.empty() && !series.notes.empty());
            QVERIFY(!series.steps.empty());
            QCOMPARE(series.values.size(), series.steps.size());
            QVERIFY(std::is_sorted(series.steps.begin(), series.steps.end()));
        }
    }

    void knownValues_data() {
        QTest::addColumn<QString>("id");
        QTest::addColumn<double>("step");
        QTest::addColumn<double>("value");
        QTest::newRow("best perplexity") << "table1.fp32_ppl" << 77000.0 << 33.4;
        QTest::newRow("last gap") << "table1.a4g128:minmax.gap_percent" << 143000.0 << 517.1;
        QTest::newRow("last INT8 gap") << "table1.s8channel:absmax.gap_percent" << 143000.0 << 0.79;
        QTest::newRow("printed rate") << "table1.learning_rate_percent" << 7000.0 << 99.9;
        QTest::newRow("formula") << "learning-rate.neox-2023" << 7000.0 << 99.66;
        QTest::newRow("formula, late") << "learning-rate.neox-2023" << 100000.0 << 28.98;
        QTest::newRow("older form") << "learning-rate.neox-v1.0" << 82000.0 << 40.1;
        QTest::newRow("older form, floor") << "learning-rate.neox-v1.0" << 120000.0 << 10.0;
        QTest::newRow("fork") << "table2.A.all" << 100000.0 << 12.3;
        QTest::newRow("map") << "training-map.0.state" << 143000.0 << 4.0;
    }

    void knownValues() {
        QFETCH(QString, id);
        QFETCH(double, step);
        QFETCH(double, value);
        const ReferenceSeries* series = find(id.toStdString());
        QVERIFY(series != nullptr);
        const auto at = std::find(series->steps.begin(), series->steps.end(), step);
        QVERIFY(at != series->steps.end());
        const double found = series->values[static_cast<std::size_t>(at - series->steps.begin())];
        QVERIFY2(std::abs(found - value) < 0.051 &&
                     (!id.contains("2023") || std::abs(found - value) < 0.0051),
                 qPrintable(QString::number(found, 'g', 17)));
    }

    void notesNameTheKnownInconsistencies() {
        const ReferenceSeries* table = find("table1.a4g128:minmax.gap_percent");
        QVERIFY(table != nullptr);
        QString notes;
        for (const std::string& note : table->notes) notes += QString::fromStdString(note);
        for (const char* part : {"99.66", "47.0", "12.3", "77,000", "650-fold", "fp16"})
            QVERIFY2(notes.contains(part), part);
        const ReferenceSeries* fork = find("table2.C.cool");
        QVERIFY(fork != nullptr);
        QCOMPARE(fork->low.at(0), 5.3 - 2.2);
        QCOMPARE(fork->high.at(0), 5.3 + 2.2);
    }

private:
    const ReferenceSeries* find(const std::string& id) const {
        for (const ReferenceSeries& series : m_series) {
            if (series.id == id) return &series;
        }
        return nullptr;
    }
    std::vector<ReferenceSeries> m_series;
};

QTEST_GUILESS_MAIN(TestReferenceSeries)
#include "tst_reference_series.moc"
