# SPDX-License-Identifier: GPL-3.0-or-later
# gridscope_torch: libtorch as our own IMPORTED target. The config package of libtorch demands a
# CUDA toolkit, and linking torch_cuda costs half a second of start; core/model opens it at run
# time instead. The search order also stands in packaging/common.sh.

set(gridscope_torch_version 2.13.0)
if(DEFINED ENV{GRIDSCOPE_CACHE})
    set(cache "$ENV{GRIDSCOPE_CACHE}")
elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(cache "$ENV{XDG_CACHE_HOME}/gridscope")
else()
    set(cache "$ENV{HOME}/.cache/gridscope")
endif()

set(torch_root "")
foreach(candidate IN ITEMS
        "${GRIDSCOPE_TORCH_ROOT}" "$ENV{GRIDSCOPE_TORCH_ROOT}"
        "${cache}/torch-${gridscope_torch_version}-cuda/torch"
        "${cache}/torch-${gridscope_torch_version}-lean/torch")
    if(candidate AND EXISTS "${candidate}/include/ATen/ATen.h" AND EXISTS "${candidate}/lib/libtorch_cpu.so")
        get_filename_component(torch_root "${candidate}" REALPATH)
        break()
    endif()
endforeach()
if(NOT torch_root)
    message(FATAL_ERROR "libtorch was not found. Run packaging/setup.sh, or give -DGRIDSCOPE_TORCH_ROOT=FOLDER "
        "(a folder with include/ATen/ATen.h and lib/libtorch_cpu.so).")
endif()
message(STATUS "libtorch: ${torch_root}")

add_library(gridscope_c10 SHARED IMPORTED)
set_target_properties(gridscope_c10 PROPERTIES IMPORTED_LOCATION "${torch_root}/lib/libc10.so")
add_library(gridscope_torch SHARED IMPORTED)
set_target_properties(gridscope_torch PROPERTIES
    IMPORTED_LOCATION "${torch_root}/lib/libtorch_cpu.so"
    INTERFACE_INCLUDE_DIRECTORIES "${torch_root}/include;${torch_root}/include/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES gridscope_c10)
set(GRIDSCOPE_TORCH_LIBRARY_DIR "${torch_root}/lib")
