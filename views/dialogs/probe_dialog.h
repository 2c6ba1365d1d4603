// SPDX-License-Identifier: GPL-3.0-or-later

// Asks what a probe shall measure; says what it costs and what is still missing.
#pragma once

#include <QDialog>

#include "views/dialogs/probe_choice.h"
#include "views/widgets/file_field.h"

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace gridscope::views {

class DtypeBox;
class GridChooser;

class ProbeDialog : public QDialog {
    Q_OBJECT
public:
    ProbeDialog(ProbeQuestion question, const ProbeChoice& initial, QWidget* parent = nullptr);

    ProbeChoice choice() const;
    /// Why Start is disabled; empty when it is not.
    QString problem() const;

private:
    void buildData(QFormLayout* form, const ProbeChoice& initial);
    void buildGrids(QFormLayout* form, const ProbeChoice& initial);
    void buildRun(QFormLayout* form, const ProbeChoice& initial);
    QLineEdit* addFileRow(QFormLayout* form, const FileFieldSpec& spec, const QString& value);
    void refresh();
    QString costText() const;
    QString dataProblem() const;
    QString outputProblem() const;

    ProbeQuestion m_question;
    QLineEdit* m_tokens = nullptr;
    DtypeBox* m_dtype = nullptr;
    QLineEdit* m_text = nullptr;
    QLineEdit* m_tokenizer = nullptr;
    GridChooser* m_grids = nullptr;
    QComboBox* m_scope = nullptr;
    QComboBox* m_preset = nullptr;
    QLineEdit* m_windows = nullptr;
    QLineEdit* m_length = nullptr;
    QComboBox* m_order = nullptr;
    QComboBox* m_device = nullptr;
    QSpinBox* m_threads = nullptr;
    QLineEdit* m_output = nullptr;
    QLabel* m_cost = nullptr;
    QLabel* m_message = nullptr;
    QPushButton* m_start = nullptr;
};

}  // namespace gridscope::views
