#!/usr/bin/env bash
# A Postgres for tests: its own data folder, loopback only, a free port, no password.
#
#   postgres.sh install   install Debian's postgresql where it is missing
#   postgres.sh start     install, create, start; print the URL. Safe to call twice
#   postgres.sh stop      stop what start started; its data stays
#   postgres.sh status    say whether it runs; exit 0 if it does
#   postgres.sh url       print the URL of the running server
#
#   postgres.sh start-replica|stop-replica|replica-url   the same of a hot standby of that server
#   postgres.sh pause|resume                             stop the server, but not its standby; start it
#
# DOORSTEP_SERVICES_DIR says where (default: .services at the root of the repository).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=${DOORSTEP_SERVICES_DIR:-$root/.services}/postgres
cluster=$home/cluster
port_file=$home/port
log=$home/server.log
standby=$home/standby
standby_port_file=$home/standby-port

say() { printf 'postgres: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The newest installed server's own programs: what is first in PATH may be a wrapper.
bin_dir() {
  local found
  found=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin -type d 2>/dev/null |
    sort -V | tail -1)
  [ -n "$found" ] && [ -x "$found/postgres" ] && printf '%s\n' "$found"
}

install_server() {
  bin_dir >/dev/null && return
  command -v apt-get >/dev/null || die "no server found and no apt-get: install postgresql"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "no server found: install postgresql as root"
    as_root=(sudo)
  fi
  say "installing Debian's postgresql"
  "${as_root[@]}" apt-get update -qq >/dev/null
  # The package would start a cluster of its own, which nobody here needs.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    "${as_root[@]}" mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' |
      "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends postgresql >/dev/null 2>&1 ||
    die "apt-get could not install postgresql"
  bin_dir >/dev/null || die "postgresql was installed, but its programs were not found"
}

# The server refuses to run as root.
server_user() {
  [ "$(id -u)" -ne 0 ] && id -un && return
  if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

as_server() {
  local user
  user=$(server_user)
  if [ "$user" = "$(id -un)" ]; then
    (cd / && "$@")
  else
    (cd / && setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups \
      env HOME="$home" USER="$user" "$@")
  fi
}

# The process that holds the data folder; a pid file left by a crash is not one.
running_pid() {
  local pid folder=${1:-$cluster}
  pid=$(head -1 "$folder/postmaster.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && [ -d "/proc/$pid" ] || return 1
  [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$folder" ] && printf '%s\n' "$pid"
}

# Below the ports that outgoing connections are given: one of those may hold a port and answer nobody.
free_port() {
  local port
  for port in $(seq 24320 24399); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port"; return; }
  done
  die "no free port between 24320 and 24399"
}

url() { printf 'postgres://doorstep@127.0.0.1:%s/doorstep\n' "$(cat "${1:-$port_file}")"; }

check_reachable() {
  # Another user has to be able to pass through every folder above the data.
  as_server test -x "$home" && return
  die "user $(server_user) cannot enter $home; set DOORSTEP_SERVICES_DIR to a folder it can enter"
}

create_cluster() {
  [ -s "$cluster/PG_VERSION" ] && return
  rm -rf "$cluster"
  say "creating $cluster"
  as_server "$(bin_dir)/initdb" -D "$cluster" -U doorstep --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-instructions >/dev/null
}

start() {
  install_server
  if running_pid >/dev/null; then
    url
    return
  fi
  mkdir -p "$home"
  [ "$(id -u)" -ne 0 ] || chown "$(server_user)" "$home"
  check_reachable
  create_cluster
  rm -f "$cluster/postmaster.pid"
  free_port >"$port_file"
  start_cluster
  create_database
  url
}

start_cluster() {
  as_server "$(bin_dir)/pg_ctl" start -s -w -t 60 -D "$cluster" -l "$log" \
    -o "$(server_options "$port_file")" || die "the server did not start; see $log"
}

# A copy that follows the server and can be read; made anew each time.
start_replica() {
  start >/dev/null
  if running_pid "$standby" >/dev/null; then
    url "$standby_port_file"
    return
  fi
  rm -rf "$standby"
  as_server "$(bin_dir)/pg_basebackup" -h 127.0.0.1 -p "$(cat "$port_file")" -U doorstep \
    -D "$standby" -R -X stream -c fast || die "the server could not be copied"
  free_port >"$standby_port_file"
  as_server "$(bin_dir)/pg_ctl" start -s -w -t 60 -D "$standby" -l "$home/standby.log" \
    -o "$(server_options "$standby_port_file") -c hot_standby=on" ||
    die "the standby did not start; see $home/standby.log"
  url "$standby_port_file"
}

stop_replica() {
  running_pid "$standby" >/dev/null || { say "no standby is running"; return; }
  as_server "$(bin_dir)/pg_ctl" stop -s -w -t 60 -m fast -D "$standby"
  say "the standby is stopped"
}

server_options() {
  # Durability stays as in production: the tests are about it.
  printf '%s ' "-p $(cat "$1")" "-c listen_addresses=127.0.0.1" \
    "-c unix_socket_directories=" "-c max_connections=200" "-c shared_buffers=128MB"
}

create_database() {
  local psql=("$(bin_dir)/psql" -X -q -h 127.0.0.1 -p "$(cat "$port_file")" -U doorstep postgres)
  local exists="select 1 from pg_database where datname = 'doorstep'"
  [ "$("${psql[@]}" -At -c "$exists")" = 1 ] || "${psql[@]}" -c 'create database doorstep'
}

stop() {
  if ! running_pid >/dev/null; then
    say "not running"
    return
  fi
  as_server "$(bin_dir)/pg_ctl" stop -s -w -t 60 -m fast -D "$cluster"
  say "stopped"
}

# Starts the server again where it was.
resume() {
  running_pid >/dev/null || start_cluster
  url
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

case ${1:-} in
  install) install_server ;;
  start) start ;;
  stop) ! running_pid "$standby" >/dev/null || stop_replica; stop ;;
  status) status ;;
  url) running_pid >/dev/null || die "not running"; url ;;
  start-replica) start_replica ;;
  stop-replica) stop_replica ;;
  replica-url) running_pid "$standby" >/dev/null || die "no standby is running"; url "$standby_port_file" ;;
  pause) stop ;;
  resume) resume ;;
  *) sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
