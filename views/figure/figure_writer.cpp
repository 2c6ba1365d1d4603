// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/figure/figure_writer.h"

#include <QBuffer>
#include <QFile>
#include <QFileInfo>
#include <QImage>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>

#include <cmath>

#include "core/base/file_ops.h"
#include "views/figure/figure_csv.h"
#include "views/figure/figure_provenance.h"
#include "views/figure/figure_renderer.h"

namespace gridscope::views {

namespace {

constexpr int kPointsPerInch = 72;
constexpr double kMetersPerInch = 0.0254;

Error failed(const FigureInput& input, const std::string& what) {
    return Error{ErrorCode::ExportFailed, "figure " + input.spec.name.toStdString(), what, ""};
}

/// XMP packet with title, program and provenance; fixed text, so that files are reproducible.
QByteArray xmp(const FigureInput& input) {
    const QString date = figureDate(input).toString(Qt::ISODate);
    const QString packet = QStringLiteral(
        "<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
        "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
        "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\">\n"
        "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">%1</rdf:li></rdf:Alt></dc:title>\n"
        "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">%2</rdf:li></rdf:Alt>"
        "</dc:description>\n"
        "<xmp:CreatorTool>Gridscope</xmp:CreatorTool>\n"
        "<xmp:CreateDate>%3</xmp:CreateDate>\n"
        "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n");
    return packet
        .arg(figureTitle(input).toHtmlEscaped(), provenanceLines(input).join(u'\n').toHtmlEscaped(),
             date)
        .toUtf8();
}

/// Qt stamps the time of writing; the figure's own date goes in its place, of equal length.
void setPdfDate(QByteArray& pdf, const QDateTime& date) {
    const QByteArray key = "/CreationDate (D:";
    const auto at = pdf.indexOf(key);
    if (at < 0) return;
    const auto start = at + key.size();
    const auto end = pdf.indexOf(')', start);
    QByteArray stamp = date.toString(QStringLiteral("yyyyMMddHHmmss")).toLatin1();
    stamp += end - start > stamp.size() + 1 ? "+00'00'" : "Z";
    if (stamp.size() == end - start) pdf.replace(start, end - start, stamp);
}

Expected<QByteArray> toPdf(FigureRenderer& figure) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(kPointsPerInch);  // 1 layout pixel = 1 pt
        writer.setPageSize(QPageSize(QSizeF(figure.size()), QPageSize::Point,
                                     QStringLiteral("figure"), QPageSize::ExactMatch));
        writer.setPageMargins(QMarginsF());
        writer.setTitle(figureTitle(figure.input()));
        writer.setCreator(QStringLiteral("Gridscope"));
        writer.setDocumentXmpMetadata(xmp(figure.input()));
        if (!figure.paintOn(writer)) return failed(figure.input(), "the PDF could not be painted");
    }
    setPdfDate(bytes, figureDate(figure.input()));
    return bytes;
}

Expected<QByteArray> toSvg(FigureRenderer& figure) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setResolution(kPointsPerInch);
    generator.setSize(figure.size());
    generator.setViewBox(QRect(QPoint(0, 0), figure.size()));
    generator.setTitle(figureTitle(figure.input()));
    generator.setDescription(provenanceLines(figure.input()).join(u'\n'));
    if (!figure.paintOn(generator)) return failed(figure.input(), "the SVG could not be painted");
    return bytes;
}

Expected<QByteArray> toPng(FigureRenderer& figure) {
    QImage image = figure.toPixmap().toImage();
    if (image.isNull()) return failed(figure.input(), "the image could not be made");
    image.setDevicePixelRatio(1.0);
    const auto dotsPerMeter =
        static_cast<int>(std::lround(figure.input().spec.dpi / kMetersPerInch));
    image.setDotsPerMeterX(dotsPerMeter);
    image.setDotsPerMeterY(dotsPerMeter);
    image.setText(QStringLiteral("Title"), figureTitle(figure.input()));
    image.setText(QStringLiteral("Description"), provenanceLines(figure.input()).join(u'\n'));
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (!image.save(&buffer, "PNG")) return failed(figure.input(), "the PNG could not be encoded");
    return bytes;
}

}  // namespace

Expected<FigureFormat> figureFormatOf(const QString& path) {
    const QString suffix = QFileInfo(path).suffix().toLower();
    if (suffix == QLatin1String("pdf")) return FigureFormat::Pdf;
    if (suffix == QLatin1String("svg")) return FigureFormat::Svg;
    if (suffix == QLatin1String("png")) return FigureFormat::Png;
    if (suffix == QLatin1String("csv")) return FigureFormat::Csv;
    return Error{ErrorCode::SettingsSyntax, path.toStdString(),
                 "expected a file name ending in .pdf, .svg, .png or .csv", ""};
}

Expected<QByteArray> renderFigure(const FigureInput& input, FigureFormat format) {
    GRIDSCOPE_TRY_ASSIGN(figure, FigureRenderer::create(input));
    switch (format) {
    case FigureFormat::Pdf:
        return toPdf(*figure);
    case FigureFormat::Svg:
        return toSvg(*figure);
    case FigureFormat::Png:
        return toPng(*figure);
    case FigureFormat::Csv:
        return QByteArray::fromStdString(figureCsv(*figure));
    }
    return failed(input, "unknown format");
}

Expected<void> writeFigure(const FigureInput& input, const QString& path) {
    GRIDSCOPE_TRY_ASSIGN(format, figureFormatOf(path));
    GRIDSCOPE_TRY_ASSIGN(bytes, renderFigure(input, format));
    return writeFileAtomically(
        systemFileOps(), std::filesystem::path(QFile::encodeName(path).toStdString()),
        std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

}  // namespace gridscope::views
