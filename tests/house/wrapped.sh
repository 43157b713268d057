#!/bin/bash
# The table of wrapped functions is held against what the C library exports: each of its functions for threads, locks, semaphores
# and message queues is wrapped or left out for a reason, and nothing is in both tables, or in one and no longer exported. The
# interposed library exports what is wrapped and nothing else. Usage: wrapped.sh SOURCE-ROOT INTERPOSED-LIBRARY
set -euo pipefail
export LC_ALL=C
functions=$1/runtime/interposer/functions.def
left_out=$1/runtime/interposer/left_out.def
library=$2
status=0

# Names of exported functions, of all versions, but not of those among the C library's own parts.
exported() {
        readelf --wide --dyn-syms "$@" | awk '($4 == "FUNC" || $4 == "IFUNC") && $7 != "UND" && $8 !~ /GLIBC_PRIVATE/ { print $8 }' |
                sed 's/@.*//' | sort -u
}

# The names in a table that one of these macros makes entries of.
entries() {
        sed -nE "s/^($1)\(([a-z_A-Z0-9]+),.*/\2/p" "$2" | sort
}

# none WHAT-IS-WRONG NAMES
none() {
        [ -z "$2" ] && return
        echo "$1: $(tr '\n' ' ' <<<"$2")"
        status=1
}

c_libraries=$(ldd "$library" | sed -nE 's,.* => (/.*/lib(c|pthread|rt)\.so[^ ]*) .*,\1,p')
[ -n "$c_libraries" ] || {
        echo "$library is linked to no C library that ldd could tell"
        exit 77
}
# shellcheck disable=SC2086 # they are several
in_c_library=$(exported $c_libraries)
ours=$(grep -E '^_*(pthread|sem|mq|thrd|mtx|cnd|tss)_|^call_once$' <<<"$in_c_library")
wrapped=$(entries WRAP "$functions")
not_wrapped=$(entries LEFT_OUT "$left_out")

none "neither in ${functions##*/} nor in ${left_out##*/}" "$(comm -23 <(echo "$ours") <(sort -u <<<"$wrapped"$'\n'"$not_wrapped"))"
none "in both ${functions##*/} and ${left_out##*/}" "$(comm -12 <(echo "$wrapped") <(echo "$not_wrapped"))"
none "in ${functions##*/} twice" "$(uniq -d <<<"$wrapped")"
none "in ${left_out##*/} twice" "$(uniq -d <<<"$not_wrapped")"
none "in ${functions##*/}, and not in the C library" "$(comm -13 <(echo "$in_c_library") <(echo "$wrapped"))"
none "in ${left_out##*/}, and not in the C library" "$(comm -13 <(echo "$in_c_library") <(echo "$not_wrapped"))"

in_table=$(sort <<<"$wrapped"$'\n'"$(entries WRAP_GLIB "$functions")")
none 'wrapped, and not exported by the interposed library' "$(comm -23 <(echo "$in_table") <(exported "$library"))"
none 'exported by the interposed library, and not in the table' "$(comm -13 <(echo "$in_table") <(exported "$library"))"

# The manual page that is made of the tables can be formatted, and has them all.
page=$("$1/runtime/interposer/man/heddle-calls.sh" "$functions" "$left_out")
none 'not in heddle-calls(7)' "$(comm -23 <(sort <<<"$in_table"$'\n'"$not_wrapped") <(sed -n 's/^\.It Fn //p' <<<"$page" | sort))"
if command -v groff >/dev/null; then
        none 'groff says of heddle-calls(7)' "$(groff -mdoc -Tutf8 -ww <<<"$page" 2>&1 >/dev/null)"
fi
[ "$status" -ne 0 ] || echo "$(wc -l <<<"$in_table") functions wrapped, $(wc -l <<<"$not_wrapped") left out"
exit "$status"
