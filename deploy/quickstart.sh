#!/bin/sh
# From a fresh copy to a running demo:   sh deploy/quickstart.sh
# With any other command of Understudy:  sh deploy/quickstart.sh up
#
# The first time this makes .venv in the project's folder and installs what is pinned by hash into
# it, which needs the Python package index. After that it starts at once, offline too.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/deploy/common.sh"

prepare run
[ $# -gt 0 ] || set -- demo
cd "$root" # where .env is
exec "$venv/bin/understudy" "$@"
