// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/figure/figure_venue.h"

#include <array>
#include <string>

namespace gridscope::views {

std::span<const FigureVenue> figureVenues() {
    static constexpr std::array<FigureVenue, 11> kVenues{{{"neurips", 5.5, 5.5, 9, 0},
                                                          {"iclr", 5.5, 5.5, 9, 0},
                                                          {"icml", 3.25, 6.75, 8, 0},
                                                          {"aistats", 3.25, 6.75, 9, 0},
                                                          {"uai", 3.25, 6.75, 9, 0},
                                                          {"cvpr", 3.25, 6.875, 8, 0},
                                                          {"aaai", 3.3, 6.975, 8, 0},
                                                          {"jmlr", 6.0, 6.0, 9, 0},
                                                          {"tmlr", 6.5, 6.5, 9, 0},
                                                          {"eccv", 4.8, 4.8, 9, 0},
                                                          {"slide", 10.0, 10.0, 18, 5.625}}};
    return kVenues;
}

Expected<void> applyVenue(FigureSpec& spec, const QString& name, ColumnSpan span) {
    std::string known;
    for (const FigureVenue& venue : figureVenues()) {
        if (name == QLatin1String(venue.name)) {
            spec.widthInches = span == ColumnSpan::One ? venue.columnInches : venue.pageInches;
            spec.baseFontPoints = venue.fontPoints;
            spec.heightInches.reset();
            if (venue.heightInches > 0.0) spec.heightInches = venue.heightInches;
            return {};
        }
        known += (known.empty() ? "" : ", ") + std::string(venue.name);
    }
    return Error{ErrorCode::SettingsSyntax, "venue",
                 "no venue is called \"" + escapeForDisplay(name.toStdString()) + "\"",
                 "Use one of " + known + "."};
}

}  // namespace gridscope::views
