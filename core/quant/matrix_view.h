// SPDX-License-Identifier: GPL-3.0-or-later

// A weight matrix that somebody else owns.
#pragma once

#include <cstdint>
#include <span>

namespace gridscope {

/// [rows = out, columns = in] FP32, row-major, contiguous. The data must outlive the view.
struct MatrixView {
    const float* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t columns = 0;

    std::int64_t elements() const { return rows * columns; }
    std::span<const float> values() const { return {data, static_cast<std::size_t>(elements())}; }
};

}  // namespace gridscope
