# SPDX-License-Identifier: GPL-3.0-or-later
# gridscope_warnings: the warning flags of every target of ours.
add_library(gridscope_warnings INTERFACE)
target_compile_options(gridscope_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2
    # GCC 12 reports std::string concatenation as overlapping copies (GCC bug 105651); gone in 13.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(GRIDSCOPE_WERROR)
    target_compile_options(gridscope_warnings INTERFACE -Werror)
endif()
