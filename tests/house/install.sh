#!/bin/sh
# What `meson install` puts into a folder of its own is whole: the program in README.md compiles with what pkg-config
# says, runs by itself, and is recorded by the installed heddle. Usage: install.sh BUILD-ROOT SOURCE-ROOT
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/heddle-install.XXXXXX")
trap 'rm -rf "$folder"' EXIT

fail() {
        echo "install.sh: $*"
        exit 1
}

meson install -C "$1" --no-rebuild --quiet --destdir "$folder"
pc=$(find "$folder" -name heddle.pc)
heddle=$(find "$folder" -name heddle -path '*/bin/*')
[ -n "$pc" ] || fail 'heddle.pc is not there'
[ -n "$heddle" ] || fail 'heddle is not there'
for name in heddle.1 completions/heddle heddle/heddle.h libheddle.so.0; do
        [ -n "$(find "$folder" -path "*/$name*")" ] || fail "$name is not there"
done

# The prefix in heddle.pc is not where this installation lies.
export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$folder"
libraries=${pc%/pkgconfig/*}
awk '/^```c$/ { copy = 1; next } /^```$/ { copy = 0 } copy' "$2/README.md" >"$folder/count.c"
[ -s "$folder/count.c" ] || fail 'README.md has no program'
# shellcheck disable=SC2046  # a list of words
${CC:-cc} -Wall -Wextra -Werror -g "$folder/count.c" $(pkg-config --cflags --libs heddle) \
        -Wl,-rpath,"$libraries" -o "$folder/count"

cd "$folder"
printed=$(./count)
[ "$printed" = 42 ] || fail "the program in README.md prints $printed"
printed=$("$heddle" run -o count.heddle ./count)
[ "$printed" = 42 ] || fail "the program in README.md prints $printed under heddle run"
n=$("$heddle" sql count.heddle "select count(*) from events where event = 'lock' and object = 'lock'" | tail -n 1)
[ "$n" = 2 ] || fail "the installed heddle recorded $n locks, not 2"
