// SPDX-License-Identifier: GPL-3.0-or-later

// Lies over a view that has nothing to show: one sentence, one button.
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QShortcut;

namespace gridscope::views {

/// Covers its parent while something is to be said; hidden otherwise.
class StateOverlay : public QWidget {
    Q_OBJECT
public:
    explicit StateOverlay(QWidget* parent);

    void showEmpty(const QString& sentence, const QString& button);
    /// Appears after 150 ms, so that quick loads do not flash.
    void showLoading(const QString& text);
    /// @param details the whole error, for Copy Details
    void showError(const QString& sentence, const QString& hint, const QString& details);
    /// Text of the button beside an error; "Open Folder..." unless set.
    void setErrorButton(const QString& text) { m_errorButton = text; }
    void clear();

signals:
    void buttonClicked();
    /// Esc while something loads.
    void cancelRequested();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void showTexts(const QString& sentence, const QString& hint, const QString& button);

    QLabel* m_sentence;
    QLabel* m_hint;
    QProgressBar* m_bar;
    QPushButton* m_button;
    QPushButton* m_copy;
    QShortcut* m_escape;
    QString m_details;
    QString m_errorButton;
    int m_request = 0;  ///< so that a delayed loading state knows whether it is outdated
};

}  // namespace gridscope::views
