// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/log_panel.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTime>
#include <QVBoxLayout>

namespace gridscope::views {

LogPanel::LogPanel(QWidget* parent)
    : QWidget(parent), m_filter(new QComboBox(this)), m_text(new QPlainTextEdit(this)) {
    setObjectName(QStringLiteral("logPanel"));
    m_filter->setObjectName(QStringLiteral("logFilter"));
    m_filter->setAccessibleName(tr("Lowest level shown"));
    m_filter->addItems({tr("Everything"), tr("Warnings and errors"), tr("Errors")});
    m_text->setObjectName(QStringLiteral("logText"));
    m_text->setAccessibleName(tr("Log"));
    m_text->setReadOnly(true);
    m_text->setMaximumBlockCount(static_cast<int>(kLimit));
    auto* copy = new QPushButton(tr("Copy"), this);
    copy->setObjectName(QStringLiteral("logCopy"));
    auto* side = new QVBoxLayout;
    side->addWidget(m_filter);
    side->addWidget(copy);
    side->addStretch();
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_text, 1);
    layout->addLayout(side);
    connect(m_filter, &QComboBox::activated, this, &LogPanel::showAll);
    connect(copy, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(shownText()); });
}

void LogPanel::append(LogLevel level, const QString& text) {
    if (m_lines.size() >= kLimit) m_lines.erase(m_lines.begin());
    m_lines.push_back({level, QTime::currentTime().toString(Qt::ISODate) % u"  " % text});
    if (static_cast<int>(level) >= m_filter->currentIndex())
        m_text->appendPlainText(m_lines.back().text);
}

QString LogPanel::shownText() const { return m_text->toPlainText(); }

void LogPanel::showAll() {
    m_text->clear();
    for (const Line& line : m_lines)
        if (static_cast<int>(line.level) >= m_filter->currentIndex())
            m_text->appendPlainText(line.text);
}

}  // namespace gridscope::views
