// SPDX-License-Identifier: GPL-3.0-or-later

// What a PDF of ours says about itself: page size, fonts, images, date, metadata.
#pragma once

#include <QByteArray>
#include <QSizeF>
#include <QVector>

namespace gridscope::test {

struct PdfFacts {
    QSizeF mediaBox;  ///< of the first page, points; invalid if there is none
    int pages = 0;
    int trueTypeFonts = 0;  ///< FontFile2
    int type3Fonts = 0;
    int images = 0;
    int jpegs = 0;              ///< DCTDecode: lossy
    QVector<double> fontSizes;  ///< of the Tf operators in the page contents, distinct, ascending
    QByteArray creationDate;    ///< between the parentheses
    bool hasXmp = false;
};

/// Reads plain and Flate-compressed streams, no object streams (Qt writes none).
PdfFacts scanPdf(const QByteArray& pdf);

}  // namespace gridscope::test
