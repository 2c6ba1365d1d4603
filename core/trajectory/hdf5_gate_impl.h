// SPDX-License-Identifier: GPL-3.0-or-later

// The one gate to HDF5: a process-wide mutex, and the border where its exceptions become errors.
#pragma once

#include <H5Cpp.h>

#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "core/base/expected.h"

namespace gridscope {

/// Held around every use of HDF5. Also keeps the library from printing its error stack and from
/// loading filter plug-ins, both process-wide settings.
class Hdf5Gate {
public:
    Hdf5Gate();

private:
    std::lock_guard<std::mutex> m_lock;
};

/// The error of an H5::Exception at `object`.
Error hdf5Error(ErrorCode code, const std::string& object, const H5::Exception& exception);

/// Runs `body(object)` under the gate. `body` returns an Expected and keeps in `object` the path
/// of what it is working on, which becomes the `where` of the error if HDF5 throws.
/// Errors: `code` for anything HDF5 refuses, memory.failed, and those of `body`.
template <class Body>
auto throughHdf5Gate(ErrorCode code, Body body) -> decltype(body(std::declval<std::string&>())) {
    const Hdf5Gate gate;
    std::string object = "/";
    try {
        return body(object);
    } catch (const H5::Exception& exception) {
        return hdf5Error(code, object, exception);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::MemoryFailed, object, "memory ran out while using HDF5", {}};
    } catch (const std::exception& exception) {
        return Error{ErrorCode::Internal, object, exception.what(), {}};
    }
}

}  // namespace gridscope
