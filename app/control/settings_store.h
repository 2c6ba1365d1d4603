// SPDX-License-Identifier: GPL-3.0-or-later

// What the program remembers between starts, in one INI file.
#pragma once

#include <QByteArray>
#include <QSettings>
#include <QStringList>

#include <memory>

#include "views/style/theme.h"

namespace gridscope::app {

class SettingsStore {
public:
    static constexpr int kLayoutVersion = 2;  ///< raised when docks change
    static constexpr int kRecentLimit = 10;

    /// Uses `file`. A damaged one is kept beside it as `.bad` and defaults are used.
    explicit SettingsStore(const QString& file);

    bool wasDamaged() const { return m_wasDamaged; }
    views::Theme theme() const;
    void setTheme(views::Theme theme);
    QStringList recentItems() const;
    void addRecentItem(const QString& path);

    struct Layout {
        QByteArray geometry;
        QByteArray docks;  ///< empty when saved by another version
    };
    Layout layout() const;
    void setLayout(const Layout& layout);
    void forgetLayout();
    /// Writes the file now.
    void sync() { m_settings->sync(); }

private:
    std::unique_ptr<QSettings> m_settings;
    bool m_wasDamaged = false;
};

}  // namespace gridscope::app
