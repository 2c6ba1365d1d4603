// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/trajectory/hdf5_gate_impl.h"

#include <H5PLpublic.h>

namespace gridscope {

namespace {

std::mutex& gateMutex() {
    static std::mutex mutex;
    return mutex;
}

}  // namespace

Hdf5Gate::Hdf5Gate() : m_lock(gateMutex()) {
    H5::Exception::dontPrint();
    H5PLset_loading_state(0);
}

Error hdf5Error(ErrorCode code, const std::string& object, const H5::Exception& exception) {
    return {code,
            object,
            "HDF5 refused " + exception.getFuncName() + ": " + exception.getDetailMsg(),
            {}};
}

}  // namespace gridscope
