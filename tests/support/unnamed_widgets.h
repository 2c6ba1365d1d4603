// SPDX-License-Identifier: GPL-3.0-or-later

// What the keyboard reaches must have a name for people who cannot see it.
#pragma once

#include <QAbstractSpinBox>
#include <QAccessible>
#include <QComboBox>
#include <QStringList>
#include <QWidget>

namespace gridscope::test {

/// Class and object name of every widget below `root` that takes the focus by Tab, hidden or not,
/// and has no accessible name: neither one of its own, nor a text, nor a label that is its buddy.
inline QStringList unnamedWidgets(const QWidget& root) {
    QStringList found;
    for (QWidget* widget : root.findChildren<QWidget*>()) {
        if ((widget->focusPolicy() & Qt::TabFocus) != Qt::TabFocus) continue;
        // The editor and the list inside a box speak with the name of the box.
        if (widget->inherits("QComboBoxListView")) continue;
        const QWidget* parent = widget->parentWidget();
        if (qobject_cast<const QAbstractSpinBox*>(parent) != nullptr ||
            qobject_cast<const QComboBox*>(parent) != nullptr)
            continue;
        const QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(widget);
        if (spoken != nullptr && !spoken->text(QAccessible::Name).trimmed().isEmpty()) continue;
        found << QStringLiteral("%1 \"%2\" in \"%3\"")
                     .arg(QString::fromLatin1(widget->metaObject()->className()),
                          widget->objectName(), parent->objectName());
    }
    return found;
}

}  // namespace gridscope::test
