#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what Gridscope needs on Debian 12: packages, and libtorch from the PyPI wheel.
#
#   packaging/setup.sh [--cuda | --lean] [--dry-run]
#
# libtorch goes into a virtual environment in the cache folder (GRIDSCOPE_CACHE, else
# XDG_CACHE_HOME/gridscope, else ~/.cache/gridscope), so a second clone reuses it.
# GRIDSCOPE_TORCH_ROOT=FOLDER uses a libtorch of your own instead and installs none.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

flavour=auto
dry_run=no
for argument in "$@"; do
  case "$argument" in
    --cuda) flavour=cuda ;;
    --lean) flavour=lean ;;
    --dry-run) dry_run=yes ;;
    -h|--help) sed -n '3,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) fail "unknown option $argument (see --help)" ;;
  esac
done
if [ "$flavour" = auto ]; then
  if PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep 'libcuda\.so\.1' >/dev/null; then flavour=cuda; else flavour=lean; fi
fi

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "these packages need root, and sudo is absent; as root run: apt-get install $(missing_packages | tr '\n' ' ')"
  fi
}

# --- Debian packages ---------------------------------------------------------
missing=$(missing_packages)
if [ -z "$missing" ]; then
  say "Debian packages: all there"
else
  command -v apt-get >/dev/null || fail "this set-up speaks apt-get only; install the equivalents of packaging/debian-packages.txt"
  say "Debian packages to install (about 250 MB to download, 1.2 GB on disk if none is there): $(echo $missing)"
  if [ "$dry_run" = no ]; then
    as_root apt-get update -q >&2
    # shellcheck disable=SC2086 # one word per package is wanted
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2
  fi
fi

# --- libtorch ----------------------------------------------------------------
if [ -n "${GRIDSCOPE_TORCH_ROOT:-}" ]; then
  has_torch "$GRIDSCOPE_TORCH_ROOT" || fail "GRIDSCOPE_TORCH_ROOT=$GRIDSCOPE_TORCH_ROOT holds no include/ATen/ATen.h and lib/libtorch_cpu.so"
  say "libtorch: yours, $GRIDSCOPE_TORCH_ROOT"
  exit 0
fi
home="$gridscope_cache/torch-$torch_version-$flavour"
if has_torch "$home/torch"; then
  say "libtorch: $home/torch is there"
  exit 0
fi
if [ "$flavour" = cuda ]; then
  say "libtorch $torch_version with CUDA: 2.7 GB to download, 4.6 GB on disk, into $home"
  wheels=("torch==$torch_version")
  options=()
else
  say "libtorch $torch_version for the CPU (no NVIDIA driver found; --cuda forces the other): 0.5 GB to download, 1.2 GB on disk, into $home"
  # libtorch_cpu of the PyPI wheel needs libcudart and libcupti to load, nothing else of CUDA.
  wheels=("torch==$torch_version" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
  options=(--no-deps)
fi
[ "$dry_run" = no ] || exit 0
mkdir -p "$gridscope_cache"
building="$home.building-$$"
rm -rf "$building"
trap 'rm -rf "$building"' EXIT
# Debian's own interpreter: python3-venv belongs to it, whatever else is on PATH.
/usr/bin/python3 -m venv "$building"
"$building/bin/pip" install --quiet --disable-pip-version-check "${options[@]}" "${wheels[@]}" >&2
# The interpreter's version stays out of every other path.
package=$(cd "$building" && echo lib/python3*/site-packages/torch)
has_torch "$building/$package" || fail "the torch wheel lies not where expected ($building/$package)"
ln -s "$package" "$building/torch"
rm -rf "$home"
mv "$building" "$home"
trap - EXIT
say "libtorch: $home/torch"
