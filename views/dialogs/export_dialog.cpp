// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/dialogs/export_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSpinBox>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "views/figure/figure_renderer.h"
#include "views/figure/figure_venue.h"
#include "views/figure/figure_writer.h"

namespace gridscope::views {

namespace {

constexpr int kPreviewDelayMilliseconds = 150;
constexpr int kPreviewDpi = 96;

}  // namespace

ExportDialog::ExportDialog(FigureInput input, QWidget* parent)
    : QDialog(parent), m_input(std::move(input)) {
    setObjectName(QStringLiteral("exportDialog"));
    setWindowTitle(tr("Export Figure"));
    auto* form = new QFormLayout;
    buildForm(form);
    m_preview = new QLabel(this);
    m_preview->setObjectName(QStringLiteral("exportPreview"));
    m_preview->setAccessibleName(tr("Preview"));
    m_preview->setAlignment(Qt::AlignCenter);
    m_preview->setMinimumSize(fontMetrics().averageCharWidth() * 70, fontMetrics().height() * 24);
    m_message = new QLabel(this);
    m_message->setObjectName(QStringLiteral("exportMessage"));
    m_message->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_export = buttons->addButton(tr("Export"), QDialogButtonBox::ActionRole);
    m_export->setObjectName(QStringLiteral("exportStart"));
    auto* columns = new QHBoxLayout;
    columns->addLayout(form);
    columns->addWidget(m_preview, 1);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(columns, 1);
    layout->addWidget(m_message);
    layout->addWidget(buttons);
    m_delay = new QTimer(this);
    m_delay->setSingleShot(true);
    m_delay->setInterval(kPreviewDelayMilliseconds);
    connect(m_delay, &QTimer::timeout, this, &ExportDialog::showPreview);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_export, &QPushButton::clicked, this, &ExportDialog::write);
    const auto later = [this] { m_delay->start(); };
    for (QComboBox* box : {m_figure, m_family})
        connect(box, &QComboBox::currentIndexChanged, this, later);
    for (QDoubleSpinBox* box : {m_width, m_height, m_font})
        connect(box, &QDoubleSpinBox::valueChanged, this, later);
    connect(m_bands, &QCheckBox::toggled, this, later);
    connect(m_path, &QLineEdit::textChanged, this, later);
    showPreview();
}

void ExportDialog::buildForm(QFormLayout* form) {
    const auto named = [](auto* widget, const char* name, const QString& label) {
        widget->setObjectName(QString::fromLatin1(name));
        widget->setAccessibleName(label);
        return widget;
    };
    m_figure = named(new QComboBox(this), "exportFigure", tr("Figure"));
    m_figure->addItems(m_input.fork ? forkFigureNames() : runFigureNames());
    m_figure->setCurrentText(m_input.spec.name);
    m_venue = named(new QComboBox(this), "exportVenue", tr("Venue"));
    m_venue->addItem(tr("own size"));
    for (const FigureVenue& venue : figureVenues()) {
        const QString name = QString::fromLatin1(venue.name);
        if (venue.pageInches > venue.columnInches) {
            m_venue->addItem(tr("%1, one column").arg(name), name);
            m_venue->addItem(tr("%1, page width").arg(name), name);
        } else {
            m_venue->addItem(name, name);
        }
    }
    const auto spin = [&](const char* name, const QString& label, double low, double high,
                          double value, const QString& suffix) {
        auto* box = named(new QDoubleSpinBox(this), name, label);
        box->setRange(low, high);
        box->setDecimals(2);
        box->setValue(value);
        box->setSuffix(suffix);
        return box;
    };
    const FigureSpec& spec = m_input.spec;
    m_width = spin("exportWidth", tr("Width"), 0.5, 40.0, spec.widthInches, tr(" in"));
    m_height =
        spin("exportHeight", tr("Height"), 0.0, 60.0, spec.heightInches.value_or(0.0), tr(" in"));
    m_height->setSpecialValueText(tr("automatic"));
    m_font = spin("exportFont", tr("Font size"), 4.0, 72.0, spec.baseFontPoints, tr(" pt"));
    m_family = named(new QComboBox(this), "exportFamily", tr("Font"));
    m_family->addItems({QStringLiteral("DejaVu Sans"), QStringLiteral("Liberation Sans"),
                        QStringLiteral("Liberation Serif")});
    m_dpi = named(new QSpinBox(this), "exportDpi", tr("Resolution of PNG"));
    m_dpi->setRange(72, 1200);
    m_dpi->setValue(spec.dpi);
    m_dpi->setSuffix(tr(" dpi"));
    m_bands = named(new QCheckBox(tr("Phase bands"), this), "exportBands", tr("Phase bands"));
    m_bands->setChecked(spec.phaseBands);
    m_bands->setEnabled(m_input.fork == nullptr);
    m_path = named(new QLineEdit(this), "exportPath", tr("File"));
    m_path->setPlaceholderText(tr(".pdf, .svg, .png or .csv"));
    auto* choose = new QToolButton(this);
    choose->setText(tr("..."));
    choose->setAccessibleName(tr("Choose the file"));
    auto* file = new QHBoxLayout;
    file->addWidget(m_path, 1);
    file->addWidget(choose);
    form->addRow(tr("Figure"), m_figure);
    form->addRow(tr("Venue"), m_venue);
    form->addRow(tr("Width"), m_width);
    form->addRow(tr("Height"), m_height);
    form->addRow(tr("Font size"), m_font);
    form->addRow(tr("Font"), m_family);
    form->addRow(tr("PNG"), m_dpi);
    form->addRow(QString(), m_bands);
    form->addRow(tr("File"), file);
    connect(m_venue, &QComboBox::activated, this, [this](int row) {
        if (row == 0) return;
        // The first entry of a name is its column, a second one its page.
        const QString name = m_venue->itemData(row).toString();
        const bool isPage = m_venue->findData(name) != row;
        FigureSpec sizes = this->spec();
        if (!applyVenue(sizes, name, isPage ? ColumnSpan::Page : ColumnSpan::One)) return;
        m_width->setValue(sizes.widthInches);
        m_height->setValue(sizes.heightInches.value_or(0.0));
        m_font->setValue(sizes.baseFontPoints);
    });
    connect(choose, &QToolButton::clicked, this, [this] {
        const QString path =
            QFileDialog::getSaveFileName(this, tr("Export Figure"), m_path->text(),
                                         tr("PDF (*.pdf);;SVG (*.svg);;PNG (*.png);;CSV (*.csv)"),
                                         nullptr, QFileDialog::DontConfirmOverwrite);
        if (!path.isEmpty()) m_path->setText(path);
    });
}

FigureSpec ExportDialog::spec() const {
    FigureSpec spec = m_input.spec;
    spec.name = m_figure->currentText();
    spec.widthInches = m_width->value();
    spec.heightInches.reset();
    if (m_height->value() > 0.0) spec.heightInches = m_height->value();
    spec.baseFontPoints = m_font->value();
    spec.fontFamily = m_family->currentText();
    spec.dpi = m_dpi->value();
    spec.phaseBands = m_bands->isChecked();
    return spec;
}

void ExportDialog::showPreview() {
    FigureInput input = m_input;
    input.spec = spec();
    input.spec.dpi = kPreviewDpi;
    auto renderer = FigureRenderer::create(input);
    QString why;
    if (!renderer) {
        why = QString::fromStdString(renderer.error().toText());
        m_preview->clear();
    } else {
        const QPixmap pixmap = (*renderer)->toPixmap();
        m_preview->setPixmap(pixmap.scaled(pixmap.size().boundedTo(m_preview->size()),
                                           Qt::KeepAspectRatio, Qt::SmoothTransformation));
    }
    if (why.isEmpty() && m_path->text().trimmed().isEmpty()) why = tr("Choose a file.");
    if (why.isEmpty()) {
        const auto format = figureFormatOf(m_path->text().trimmed());
        if (!format) why = QString::fromStdString(format.error().toText());
    }
    m_message->setText(why);
    m_export->setEnabled(why.isEmpty());
    m_export->setToolTip(why);
}

bool ExportDialog::mayReplace(const QString& path) {
    QMessageBox box(QMessageBox::Question, tr("The file exists"),
                    tr("%1 exists already. Replace it?").arg(QFileInfo(path).fileName()),
                    QMessageBox::Cancel, this);
    box.setObjectName(QStringLiteral("replaceQuestion"));
    QAbstractButton* replace = box.addButton(tr("Replace"), QMessageBox::AcceptRole);
    replace->setObjectName(QStringLiteral("replaceFile"));
    box.setDefaultButton(QMessageBox::Cancel);
    box.exec();
    return box.clickedButton() == replace;
}

void ExportDialog::write() {
    const QString path = m_path->text().trimmed();
    if (QFileInfo::exists(path) && !mayReplace(path)) return;
    FigureInput input = m_input;
    input.spec = spec();
    const auto outcome = writeFigure(input, path);
    if (!outcome) {
        m_message->setText(QString::fromStdString(outcome.error().toText()));
        return;
    }
    m_written = path;
    accept();
}

}  // namespace gridscope::views
