#!/bin/bash
# Runs the commands of a case and compares what they print with what the case says they print.
# Usage: golden.sh CASE HEDDLE RECORD
#
# A case is a text. Lines that begin with "  $ " are commands for the shell, "  > " goes on with one; other lines that are
# indented by two blanks are what the command printed to standard output and error, and "  [N]" is its exit status where that
# isn't 0. Everything else is for people. Commands run in an empty folder; `heddle` and `record` (../record.c) are there.
#
# GOLDEN_UPDATE=1 writes what was printed into the case, for `git diff` to show.
set -euo pipefail
unset "${!LC_@}" "${!HEDDLE_@}" NO_COLOR || true
case=$(realpath "$1")
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/work"
ln -s "$(realpath "$2")" "$folder/bin/heddle"
ln -s "$(realpath "$3")" "$folder/bin/record"
export PATH="$folder/bin:$PATH" TZ=UTC LC_ALL=C.UTF-8
cd "$folder/work"

# Runs $command, which may be empty, and prints it with what it printed.
run() {
        local status=0
        [ -n "$command" ] || return 0
        bash -c "$command" >"$folder/printed" 2>&1 </dev/null || status=$?
        sed 's/^/  /' "$folder/printed"
        [ -z "$(tail -c 1 "$folder/printed" | tr -d '\n')" ] || echo
        [ "$status" -eq 0 ] || echo "  [$status]"
        command=
}

play() {
        local line command=
        while IFS= read -r line; do
                case $line in
                '  $ '*)
                        run
                        command=${line#'  $ '}
                        printf '%s\n' "$line"
                        ;;
                '  > '*)
                        command+=$'\n'${line#'  > '}
                        printf '%s\n' "$line"
                        ;;
                '  '*) ;;
                *)
                        run
                        printf '%s\n' "$line"
                        ;;
                esac
        done <"$case"
        run
}

play >"$folder/played"
grep -q '^  \$ ' "$case" || {
        echo "$case holds no command"
        exit 1
}
if [ -n "${GOLDEN_UPDATE-}" ]; then
        cp "$folder/played" "$case"
fi
diff -u --label wanted --label printed "$case" "$folder/played"
