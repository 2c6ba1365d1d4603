// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/panels/state_overlay.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QShortcut>
#include <QTimer>
#include <QVBoxLayout>

namespace gridscope::views {

namespace {
constexpr int kLoadingDelayMilliseconds = 150;
}

StateOverlay::StateOverlay(QWidget* parent)
    : QWidget(parent),
      m_sentence(new QLabel(this)),
      m_hint(new QLabel(this)),
      m_bar(new QProgressBar(this)),
      m_button(new QPushButton(tr("Open Folder..."), this)),
      m_copy(new QPushButton(tr("Copy Details"), this)),
      m_escape(new QShortcut(Qt::Key_Escape, this)),
      m_errorButton(tr("Open Folder...")) {
    setObjectName(QStringLiteral("stateOverlay"));
    setAccessibleName(tr("State of the view"));
    setAutoFillBackground(true);
    m_sentence->setObjectName(QStringLiteral("stateSentence"));
    m_hint->setObjectName(QStringLiteral("stateHint"));
    m_bar->setObjectName(QStringLiteral("stateBar"));
    m_button->setObjectName(QStringLiteral("stateButton"));
    m_copy->setObjectName(QStringLiteral("stateCopy"));
    QFont font = m_sentence->font();
    font.setPointSizeF(font.pointSizeF() * 1.25);
    m_sentence->setFont(font);
    for (QLabel* label : {m_sentence, m_hint}) {
        label->setWordWrap(true);
        label->setAlignment(Qt::AlignCenter);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_bar->setRange(0, 0);
    m_bar->setAccessibleName(tr("Loading"));
    auto* layout = new QVBoxLayout(this);
    layout->addStretch(2);
    layout->addWidget(m_sentence);
    layout->addWidget(m_hint);
    layout->addWidget(m_bar, 0, Qt::AlignHCenter);
    layout->addWidget(m_button, 0, Qt::AlignHCenter);
    layout->addWidget(m_copy, 0, Qt::AlignHCenter);
    layout->addStretch(3);
    connect(m_button, &QPushButton::clicked, this, &StateOverlay::buttonClicked);
    connect(m_copy, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_details); });
    m_escape->setContext(Qt::WindowShortcut);
    m_escape->setEnabled(false);
    connect(m_escape, &QShortcut::activated, this, &StateOverlay::cancelRequested);
    parent->installEventFilter(this);
    hide();
}

void StateOverlay::showTexts(const QString& sentence, const QString& hint, const QString& button) {
    ++m_request;
    m_sentence->setText(sentence);
    m_hint->setText(hint);
    m_hint->setVisible(!hint.isEmpty());
    if (!button.isEmpty()) m_button->setText(button);  // a hidden one keeps a name
    m_button->setVisible(!button.isEmpty());
    m_copy->setVisible(!m_details.isEmpty());
    m_bar->hide();
    m_escape->setEnabled(false);
    setGeometry(parentWidget()->rect());
    raise();
    show();
}

void StateOverlay::showEmpty(const QString& sentence, const QString& button) {
    m_details.clear();
    showTexts(sentence, {}, button);
}

void StateOverlay::showLoading(const QString& text) {
    const int request = ++m_request;
    QTimer::singleShot(kLoadingDelayMilliseconds, this, [this, request, text] {
        if (request != m_request) return;
        m_details.clear();
        showTexts(text, tr("Esc cancels."), {});
        m_bar->show();
        m_escape->setEnabled(true);  // acts only while this is seen
    });
}

void StateOverlay::showError(const QString& sentence, const QString& hint, const QString& details) {
    m_details = details;
    showTexts(sentence, hint, m_errorButton);
}

void StateOverlay::clear() {
    ++m_request;
    m_escape->setEnabled(false);
    hide();
}

bool StateOverlay::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parent() && event->type() == QEvent::Resize) setGeometry(parentWidget()->rect());
    return QWidget::eventFilter(watched, event);
}

}  // namespace gridscope::views
