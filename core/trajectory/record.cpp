// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/record.h"

namespace gridscope {

std::string_view rowStatusName(RowStatus status) {
    switch (status) {
    case RowStatus::Planned:
        return "planned";
    case RowStatus::Weights:
        return "weights";
    case RowStatus::Complete:
        return "complete";
    case RowStatus::Failed:
        return "failed";
    }
    return "unknown";
}

}  // namespace gridscope
