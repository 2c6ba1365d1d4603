// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/storage_banner.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace gridscope::views {

StorageBanner::StorageBanner(QWidget* parent) : QFrame(parent), m_text(new QLabel(this)) {
    setObjectName(QStringLiteral("storageBanner"));
    setAccessibleName(tr("Rows cannot be saved"));
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Highlight);
    m_text->setObjectName(QStringLiteral("storageProblem"));
    m_text->setAccessibleName(accessibleName());
    m_text->setTextFormat(Qt::PlainText);
    m_text->setWordWrap(true);
    m_text->setForegroundRole(QPalette::HighlightedText);
    auto* row = new QHBoxLayout(this);
    row->addWidget(m_text, 1);
    const auto add = [&](const QString& text, const char* name, void (StorageBanner::*intent)()) {
        auto* button = new QPushButton(text, this);
        button->setObjectName(QString::fromLatin1(name));
        row->addWidget(button, 0, Qt::AlignTop);
        connect(button, &QPushButton::clicked, this, intent);
    };
    add(tr("Retry"), "storageRetry", &StorageBanner::retryRequested);
    add(tr("Save Elsewhere..."), "storageElsewhere", &StorageBanner::elsewhereRequested);
    add(tr("Stop"), "storageStop", &StorageBanner::stopRequested);
    hide();
}

void StorageBanner::showProblem(const QString& problem) {
    m_text->setText(tr("The probe waits: %1\nMeasured rows are kept in memory.").arg(problem));
    setVisible(!problem.isEmpty());
}

}  // namespace gridscope::views
