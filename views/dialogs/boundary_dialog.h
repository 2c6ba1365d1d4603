// SPDX-License-Identifier: GPL-3.0-or-later

// Asks for the step at which a phase boundary shall lie: the keyboard's way to drag its line.
#pragma once

#include <QDialog>

#include <vector>

#include "core/analysis/boundary_overrides.h"

class QComboBox;
class QDialogButtonBox;
class QLabel;

namespace gridscope::views {

/// A boundary that may be set.
struct BoundaryOffer {
    QString name;  ///< "FP32 convergence, now at step 77,000"
    double step = 0.0;
    BoundaryRoom room;
    std::vector<double> checkpoints;  ///< within the room, ascending
};

class BoundaryDialog : public QDialog {
    Q_OBJECT
public:
    /// @param offers at least one; `chosen` is an index into them
    BoundaryDialog(std::vector<BoundaryOffer> offers, int chosen, QWidget* parent = nullptr);

    int boundary() const;  ///< index into the offers
    double step() const;

private:
    void showOffer();
    void check();

    std::vector<BoundaryOffer> m_offers;
    QComboBox* m_boundary;
    QComboBox* m_step;
    QLabel* m_note;
    QDialogButtonBox* m_buttons;
};

}  // namespace gridscope::views
