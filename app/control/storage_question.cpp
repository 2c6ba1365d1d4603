// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/control/storage_question.h"

#include <utility>

namespace gridscope::app {

StorageAnswer StorageQuestion::wait(const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    if (!m_wake.wait(lock, stop, [this] { return m_answer.has_value(); })) return {};
    return *std::exchange(m_answer, std::nullopt);
}

void StorageQuestion::answer(StorageAnswer answer) {
    const std::lock_guard lock(m_mutex);
    m_answer = std::move(answer);
    m_wake.notify_all();
}

}  // namespace gridscope::app
