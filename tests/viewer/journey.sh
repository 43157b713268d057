#!/bin/sh
# A user's way through the window, by keyboard and mouse: on-display.sh journey.sh VIEWER TRACE
# Skips (77) where xdotool or ImageMagick is missing.
set -u
viewer=$1 trace=$2
command -v xdotool >/dev/null && command -v import >/dev/null || {
        echo "xdotool and ImageMagick's import are needed"
        exit 77
}
folder=$(mktemp -d)
failed=0
pid=
trap 'kill "$pid" 2>/dev/null; rm -rf "$folder"' EXIT

fail() {
        echo "FAILED: $*"
        failed=1
}

picture() {
        import -window root "$folder/$1.png"
}

# until_picture NAME same|other REFERENCE: takes pictures until one is like the reference, or isn't. Where only part of a
# window is drawn anew, text at its edge may come out a shade different: a few hundred pixels are nothing.
until_picture() {
        for _ in $(seq 60); do
                picture "$1"
                pixels=$(compare -metric AE -fuzz 5% "$folder/$1.png" "$folder/$3.png" null: 2>&1)
                if [ "${pixels%%[.e]*}" -lt 500 ]; then
                        [ "$2" = same ] && return
                else
                        [ "$2" = other ] && return
                fi
                sleep 0.3
        done
        fail "$1 should be $2 than $3, $pixels pixels differ"
}

# Until nothing moves any more.
calm() {
        picture calm-before
        for _ in $(seq 100); do
                sleep 0.4
                picture calm-after
                cmp -s "$folder/calm-before.png" "$folder/calm-after.png" && return
                mv "$folder/calm-after.png" "$folder/calm-before.png"
        done
        fail "the window does not come to rest"
}

key() {
        xdotool key --clearmodifiers "$1"
}

picture empty
"$viewer" --size 1280x800 "$trace" &
pid=$!
window=$(timeout 60 xdotool search --sync --onlyvisible --name "$(basename "$trace")" | head -n 1)
[ -n "$window" ] || {
        fail "no window came up"
        exit 1
}
xdotool windowfocus --sync "$window" mousemove 1600 1100
calm
picture opened

key 0
until_picture whole other opened
key f
until_picture framed same opened

key plus
until_picture closer other opened
key f
until_picture framed same opened

# Down goes to the next lane and Up back again; a click on a lane's name selects it.
key Down
until_picture below other opened
key Up
until_picture back same opened
xdotool mousemove 330 350 click 1 mousemove 1600 1100
until_picture clicked other opened
key n
until_picture finding same opened

# Ctrl and the wheel zoom at the pointer.
xdotool mousemove 600 300
calm
picture hovered
xdotool keydown ctrl click 4 keyup ctrl
until_picture wheeled other hovered
xdotool mousemove 1600 1100
key n
key f
until_picture framed same opened

key alt+4
until_picture events other opened
key alt+3
until_picture stacks same opened

key ctrl+question
timeout 30 xdotool search --sync --onlyvisible --name '[Ss]hortcuts' >/dev/null || fail "no shortcuts window"
key Escape
xdotool windowfocus "$window"
key ctrl+q
for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.3
done
kill -0 "$pid" 2>/dev/null && fail "Ctrl+Q does not quit"
wait "$pid"
status=$?
[ "$status" -eq 0 ] || fail "exit status $status"
exit $failed
