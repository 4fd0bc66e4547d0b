#!/usr/bin/env bash
# A real OSRM to be asked and to be compared with: car profile, MLD.
#
#   osrm.sh install   unpack its programs where they are missing: a wheel of PyPI that brings them
#   osrm.sh start     install, prepare the map, start on the port it had before; print its URL
#   osrm.sh stop      stop what start started
#   osrm.sh kill      end it as a crash does
#   osrm.sh status    say whether it runs; exit 0 if it does
#   osrm.sh url       print the URL of the running server
#   osrm.sh pid       print its process
#
# The map is DOORSTEP_OSRM_MAP, or San Francisco's in DOORSTEP_DATA, or else a made-up town of
# squares. A map is prepared once. DOORSTEP_SERVICES_DIR says where everything is kept.
set -euo pipefail

name=osrm
first_port=15000
wheel=osrm-bindings==26.10.0

source "$(dirname "${BASH_SOURCE[0]}")/loopback.sh"
parts=$(dirname "$home")/osrm-parts
programs=$parts/osrm/bin

program_path() { [ -x "$programs/osrm-routed" ] && printf '%s\n' "$programs/osrm-routed"; }

# The wheel asks for a newer Python than may be here; the programs in it ask for none.
install_server() {
  program_path >/dev/null && return
  if ! python3 -m pip --version >/dev/null 2>&1; then
    command -v apt-get >/dev/null || die "no pip and no apt-get: install Python's pip"
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    say "installing Debian's python3-pip"
    "${as_root[@]}" apt-get update -qq >/dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends python3-pip >/dev/null 2>&1 ||
      die "apt-get could not install python3-pip"
  fi
  say "unpacking $wheel"
  rm -rf "$parts" && mkdir -p "$parts"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --python-version 3.12 --dest "$parts" "$wheel" >&2 || die "pip could not download $wheel"
  python3 -m zipfile -e "$parts"/*.whl "$parts"
  chmod +x "$programs"/osrm-*
  "$programs/osrm-routed" --version >/dev/null || die "$programs/osrm-routed does not run here"
}

# Thirty streets each way, a hundred metres apart, in the middle of San Francisco.
made_up_town() {
  awk 'BEGIN {
    print "<osm version=\"0.6\">"
    for (row = 0; row < 30; row++) for (column = 0; column < 30; column++)
      printf "<node id=\"%d\" version=\"1\" lat=\"%.4f\" lon=\"%.4f\"/>\n",
        row * 30 + column + 1, 37.745 + row / 1000, -122.435 + column / 1000
    for (way = 0; way < 60; way++) {
      printf "<way id=\"%d\" version=\"1\">", 10000 + way
      for (step = 0; step < 30; step++)
        printf "<nd ref=\"%d\"/>", way < 30 ? way * 30 + step + 1 : step * 30 + way - 29
      print "<tag k=\"highway\" v=\"residential\"/></way>"
    }
    print "</osm>"
  }'
}

# Prints the prepared map's base name.
prepared_map() {
  local source=${DOORSTEP_OSRM_MAP:-${DOORSTEP_DATA:+$DOORSTEP_DATA/sf/sf_datasf.osm.pbf}}
  local folder=$parts/map-$(printf '%s' "$source" | cksum | cut -d' ' -f1)
  if [ ! -e "$folder/done" ]; then
    say "preparing ${source:-a made-up town}"
    rm -rf "$folder" && mkdir -p "$folder"
    if [ -n "$source" ]; then
      cp "$source" "$folder/map.osm.pbf" || die "there is no map $source"
    else
      made_up_town >"$folder/map.osm"
    fi
    local profile=$parts/osrm/share/profiles/car.lua step
    { "$programs/osrm-extract" -p "$profile" "$folder"/map.osm* &&
      "$programs/osrm-partition" "$folder/map.osrm" &&
      "$programs/osrm-customize" "$folder/map.osrm"; } >"$folder/log" 2>&1 ||
      die "the map could not be prepared; see $folder/log"
    touch "$folder/done"
  fi
  printf '%s\n' "$folder/map.osrm"
}

# Whoever asks the server finds it again where it was.
free_port() {
  local port
  if port=$(cat "$port_file" 2>/dev/null) && ! answers "$port"; then
    printf '%s\n' "$port"
    return
  fi
  for port in $(seq "$first_port" $((first_port + 79))); do
    answers "$port" || { printf '%s\n' "$port"; return; }
  done
  die "no free port from $first_port on"
}

url() { printf 'http://127.0.0.1:%s\n' "$(cat "$port_file")"; }

run() {
  exec "$(program_path)" --algorithm mld --ip 127.0.0.1 --port "$1" "$map"
}

case ${1:-} in
  start) install_server && map=$(prepared_map) ;;
  kill)
    pid=$(running_pid) || die "not running"
    kill -9 "$pid"
    while running_pid >/dev/null; do sleep 0.05; done
    exit 0
    ;;
esac
serve_verb "$@"
