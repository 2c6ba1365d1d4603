// SPDX-License-Identifier: GPL-3.0-or-later

// The border at which exceptions of libtorch become errors of ours.
#pragma once

#include <new>
#include <string>

#include "core/base/expected.h"
#include "core/model/torch_backend_impl.h"

namespace gridscope {

/// The error that stands for `failure`: its text without the backtrace.
inline Error torchError(const c10::Error& failure) {
    const std::string text = failure.what_without_backtrace();
    const bool outOfMemory = dynamic_cast<const c10::OutOfMemoryError*>(&failure) != nullptr ||
                             text.find("can't allocate memory") != std::string::npos;
    if (outOfMemory)
        return {ErrorCode::MemoryFailed, {}, text, "Close other programs, or lower the batch"};
    const bool device = text.find("CUDA") != std::string::npos;
    return {device ? ErrorCode::DeviceFailed : ErrorCode::Internal,
            {},
            text,
            device ? "Continue with --device cpu" : ""};
}

/// Runs `work`, which returns an Expected, and turns what libtorch throws into its error.
template <class Work>
auto guardTorch(Work work) -> decltype(work()) {
    try {
        return work();
    } catch (const c10::Error& failure) {
        return torchError(failure);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, {}, "memory ran out", "Close other programs"};
    } catch (const std::exception& failure) {
        return Error{ErrorCode::Internal, {}, failure.what(), {}};
    }
}

}  // namespace gridscope
