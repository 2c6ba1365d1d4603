// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/base/json_fault.h"

namespace gridscope {

std::string jsonFaultHint(std::string_view text, std::size_t position) {
    if (position > text.size()) return "The text ends too early; get the whole file again";
    const std::string_view rest = text.substr(position == 0 ? 0 : position - 1);
    if (rest.starts_with("NaN") || rest.starts_with("Infinity"))
        return "NaN and Infinity, which Python writes, are no JSON: remove them";
    return "The file is damaged; get it again";
}

}  // namespace gridscope
