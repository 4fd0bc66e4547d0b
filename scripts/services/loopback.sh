# Sourced by redis.sh and nats.sh: a server of Debian's in a folder of its own, on loopback only, on
# a free port, stopped by the process that was started.
#
# The script that sources it says: name, package, program, first_port, and a function
# `run PORT FOLDER` that becomes the server.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=${DOORSTEP_SERVICES_DIR:-$root/.services}/$name
port_file=$home/port
pid_file=$home/pid
log=$home/server.log

say() { printf '%s: %s\n' "$name" "$*" >&2; }
die() { say "$*"; exit 1; }

program_path() { PATH=$PATH:/usr/sbin command -v "$program"; }

install_server() {
  program_path >/dev/null && return
  command -v apt-get >/dev/null || die "no server found and no apt-get: install $package"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "no server found: install $package as root"
    as_root=(sudo)
  fi
  say "installing Debian's $package"
  "${as_root[@]}" apt-get update -qq >/dev/null
  # Debian would start the server for everybody; this policy says no while it is installed.
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    made=yes
  fi
  local failed=
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 || failed=yes
  [ -z "$made" ] || "${as_root[@]}" rm "$policy"
  [ -z "$failed" ] || die "apt-get could not install $package"
  program_path >/dev/null || die "$package was installed, but $program was not found"
}

# The process that was started here, if it still runs and is what was started.
running_pid() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$home" ] &&
    printf '%s\n' "$pid"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local port
  for port in $(seq "$first_port" $((first_port + 79))); do
    answers "$port" || { printf '%s\n' "$port"; return; }
  done
  die "no free port from $first_port on"
}

url() { printf '127.0.0.1:%s\n' "$(cat "$port_file")"; }

start() {
  install_server
  if running_pid >/dev/null; then
    url
    return
  fi
  local port tries
  port=$(free_port)
  rm -rf "$home" && mkdir -p "$home"
  printf '%s\n' "$port" >"$port_file"
  (cd "$home" && run "$port" "$home" >"$log" 2>&1 </dev/null & echo $! >"$pid_file")
  for tries in $(seq 100); do
    answers "$port" && { url; return; }
    sleep 0.1
  done
  die "the server did not start; see $log"
}

stop() {
  local pid
  if ! pid=$(running_pid); then
    say "not running"
    return
  fi
  kill "$pid"
  while running_pid >/dev/null; do sleep 0.1; done
  say "stopped"
}

status() {
  local pid
  if pid=$(running_pid); then
    say "running, process $pid, $(url)"
  else
    say "not running"
    return 1
  fi
}

serve_verb() {
  case ${1:-} in
    install) install_server ;;
    start) start ;;
    stop) stop ;;
    status) status ;;
    url) running_pid >/dev/null || die "not running"; url ;;
    pid) running_pid || die "not running" ;;
    *) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
}
