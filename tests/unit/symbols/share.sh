#!/bin/sh
# Moves what the debug information of two copies of a library has in common to a third file, which both then name by its name
# alone, as beside them. Usage: share.sh DWZ LIBRARY ONE TWO COMMON
set -eu
cp "$2" "$3"
cp "$2" "$4"
cd "$(dirname "$3")"
"$1" -m "$(basename "$5")" "$(basename "$3")" "$(basename "$4")"
