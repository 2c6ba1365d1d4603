// SPDX-License-Identifier: GPL-3.0-or-later

// One change of the user's phase boundaries on the undo stack.
#pragma once

#include <QUndoCommand>

#include "app/control/run_session.h"

namespace gridscope::app {

class OverrideControl;

/// Holds both states whole: they are small, and undo needs no arithmetic then.
class OverrideCommand : public QUndoCommand {
public:
    /// @param control used by undo and redo alone; must be there then
    OverrideCommand(OverrideControl& control, views::RunId run, BoundaryOverrides before,
                    BoundaryOverrides after, const QString& text);
    void undo() override;
    void redo() override;

private:
    OverrideControl& m_control;
    views::RunId m_run;
    BoundaryOverrides m_before, m_after;
};

}  // namespace gridscope::app
