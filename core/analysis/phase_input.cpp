// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/analysis/phase_input.h"

#include <algorithm>

#include "core/quant/grid.h"

namespace gridscope {

Expected<PhaseInput> phaseInput(const SeriesTable& table, std::string_view grid) {
    const std::vector<std::string>& grids = table.trajectory().gridIds;
    std::string id = grids.empty() ? "" : grids.front();
    if (!grid.empty()) {
        GRIDSCOPE_TRY_ASSIGN(parsed, parseGrid(grid));
        id = gridId(parsed);
    }
    if (std::find(grids.begin(), grids.end(), id) == grids.end())
        return Error{ErrorCode::TrajectoryNoData, id, "this grid was not measured in this run",
                     "Probe again with --grid " + id};
    PhaseInput input;
    input.steps = table.steps();
    input.ppl = table.series("fp32_ppl").values;
    input.gapPercent = table.series("gap_percent", id).values;
    return input;
}

}  // namespace gridscope
