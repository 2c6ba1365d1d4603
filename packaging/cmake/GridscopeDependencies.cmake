# SPDX-License-Identifier: GPL-3.0-or-later
# Every third-party library, with what it is for.
include(FeatureSummary)

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
set_package_properties(OpenSSL PROPERTIES PURPOSE "SHA-256 of weights, tokens and plans")
find_package(nlohmann_json 3.11 REQUIRED)
set_package_properties(nlohmann_json PROPERTIES PURPOSE "config.json, tokenizer.json, plans, --json")
find_package(PkgConfig REQUIRED)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
add_feature_info(utf8proc utf8proc_FOUND "Unicode classes and NFC of the tokenizers")
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
add_feature_info("zstd ${zstd_VERSION}" zstd_FOUND "compressed text, .jsonl.zst and .txt.zst")

# The parsers alone need no more.
if(GRIDSCOPE_FUZZ)
    return()
endif()

find_package(HDF5 REQUIRED COMPONENTS C CXX)
set_package_properties(HDF5 PROPERTIES PURPOSE "trajectory files")
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
set_package_properties(Eigen3 PROPERTIES PURPOSE "least squares of the phase detectors")
find_package(CLI11 REQUIRED)
set_package_properties(CLI11 PROPERTIES PURPOSE "command line")
find_package(Qt6 6.4 REQUIRED COMPONENTS Core Widgets Svg PrintSupport)
set_package_properties(Qt6 PROPERTIES PURPOSE "user interface, tests")
find_package(QCustomPlotQt6 REQUIRED)
set_package_properties(QCustomPlotQt6 PROPERTIES PURPOSE "plots")

include(GridscopeTorch)
