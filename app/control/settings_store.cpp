// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/settings_store.h"

#include <QFile>

#include <algorithm>

namespace gridscope::app {

namespace {

const QString kTheme = QStringLiteral("Appearance/theme");
const QString kRecent = QStringLiteral("General/recent");
const QString kGeometry = QStringLiteral("Layout/geometry");
const QString kDocks = QStringLiteral("Layout/docks");
const QString kVersion = QStringLiteral("Layout/version");

/// QSettings accepts nearly any bytes as INI, so look for what an INI file never has.
bool looksDamaged(const QString& file) {
    QFile reader(file);
    if (!reader.open(QIODevice::ReadOnly)) return false;
    const QByteArray bytes = reader.readAll().trimmed();
    return !bytes.isEmpty() && (bytes.contains('\0') || !bytes.startsWith('['));
}

}  // namespace

SettingsStore::SettingsStore(const QString& file) {
    if (looksDamaged(file)) {
        const QString kept = QString(file % QStringLiteral(".bad"));
        QFile::remove(kept);
        m_wasDamaged = QFile::rename(file, kept);
    }
    m_settings = std::make_unique<QSettings>(file, QSettings::IniFormat);
}

views::Theme SettingsStore::theme() const {
    const QString name = m_settings->value(kTheme).toString();
    if (name == QStringLiteral("light")) return views::Theme::Light;
    if (name == QStringLiteral("dark")) return views::Theme::Dark;
    return views::Theme::System;
}

void SettingsStore::setTheme(views::Theme theme) {
    m_settings->setValue(kTheme, theme == views::Theme::Light  ? QStringLiteral("light")
                                 : theme == views::Theme::Dark ? QStringLiteral("dark")
                                                               : QStringLiteral("system"));
}

QStringList SettingsStore::recentItems() const { return m_settings->value(kRecent).toStringList(); }

void SettingsStore::addRecentItem(const QString& path) {
    QStringList items = recentItems();
    items.removeAll(path);
    items.prepend(path);
    m_settings->setValue(kRecent, items.mid(0, kRecentLimit));
}

SettingsStore::Layout SettingsStore::layout() const {
    Layout layout;
    layout.geometry = m_settings->value(kGeometry).toByteArray();
    if (m_settings->value(kVersion).toInt() == kLayoutVersion)
        layout.docks = m_settings->value(kDocks).toByteArray();
    return layout;
}

void SettingsStore::setLayout(const Layout& layout) {
    m_settings->setValue(kGeometry, layout.geometry);
    m_settings->setValue(kDocks, layout.docks);
    m_settings->setValue(kVersion, kLayoutVersion);
}

void SettingsStore::forgetLayout() { m_settings->remove(QStringLiteral("Layout")); }

}  // namespace gridscope::app
