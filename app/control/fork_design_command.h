// SPDX-License-Identifier: GPL-3.0-or-later

// One finished edit of the fork design on the undo stack.
#pragma once

#include <QUndoCommand>

#include "views/pages/fork_choice.h"

namespace gridscope::app {

class ForkControl;

/// Holds both states whole: they are small, and undo needs no arithmetic then.
class ForkDesignCommand : public QUndoCommand {
public:
    /// @param control used by undo and redo alone; must be there then
    ForkDesignCommand(ForkControl& control, views::ForkChoice before, views::ForkChoice after,
                      const QString& text);
    void undo() override;
    void redo() override;

private:
    ForkControl& m_control;
    views::ForkChoice m_before, m_after;
};

}  // namespace gridscope::app
