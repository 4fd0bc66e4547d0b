#!/usr/bin/env bash
# A Chromium for the browser tests: Debian's, where none is there yet.
set -euo pipefail

for place in "${CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
    if [[ -n "$place" && -x "$place" ]]; then exit 0; fi
done
if ! command -v apt-get >/dev/null || [[ $(id -u) -ne 0 ]]; then
    echo "no Chromium found: install one, or set CHROMIUM" >&2
    exit 1
fi
echo "installing Debian's chromium" >&2
apt-get update -qq >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
