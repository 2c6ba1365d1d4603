// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>
#include <cmath>
#include <set>

#include "core/trajectory/series_table.h"
#include "tests/core/trajectory/synthetic_trajectory.h"

using namespace gridscope;
using test::syntheticPlan;
using test::syntheticRow;

class SeriesTableTest : public QObject {
    Q_OBJECT

    static std::shared_ptr<Trajectory> threeRows() {
        auto trajectory = std::make_shared<Trajectory>(syntheticPlan());
        trajectory->rows = {syntheticRow(*trajectory, 0), syntheticRow(*trajectory, 100)};
        auto bare = std::make_shared<ProbeRecord>();
        bare->label = "step200";
        bare->step = 200;
        trajectory->rows.push_back(bare);
        return trajectory;
    }
    const std::shared_ptr<Trajectory> m_trajectory = threeRows();
    const SeriesTable m_table{m_trajectory};

    const GridScores& scores(std::size_t row) const {
        return m_trajectory->rows[row]->grids.at("a4g128:minmax");
    }

private slots:
    void everyMetricGivesValues() {
        std::set<std::string_view> ids;
        for (const MetricInfo& metric : metricTable()) {
            QVERIFY2(ids.insert(metric.id).second, metric.id.data());
            QCOMPARE(findMetric(metric.id), &metric);
            const Series series = m_table.series(metric.id, "a4g128:minmax", 1);
            QCOMPARE(series.values.size(), std::size_t{3});
            QVERIFY2(std::isfinite(series.values[0]), metric.id.data());
            QCOMPARE(series.low.size(), metric.hasInterval ? std::size_t{3} : std::size_t{0});
            QCOMPARE(series.high.size(), series.low.size());
            // The third row was never measured; only its time spent is known to be none.
            if (metric.id != "seconds") QVERIFY2(std::isnan(series.values[2]), metric.id.data());
        }
        QCOMPARE(findMetric("nonsense"), nullptr);
    }

    void valuesComeFromTheirFields() {
        const Series gap = m_table.series("gap_percent", "a4g128:minmax");
        QCOMPARE(gap.values[1], scores(1).gapPercent.value);
        QCOMPARE(gap.low[1], scores(1).gapPercent.low);
        QCOMPARE(gap.high[1], scores(1).gapPercent.high);
        QCOMPARE(m_table.series("fp32_ce").low[0], m_trajectory->rows[0]->fp32.ce.low);
        QCOMPARE(m_table.series("fp32_ppl").values[1], m_trajectory->rows[1]->fp32.ppl);
        QCOMPARE(m_table.series("kurtosis_max").values[1], m_trajectory->rows[1]->kurtosisMax);
        QCOMPARE(m_table.series("kurtosis", {}, 2).values[0],
                 m_trajectory->rows[0]->layers[2].kurtosis);
        QCOMPARE(m_table.series("edge_mass", "a4g128:minmax", 2).values[1],
                 scores(1).layers[2].edgeMass);
        QCOMPARE(m_table.series("sensitivity_only", "a4g128:minmax", 0).values[1],
                 static_cast<double>(scores(1).sensitivityOnly[0]));
    }

    void meansOverMatrices() {
        const auto& layers = m_trajectory->rows[0]->layers;
        QCOMPARE(m_table.series("norm").values[0],
                 (layers[0].norm + layers[1].norm + layers[2].norm) / 3);
        auto changed = std::make_shared<Trajectory>(*m_trajectory);
        auto row = std::make_shared<ProbeRecord>(*changed->rows[0]);
        row->layers[0].movement = kNotMeasured;
        changed->rows[0] = row;
        QCOMPARE(SeriesTable(changed).series("movement").values[0],
                 (layers[1].movement + layers[2].movement) / 2);
        // Stored for the scope as a whole: that value, not a mean.
        QCOMPARE(m_table.series("sqnr_db", "a4g128:minmax").values[0], scores(0).sqnrDb);
        QCOMPARE(m_table.series("sqnr_db", "a4g128:minmax", 0).values[0],
                 scores(0).layers[0].sqnrDb);
    }

    void whatIsNotThereIsNaN_data() {
        QTest::addColumn<QString>("metric");
        QTest::addColumn<QString>("grid");
        QTest::addColumn<int>("layer");
        QTest::newRow("metric") << "nonsense"
                                << "a4g128:minmax" << -1;
        QTest::newRow("grid") << "gap_percent"
                              << "a2g32:minmax" << -1;
        QTest::newRow("no grid") << "gap_percent"
                                 << "" << -1;
        QTest::newRow("layer") << "edge_mass"
                               << "a4g128:minmax" << 3;
    }
    void whatIsNotThereIsNaN() {
        QFETCH(QString, metric);
        QFETCH(QString, grid);
        QFETCH(int, layer);
        const Series series = m_table.series(metric.toStdString(), grid.toStdString(), layer);
        QCOMPARE(series.values.size(), std::size_t{3});
        for (const double value : series.values) QVERIFY(std::isnan(value));
    }

    void nearestRow() {
        QCOMPARE(m_table.nearestRow(100), 1);
        QCOMPARE(m_table.nearestRow(149), 1);
        QCOMPARE(m_table.nearestRow(151), 2);
        QCOMPARE(m_table.nearestRow(1e9), 2);
        QCOMPARE(SeriesTable(std::make_shared<Trajectory>()).nearestRow(5), -1);
    }
};

QTEST_GUILESS_MAIN(SeriesTableTest)
#include "tst_series_table.moc"
