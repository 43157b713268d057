#!/bin/bash
# Every command that reads a trace says in one sentence what is wrong with one that can't be read, and ends with exit status 2.
# It never crashes, and says nothing of it on standard output. Usage: bad-input.sh HEDDLE RECORD
set -uo pipefail
heddle=$(realpath "$1")
record=$(realpath "$2")
folder=$(mktemp -d)
trap 'chmod -R u+rwx "$folder"; rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset "${!LC_@}" NO_COLOR || true
n_ok=0 n_failed=0 n_skipped=0

failed() {
        n_failed=$((n_failed + 1))
        echo "FAILED: $*"
        [ ! -s said ] || sed 's/^/    /' said
}

# expect WANTED-STATUS WANTED-WORDS COMMAND...: one line on standard error that has the words, and none on standard output.
expect() {
        local wanted=$1 words=$2 status=0
        shift 2
        "$@" >printed 2>said </dev/null || status=$?
        if [ "$status" -ne "$wanted" ]; then
                failed "$* ended with $status, wanted $wanted"
        elif [ "$(wc -l <said)" -ne 1 ] || ! grep -qi -- "$words" said; then
                failed "$* did not say \"$words\" in one line"
        elif [ -s printed ]; then
                failed "$* printed something"
        else
                n_ok=$((n_ok + 1))
        fi
}

# Every reading command on one bad trace.
unreadable() {
        local words=$1 trace=$2
        expect 2 "$words" "$heddle" check "$trace"
        expect 2 "$words" "$heddle" check --json "$trace"
        expect 2 "$words" "$heddle" check --sarif "$trace"
        expect 2 "$words" "$heddle" events "$trace"
        expect 2 "$words" "$heddle" graph "$trace"
        expect 2 "$words" "$heddle" graph --kind=wait-for --format=svg -o picture.svg "$trace"
        expect 2 "$words" "$heddle" export --format=std "$trace"
        expect 2 "$words" "$heddle" info "$trace"
        expect 2 "$words" "$heddle" sql "$trace" "select 1"
        [ ! -e picture.svg ] || failed "a picture of $trace was left behind"
}

"$record" good.heddle "T1: lock A, lock B; T2: wait-lock A" || exit 1
"$heddle" info good.heddle >/dev/null || failed "the good trace can't be read"

unreadable 'missing.heddle' missing.heddle

: >empty.heddle
unreadable 'empty' empty.heddle

mkdir folder.heddle
unreadable 'folder' folder.heddle

head -c 50 good.heddle >header.heddle
unreadable 'header.heddle' header.heddle

echo 'Dear diary, today nothing deadlocked. Nor did it yesterday, or the day before that, as far as I remember.' >text.heddle
unreadable 'not a' text.heddle

head -c 100000 /dev/urandom >noise.heddle
unreadable 'not a' noise.heddle

if command -v sqlite3 >/dev/null; then
        sqlite3 foreign.heddle 'create table cookies (name text)'
        unreadable 'not a' foreign.heddle
        cp good.heddle newer.heddle
        sqlite3 newer.heddle 'pragma user_version = 999'
        unreadable 'newer' newer.heddle
else
        n_skipped=$((n_skipped + 2))
fi

if [ "$(id -u)" -ne 0 ]; then
        cp good.heddle secret.heddle
        chmod 000 secret.heddle
        unreadable 'permission\|not allowed' secret.heddle
        mkdir locked && chmod 500 locked
        expect 2 'locked/g.svg' "$heddle" graph -o locked/g.svg good.heddle
else
        n_skipped=$((n_skipped + 2)) # root may read and write everything
fi

expect 2 'missing.heddle' "$heddle" view missing.heddle
expect 2 'no/such/folder/g.svg' "$heddle" graph -o no/such/folder/g.svg good.heddle
expect 2 'directory' "$heddle" graph --format=dot -o folder.heddle good.heddle

# A trace cut anywhere is either refused, or read as far as it goes and called incomplete: never a crash, never silence.
size=$(stat -c %s good.heddle)
for ((at = 512; at < size; at += size / 24 + 1)); do
        head -c "$at" good.heddle >cut.heddle
        for command in check events info graph; do
                status=0
                "$heddle" "$command" cut.heddle >printed 2>said </dev/null || status=$?
                if [ "$status" -gt 2 ]; then
                        failed "$command of the first $at of $size bytes ended with $status"
                elif [ "$status" -eq 2 ] && [ "$(wc -l <said)" -lt 1 ]; then
                        failed "$command of the first $at of $size bytes failed without a word"
                elif [ "$status" -ne 2 ] && ! grep -q 'not complete' said && ! grep -q '^complete *no' printed; then
                        failed "$command of the first $at of $size bytes was not called incomplete"
                else
                        n_ok=$((n_ok + 1))
                fi
        done
done

# Bytes overwritten anywhere: where that costs events, each command says so, although it shows only while they are read.
steps=$(printf 'lock A @1 in f, unlock A @2 in f, %.0s' {1..3000})
"$record" long.heddle "T1: ${steps%, }" || exit 1
size=$(stat -c %s long.heddle) n_costly=0
for ((at = 4096; at < size; at += 4096)); do
        cp long.heddle overwritten.heddle
        printf 'overwritten' | dd of=overwritten.heddle bs=1 seek=$((at + 2000)) conv=notrunc status=none
        status=0
        n=$("$heddle" events overwritten.heddle 2>said </dev/null | wc -l) || status=$?
        if [ "$status" -gt 2 ]; then
                failed "events of a trace with byte $at overwritten ended with $status"
        elif [ "$status" -eq 2 ] || [ "$n" -eq 6000 ]; then
                n_ok=$((n_ok + 1))
                continue
        fi
        n_costly=$((n_costly + 1))
        [ "$(grep -c 'not complete' said)" -gt 0 ] || failed "events was silent about byte $at"
        "$heddle" check overwritten.heddle >printed 2>said </dev/null
        grep -q 'not complete' said || failed "check was silent about byte $at"
        "$heddle" check --json overwritten.heddle >printed 2>said </dev/null
        grep -q '"complete":.*false' printed || failed "check --json called it complete with byte $at overwritten"
        "$heddle" graph overwritten.heddle >printed 2>said </dev/null
        grep -q 'not complete' said || failed "graph was silent about byte $at"
        "$heddle" info overwritten.heddle >printed 2>said </dev/null
        grep -q '^complete *no: .*events [0-9]* to' printed || failed "info was silent about byte $at"
done
[ "$n_costly" -gt 0 ] || failed "no byte of a long trace cost an event"

# An output that is full or closed.
if [ -e /dev/full ]; then
        for command in check events info graph 'graph --format=svg' 'graph --format=json' 'check --json'; do
                status=0
                # shellcheck disable=SC2086
                "$heddle" $command good.heddle >/dev/full 2>said || status=$?
                if [ "$status" -ne 2 ] || ! grep -q 'No space left' said; then
                        failed "$command to a full disk ended with $status"
                else
                        n_ok=$((n_ok + 1))
                fi
        done
        expect 2 'No space left' "$heddle" graph -o /dev/full good.heddle
fi
status=0
"$heddle" events good.heddle 2>said >&- || status=$?
[ "$status" -eq 2 ] || failed "events to a closed output ended with $status"
exec 3> >(exec true)
wait $!
status=0
"$heddle" events good.heddle 2>said >&3 || status=$?
if [ "$status" -ne 141 ] || [ -s said ]; then
        failed "events to a broken pipe ended with $status and said: $(cat said)"
fi

echo "$n_ok passed, $n_failed failed, $n_skipped skipped"
[ "$n_failed" -eq 0 ]
