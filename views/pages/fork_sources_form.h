// SPDX-License-Identifier: GPL-3.0-or-later

// Where a fork experiment begins, what it trains on, what it is probed on, and where it is kept.
#pragma once

#include <QWidget>

#include "views/pages/fork_choice.h"
#include "views/widgets/grid_chooser.h"

class QFormLayout;
class QLineEdit;

namespace gridscope::views {

class DtypeBox;
class FileField;

class ForkSourcesForm : public QWidget {
    Q_OBJECT
public:
    explicit ForkSourcesForm(const GridChooserSpec& grids, QWidget* parent = nullptr);

    /// Writes what this form asks for into `choice`.
    void read(ForkChoice& choice) const;
    void show(const ForkChoice& choice);
    /// Why the grids are none; empty = they are some.
    QString gridProblem() const { return m_grids->problem(); }

signals:
    void changed();
    void editingFinished();
    /// Another folder to fork from, typed or chosen.
    void checkpointChosen(const QString& folder);

private:
    QWidget* buildPlaces();
    QWidget* buildTraining();
    QWidget* buildEvaluation(const GridChooserSpec& grids);
    FileField* addFile(QFormLayout* form, const QString& label, const char* name,
                       const QString& filter);
    FileField* addFolder(QFormLayout* form, const QString& label, const char* name);
    void connectFile(FileField* field);
    void connectText(QLineEdit* edit);
    void connectType(DtypeBox* box, FileField* tokens);

    FileField* m_checkpoint = nullptr;
    FileField* m_out = nullptr;
    FileField* m_tokens = nullptr;
    DtypeBox* m_dtype = nullptr;
    FileField* m_text = nullptr;
    FileField* m_tokenizer = nullptr;
    FileField* m_evalTokens = nullptr;
    DtypeBox* m_evalDtype = nullptr;
    FileField* m_evalText = nullptr;
    QLineEdit* m_windows = nullptr;
    QLineEdit* m_length = nullptr;
    GridChooser* m_grids = nullptr;
};

}  // namespace gridscope::views
