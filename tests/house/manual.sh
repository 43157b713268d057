#!/bin/bash
# The manual page and the completion know the commands and options that `heddle COMMAND --help` shows, and no others.
# The viewer's page likewise. Usage: manual.sh HEDDLE SOURCE-ROOT [HEDDLE-VIEWER]
set -euo pipefail
heddle=$1
page=$2/tracer/command/man/heddle.1
status=0
# The file is read for its lists of words only.
# shellcheck disable=SC2317
complete() { :; }
# shellcheck source=/dev/null
source "$2/tracer/command/completion/heddle"

wrong() {
        echo "$*"
        status=1
}

# same WHAT A-NAME A B-NAME B: both are lists of words, one a line.
same() {
        local difference
        difference=$(diff <(sort -u <<<"$3") <(sort -u <<<"$5") | grep '^[<>]' || true)
        [ -z "$difference" ] || wrong "$1: only in one of them (< $2, > $4):" "$difference"
}

# "  -t, --thread=T   only what …"
options_in_help() {
        "$heddle" "$1" --help | sed -nE 's/^ +(-[a-z]), (--[a-z-]+).*/\1\n\2/p; s/^ +(--?[a-z][a-z-]*).*/\1/p'
}

# .It Fl t , Fl -thread Ns = Ns Ar T
options_in_page() {
        sed -n "/^\.Ss heddle $1\$/,/^\.S[hs]/p" "$page" | grep '^\.It' | grep -oE 'Fl -?[a-z][a-z-]*' | sed 's/^Fl /-/'
}

options_in_completion() {
        _heddle_options "$1" | tr ' ' '\n' | sed 's/=$//' | grep -vx -e -- -e --help
}

commands=$("$heddle" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
[ -n "$commands" ] || wrong 'heddle --help lists no commands'
same 'commands' 'heddle --help' "$commands" "$page" "$(sed -nE 's/^\.Ss heddle ([a-z]+)$/\1/p' "$page")"
same 'commands' 'heddle --help' "$commands" completion \
        "$(COMP_WORDS=(heddle '') COMP_CWORD=1; _heddle; printf '%s\n' "${COMPREPLY[@]}" | grep -v '^-')"
for command in $commands; do
        in_help=$(options_in_help "$command" || true)
        same "options of $command" --help "$in_help" "$page" "$(options_in_page "$command" || true)"
        same "options of $command" --help "$in_help" completion "$(options_in_completion "$command" || true)"
done

kinds=$("$heddle" check --help | sed -nE 's/^ {20,}([a-z]+(-[a-z]+)*)$/\1/p')
same 'kinds of findings' 'heddle check --help' "$kinds" completion "$(_heddle_values check --kind | tr ' ' '\n')"
same 'kinds of findings' 'heddle check --help' "$kinds" "$page" \
        "$(sed -n '/^The kinds:/,/^\.Ss/p' "$page" | sed -n 's/^\.It Cm //p' | sed 's/ , Cm /\n/g')"

# GTK's own options are not ours to tell of.
if [ $# -gt 2 ]; then
        viewer_page=$2/tracer/command/man/heddle-viewer.1
        same 'options of the viewer' --help "$("$3" --help | sed -nE 's/^  (--[a-z-]+).*/\1/p' | grep -vx -e --help -e --display)" \
                "$viewer_page" "$(sed -nE 's/^\.It Fl (-[a-z-]+).*/-\1/p' "$viewer_page")"
fi

# Formatting it must not complain either.
if command -v groff >/dev/null; then
        for one in "$2"/tracer/command/man/*.1; do
                complaints=$(groff -mdoc -Tutf8 -ww "$one" 2>&1 >/dev/null) || true
                [ -z "$complaints" ] || wrong "$complaints"
        done
fi
exit $status
