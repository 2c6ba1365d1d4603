# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the packaging scripts: where things are, and how they speak.
# Source it; it changes nothing on its own.

gridscope_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
gridscope_cache=${GRIDSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gridscope}
torch_version=2.13.0

say() { printf 'gridscope: %s\n' "$*" >&2; }
fail() { printf 'gridscope: error: %s\n' "$*" >&2; exit 1; }

# has_torch FOLDER succeeds if FOLDER looks like a usable libtorch (headers and library).
has_torch() { [ -f "$1/include/ATen/ATen.h" ] && [ -f "$1/lib/libtorch_cpu.so" ]; }

# find_torch prints the libtorch that a build would use, or nothing.
# The same order stands in packaging/cmake/GridscopeTorch.cmake.
find_torch() {
  local candidate
  for candidate in "${GRIDSCOPE_TORCH_ROOT:-}" \
                   "$gridscope_cache/torch-$torch_version-cuda/torch" \
                   "$gridscope_cache/torch-$torch_version-lean/torch"; do
    if [ -n "$candidate" ] && has_torch "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

# missing_packages prints the packages of debian-packages.txt that are not installed.
missing_packages() {
  local name
  grep -v '^#' "$gridscope_root/packaging/debian-packages.txt" | while read -r name; do
    [ -n "$name" ] || continue
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || printf '%s\n' "$name"
  done
}

# setup_needed succeeds if the set-up has something to do.
setup_needed() { ! find_torch >/dev/null || [ -n "$(missing_packages)" ]; }

# build_jobs prints how many compilers may run at once: a libtorch translation unit
# takes over 1 GB, so memory bounds it as well as cores.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1572864)}' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  [ "$cores" -le "$memory" ] && printf '%s\n' "$cores" || printf '%s\n' "$memory"
}
