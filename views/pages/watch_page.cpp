// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/watch_page.h"

#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

#include "views/models/number_text.h"

namespace gridscope::views {

namespace {

/// A label that wraps and shows text from files as it is.
QLabel* plainLabel(const char* name, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setObjectName(QString::fromLatin1(name));
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    return label;
}

QString verdictText(const WatchStatus& status) {
    if (status.verdict.isEmpty())
        return status.isRunning ? WatchPage::tr("Nothing is measured yet.")
                                : WatchPage::tr("No folder is watched.");
    QString state = status.verdict;
    if (state == QStringLiteral("learning")) state = WatchPage::tr("Learning");
    if (state == QStringLiteral("plateau")) state = WatchPage::tr("Plateau");
    if (state == QStringLiteral("converged")) state = WatchPage::tr("Converged");
    if (state == QStringLiteral("diverging")) state = WatchPage::tr("Diverging");
    return status.confidence > 0 ? WatchPage::tr("FP32: %1, confidence %2 %")
                                       .arg(state)
                                       .arg(qRound(100 * status.confidence))
                                 : WatchPage::tr("FP32: %1, too early to say how sure").arg(state);
}

}  // namespace

WatchPage::WatchPage(QWidget* plot, QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("pageWatch"));
    setAccessibleName(tr("Watch"));
    auto* side = new QVBoxLayout;
    side->addWidget(buildForm());
    m_toggle = new QPushButton(this);
    m_toggle->setObjectName(QStringLiteral("watchToggle"));
    side->addWidget(m_toggle);
    m_why = plainLabel("watchProblem", this);
    side->addWidget(m_why);
    m_verdict = plainLabel("watchVerdict", this);
    QFont bold = m_verdict->font();
    bold.setBold(true);
    m_verdict->setFont(bold);
    side->addWidget(m_verdict);
    m_values = plainLabel("watchValues", this);
    side->addWidget(m_values);
    m_said = plainLabel("watchSaid", this);
    side->addWidget(m_said);
    side->addStretch(1);
    auto* columns = new QHBoxLayout;
    columns->addLayout(side);
    columns->addWidget(plot, 1);
    buildBanner();
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_banner);
    layout->addLayout(columns, 1);
    connect(m_toggle, &QPushButton::clicked, this, &WatchPage::toggleRequested);
    showProbe();
    refresh();
}

void WatchPage::buildBanner() {
    m_banner = new QFrame(this);
    m_banner->setObjectName(QStringLiteral("watchBanner"));
    m_banner->setAccessibleName(tr("Alerts"));
    m_banner->setFrameShape(QFrame::StyledPanel);
    m_banner->setAutoFillBackground(true);
    m_banner->setBackgroundRole(QPalette::Highlight);
    m_alerts = plainLabel("watchAlerts", m_banner);
    m_alerts->setForegroundRole(QPalette::HighlightedText);
    auto* dismiss = new QPushButton(tr("Dismiss"), m_banner);
    dismiss->setObjectName(QStringLiteral("watchDismiss"));
    auto* row = new QHBoxLayout(m_banner);
    row->addWidget(m_alerts, 1);
    row->addWidget(dismiss, 0, Qt::AlignTop);
    m_banner->hide();
    connect(dismiss, &QPushButton::clicked, this, &WatchPage::alertsDismissed);
}

QDoubleSpinBox* WatchPage::addSeconds(QFormLayout* form, const QString& label, const char* name,
                                      double value, double least) {
    constexpr double kDay = 86400.0;
    auto* box = new QDoubleSpinBox(this);
    box->setObjectName(QString::fromLatin1(name));
    box->setAccessibleName(label);
    box->setRange(least, kDay);
    box->setDecimals(1);
    box->setValue(value);
    box->setSuffix(tr(" s"));
    form->addRow(label, box);
    connect(box, &QDoubleSpinBox::valueChanged, this, &WatchPage::choiceChanged);
    return box;
}

QWidget* WatchPage::buildForm() {
    auto* widget = new QWidget(this);
    widget->setObjectName(QStringLiteral("watchForm"));
    auto* form = new QFormLayout(widget);
    form->setContentsMargins({});
    const WatchChoice standard;
    m_folder = new QLineEdit(widget);
    m_folder->setObjectName(QStringLiteral("watchFolder"));
    m_folder->setAccessibleName(tr("Folder"));
    m_folder->setMinimumWidth(fontMetrics().averageCharWidth() * 28);
    auto* browse = new QToolButton(widget);
    browse->setObjectName(QStringLiteral("watchBrowse"));
    browse->setText(tr("..."));
    browse->setAccessibleName(tr("Choose the folder"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_folder, 1);
    row->addWidget(browse);
    form->addRow(tr("Folder"), row);
    m_poll = addSeconds(form, tr("Look every"), "watchPoll", standard.pollSeconds, 0.1);
    m_settle = addSeconds(form, tr("Settled after"), "watchSettle", standard.settleSeconds, 0.0);
    m_settings = new QPushButton(tr("Tokens, Grids, Output..."), widget);
    m_settings->setObjectName(QStringLiteral("watchSettings"));
    form->addRow(m_settings);
    m_probeText = plainLabel("watchProbeText", widget);
    form->addRow(m_probeText);
    m_tolerance = new QDoubleSpinBox(widget);
    m_tolerance->setObjectName(QStringLiteral("watchTolerance"));
    m_tolerance->setAccessibleName(tr("Tolerance"));
    m_tolerance->setRange(0.01, 10.0);  // 10 % is divergence
    m_tolerance->setValue(standard.tolerancePercent);
    m_tolerance->setSuffix(tr(" %"));
    form->addRow(tr("Tolerance"), m_tolerance);
    m_patience = new QSpinBox(widget);
    m_patience->setObjectName(QStringLiteral("watchPatience"));
    m_patience->setAccessibleName(tr("Patience"));
    m_patience->setRange(2, 1000);
    m_patience->setValue(standard.patience);
    m_patience->setSuffix(tr(" points"));
    form->addRow(tr("Patience"), m_patience);
    m_minSteps = new QDoubleSpinBox(widget);
    m_minSteps->setObjectName(QStringLiteral("watchMinSteps"));
    m_minSteps->setAccessibleName(tr("No verdict before step"));
    m_minSteps->setRange(0.0, 1e12);
    m_minSteps->setDecimals(0);
    m_minSteps->setGroupSeparatorShown(true);
    form->addRow(tr("No verdict before"), m_minSteps);
    connect(m_folder, &QLineEdit::textChanged, this, [this] {
        refresh();
        emit choiceChanged();
    });
    connect(browse, &QToolButton::clicked, this, &WatchPage::chooseFolder);
    connect(m_settings, &QPushButton::clicked, this, &WatchPage::probeSettingsRequested);
    return widget;
}

void WatchPage::chooseFolder() {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Folder to Watch"));
    if (!path.isEmpty()) m_folder->setText(path);
}

WatchChoice WatchPage::choice() const {
    WatchChoice choice;
    choice.folder = m_folder->text().trimmed();
    choice.pollSeconds = m_poll->value();
    choice.settleSeconds = m_settle->value();
    choice.patience = m_patience->value();
    choice.minSteps = m_minSteps->value();
    choice.tolerancePercent = m_tolerance->value();
    choice.probe = m_probe;
    return choice;
}

void WatchPage::setProbeChoice(const ProbeChoice& probe) {
    m_probe = probe;
    showProbe();
    refresh();
    emit choiceChanged();
}

QString WatchPage::problem() const {
    if (m_status.isRunning) return {};
    if (!m_status.obstacle.isEmpty()) return m_status.obstacle;
    if (m_folder->text().trimmed().isEmpty()) return tr("Choose the folder to watch.");
    if (m_probe.output.isEmpty()) return tr("Choose tokens, grids and the output file.");
    return {};
}

void WatchPage::showStatus(const WatchStatus& status) {
    m_status = status;
    refresh();
}

void WatchPage::showProbe() {
    if (m_probe.output.isEmpty()) {
        m_probeText->setText(tr("Not chosen yet."));
        return;
    }
    const QString source = m_probe.tokens.isEmpty() ? m_probe.text : m_probe.tokens;
    m_probeText->setText(tr("%1\n%2\nto %3")
                             .arg(QFileInfo(source).fileName(),
                                  m_probe.grids.join(QStringLiteral(", ")),
                                  QFileInfo(m_probe.output).fileName()));
}

void WatchPage::refresh() {
    const bool isRunning = m_status.isRunning;
    for (QWidget* input : std::initializer_list<QWidget*>{m_folder, m_poll, m_settle, m_settings,
                                                          m_tolerance, m_patience, m_minSteps})
        input->setEnabled(!isRunning);
    const QString why = problem();
    m_toggle->setText(isRunning ? tr("Stop Watching") : tr("Start Watching"));
    m_toggle->setEnabled(why.isEmpty());
    m_why->setText(why);
    m_why->setVisible(!why.isEmpty());
    m_verdict->setText(verdictText(m_status));
    QStringList values;
    if (!std::isnan(m_status.newestStep))
        values << tr("Newest step: %1").arg(stepText(m_status.newestStep))
               << tr("FP32 perplexity: %1").arg(numberText(m_status.perplexity))
               << tr("Gap of %1: %2").arg(m_status.grid, percentText(m_status.gapPercent));
    m_values->setText(values.join(u'\n'));
    m_values->setVisible(!values.isEmpty());
    m_said->setText(m_status.said);
    m_said->setVisible(!m_status.said.isEmpty());
    m_alerts->setText(m_status.alerts.join(u'\n'));
    m_banner->setVisible(!m_status.alerts.isEmpty());
}

}  // namespace gridscope::views
