#!/usr/bin/env bash
# A Redis to measure against: everything it is told is on the disk before it answers.
#
#   redis.sh install   install Debian's redis-server where it is missing
#   redis.sh start     install and start with nothing in it; print HOST:PORT. Safe to call twice
#   redis.sh stop      stop what start started
#   redis.sh status    say whether it runs; exit 0 if it does
#   redis.sh url       print HOST:PORT of the running server
#   redis.sh pid       print its process
set -euo pipefail

name=redis
package=redis-server
program=redis-server
first_port=63790

run() {
  exec "$(program_path)" --bind 127.0.0.1 --port "$1" --dir "$2" --save '' \
    --appendonly yes --appendfsync "${DOORSTEP_REDIS_FSYNC:-always}" --daemonize no
}

source "$(dirname "${BASH_SOURCE[0]}")/loopback.sh"
serve_verb "$@"
