// SPDX-License-Identifier: GPL-3.0-or-later

#include "views/pages/fork_results_view.h"

namespace gridscope::views {

ForkResultsView::ForkResultsView(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("forkResultsView"));
    setAccessibleName(tr("Results of the fork experiment"));
}

ForkResultsView::~ForkResultsView() = default;

void ForkResultsView::showReport(std::shared_ptr<const ForkReport> report) {
    m_report = std::move(report);
}

void ForkResultsView::setTheme(Theme /*theme*/) {}

}  // namespace gridscope::views
