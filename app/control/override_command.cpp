// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/override_command.h"

#include <utility>

#include "app/control/override_control.h"

namespace gridscope::app {

OverrideCommand::OverrideCommand(OverrideControl& control, views::RunId run,
                                 BoundaryOverrides before, BoundaryOverrides after,
                                 const QString& text)
    : QUndoCommand(text),
      m_control(control),
      m_run(run),
      m_before(std::move(before)),
      m_after(std::move(after)) {}

void OverrideCommand::undo() { m_control.apply(m_run, m_before); }

void OverrideCommand::redo() { m_control.apply(m_run, m_after); }

}  // namespace gridscope::app
