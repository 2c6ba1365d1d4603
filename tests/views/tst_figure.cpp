// SPDX-License-Identifier: GPL-3.0-or-later

#include <QtTest>

#include <QBuffer>
#include <QImageReader>
#include <QTemporaryDir>
#include <QXmlStreamReader>

#include <cmath>

#include "core/base/numbers.h"
#include "tests/support/test_data.h"
#include "tests/views/made_fork_report.h"
#include "tests/views/pdf_scanner.h"
#include "tests/views/synthetic_trajectory.h"
#include "views/figure/figure_writer.h"

using namespace gridscope;
using namespace gridscope::views;

namespace {

FigureInput input(const char* name, double width = 5.5) {
    FigureInput figure{test::syntheticTable(), test::syntheticPhases(), {}};
    figure.spec.name = QString::fromLatin1(name);
    figure.spec.widthInches = width;
    return figure;
}

FigureInput forkInput(const char* name, double width = 5.5) {
    FigureInput figure{nullptr, {}, {}, test::shared(test::smallForkReport())};
    figure.spec.name = QString::fromLatin1(name);
    figure.spec.widthInches = width;
    return figure;
}

/// Rows of a CSV figure, headings first.
QStringList csvRows(const QByteArray& csv) {
    QStringList rows;
    for (const QString& line : QString::fromUtf8(csv).split(u'\n', Qt::SkipEmptyParts))
        if (!line.startsWith(u'#')) rows << line;
    return rows;
}

std::string read(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string();
}

}  // namespace

class FigureTest : public QObject {
    Q_OBJECT

private slots:
    void pdf_data();
    void pdf();
    void heatMapIsALosslessImage();
    void pdfHasTheDateOfTheData();
    void svg();
    void png();
    void csvReadsBack();
    void csvOfHistogram();
    void csvOfHeatMap();
    void sameInputSameBytes_data();
    void sameInputSameBytes();
    void refuses_data();
    void refuses();
    void nothingMeasured();
    void wholeFileOrNone();
    void specificationChanges();
    void forkPdf_data();
    void forkPdf();
    void forkSvg();
    void forkCsv();
    void forkRefuses();
};

void FigureTest::pdf_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<double>("width");
    QTest::addColumn<QSizeF>("box");  // whole points, rounded down
    QTest::addColumn<int>("images");
    QTest::newRow("overview") << QStringLiteral("overview") << 5.5 << QSizeF(396, 244) << 0;
    QTest::newRow("overview, one column")
        << QStringLiteral("overview") << 3.25 << QSizeF(234, 578) << 0;
    QTest::newRow("gap") << QStringLiteral("gap") << 3.3 << QSizeF(237, 146) << 0;
    QTest::newRow("perplexity") << QStringLiteral("perplexity") << 3.25 << QSizeF(234, 144) << 0;
    QTest::newRow("kurtosis") << QStringLiteral("kurtosis") << 3.25 << QSizeF(234, 144) << 0;
    QTest::newRow("histogram") << QStringLiteral("histogram") << 3.25 << QSizeF(234, 144) << 0;
    QTest::newRow("occupancy") << QStringLiteral("occupancy") << 3.25 << QSizeF(234, 144) << 0;
}

void FigureTest::pdf() {
    QFETCH(QString, name);
    QFETCH(double, width);
    QFETCH(QSizeF, box);
    QFETCH(int, images);
    FigureInput figure = input("", width);
    figure.spec.name = name;
    const auto bytes = renderFigure(figure, FigureFormat::Pdf);
    GRIDSCOPE_VERIFY_OK(bytes);
    const test::PdfFacts facts = test::scanPdf(*bytes);
    QCOMPARE(facts.mediaBox, box);
    QCOMPARE(facts.pages, 1);
    QVERIFY(facts.trueTypeFonts >= 1);
    QCOMPARE(facts.type3Fonts, 0);
    QCOMPARE(facts.images, images);
    QVERIFY(facts.hasXmp);
    // 9 pt labels, 7 pt ticks: pixels of the layout are points of the page.
    QVERIFY2(facts.fontSizes.contains(9.0) && facts.fontSizes.contains(7.0),
             qPrintable(QDebug::toString(facts.fontSizes)));
    for (const double size : facts.fontSizes) QVERIFY(size <= 9.0);
}

void FigureTest::heatMapIsALosslessImage() {
    const auto bytes = renderFigure(input("heatmap:edge_mass", 3.25), FigureFormat::Pdf);
    GRIDSCOPE_VERIFY_OK(bytes);
    const test::PdfFacts facts = test::scanPdf(*bytes);
    QVERIFY(facts.images >= 1);
    QCOMPARE(facts.jpegs, 0);
    QCOMPARE(facts.mediaBox, QSizeF(234, 144));
}

void FigureTest::pdfHasTheDateOfTheData() {
    qunsetenv("SOURCE_DATE_EPOCH");
    auto bytes = renderFigure(input("gap"), FigureFormat::Pdf);
    GRIDSCOPE_VERIFY_OK(bytes);
    QVERIFY2(test::scanPdf(*bytes).creationDate.startsWith("D:20260102030405"),
             test::scanPdf(*bytes).creationDate.constData());
    qputenv("SOURCE_DATE_EPOCH", "86400");
    bytes = renderFigure(input("gap"), FigureFormat::Pdf);
    qunsetenv("SOURCE_DATE_EPOCH");
    GRIDSCOPE_VERIFY_OK(bytes);
    QVERIFY(test::scanPdf(*bytes).creationDate.startsWith("D:19700102000000"));
}

void FigureTest::svg() {
    const auto bytes = renderFigure(input("overview"), FigureFormat::Svg);
    GRIDSCOPE_VERIFY_OK(bytes);
    QXmlStreamReader xml(*bytes);
    QString texts;
    QString viewBox;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement) continue;
        if (xml.name() == QLatin1String("svg"))
            viewBox = xml.attributes().value(QLatin1String("viewBox")).toString();
        if (xml.name() == QLatin1String("text"))
            texts += xml.readElementText(QXmlStreamReader::IncludeChildElements) + u'\n';
    }
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
    QCOMPARE(viewBox, QStringLiteral("0 0 396 244"));
    for (const char* expected :
         {"Gap [%]", "Perplexity", "training step", "INT4", "INT8", "10k", "300"})
        QVERIFY2(texts.contains(QLatin1String(expected)), qPrintable(texts));
    QVERIFY(bytes->contains("plan: 0123456789abcdef"));
    QVERIFY(!bytes->contains("<image"));
}

void FigureTest::png() {
    FigureInput figure = input("perplexity", 3.25);
    figure.spec.heightInches = 2.0;
    for (const int dpi : {300, 144}) {
        figure.spec.dpi = dpi;
        auto bytes = renderFigure(figure, FigureFormat::Png);
        GRIDSCOPE_VERIFY_OK(bytes);
        const QImage image = QImage::fromData(*bytes, "PNG");
        QCOMPARE(image.size(), QSize(static_cast<int>(std::lround(3.25 * dpi)), 2 * dpi));
        QCOMPARE(image.dotsPerMeterX(), static_cast<int>(std::lround(dpi / 0.0254)));
        QCOMPARE(image.dotsPerMeterY(), image.dotsPerMeterX());
        QVERIFY(image.text(QStringLiteral("Description"))
                    .contains(QStringLiteral("tokens: fedcba9876543210")));
        QCOMPARE(image.pixelColor(1, 1), QColor(Qt::white));
    }
}

void FigureTest::csvReadsBack() {
    const FigureInput figure = input("overview");
    const auto bytes = renderFigure(figure, FigureFormat::Csv);
    GRIDSCOPE_VERIFY_OK(bytes);
    const QStringList lines = QString::fromUtf8(*bytes).split(u'\n', Qt::SkipEmptyParts);
    QStringList data;
    for (const QString& line : lines)
        if (!line.startsWith(u'#')) data << line;
    QVERIFY(lines.contains(QStringLiteral("# plan: 0123456789abcdef")));
    const QStringList header = data.takeFirst().split(u',');
    QCOMPARE(data.size(), 24);
    const auto column = [&](const char* name) { return header.indexOf(QLatin1String(name)); };
    const Series gap = figure.table->series("gap_percent", "a4g128:minmax");
    const Series flips = figure.table->series("level_flip_rate", "a4g128:minmax");
    const auto gapAt = column("gap_percent a4g128:minmax [%]");
    const auto highAt = column("gap_percent_high a4g128:minmax [%]");
    const auto flipAt = column("level_flip_rate a4g128:minmax");
    QVERIFY(gapAt > 0 && highAt > 0 && flipAt > 0);
    for (int row = 0; row < 24; ++row) {
        const QStringList cells = data[row].split(u',');
        QCOMPARE(cells.size(), header.size());
        const auto i = static_cast<std::size_t>(row);
        QCOMPARE(*parseDouble(cells[0].toStdString()), figure.table->steps()[i]);
        QVERIFY(*parseDouble(cells[gapAt].toStdString()) == gap.values[i]);
        QVERIFY(*parseDouble(cells[highAt].toStdString()) == gap.high[i]);
        if (std::isnan(flips.values[i]))
            QVERIFY(cells[flipAt].isEmpty());
        else
            QVERIFY(*parseDouble(cells[flipAt].toStdString()) == flips.values[i]);
    }
}

void FigureTest::csvOfHistogram() {
    FigureInput figure = input("histogram");
    figure.spec.steps = {143000, 1, 77000};
    const auto bytes = renderFigure(figure, FigureFormat::Csv);
    GRIDSCOPE_VERIFY_OK(bytes);
    QVERIFY2(bytes->contains("residual_low [scales],residual_high [scales],density step 143000,"
                             "density step 1,density step 77000\n-0.5,-0.484375,"),
             bytes->constData());
}

void FigureTest::csvOfHeatMap() {
    const auto bytes = renderFigure(input("heatmap:edge_mass"), FigureFormat::Csv);
    GRIDSCOPE_VERIFY_OK(bytes);
    QVERIFY(bytes->contains("step,layer,edge_mass\n0,layers.0,"));
    QCOMPARE(bytes->count("\n143000,"), 8);
}

void FigureTest::sameInputSameBytes_data() {
    QTest::addColumn<int>("format");
    QTest::addColumn<QString>("name");
    for (const FigureFormat format :
         {FigureFormat::Pdf, FigureFormat::Svg, FigureFormat::Png, FigureFormat::Csv}) {
        for (const char* name : {"overview", "histogram", "heatmap:edge_mass"})
            QTest::addRow("%d %s", static_cast<int>(format), name)
                << static_cast<int>(format) << QString::fromLatin1(name);
    }
}

void FigureTest::sameInputSameBytes() {
    QFETCH(int, format);
    QFETCH(QString, name);
    FigureInput figure = input("");
    figure.spec.name = name;
    figure.spec.dpi = 100;
    const auto first = renderFigure(figure, static_cast<FigureFormat>(format));
    GRIDSCOPE_VERIFY_OK(first);
    const qint64 second = QDateTime::currentSecsSinceEpoch();
    // A time stamp of seconds would show.
    if (format == 0) QTRY_VERIFY_WITH_TIMEOUT(QDateTime::currentSecsSinceEpoch() > second, 3000);
    const auto again = renderFigure(figure, static_cast<FigureFormat>(format));
    GRIDSCOPE_VERIFY_OK(again);
    QVERIFY(*first == *again);
}

void FigureTest::refuses_data() {
    QTest::addColumn<QString>("field");
    QTest::addColumn<double>("value");
    QTest::addColumn<int>("code");
    const int range = static_cast<int>(ErrorCode::SettingsRange);
    QTest::newRow("width 0") << QStringLiteral("width") << 0.0 << range;
    QTest::newRow("width NaN") << QStringLiteral("width") << std::nan("") << range;
    QTest::newRow("height") << QStringLiteral("height") << 100.0 << range;
    QTest::newRow("font") << QStringLiteral("font") << 1.0 << range;
    QTest::newRow("dpi") << QStringLiteral("dpi") << 5000.0 << range;
    QTest::newRow("layer") << QStringLiteral("layer") << 8.0 << range;
    QTest::newRow("family") << QStringLiteral("family") << 0.0 << range;
    QTest::newRow("name") << QStringLiteral("name") << 0.0
                          << static_cast<int>(ErrorCode::SettingsSyntax);
    QTest::newRow("heat map of a row metric")
        << QStringLiteral("heatmap") << 0.0 << static_cast<int>(ErrorCode::SettingsSyntax);
}

void FigureTest::refuses() {
    QFETCH(QString, field);
    QFETCH(double, value);
    QFETCH(int, code);
    FigureInput figure = input("gap");
    if (field == QLatin1String("width")) figure.spec.widthInches = value;
    if (field == QLatin1String("height")) figure.spec.heightInches = value;
    if (field == QLatin1String("font")) figure.spec.baseFontPoints = value;
    if (field == QLatin1String("dpi")) figure.spec.dpi = static_cast<int>(value);
    if (field == QLatin1String("layer")) figure.spec.layer = static_cast<int>(value);
    if (field == QLatin1String("family")) figure.spec.fontFamily = QStringLiteral("No Such Font");
    if (field == QLatin1String("name")) figure.spec.name = QStringLiteral("gaps");
    if (field == QLatin1String("heatmap")) figure.spec.name = QStringLiteral("heatmap:fp32_ppl");
    const auto result = renderFigure(figure, FigureFormat::Svg);
    QVERIFY(!result);
    QCOMPARE(static_cast<int>(result.error().code), code);
}

void FigureTest::nothingMeasured() {
    for (const char* name : {"overview", "gap", "histogram", "heatmap:edge_mass"}) {
        FigureInput figure = input(name);
        figure.table = test::syntheticTable({24, 0});
        const auto result = renderFigure(figure, FigureFormat::Pdf);
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::TrajectoryNoData);
        figure.table = nullptr;
        QVERIFY(!renderFigure(figure, FigureFormat::Pdf));
    }
}

void FigureTest::wholeFileOrNone() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("f.svg"));
    GRIDSCOPE_VERIFY_OK(writeFigure(input("gap"), path));
    const std::string before = read(path);
    QVERIFY(before.size() > 1000);
    FigureInput bad = input("gap");
    bad.table = test::syntheticTable({24, 0});
    QVERIFY(!writeFigure(bad, path));
    QVERIFY(read(path) == before);
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
    const auto nowhere = writeFigure(input("gap"), folder.filePath(QStringLiteral("no/f.svg")));
    QVERIFY(!nowhere);
    const auto unknown = writeFigure(input("gap"), folder.filePath(QStringLiteral("f.jpg")));
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().code, ErrorCode::SettingsSyntax);
}

void FigureTest::specificationChanges() {
    // Each of these must change the picture, or the field would be ignored.
    const auto base = renderFigure(input("histogram"), FigureFormat::Svg);
    GRIDSCOPE_VERIFY_OK(base);
    FigureInput figure = input("histogram");
    figure.spec.steps = {1};
    auto changed = renderFigure(figure, FigureFormat::Svg);
    GRIDSCOPE_VERIFY_OK(changed);
    QVERIFY(*changed != *base);
    figure = input("histogram");
    figure.spec.layer = 2;
    changed = renderFigure(figure, FigureFormat::Svg);
    GRIDSCOPE_VERIFY_OK(changed);
    QVERIFY(*changed != *base);
    FigureInput gap = input("gap");
    const auto gapBase = renderFigure(gap, FigureFormat::Svg);
    gap.spec.phaseBands = false;
    const auto noBands = renderFigure(gap, FigureFormat::Svg);
    QVERIFY(gapBase->contains("Rapid"));
    QVERIFY(!noBands->contains("Rapid learning<"));
    gap.spec.stepScale = StepScale::Linear;
    const auto linear = renderFigure(gap, FigureFormat::Svg);
    QVERIFY(*linear != *noBands);
}

void FigureTest::forkPdf_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<double>("width");
    QTest::addColumn<QSizeF>("box");
    // Two panels: 2 x 0.618 of the width. One panel: 0.618.
    QTest::newRow("fork") << QStringLiteral("fork") << 5.5 << QSizeF(396, 489);
    QTest::newRow("fork, one column") << QStringLiteral("fork") << 3.25 << QSizeF(234, 289);
    QTest::newRow("trade") << QStringLiteral("fork-trade") << 3.25 << QSizeF(234, 144);
}

void FigureTest::forkPdf() {
    QFETCH(QString, name);
    QFETCH(double, width);
    QFETCH(QSizeF, box);
    FigureInput figure = forkInput("", width);
    figure.spec.name = name;
    const auto bytes = renderFigure(figure, FigureFormat::Pdf);
    GRIDSCOPE_VERIFY_OK(bytes);
    const test::PdfFacts facts = test::scanPdf(*bytes);
    QCOMPARE(facts.mediaBox, box);
    QCOMPARE(facts.pages, 1);
    QVERIFY(facts.trueTypeFonts >= 1);
    QCOMPARE(facts.type3Fonts, 0);
    QCOMPARE(facts.images, 0);
    QVERIFY(facts.hasXmp);
    QVERIFY(facts.fontSizes.contains(9.0) && facts.fontSizes.contains(7.0));
    const auto again = renderFigure(figure, FigureFormat::Pdf);
    GRIDSCOPE_VERIFY_OK(again);
    QVERIFY(*again == *bytes);
}

void FigureTest::forkSvg() {
    FigureInput figure = forkInput("fork");
    const auto bytes = renderFigure(figure, FigureFormat::Svg);
    GRIDSCOPE_VERIFY_OK(bytes);
    for (const char* expected :
         {"INT4 gap [%]", "FP32 perplexity", "training step", "cosine (control)", "oli, in a bump",
          "condition: oli oli:eta=0.006", "run: oli-seed3, 4 probes, complete"})
        QVERIFY2(bytes->contains(expected), expected);
    QVERIFY(!bytes->contains("(reference)"));
    figure.spec.references = true;
    const auto more = renderFigure(figure, FigureFormat::Svg);
    GRIDSCOPE_VERIFY_OK(more);
    QVERIFY(more->contains("audit (reference)") && more->contains("reference: "));
    const auto trade = renderFigure(forkInput("fork-trade"), FigureFormat::Svg);
    GRIDSCOPE_VERIFY_OK(trade);
    QVERIFY(trade->contains("oli, cool") && trade->contains("FP32 perplexity above control [%]"));
}

void FigureTest::forkCsv() {
    auto bytes = renderFigure(forkInput("fork"), FigureFormat::Csv);
    GRIDSCOPE_VERIFY_OK(bytes);
    const QStringList rows = csvRows(*bytes);
    QCOMPARE(rows.size(), 5);
    QCOMPARE(rows[0].split(u',').size(), 13);
    QVERIFY(rows[3].startsWith(QStringLiteral("300,7,40,20,42,")));  // seed 1: cosine, then oli
    bytes = renderFigure(forkInput("fork-trade"), FigureFormat::Csv);
    GRIDSCOPE_VERIFY_OK(bytes);
    QCOMPARE(csvRows(*bytes)[1], QStringLiteral("1,0,9,1"));
}

void FigureTest::forkRefuses() {
    FigureInput figure = input("fork");  // a run is no fork
    auto result = renderFigure(figure, FigureFormat::Pdf);
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::TrajectoryNoData);
    result = renderFigure(forkInput("gap"), FigureFormat::Pdf);
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::TrajectoryNoData);
    QVERIFY(result.error().hint.find("fork-trade") != std::string::npos);
    for (const char* name : {"fork", "fork-trade"}) {
        figure = forkInput(name);
        figure.fork = test::shared(test::plannedForkReport());
        result = renderFigure(figure, FigureFormat::Pdf);
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::TrajectoryNoData);
    }
}

QTEST_MAIN(FigureTest)
#include "tst_figure.moc"
