// SPDX-License-Identifier: GPL-3.0-or-later

// Chooses a figure, its size and font, shows it, and writes it to a file.
#pragma once

#include <QDialog>

#include "views/figure/figure_spec.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QTimer;

namespace gridscope::views {

class ExportDialog : public QDialog {
    Q_OBJECT
public:
    explicit ExportDialog(FigureInput input, QWidget* parent = nullptr);

    FigureSpec spec() const;
    QString writtenPath() const { return m_written; }

private:
    void buildForm(QFormLayout* form);
    void showPreview();
    void write();
    bool mayReplace(const QString& path);

    FigureInput m_input;
    QString m_written;
    QComboBox* m_figure = nullptr;
    QComboBox* m_venue = nullptr;
    QDoubleSpinBox* m_width = nullptr;
    QDoubleSpinBox* m_height = nullptr;
    QDoubleSpinBox* m_font = nullptr;
    QComboBox* m_family = nullptr;
    QSpinBox* m_dpi = nullptr;
    QCheckBox* m_bands = nullptr;
    QLineEdit* m_path = nullptr;
    QLabel* m_preview = nullptr;
    QLabel* m_message = nullptr;
    QPushButton* m_export = nullptr;
    QTimer* m_delay = nullptr;
};

}  // namespace gridscope::views
