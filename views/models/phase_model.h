// SPDX-License-Identifier: GPL-3.0-or-later

// Phase detectors with the boundaries they found, and tested associations, as a tree.
#pragma once

#include <QAbstractItemModel>

#include <vector>

#include "views/models/phase_findings.h"

namespace gridscope::views {

class PhaseModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { Name, Step, Interval, Origin, ColumnCount };
    using QAbstractItemModel::QAbstractItemModel;

    /// Associations stand in a group of their own behind the detectors; without any there is none.
    void setFindings(std::vector<DetectorFinding> findings,
                     std::vector<AssociationRow> associations = {});
    const std::vector<DetectorFinding>& findings() const { return m_findings; }
    /// Boundary at `index`, or null for a detector or an association.
    const PhaseBoundary* boundaryAt(const QModelIndex& index) const;
    /// The detector at `index` or above it; empty if none.
    QString detectorAt(const QModelIndex& index) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QVariant detectorData(const DetectorFinding& finding, int column, int role) const;
    QVariant boundaryData(const PhaseBoundary& boundary, int column, int role) const;

    bool isAssociation(const QModelIndex& index) const;
    QVariant associationData(const QModelIndex& index, int role) const;

    std::vector<DetectorFinding> m_findings;
    std::vector<AssociationRow> m_associations;
};

}  // namespace gridscope::views
