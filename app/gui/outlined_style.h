// SPDX-License-Identifier: GPL-3.0-or-later

// The desktop's style with tick boxes that stand out on dark backgrounds too.
#pragma once

#include <QProxyStyle>

namespace gridscope::app {

/// Fusion darkens the window colour for the outline of a tick box, which a dark theme swallows.
class OutlinedStyle : public QProxyStyle {
    Q_OBJECT
public:
    using QProxyStyle::QProxyStyle;

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
};

}  // namespace gridscope::app
