// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/jobs/job.h"

#include <QMetaObject>

#include <exception>
#include <new>

#include "app/jobs/job_runner.h"

namespace gridscope::app {

void DestroyGuard::post(std::function<void()> call) {
    const std::lock_guard lock(mutex);
    if (receiver == nullptr) return;
    QMetaObject::invokeMethod(receiver, std::move(call), Qt::QueuedConnection);
}

Error cancelledError() {
    return {ErrorCode::RunCancelled, {}, "the job was cancelled", "Start it again to go on."};
}

Error currentExceptionError() {
    try {
        throw;
    } catch (const std::bad_alloc&) {
        return {ErrorCode::MemoryFailed,
                {},
                "there was not enough memory",
                "Close other programs, or choose fewer grids."};
    } catch (const std::exception& exception) {
        return {ErrorCode::Internal, {}, exception.what(), "Please report this."};
    } catch (...) {
        return {ErrorCode::Internal,
                {},
                "an exception of unknown type was thrown",
                "Please report this."};
    }
}

}  // namespace gridscope::app
