#!/usr/bin/env bash
# A NATS with JetStream to measure against, on files.
#
#   nats.sh install   install Debian's nats-server where it is missing
#   nats.sh start     install and start with nothing in it; print HOST:PORT. Safe to call twice
#   nats.sh stop      stop what start started
#   nats.sh status    say whether it runs; exit 0 if it does
#   nats.sh url       print HOST:PORT of the running server
#   nats.sh pid       print its process
set -euo pipefail

name=nats
package=nats-server
program=nats-server
first_port=14222

run() {
  printf 'listen: "127.0.0.1:%s"\njetstream { store_dir: "%s/jetstream" %s }\n' "$1" "$2" \
    "${DOORSTEP_NATS_JETSTREAM:-}" >"$2/server.conf"
  exec "$(program_path)" --config "$2/server.conf"
}

source "$(dirname "${BASH_SOURCE[0]}")/loopback.sh"
serve_verb "$@"
