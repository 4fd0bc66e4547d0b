#!/usr/bin/env bash
# Builds the pages into web/dist, for the binary to take in. Does nothing where it is
# up to date.
#
#   web.sh                 fails where Node.js or npm are missing
#   web.sh --if-possible   says so, and goes on without the pages
set -euo pipefail
cd "$(dirname "$0")/../web"

give_up() {
    echo "the binary is built without its pages: $1" >&2
    [[ "${asked:-}" == --if-possible ]] && exit 0
    exit 1
}

is_newer() { [[ -n "$(find "${@:2}" -newer "$1" -print -quit)" ]]; }

asked=${1:-}
built=dist/site/index.html.gz
installed=node_modules/.package-lock.json
sources=(src public index.html track.html courier.html shop.html vite.config.js svelte.config.js dev/packed.js package.json package-lock.json)

[[ -e "$built" ]] && ! is_newer "$built" "${sources[@]}" && exit 0
command -v npm >/dev/null || give_up "npm is not installed"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    give_up "it needs Node.js 20.19 or later, this is $(node --version)"
if [[ ! -e "$installed" ]] || is_newer "$installed" package-lock.json; then
    npm ci --no-audit --no-fund --loglevel=error || give_up "npm could not install what it is made of"
fi
npm run --silent build -- --logLevel error || give_up "it does not build"
