// SPDX-License-Identifier: GPL-3.0-or-later

// The status bar: where one is in the data, and what runs.
#pragma once

#include <QObject>

#include "views/models/job_status.h"

class QLabel;
class QStatusBar;

namespace gridscope::app {

class WorkbenchController;

class StatusLine : public QObject {
    Q_OBJECT
public:
    StatusLine(QStatusBar& bar, WorkbenchController& controller);

private:
    void showPlace();
    void showJob(const views::JobStatus& status);

    WorkbenchController& m_controller;
    QLabel* m_place;
    QLabel* m_job;
};

}  // namespace gridscope::app
