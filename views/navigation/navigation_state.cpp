// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/navigation/navigation_state.h"

namespace gridscope::views {

NavigationFields changedFields(const NavigationState& before, const NavigationState& after) {
    NavigationFields fields;
    fields.setFlag(NavigationField::Run, before.run != after.run);
    fields.setFlag(NavigationField::Checkpoint, before.checkpoint != after.checkpoint);
    fields.setFlag(NavigationField::Phase, before.phase != after.phase);
    fields.setFlag(NavigationField::Layer, before.layer != after.layer);
    fields.setFlag(NavigationField::Grid, before.grid != after.grid);
    fields.setFlag(NavigationField::Metric, before.metric != after.metric);
    fields.setFlag(NavigationField::StepScale, before.stepScale != after.stepScale);
    fields.setFlag(NavigationField::Ranges, before.ranges != after.ranges);
    return fields;
}

}  // namespace gridscope::views
