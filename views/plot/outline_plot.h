// SPDX-License-Identifier: GPL-3.0-or-later

// What the two plots of a layer's distributions share: one picture, an overlay of checkpoints.
#pragma once

#include <memory>
#include <vector>

#include "views/plot/plot_widget.h"

namespace gridscope::views {

class OutlinePicture;
enum class OutlineKind;

class OutlinePlot : public PlotWidget {
    Q_OBJECT

public:
    ~OutlinePlot() override;

    /// Rows drawn beside the current checkpoint, at most 8.
    void setOverlay(std::vector<int> rows);

    QSize minimumSizeHint() const override;

protected:
    OutlinePlot(OutlineKind kind, const QString& objectName, const QString& accessibleName,
                QWidget* parent);
    const OutlinePicture& picture() const { return *m_picture; }
    void rebuild() override;
    void stateShown(NavigationFields changed) override;
    void phasesShown() override {}
    QString emptyText() const override;
    /// Said where the chosen checkpoint and grid have no such distribution.
    virtual QString missingText() const = 0;

private:
    OutlineKind m_kind;
    std::vector<int> m_overlay;
    std::unique_ptr<OutlinePicture> m_picture;
};

}  // namespace gridscope::views
