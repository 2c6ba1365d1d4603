// SPDX-License-Identifier: GPL-3.0-or-later

// A central page: its content, and the overlay that speaks when there is none.
#pragma once

#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace gridscope::views {

class StateOverlay;

class Page : public QWidget {
    Q_OBJECT
public:
    Page(const QString& objectName, const QString& accessibleName, QWidget* parent = nullptr);

    /// Puts `content` below what the page has; the page owns it.
    void addContent(QWidget* content, int stretch);
    StateOverlay* overlay() const { return m_overlay; }
    /// "37 of 154 probed", or empty.
    void setBadge(const QString& text);

signals:
    /// The button of the overlay.
    void openRequested();
    /// Esc while the page is loading.
    void cancelRequested();

private:
    QVBoxLayout* m_layout;
    StateOverlay* m_overlay;
    QLabel* m_badge;
};

}  // namespace gridscope::views
