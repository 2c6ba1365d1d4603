#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Configures and builds a preset, after the set-up if that is missing.
#
#   packaging/build.sh [PRESET]        (default: release)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$gridscope_root"

preset=${1:-release}
if setup_needed; then packaging/setup.sh; fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; fail "configuring failed"; }
say "building (preset $preset)"
cmake --build --preset "$preset" --parallel "$(build_jobs)" >&2
