#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds Gridscope with warnings as errors and runs the tests.
#
#   packaging/test.sh            all tests of every change
#   packaging/test.sh --long     the long loops too (kill -9, full disk, soak)
#   packaging/test.sh --asan     under the address and undefined-behaviour sanitizers
#   packaging/test.sh --tsan     thread sanitizer on the core without Qt
#   packaging/test.sh -R NAME    anything else goes to ctest
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$gridscope_root"

preset=ci
arguments=()
for argument in "$@"; do
  case "$argument" in
    --long) export GRIDSCOPE_LONG_TESTS=1 ;;
    --asan) preset=dev-asan ;;
    --tsan) preset=dev-tsan-core ;;
    -h|--help) sed -n '3,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) arguments+=("$argument") ;;
  esac
done

packaging/build.sh "$preset"
[ -d "$gridscope_root/../shared/data" ] || say "NOTE: ../shared is absent; the tests that compare with reference data are SKIPPED"
exec ctest --preset "$preset" "${arguments[@]}"
