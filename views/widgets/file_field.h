// SPDX-License-Identifier: GPL-3.0-or-later

// A path that is typed or chosen.
#pragma once

#include <QWidget>

class QLineEdit;

namespace gridscope::views {

struct FileFieldSpec {
    enum class Kind { Open, Save, Folder };
    QString name;    ///< object name of the line
    QString label;   ///< accessible name of the line, title of the dialog
    QString filter;  ///< of the dialog; unused for folders
    Kind kind = Kind::Open;
};

class FileField : public QWidget {
    Q_OBJECT
public:
    FileField(const FileFieldSpec& spec, QWidget* parent);

    QLineEdit* edit() const { return m_edit; }
    QString path() const;  ///< without blanks around it
    void setPath(const QString& path);

signals:
    void changed();
    /// Typed to the end, or chosen.
    void editingFinished();

private:
    void choose();

    FileFieldSpec m_spec;
    QLineEdit* m_edit;
};

}  // namespace gridscope::views
