// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/page.h"

#include <QLabel>
#include <QVBoxLayout>

#include "views/panels/state_overlay.h"

namespace gridscope::views {

Page::Page(const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QWidget(parent),
      m_layout(new QVBoxLayout(this)),
      m_overlay(new StateOverlay(this)),
      m_badge(new QLabel(this)) {
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    m_layout->setContentsMargins({});
    m_badge->setObjectName(QString(objectName % QStringLiteral("Badge")));
    m_badge->hide();
    m_layout->addWidget(m_badge, 0, Qt::AlignRight);
    connect(m_overlay, &StateOverlay::buttonClicked, this, &Page::openRequested);
    connect(m_overlay, &StateOverlay::cancelRequested, this, &Page::cancelRequested);
}

void Page::addContent(QWidget* content, int stretch) {
    m_layout->addWidget(content, stretch);
    m_overlay->raise();
}

void Page::setBadge(const QString& text) {
    m_badge->setText(text);
    m_badge->setVisible(!text.isEmpty());
}

}  // namespace gridscope::views
