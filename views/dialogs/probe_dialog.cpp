// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/dialogs/probe_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "core/base/numbers.h"
#include "views/dialogs/probe_cost.h"
#include "views/widgets/dtype_box.h"
#include "views/widgets/grid_chooser.h"

namespace gridscope::views {

namespace {

void choose(QComboBox* box, const QString& value) {
    const int at = box->findData(value);
    if (at >= 0) box->setCurrentIndex(at);
}

}  // namespace

ProbeDialog::ProbeDialog(ProbeQuestion question, const ProbeChoice& initial, QWidget* parent)
    : QDialog(parent), m_question(std::move(question)) {
    setObjectName(QStringLiteral("probeDialog"));
    setWindowTitle(tr("Probe Checked Checkpoints"));
    auto* form = new QFormLayout;
    buildData(form, initial);
    buildGrids(form, initial);
    buildRun(form, initial);
    m_cost = new QLabel(this);
    m_cost->setObjectName(QStringLiteral("probeCost"));
    m_cost->setWordWrap(true);
    m_message = new QLabel(this);
    m_message->setObjectName(QStringLiteral("probeMessage"));
    m_message->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_start = buttons->addButton(tr("Start"), QDialogButtonBox::AcceptRole);
    m_start->setObjectName(QStringLiteral("probeStart"));
    m_start->setDefault(true);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_cost);
    layout->addWidget(m_message);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    for (QLineEdit* edit : findChildren<QLineEdit*>())
        connect(edit, &QLineEdit::textChanged, this, &ProbeDialog::refresh);
    for (QComboBox* box : findChildren<QComboBox*>())
        connect(box, &QComboBox::currentIndexChanged, this, &ProbeDialog::refresh);
    connect(m_threads, &QSpinBox::valueChanged, this, &ProbeDialog::refresh);
    connect(m_grids, &GridChooser::changed, this, &ProbeDialog::refresh);
    refresh();
}

QLineEdit* ProbeDialog::addFileRow(QFormLayout* form, const FileFieldSpec& spec,
                                   const QString& value) {
    auto* field = new FileField(spec, this);
    field->setPath(value);
    field->edit()->setMinimumWidth(fontMetrics().averageCharWidth() * 48);
    form->addRow(spec.label, field);
    return field->edit();
}

void ProbeDialog::buildData(QFormLayout* form, const ProbeChoice& initial) {
    m_tokens = addFileRow(form,
                          {QStringLiteral("probeTokens"), tr("Token file"),
                           tr("Tokens (*.npy *.bin *.idx);;All files (*)")},
                          initial.tokens);
    m_dtype = new DtypeBox(QStringLiteral("probeDtype"), tr("Number type of the token file"), this);
    m_dtype->setDtype(initial.dtype);
    form->addRow(tr("Number type (.bin)"), m_dtype);
    m_text = addFileRow(form,
                        {QStringLiteral("probeText"), tr("or text file"),
                         tr("Text (*.txt *.jsonl *.txt.zst *.jsonl.zst);;All files (*)")},
                        initial.text);
    m_tokenizer = addFileRow(form,
                             {QStringLiteral("probeTokenizer"), tr("Tokenizer"),
                              tr("tokenizer.json (*.json);;All files (*)")},
                             initial.tokenizer);
    m_tokenizer->setPlaceholderText(tr("that of the checkpoints"));
}

void ProbeDialog::buildGrids(QFormLayout* form, const ProbeChoice& initial) {
    m_grids =
        new GridChooser({QStringLiteral("probe"), m_question.grids, m_question.gridProblem}, this);
    m_grids->setChosen(initial.grids);
    form->addRow(tr("Grids"), m_grids);
}

void ProbeDialog::buildRun(QFormLayout* form, const ProbeChoice& initial) {
    const auto addBox = [&](const QString& label, const char* name,
                            const QList<std::pair<QString, QString>>& items, const QString& value) {
        auto* box = new QComboBox(this);
        box->setObjectName(QString::fromLatin1(name));
        box->setAccessibleName(label);
        for (const auto& item : items) box->addItem(item.first, item.second);
        choose(box, value);
        form->addRow(label, box);
        return box;
    };
    m_scope = addBox(tr("Scope"), "probeScope",
                     {{tr("matrices of the blocks"), QStringLiteral("blocks")},
                      {tr("and the embedding"), QStringLiteral("blocks+embed")},
                      {tr("and the head"), QStringLiteral("blocks+head")}},
                     initial.scope);
    QList<std::pair<QString, QString>> presets;
    for (const PresetOffer& preset : m_question.presets)
        presets.append({preset.windows > 0 ? tr("%1: %2 windows of %3 tokens")
                                                 .arg(preset.name)
                                                 .arg(preset.windows)
                                                 .arg(preset.length)
                                           : tr("%1: the whole text in windows of %2 tokens")
                                                 .arg(preset.name)
                                                 .arg(preset.length),
                        preset.name});
    m_preset = addBox(tr("Windows"), "probePreset", presets, initial.preset);
    m_windows = new QLineEdit(initial.windows, this);
    m_windows->setObjectName(QStringLiteral("probeWindows"));
    m_windows->setPlaceholderText(tr("the preset's; a number, or all"));
    form->addRow(tr("Number of windows"), m_windows);
    m_length = new QLineEdit(initial.length ? QString::number(*initial.length) : QString(), this);
    m_length->setObjectName(QStringLiteral("probeLength"));
    m_length->setPlaceholderText(tr("the preset's, at most what the model can read"));
    form->addRow(tr("Window length"), m_length);
    m_order = addBox(tr("Order"), "probeOrder",
                     {{tr("coarse to fine"), QStringLiteral("coarse-to-fine")},
                      {tr("by step"), QStringLiteral("steps")}},
                     initial.order);
    m_device = addBox(tr("Device"), "probeDevice",
                      {{tr("automatic"), QStringLiteral("auto")},
                       {tr("processor"), QStringLiteral("cpu")},
                       {tr("CUDA GPU"), QStringLiteral("cuda")}},
                      initial.device);
    m_threads = new QSpinBox(this);
    m_threads->setObjectName(QStringLiteral("probeThreads"));
    m_threads->setRange(0, std::max(m_question.cores, 1));
    m_threads->setSpecialValueText(tr("all cores"));
    m_threads->setValue(initial.threads);
    form->addRow(tr("Threads"), m_threads);
    m_output = addFileRow(form,
                          {QStringLiteral("probeOutput"), tr("Trajectory file"),
                           tr("Trajectories (*.h5)"), FileFieldSpec::Kind::Save},
                          initial.output);
}

ProbeChoice ProbeDialog::choice() const {
    ProbeChoice choice;
    choice.tokens = m_tokens->text().trimmed();
    choice.dtype = m_dtype->dtype();
    choice.text = m_text->text().trimmed();
    choice.tokenizer = m_tokenizer->text().trimmed();
    choice.grids = m_grids->chosen();
    choice.scope = m_scope->currentData().toString();
    choice.preset = m_preset->currentData().toString();
    choice.windows = m_windows->text().trimmed();
    bool isNumber = false;
    const qulonglong length = m_length->text().trimmed().toULongLong(&isNumber);
    if (isNumber) choice.length = length;
    choice.order = m_order->currentData().toString();
    choice.device = m_device->currentData().toString();
    choice.threads = m_threads->value();
    choice.output = m_output->text().trimmed();
    return choice;
}

QString ProbeDialog::dataProblem() const {
    const ProbeChoice now = choice();
    if (now.tokens.isEmpty() == now.text.isEmpty())
        return now.text.isEmpty() ? tr("Choose a token file or a text file.")
                                  : tr("Choose either a token file or a text file, not both.");
    const QString file = now.tokens.isEmpty() ? now.text : now.tokens;
    if (!QFileInfo(file).isFile()) return tr("There is no file %1.").arg(file);
    if (now.tokens.endsWith(QStringLiteral(".bin")) && now.dtype.isEmpty())
        return tr("A .bin file needs its number type.");
    if (!now.tokenizer.isEmpty() && !QFileInfo(now.tokenizer).isFile())
        return tr("There is no tokenizer %1.").arg(now.tokenizer);
    if (!now.windows.isEmpty() && now.windows != QStringLiteral("all")) {
        bool isNumber = false;
        if (now.windows.toULongLong(&isNumber) == 0 || !isNumber)
            return tr("The number of windows is a number above 0, or \"all\".");
    }
    if (!m_length->text().trimmed().isEmpty() && now.length.value_or(0) < 2)
        return tr("The window length is a number above 1.");
    return {};
}

QString ProbeDialog::outputProblem() const {
    const QString output = m_output->text().trimmed();
    if (output.isEmpty()) return tr("Choose the file for the results.");
    const QFileInfo folder(QFileInfo(output).absolutePath());
    if (!folder.isDir()) return tr("There is no folder %1.").arg(folder.filePath());
    if (!folder.isWritable()) return tr("The folder %1 is not writable.").arg(folder.filePath());
    return {};
}

QString ProbeDialog::problem() const {
    if (m_question.checkpoints == 0) return tr("No checkpoint is checked.");
    if (const QString why = dataProblem(); !why.isEmpty()) return why;
    if (const QString grid = m_grids->problem(); !grid.isEmpty()) return grid;
    return outputProblem();
}

QString ProbeDialog::costText() const {
    const ProbeChoice now = choice();
    PresetOffer preset;
    for (const PresetOffer& offer : m_question.presets)
        if (offer.name == now.preset) preset = offer;
    ProbeCostInput input;
    input.checkpoints = m_question.checkpoints;
    input.grids = static_cast<int>(now.grids.size());
    // "all" is no number: 0 like a preset without a count.
    input.windows = now.windows.isEmpty() ? preset.windows : now.windows.toULongLong();
    input.length = now.length.value_or(preset.length);
    input.parameters = m_question.parameters;
    const double used = now.threads > 0 ? now.threads : m_question.cores;
    input.multiplyRate = m_question.multiplyRate * used / std::max(m_question.cores, 1);
    const ProbeCost cost = estimateProbeCost(input);
    const QString passes = tr("%1 checkpoints × (FP32 + %2 grids) = %3 passes")
                               .arg(input.checkpoints)
                               .arg(input.grids)
                               .arg(cost.passes);
    if (input.windows == 0) return passes % tr(" over all windows of the file.");
    const QString tokens =
        passes %
        tr(" of %1 tokens").arg(QLocale().toString(qulonglong{input.windows * input.length}));
    if (std::isnan(cost.seconds)) return tokens % tr("; the time is not known yet.");
    return tokens % tr("; roughly %1 on the processor.")
                        .arg(QString::fromStdString(formatDuration(std::max(1.0, cost.seconds))));
}

void ProbeDialog::refresh() {
    const QString why = problem();
    m_dtype->setFile(m_tokens->text().trimmed());
    m_tokenizer->setEnabled(!m_text->text().trimmed().isEmpty());
    m_cost->setText(costText());
    m_message->setText(why);
    m_message->setVisible(!why.isEmpty());
    m_start->setEnabled(why.isEmpty());
    m_start->setToolTip(why);
}

}  // namespace gridscope::views
