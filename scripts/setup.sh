#!/bin/sh
# Installs what is missing and builds the wall when it is older than its sources. Says nothing when
# there is nothing to do. All words go to stderr, since a command's output may follow on stdout.
set -eu
cd "$(dirname "$0")/.."

installed=node_modules/.package-lock.json
if [ ! -x node_modules/.bin/node ] || [ package-lock.json -nt "$installed" ]; then
  echo 'nocturne: installing packages, once' >&2
  npm ci --no-audit --no-fund --no-update-notifier --loglevel=error >&2
fi

wall=web/dist/wall.html
if [ ! -f "$wall" ] || [ -n "$(find web src/serve/contract.ts package-lock.json \
  -path web/dist -prune -o -type f -newer "$wall" -print | head -n 1)" ]; then
  echo 'nocturne: building the wall' >&2
  node_modules/.bin/node node_modules/vite/bin/vite.js build web --logLevel warn >&2
fi
