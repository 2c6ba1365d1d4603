// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_cost_panel.h"

#include <QLabel>
#include <QLocale>
#include <QVBoxLayout>

#include <algorithm>

#include "core/base/numbers.h"

namespace gridscope::views {

namespace {

QString bytesText(double bytes) {
    return QString::fromStdString(formatBytes(static_cast<std::uint64_t>(std::max(0.0, bytes))));
}

QString amount(double needed, double free) {
    const QString text = ForkCostPanel::tr("%1 of %2 free").arg(bytesText(needed), bytesText(free));
    return needed > free ? ForkCostPanel::tr("%1: not enough").arg(text) : text;
}

}  // namespace

ForkCostPanel::ForkCostPanel(QWidget* parent)
    : QWidget(parent), m_amounts(new QLabel(this)), m_notes(new QLabel(this)) {
    setObjectName(QStringLiteral("costPanel"));
    setAccessibleName(tr("What the experiment takes"));
    m_amounts->setObjectName(QStringLiteral("forkCost"));
    m_notes->setObjectName(QStringLiteral("forkNotes"));
    for (QLabel* label : {m_amounts, m_notes}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_amounts);
    layout->addWidget(m_notes);
}

void ForkCostPanel::showCost(const ForkStatus& status, const QString& problem) {
    QString text;
    if (status.cost) {
        const ForkCost& cost = *status.cost;
        text = tr("Time: about %1 on this computer. Tokens: %2. Disk: %3. Memory: %4.")
                   .arg(QString::fromStdString(formatDuration(std::max(1.0, cost.seconds))),
                        QLocale().toString(cost.tokens, 'f', 0),
                        amount(cost.diskBytes, cost.freeDiskBytes),
                        amount(cost.memoryBytes, cost.freeMemoryBytes));
        if (cost.memoryBytes > cost.freeMemoryBytes)
            text += tr(" A smaller batch with more accumulation needs less memory.");
        if (cost.tokens == 0.0) text = tr("Every run of this experiment has ended.");
    } else if (status.isChecking) {
        text = tr("Files are being read to say what it takes...");
    } else if (!problem.isEmpty()) {
        text = tr("What it takes is said once the design is whole.");
    }
    m_amounts->setText(text);
    m_amounts->setVisible(!text.isEmpty());
    m_notes->setText(status.cost ? status.notes.join(u'\n') : QString());
    m_notes->setVisible(!m_notes->text().isEmpty());
}

}  // namespace gridscope::views
