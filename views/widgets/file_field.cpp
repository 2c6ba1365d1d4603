// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/widgets/file_field.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QToolButton>

namespace gridscope::views {

FileField::FileField(const FileFieldSpec& spec, QWidget* parent)
    : QWidget(parent), m_spec(spec), m_edit(new QLineEdit(this)) {
    m_edit->setObjectName(spec.name);
    m_edit->setAccessibleName(spec.label);
    auto* button = new QToolButton(this);
    button->setText(tr("..."));
    button->setAccessibleName(tr("Choose: %1").arg(spec.label));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins({});
    row->addWidget(m_edit, 1);
    row->addWidget(button);
    setFocusProxy(m_edit);
    connect(button, &QToolButton::clicked, this, &FileField::choose);
    connect(m_edit, &QLineEdit::textChanged, this, &FileField::changed);
    connect(m_edit, &QLineEdit::editingFinished, this, &FileField::editingFinished);
}

QString FileField::path() const { return m_edit->text().trimmed(); }

void FileField::setPath(const QString& path) {
    if (path != m_edit->text()) m_edit->setText(path);
}

void FileField::choose() {
    QString path;
    switch (m_spec.kind) {
    case FileFieldSpec::Kind::Open:
        path = QFileDialog::getOpenFileName(this, m_spec.label, m_edit->text(), m_spec.filter);
        break;
    case FileFieldSpec::Kind::Save:
        path = QFileDialog::getSaveFileName(this, m_spec.label, m_edit->text(), m_spec.filter,
                                            nullptr, QFileDialog::DontConfirmOverwrite);
        break;
    case FileFieldSpec::Kind::Folder:
        path = QFileDialog::getExistingDirectory(this, m_spec.label, m_edit->text());
        break;
    }
    if (path.isEmpty()) return;
    m_edit->setText(path);
    emit editingFinished();
}

}  // namespace gridscope::views
