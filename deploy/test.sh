#!/bin/sh
# All checks, as CI runs them:     sh deploy/test.sh
# Some of the tests (pytest's own arguments):  sh deploy/test.sh -k webhook
#
# Ends with an error if anything failed, and by itself within 15 minutes.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
limit=870 # seconds; then an interrupt, so that pytest still says where it was
if [ -z "${UNDERSTUDY_BOUNDED:-}" ] && command -v timeout >/dev/null; then
    UNDERSTUDY_BOUNDED=1 exec timeout -s INT -k 20 "$limit" sh "$root/deploy/test.sh" "$@"
fi
. "$root/deploy/common.sh"
cd "$root"
failures=
summary=
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

has_browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
} >/dev/null

install_browser() {
    if has_browser; then return; fi
    if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
        say "Installing Chromium for the browser tests ..."
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >"$reports/apt" 2>&1 \
            && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core \
                >>"$reports/apt" 2>&1 || tail -n 5 "$reports/apt"
    fi
    has_browser || say "NO BROWSER: the browser tests are skipped (Debian: apt-get install chromium)"
}

step() { # NAME COMMAND...: runs it, notes how long it took and whether it failed
    name=$1
    shift
    say "" "== $name"
    before=$(date +%s)
    code=0
    "$@" || code=$?
    took="$name $(($(date +%s) - before)) s"
    case $code in
    0) ;;
    5) took="$took (no such tests)" ;;
    *) took="$took FAILED" failures=yes ;;
    esac
    summary="$summary
  $took"
}

tier() { # NAME ARGUMENTS...: the tests of a tier, see tests/tiers.py
    name=$1
    shift
    step "$name" "$venv/bin/python" -m pytest -q --tier "$name" \
        --junitxml="$reports/$name.xml" -o junit_suite_name="$name" "$@"
}

count() { # adds up the tiers; without a test that passed there is no success
    "$venv/bin/python" - "$reports" <<'EOF'
import sys
from pathlib import Path
from xml.etree import ElementTree

total = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
for report in Path(sys.argv[1]).glob("*.xml"):
    for suite in ElementTree.parse(report).iter("testsuite"):
        for key in total:
            total[key] += int(suite.get(key, 0))
bad = total["failures"] + total["errors"]
passed = total["tests"] - bad - total["skipped"]
print(f"total: {passed} passed, {bad} failed, {total['skipped']} skipped")
sys.exit(passed == 0)
EOF
}

started=$(date +%s)
prepare test
install_browser
say "" "set-up took $(($(date +%s) - started)) s"
step "ruff check" "$venv/bin/ruff" check .
step "ruff format" "$venv/bin/ruff" format --check -q .
step "mypy" "$venv/bin/mypy"
tier unit -n auto "$@"
# Counted above, with a few examples each; here with many.
step properties "$venv/bin/python" -m pytest -q -n auto --tier unit -m hypothesis --hypothesis-profile long "$@"
tier contract -n auto "$@"
# A file at a time each: they mostly wait for processes, and each has a house of its own.
tier journey -n 2 --dist loadfile "$@"
tier browser "$@"
say "" "What took how long:$summary" "  all $(($(date +%s) - started)) s" ""
count || failures=yes
[ -z "$failures" ] || die "FAILED"
