#!/usr/bin/env bash
# Compares a day's pay with DuckDB's: peer.sh EVENTS [DAY [RUNS]]. DuckDB comes as a Python package,
# into an environment of its own below target/.
set -euo pipefail
cd "$(dirname "$0")/../.."

environment=target/bench/venv
duckdb_version=2.0.0

if ! "$environment/bin/python" -c 'import duckdb' 2>/dev/null; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet "duckdb==$duckdb_version" >&2
fi
exec "$environment/bin/python" scripts/bench/peer.py \
    target/release/doorstep scripts/bench/doorstep.toml "$1" "${2:-2026-03-02}" "${3:-3}"
