#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the libFuzzer harnesses of the parsers (clang, address and undefined-behaviour sanitizers)
# and runs each for a while. Inputs that were found lie in build/fuzz/corpus and serve the next run,
# inputs that failed in build/fuzz/artifacts; move the latter to tests/fuzz/corpus with the fix.
#
#   packaging/fuzz.sh SECONDS [TARGET...]     (default: every target, one after another)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$gridscope_root"

case "${1:-}" in
  -h|--help) sed -n '3,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  ''|*[!0-9]*) fail "the first argument is a number of seconds (see --help)" ;;
esac
seconds=$1
shift
# Not among the packages of the set-up: nothing else needs them.
for package in clang libclang-rt-dev; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    fail "fuzzing needs clang with its run-time library: apt-get install clang libclang-rt-dev"
done

cmake --preset fuzz >/dev/null
say "building (preset fuzz)"
cmake --build --preset fuzz --parallel "$(build_jobs)" >&2
[ $# -gt 0 ] || set -- $(ls tests/fuzz/corpus)

failed=()
for target in "$@"; do
  program=build/fuzz/bin/fuzz_$target
  [ -x "$program" ] || fail "there is no target $target; there are: $(ls tests/fuzz/corpus | tr '\n' ' ')"
  mkdir -p "build/fuzz/corpus/$target" "build/fuzz/artifacts/$target"
  log=build/fuzz/$target.log
  # malloc_limit_mb is the memory that one input may take at once (reliability.md, section 5).
  if "$program" -max_total_time="$seconds" -max_len=65536 -timeout=5 -rss_limit_mb=2048 \
      -malloc_limit_mb=256 -print_final_stats=1 \
      -artifact_prefix="build/fuzz/artifacts/$target/" \
      "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    say "$target: clean, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
  else
    tail -n 40 "$log" >&2
    say "$target: FAILED, see $log"
    failed+=("$target")
  fi
done
[ ${#failed[@]} = 0 ] || fail "failed: ${failed[*]}"
