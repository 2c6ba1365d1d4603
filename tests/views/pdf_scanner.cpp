// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/views/pdf_scanner.h"

#include <QRegularExpression>
#include <QtEndian>

#include <algorithm>
#include <set>

namespace gridscope::test {

namespace {

/// Bytes of a zlib stream; qUncompress wants the length in front and takes it as a hint.
QByteArray inflate(const QByteArray& deflated) {
    QByteArray framed(4, '\0');
    qToBigEndian(static_cast<quint32>(deflated.size() * 8), framed.data());
    return qUncompress(framed + deflated);
}

/// All content streams, inflated; other streams come along harmlessly.
QByteArray streams(const QByteArray& pdf) {
    QByteArray text;
    for (qsizetype at = pdf.indexOf("stream\n"); at >= 0; at = pdf.indexOf("stream\n", at + 1)) {
        if (at >= 3 && pdf.mid(at - 3, 3) == "end") continue;
        const qsizetype start = at + 7;
        const qsizetype end = pdf.indexOf("endstream", start);
        if (end < 0) break;
        const QByteArray raw = pdf.mid(start, end - start);
        text += raw.startsWith('\x78') ? inflate(raw) : raw;
        text += '\n';
    }
    return text;
}

int countOf(const QByteArray& pdf, const char* pattern) {
    int count = 0;
    auto matches =
        QRegularExpression(QString::fromLatin1(pattern)).globalMatch(QString::fromLatin1(pdf));
    for (; matches.hasNext(); matches.next()) ++count;
    return count;
}

}  // namespace

PdfFacts scanPdf(const QByteArray& pdf) {
    PdfFacts facts;
    const QString text = QString::fromLatin1(pdf);
    const auto box =
        QRegularExpression(QStringLiteral(R"(/MediaBox\s*\[\s*0\s+0\s+([0-9.]+)\s+([0-9.]+)\s*\])"))
            .match(text);
    if (box.hasMatch())
        facts.mediaBox = QSizeF(box.captured(1).toDouble(), box.captured(2).toDouble());
    facts.pages = countOf(pdf, R"(/Type\s*/Page\b(?!s))");
    facts.trueTypeFonts = countOf(pdf, R"(/FontFile2\b)");
    facts.type3Fonts = countOf(pdf, R"(/Subtype\s*/Type3\b)");
    facts.images = countOf(pdf, R"(/Subtype\s*/Image\b)");
    facts.jpegs = countOf(pdf, R"(/DCTDecode\b)");
    facts.hasXmp = pdf.contains("<x:xmpmeta");
    const auto date =
        QRegularExpression(QStringLiteral(R"(/CreationDate \(([^)]*)\))")).match(text);
    facts.creationDate = date.captured(1).toLatin1();
    std::set<double> sizes;
    auto fonts = QRegularExpression(QStringLiteral(R"(/F[0-9]+ ([0-9.]+) Tf)"))
                     .globalMatch(QString::fromLatin1(streams(pdf)));
    while (fonts.hasNext()) sizes.insert(fonts.next().captured(1).toDouble());
    facts.fontSizes = QVector<double>(sizes.begin(), sizes.end());
    return facts;
}

}  // namespace gridscope::test
