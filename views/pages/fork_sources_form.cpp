// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_sources_form.h"

#include <QFormLayout>
#include <QGroupBox>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "views/widgets/dtype_box.h"
#include "views/widgets/file_field.h"

namespace gridscope::views {

namespace {

QString tokenFilter() { return ForkSourcesForm::tr("Tokens (*.npy *.bin *.idx);;All files (*)"); }
QString textFilter() {
    return ForkSourcesForm::tr("Text (*.txt *.jsonl *.txt.zst *.jsonl.zst);;All files (*)");
}

void showPath(FileField* field, const QString& path) {
    const QSignalBlocker quiet(field);
    field->setPath(path);
}

void showText(QLineEdit* edit, const QString& text) {
    const QSignalBlocker quiet(edit);
    if (edit->text() != text) edit->setText(text);
}

void showType(DtypeBox* box, const QString& dtype, const QString& file) {
    const QSignalBlocker quiet(box);
    box->setDtype(dtype);
    box->setFile(file);
}

}  // namespace

ForkSourcesForm::ForkSourcesForm(const GridChooserSpec& grids, QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("forkSources"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(buildPlaces());
    layout->addWidget(buildTraining());
    layout->addWidget(buildEvaluation(grids));
}

FileField* ForkSourcesForm::addFile(QFormLayout* form, const QString& label, const char* name,
                                    const QString& filter) {
    auto* field =
        new FileField({QString::fromLatin1(name), label, filter, FileFieldSpec::Kind::Open}, this);
    form->addRow(label, field);
    connectFile(field);
    return field;
}

FileField* ForkSourcesForm::addFolder(QFormLayout* form, const QString& label, const char* name) {
    auto* field =
        new FileField({QString::fromLatin1(name), label, {}, FileFieldSpec::Kind::Folder}, this);
    form->addRow(label, field);
    connectFile(field);
    return field;
}

QWidget* ForkSourcesForm::buildPlaces() {
    auto* group = new QGroupBox(tr("Fork Point and Experiment"), this);
    auto* form = new QFormLayout(group);
    m_checkpoint = addFolder(form, tr("Checkpoint"), "forkCheckpoint");
    m_out = addFolder(form, tr("Output folder"), "forkOut");
    m_out->edit()->setPlaceholderText(tr("made when it is missing"));
    connect(m_checkpoint, &FileField::changed, this,
            [this] { emit checkpointChosen(m_checkpoint->path()); });
    return group;
}

QWidget* ForkSourcesForm::buildTraining() {
    auto* group = new QGroupBox(tr("Train On"), this);
    auto* form = new QFormLayout(group);
    m_tokens = addFile(form, tr("Token file"), "forkTokens", tokenFilter());
    m_dtype = new DtypeBox(QStringLiteral("forkDtype"), tr("Number type of the token file"), group);
    form->addRow(tr("Number type (.bin)"), m_dtype);
    m_text = addFile(form, tr("or text file"), "forkText", textFilter());
    m_tokenizer = addFile(form, tr("Tokenizer"), "forkTokenizer",
                          tr("tokenizer.json (*.json);;All files (*)"));
    m_tokenizer->edit()->setPlaceholderText(tr("that of the checkpoint"));
    connectType(m_dtype, m_tokens);
    return group;
}

QWidget* ForkSourcesForm::buildEvaluation(const GridChooserSpec& grids) {
    auto* group = new QGroupBox(tr("Probe On"), this);
    auto* form = new QFormLayout(group);
    m_evalTokens = addFile(form, tr("Token file"), "forkEvalTokens", tokenFilter());
    m_evalTokens->edit()->setPlaceholderText(tr("the last 5 % of the training tokens"));
    m_evalDtype =
        new DtypeBox(QStringLiteral("forkEvalDtype"), tr("Number type of the token file"), group);
    form->addRow(tr("Number type (.bin)"), m_evalDtype);
    m_evalText = addFile(form, tr("or text file"), "forkEvalText", textFilter());
    m_windows = new QLineEdit(group);
    m_windows->setObjectName(QStringLiteral("forkWindows"));
    m_windows->setAccessibleName(tr("Number of windows"));
    m_windows->setPlaceholderText(tr("up to 128; a number, or all"));
    form->addRow(tr("Windows"), m_windows);
    m_length = new QLineEdit(group);
    m_length->setObjectName(QStringLiteral("forkEvalLength"));
    m_length->setAccessibleName(tr("Window length"));
    m_length->setPlaceholderText(tr("512; without a file that of training"));
    form->addRow(tr("Window length"), m_length);
    m_grids = new GridChooser(grids, group);
    form->addRow(m_grids);
    connectType(m_evalDtype, m_evalTokens);
    connectText(m_windows);
    connectText(m_length);
    connect(m_grids, &GridChooser::changed, this, &ForkSourcesForm::changed);
    connect(m_grids, &GridChooser::editingFinished, this, &ForkSourcesForm::editingFinished);
    return group;
}

void ForkSourcesForm::connectFile(FileField* field) {
    connect(field, &FileField::changed, this, &ForkSourcesForm::changed);
    connect(field, &FileField::editingFinished, this, &ForkSourcesForm::editingFinished);
}

void ForkSourcesForm::connectText(QLineEdit* edit) {
    connect(edit, &QLineEdit::textChanged, this, &ForkSourcesForm::changed);
    connect(edit, &QLineEdit::editingFinished, this, &ForkSourcesForm::editingFinished);
}

void ForkSourcesForm::connectType(DtypeBox* box, FileField* tokens) {
    box->setFile({});
    connect(tokens, &FileField::changed, box, [box, tokens] { box->setFile(tokens->path()); });
    connect(box, &QComboBox::activated, this, [this] {
        emit changed();
        emit editingFinished();
    });
}

void ForkSourcesForm::read(ForkChoice& choice) const {
    choice.checkpoint = m_checkpoint->path();
    choice.out = m_out->path();
    choice.tokens = m_tokens->path();
    choice.dtype = m_dtype->dtype();
    choice.text = m_text->path();
    choice.tokenizer = m_tokenizer->path();
    choice.evalTokens = m_evalTokens->path();
    choice.evalDtype = m_evalDtype->dtype();
    choice.evalText = m_evalText->path();
    choice.windows = m_windows->text().trimmed();
    choice.evalLength = m_length->text().trimmed();
    choice.grids = m_grids->chosen();
}

void ForkSourcesForm::show(const ForkChoice& choice) {
    showPath(m_checkpoint, choice.checkpoint);
    showPath(m_out, choice.out);
    showPath(m_tokens, choice.tokens);
    showPath(m_text, choice.text);
    showPath(m_tokenizer, choice.tokenizer);
    showPath(m_evalTokens, choice.evalTokens);
    showPath(m_evalText, choice.evalText);
    showType(m_dtype, choice.dtype, choice.tokens);
    showType(m_evalDtype, choice.evalDtype, choice.evalTokens);
    showText(m_windows, choice.windows);
    showText(m_length, choice.evalLength);
    m_grids->setChosen(choice.grids);
}

}  // namespace gridscope::views
