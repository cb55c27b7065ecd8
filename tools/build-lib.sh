# Shared by tools/quickstart and tools/test; sourced, not run. Leaves the caller in the root of the
# project.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# lam_quietly WHAT COMMAND…: on a terminal the command prints as it likes; elsewhere it is silent,
# and what it printed is shown when it fails.
lam_quietly() {
  local what=$1 log
  shift
  if [[ -t 2 ]]; then
    "$@" >&2
    return
  fi
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    tail -n 200 "$log" >&2
    echo "$what failed" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# lam_build TARGET…: configures the release preset and builds. LAM_WERROR=ON makes warnings errors,
# and stays so in that build folder until it is OFF.
lam_build() {
  lam_quietly "configuring" cmake --preset release ${LAM_WERROR:+-DLAM_WERROR="$LAM_WERROR"}
  lam_quietly "building" cmake --build --preset release --parallel "$(nproc)" --target "$@"
}
