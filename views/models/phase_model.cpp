// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/models/phase_model.h"

#include <QCoreApplication>
#include <QFont>

#include <cmath>

#include "views/models/number_text.h"

namespace gridscope::views {

namespace {

// internalId: 0 for a top row (a detector, or the associations behind them), its row + 1 for a
// boundary or an association.
constexpr quintptr kDetectorId = 0;

/// The detector's state as people say it.
QString stateText(const QString& state) {
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("PhaseModel", text);
    };
    if (state == QStringLiteral("not-enough-data")) return tr("not enough data");
    if (state == QStringLiteral("no-change")) return tr("no phase change");
    if (state == QStringLiteral("learning")) return tr("still learning");
    if (state == QStringLiteral("plateau")) return tr("on the plateau");
    if (state == QStringLiteral("converged")) return tr("converged");
    if (state == QStringLiteral("changed")) return tr("changes found");
    if (state == QStringLiteral("not-applicable")) return tr("not applicable");
    return state;
}

}  // namespace

void PhaseModel::setFindings(std::vector<DetectorFinding> findings,
                             std::vector<AssociationRow> associations) {
    beginResetModel();
    m_findings = std::move(findings);
    m_associations = std::move(associations);
    endResetModel();
}

bool PhaseModel::isAssociation(const QModelIndex& index) const {
    const bool isTop = index.internalId() == kDetectorId;
    return (isTop ? static_cast<quintptr>(index.row()) : index.internalId() - 1) ==
           m_findings.size();
}

const PhaseBoundary* PhaseModel::boundaryAt(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == kDetectorId || isAssociation(index))
        return nullptr;
    return &m_findings[index.internalId() - 1].boundaries[static_cast<std::size_t>(index.row())];
}

QString PhaseModel::detectorAt(const QModelIndex& index) const {
    if (!index.isValid() || isAssociation(index)) return {};
    const bool isDetector = index.internalId() == kDetectorId;
    const auto row = isDetector ? static_cast<quintptr>(index.row()) : index.internalId() - 1;
    return m_findings[row].id;
}

QModelIndex PhaseModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent)) return {};
    if (!parent.isValid()) return createIndex(row, column, kDetectorId);
    return createIndex(row, column, static_cast<quintptr>(parent.row() + 1));
}

QModelIndex PhaseModel::parent(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == kDetectorId) return {};
    return createIndex(static_cast<int>(index.internalId() - 1), 0, kDetectorId);
}

int PhaseModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid())
        return static_cast<int>(m_findings.size()) + (m_associations.empty() ? 0 : 1);
    if (parent.internalId() != kDetectorId || parent.column() != 0) return 0;
    if (isAssociation(parent)) return static_cast<int>(m_associations.size());
    return static_cast<int>(m_findings[static_cast<std::size_t>(parent.row())].boundaries.size());
}

int PhaseModel::columnCount(const QModelIndex&) const { return ColumnCount; }

QVariant PhaseModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    if (isAssociation(index)) return associationData(index, role);
    if (const PhaseBoundary* boundary = boundaryAt(index))
        return boundaryData(*boundary, index.column(), role);
    return detectorData(m_findings[static_cast<std::size_t>(index.row())], index.column(), role);
}

QVariant PhaseModel::detectorData(const DetectorFinding& finding, int column, int role) const {
    if (role == Qt::ToolTipRole) return finding.note;
    if (role == Qt::FontRole && finding.drawsBands) {
        QFont font;
        font.setBold(true);
        return font;
    }
    if (role != Qt::DisplayRole) return {};
    if (column == Name) return finding.name;
    if (column == Step) return stateText(finding.state);
    if (column == Origin && finding.drawsBands) return tr("shown");
    return {};
}

QVariant PhaseModel::associationData(const QModelIndex& index, int role) const {
    if (index.internalId() == kDetectorId)
        return role == Qt::DisplayRole && index.column() == Name ? QVariant(tr("Associations"))
                                                                 : QVariant();
    const AssociationRow& row = m_associations[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole)
        return row.note.isEmpty() ? row.name : QString(row.name % u'\n' % row.note);
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
    case Name:
        return row.name;
    case Step:
        return row.value;
    case Interval:
        return row.interval;
    case Origin:
        return row.points;
    default:
        return {};
    }
}

QVariant PhaseModel::boundaryData(const PhaseBoundary& boundary, int column, int role) const {
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    switch (column) {
    case Name:
        return boundary.kind;
    case Step:
        return stepText(boundary.step);
    case Interval:
        if (std::isnan(boundary.low) || std::isnan(boundary.high)) return tr("no interval");
        return tr("%1 – %2").arg(stepText(boundary.low), stepText(boundary.high));
    case Origin:
        if (!boundary.manual) return tr("detected");
        return std::isnan(boundary.detected)
                   ? tr("manual (not detected)")
                   : tr("manual (detected: %1)").arg(stepText(boundary.detected));
    default:
        return {};
    }
}

QVariant PhaseModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    switch (section) {
    case Name:
        return tr("Boundary");
    case Step:
        return tr("Step");
    case Interval:
        return tr("95 % interval");
    case Origin:
        return tr("Origin");
    default:
        return {};
    }
}

}  // namespace gridscope::views
