#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From a fresh clone to the collapse on screen: set-up, build, demo suite, table, phases.
#
#   packaging/run.sh [--quick]
#
# The demo trains a tiny model on the King James Bible (minutes), probes its checkpoints and
# keeps the result in the cache folder for the next start. --quick trains a seventh of it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$gridscope_root"

quick=()
name=demo
case "${1:-}" in
  "") ;;
  --quick) quick=(--quick); name=demo-quick ;;
  -h|--help) sed -n '3,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  *) fail "unknown option $1 (see --help)" ;;
esac

packaging/build.sh release
cli="$gridscope_root/build/bin/gridscope-cli"
demo="$gridscope_cache/$name"
"$cli" demo --out "$demo" "${quick[@]}"
window="$gridscope_root/build/bin/gridscope"
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  say "opening the window on $demo/demo.h5"
  exec "$window" "$demo/demo.h5"
fi
# Without a display: the figures that the window would show.
for figure in overview histogram; do
  for format in pdf png; do
    QT_QPA_PLATFORM=offscreen "$window" figure "$demo/demo.h5" --figure "$figure" \
      --out "$demo/$figure.$format" --overwrite
  done
done
say "no display here; the figures above are in $demo"
