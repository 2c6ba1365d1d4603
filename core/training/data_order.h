// SPDX-License-Identifier: GPL-3.0-or-later

// Which tokens each training step sees: a pure function of seed or file, step and sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gridscope {

enum class DataOrder {
    Seeded,  ///< windows at random places, drawn from the seed
    File,    ///< window after window as they lie in the stream: shuffled before, as Pythia's data
};
/// "seeded", "file"
std::string_view dataOrderName(DataOrder order);

/// How windows lie in a stream that is taken in file order.
struct FileOrder {
    std::int64_t first = 0;   ///< window of the run's first sample, >= 0
    std::int64_t stride = 1;  ///< tokens from the start of a window to that of the next, >= 1
};

/// 64 well mixed bits for one place of a seeded stream: no state, so a resumed run needs none.
/// Source: the output function of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom
/// number generators", 2014), applied in turn to seed, stream and index.
std::uint64_t counterBits(std::uint64_t seed, std::uint64_t stream, std::uint64_t index);

/// A standard normal number for one place of a seeded stream (Box and Muller, 1958).
double counterNormal(std::uint64_t seed, std::uint64_t stream, std::uint64_t index);

/// First token of the window that a sample trains on, uniform in 0..starts-1.
/// @param step   the optimizer step that the sample counts for, >= 1
/// @param sample number within the step: micro-batch * batch + row
/// @param starts tokens - length: the number of windows of length + 1 in the stream
std::size_t windowStart(std::uint64_t seed, std::int64_t step, std::int64_t sample,
                        std::size_t starts);

/// The same in file order; behind the last whole window the stream begins
/// again.
/// @param sample number within the run, >= 0
std::size_t windowStart(const FileOrder& order, std::int64_t sample, std::size_t starts);

}  // namespace gridscope
