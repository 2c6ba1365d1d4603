// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/outlined_style.h"

#include <QPainter>
#include <QStyleOption>

namespace gridscope::app {

void OutlinedStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option,
                                  QPainter* painter, const QWidget* widget) const {
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    if (element != PE_IndicatorItemViewItemCheck && element != PE_IndicatorCheckBox) return;
    constexpr float kOutline = 0.6F;  // above 3 : 1 against the base colour in both themes
    QColor outline = option->palette.color(QPalette::Text);
    outline.setAlphaF(kOutline);
    painter->save();
    painter->setPen(outline);
    painter->setBrush(Qt::NoBrush);
    painter->drawRect(QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5));
    painter->restore();
}

}  // namespace gridscope::app
