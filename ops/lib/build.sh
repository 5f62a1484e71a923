# Configures and builds one preset of CMakePresets.json into build/PRESET.
# shellcheck shell=bash

# build_preset PRESET [TARGET…]
build_preset() {
  local preset=$1 log=$root/build/$1.log
  shift
  mkdir -p "$root/build"
  heading "Building ($preset)"
  if [[ -t 2 ]]; then
    (cd "$root" && cmake --preset "$preset" >"$log" 2>&1) || { tail -n 30 "$log" >&2; die "cmake could not configure (log: $log)"; }
    cmake --build "$root/build/$preset" ${1:+--target "$@"} >&2 || die "the build failed"
  else
    { (cd "$root" && cmake --preset "$preset") && cmake --build "$root/build/$preset" ${1:+--target "$@"}; } >"$log" 2>&1 ||
      { tail -n 60 "$log" >&2; die "the build failed (log: $log)"; }
  fi
}
