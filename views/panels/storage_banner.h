// SPDX-License-Identifier: GPL-3.0-or-later

// Says that measured rows cannot be written, and asks what to do; hidden while all is well.
#pragma once

#include <QFrame>

class QLabel;

namespace gridscope::views {

class StorageBanner : public QFrame {
    Q_OBJECT
public:
    explicit StorageBanner(QWidget* parent = nullptr);

    /// Empty hides the banner.
    void showProblem(const QString& problem);

signals:
    void retryRequested();
    void elsewhereRequested();
    void stopRequested();

private:
    QLabel* m_text;
};

}  // namespace gridscope::views
