// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/fork_design_command.h"

#include <utility>

#include "app/control/fork_control.h"

namespace gridscope::app {

ForkDesignCommand::ForkDesignCommand(ForkControl& control, views::ForkChoice before,
                                     views::ForkChoice after, const QString& text)
    : QUndoCommand(text),
      m_control(control),
      m_before(std::move(before)),
      m_after(std::move(after)) {}

void ForkDesignCommand::undo() { m_control.adopt(m_before); }

void ForkDesignCommand::redo() { m_control.adopt(m_after); }

}  // namespace gridscope::app
