// SPDX-License-Identifier: GPL-3.0-or-later

// What libFuzzer calls; compiled once per target with the name of its harness.

#include "tests/fuzz/fuzz_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    gridscope::fuzz::GRIDSCOPE_FUZZ_HARNESS(
        std::string_view(reinterpret_cast<const char*>(data), size));
    return 0;
}
