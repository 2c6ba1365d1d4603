// SPDX-License-Identifier: GPL-3.0-or-later

// Cuts a text into the share a small model is trained on and the share it is measured on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gridscope {

struct SplitText {
    std::string training;
    std::string heldOut;
};

/// Twelve pieces of equal length; the last 5 % of each is held out, and the training text is an
/// equal share of the beginning of each, so that both parts see all of the text's styles. Cuts
/// fall on line ends. A text too short for that gives what it has.
/// @param trainingBytes bytes of training text wanted
SplitText splitText(std::string_view text, std::uint64_t trainingBytes);

/// The lines of `bible -f` without the reference that begins each ("Ge1:1 In the ...").
std::string withoutVerseReferences(std::string_view text);

}  // namespace gridscope
