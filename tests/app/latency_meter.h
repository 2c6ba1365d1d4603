// SPDX-License-Identifier: GPL-3.0-or-later

// How long the event loop is held up.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <algorithm>
#include <ctime>
#include <utility>

namespace gridscope::test {

/// Longest time between two turns of the event loop. Lives on the GUI thread.
class LatencyMeter : public QObject {
public:
    LatencyMeter() {
        m_clock.start();
        m_cpu = cpuMilliseconds();
        connect(&m_timer, &QTimer::timeout, this, [this] {
            m_worst = std::max(m_worst, m_clock.restart());
            const double before = std::exchange(m_cpu, cpuMilliseconds());
            m_worstCpu = std::max(m_worstCpu, m_cpu - before);
        });
        m_timer.start(1);
    }
    qint64 worstMilliseconds() const { return m_worst; }
    /// Work of this thread alone in one turn: what else runs on the machine does not count.
    double worstCpuMilliseconds() const { return m_worstCpu; }

private:
    static double cpuMilliseconds() {
        std::timespec now{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
    }

    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_worst = 0;
    double m_cpu = 0.0;
    double m_worstCpu = 0.0;
};

}  // namespace gridscope::test
