// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/audit_model.h"

#include <QApplication>
#include <QIcon>
#include <QStyle>

#include <algorithm>

namespace gridscope::views {

namespace {

QString text(std::string_view bytes) {
    return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

QString severityText(AuditSeverity severity) {
    switch (severity) {
    case AuditSeverity::Problem:
        return AuditModel::tr("problem");
    case AuditSeverity::Warning:
        return AuditModel::tr("warning");
    case AuditSeverity::Note:
        break;
    }
    return AuditModel::tr("note");
}

QIcon severityIcon(AuditSeverity severity) {
    const QStyle* style = QApplication::style();
    switch (severity) {
    case AuditSeverity::Problem:
        return style->standardIcon(QStyle::SP_MessageBoxCritical);
    case AuditSeverity::Warning:
        return style->standardIcon(QStyle::SP_MessageBoxWarning);
    case AuditSeverity::Note:
        break;
    }
    return style->standardIcon(QStyle::SP_MessageBoxInformation);
}

}  // namespace

void AuditModel::setReport(std::shared_ptr<const AuditReport> report) {
    if (report == m_report) return;  // keeps the selection
    beginResetModel();
    m_report = std::move(report);
    endResetModel();
}

std::vector<std::size_t> AuditModel::entriesOf(int row) const {
    if (row < 0 || row >= rowCount()) return {};
    return m_report->findings[static_cast<std::size_t>(row)].checkpoints;
}

QString AuditModel::summary() const {
    if (m_report == nullptr) return {};
    const auto count = [this](AuditSeverity severity) {
        return static_cast<int>(std::count_if(
            m_report->findings.begin(), m_report->findings.end(),
            [severity](const AuditFinding& finding) { return finding.severity == severity; }));
    };
    return tr("Problems: %1, warnings: %2, notes: %3; checkpoints: %4, level: %5")
        .arg(count(AuditSeverity::Problem))
        .arg(count(AuditSeverity::Warning))
        .arg(count(AuditSeverity::Note))
        .arg(m_report->checkpoints.size())
        .arg(text(auditLevelText(m_report->level)));
}

int AuditModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || m_report == nullptr ? 0
                                                   : static_cast<int>(m_report->findings.size());
}

int AuditModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString AuditModel::textOf(const AuditFinding& finding, int column) const {
    switch (column) {
    case Severity:
        return severityText(finding.severity);
    case Check:
        return text(auditCheckId(finding.check)) % u' ' % text(auditCheckTitle(finding.check));
    case Checkpoints:
        return text(labelList(m_report->checkpoints, finding.checkpoints));
    case Finding:
        return text(finding.finding);
    case Hint:
        return text(finding.hint);
    default:
        return {};
    }
}

QVariant AuditModel::sortKeyOf(const AuditFinding& finding, int column) const {
    if (column == Severity) return -static_cast<int>(finding.severity);
    if (column == Check) return static_cast<int>(finding.check);
    if (column == Checkpoints)
        return finding.checkpoints.empty()
                   ? QVariant()
                   : QVariant::fromValue<qulonglong>(finding.checkpoints.front());
    return textOf(finding, column);
}

QVariant AuditModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const AuditFinding& finding = m_report->findings[static_cast<std::size_t>(index.row())];
    if (role == Qt::DisplayRole) return textOf(finding, index.column());
    if (role == kSortRole) return sortKeyOf(finding, index.column());
    if (role == Qt::DecorationRole && index.column() == Severity)
        return severityIcon(finding.severity);
    if (role == Qt::ToolTipRole) {
        QStringList labels;
        for (const std::size_t i : finding.checkpoints)
            labels.append(text(escapeForDisplay(m_report->checkpoints[i].label)));
        return index.column() == Checkpoints ? labels.join(QLatin1Char('\n'))
                                             : textOf(finding, index.column());
    }
    return {};
}

QVariant AuditModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case Severity:
        return tr("Severity");
    case Check:
        return tr("Check");
    case Checkpoints:
        return tr("Checkpoints");
    case Finding:
        return tr("Finding");
    case Hint:
        return tr("What you can do");
    default:
        return {};
    }
}

}  // namespace gridscope::views
