#!/bin/sh
# Make (or complete) a virtual environment from a lock file with hashes, then add this checkout to it.
# usage: deploy/venv.sh VENV LOCK
set -eu
venv=$1 lock=$2
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
if [ ! -x "$venv/bin/python" ]; then
    if ! "${PYTHON:-python3}" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
            apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
        else
            echo "lampyre: needs Python 3.11 or newer with venv; try: sudo apt-get install python3-venv" >&2
            exit 2
        fi
    fi
    "${PYTHON:-python3}" -m venv "$venv"
fi
"$venv/bin/python" -m pip install --quiet --no-deps --require-hashes --requirement "$lock"
"$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable "$here"
# the agent runs without docstrings (python -OO); a file of somebody else's that does not compile is not ours to mind
"$venv/bin/python" -OO -m compileall -q -j 0 "$venv/lib" "$here/agent" >/dev/null 2>&1 || true
