// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/theme_palette.h"

#include <QApplication>

namespace gridscope::app {

namespace {

QPalette paletteOf(const QColor& window, const QColor& base, const QColor& text,
                   const QColor& button, const QColor& highlight, const QColor& dimmed) {
    QPalette palette(text, button, button.lighter(130), button.darker(160), button.darker(120),
                     text, QColor(Qt::white), base, window);
    palette.setColor(QPalette::AlternateBase, window);
    palette.setColor(QPalette::Highlight, highlight);
    palette.setColor(QPalette::HighlightedText, QColor(Qt::white));
    palette.setColor(QPalette::PlaceholderText, dimmed);
    palette.setColor(QPalette::ToolTipBase, window);
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::Link, highlight);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, dimmed);
    return palette;
}

}  // namespace

ThemePalette::ThemePalette() : m_system(QApplication::palette()) {}

ThemePalette::~ThemePalette() { QApplication::setPalette(m_system); }

views::Theme ThemePalette::apply(views::Theme theme) const {
    switch (theme) {
    case views::Theme::Light:
        QApplication::setPalette(paletteOf(QColor(0xf3, 0xf3, 0xf3), QColor(0xff, 0xff, 0xff),
                                           QColor(0x1c, 0x1c, 0x1c), QColor(0xea, 0xea, 0xea),
                                           QColor(0x1f, 0x6f, 0xb2), QColor(0x6a, 0x6a, 0x6a)));
        break;
    case views::Theme::Dark:
        QApplication::setPalette(paletteOf(QColor(0x2b, 0x2d, 0x30), QColor(0x1e, 0x1f, 0x22),
                                           QColor(0xe4, 0xe4, 0xe4), QColor(0x3a, 0x3d, 0x41),
                                           QColor(0x2f, 0x74, 0xb5), QColor(0x9a, 0x9d, 0xa1)));
        break;
    case views::Theme::System:
        QApplication::setPalette(m_system);
        break;
    }
    return views::resolveTheme(theme, QApplication::palette());
}

}  // namespace gridscope::app
