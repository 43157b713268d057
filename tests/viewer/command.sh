#!/bin/sh
# heddle-viewer as a command: pictures without a user, and what it says where it can't. Usage: command.sh VIEWER TRACE ON-DISPLAY
set -u
viewer=$1 trace=$2 on_display=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

fail() {
        echo "FAILED: $*"
        failed=1
}

# expect STATUS WORDS COMMAND...: its exit status, one line on standard error with these words in it.
expect() {
        wanted=$1 words=$2
        shift 2
        "$@" >"$folder/out" 2>"$folder/err"
        status=$?
        [ "$status" -eq "$wanted" ] || fail "exit status $status, not $wanted: $*: $(cat "$folder/err")"
        [ -z "$words" ] || grep -q -- "$words" "$folder/err" || fail "'$words' is not in what was said: $(cat "$folder/err")"
        [ "$(grep -c heddle-viewer: "$folder/err")" -le 1 ] || fail "more than one sentence: $(cat "$folder/err")"
}

is_png() {
        [ "$(head -c 4 "$1" 2>/dev/null | tail -c 3)" = PNG ] || fail "$1 is no picture"
}

expect 2 "no display" env -u DISPLAY -u WAYLAND_DISPLAY "$viewer" "$trace"
expect 2 "no view called" "$viewer" --screenshot "$folder/a.png" --view nonsense "$trace"
expect 2 "no size" "$viewer" --screenshot "$folder/a.png" --size large "$trace"
expect 2 "which trace" "$viewer" --screenshot "$folder/a.png"
expect 2 "heddle-viewer --help" "$viewer" --nonsense

command -v xvfb-run >/dev/null || exit 77
echo "this is no trace" >"$folder/foreign.heddle"
: >"$folder/empty.heddle"
head -c 20000 "$trace" >"$folder/cut.heddle"
expect 2 "missing.heddle" "$on_display" "$viewer" "$folder/missing.heddle"
expect 2 "missing.heddle" "$on_display" "$viewer" --screenshot "$folder/a.png" "$folder/missing.heddle"
expect 2 "foreign.heddle" "$on_display" "$viewer" "$folder/foreign.heddle"
expect 2 "empty.heddle" "$on_display" "$viewer" "$folder/empty.heddle"
expect 2 "could not be written" "$on_display" "$viewer" --screenshot "$folder/no/such/folder.png" "$trace"
[ -e "$folder/a.png" ] && fail "a picture of a trace that is not there"

# A trace that was cut short may open in part or not at all, but never ends the viewer by a signal.
"$on_display" "$viewer" --screenshot "$folder/cut.png" "$folder/cut.heddle" 2>"$folder/err"
status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 2 ] || fail "exit status $status for a trace that was cut short: $(cat "$folder/err")"

for view in waits lock-order events whole,all-lanes; do
        for colours in '' --dark; do
                # shellcheck disable=SC2086
                expect 0 '' "$on_display" "$viewer" $colours --screenshot "$folder/$view$colours.png" --size 1280x800 --view "$view" "$trace"
                is_png "$folder/$view$colours.png"
        done
done
cmp -s "$folder/waits.png" "$folder/waits--dark.png" && fail "dark is no different"
cmp -s "$folder/waits.png" "$folder/events.png" && fail "the events are not shown"
exit $failed
