// SPDX-License-Identifier: GPL-3.0-or-later

// What happened, line by line, with a filter by level.
#pragma once

#include <QWidget>

#include <vector>

class QComboBox;
class QPlainTextEdit;

namespace gridscope::views {

enum class LogLevel { Information, Warning, Error };

class LogPanel : public QWidget {
    Q_OBJECT
public:
    explicit LogPanel(QWidget* parent = nullptr);
    void append(LogLevel level, const QString& text);
    QString shownText() const;

private:
    struct Line {
        LogLevel level;
        QString text;
    };
    void showAll();

    static constexpr std::size_t kLimit = 5000;
    std::vector<Line> m_lines;
    QComboBox* m_filter;
    QPlainTextEdit* m_text;
};

}  // namespace gridscope::views
