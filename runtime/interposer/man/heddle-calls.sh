#!/bin/sh
# Writes the manual page heddle-calls(7) from the tables of what is wrapped and what is left out.
# Usage: heddle-calls.sh FUNCTIONS.DEF LEFT_OUT.DEF
set -eu

# entries MACROS TABLE: ".Ss" for each comment of one line, ".It" for each entry with the last of its strings.
entries() {
        awk -v macro="^($1)[(]" '
                function open() { if (section != "") { print ".Ss " section; print ".Bl -tag -width Ds -compact"; section = ""; is_open = 1 } }
                function close_list() { if (is_open) print ".El"; is_open = 0 }
                /^\/\* .* \*\/$/ { close_list(); section = substr($0, 4, length($0) - 6) }
                $0 ~ macro {
                        open()
                        name = $0; sub(macro, "", name); sub(/,.*/, "", name)
                        text = $0; sub(/"[)]$/, "", text); sub(/.*"/, "", text)
                        print ".It Fn " name
                        print (text == "" ? "no event" : text)
                }
                END { close_list() }' "$2"
}

cat <<'END'
.Dd November 23, 2026
.Dt HEDDLE-CALLS 7
.Os
.Sh NAME
.Nm heddle-calls
.Nd which calls of a program Heddle records
.Sh DESCRIPTION
.Xr heddle 1
records these calls of an unmodified program, each with the events that stand beside it.
.Sh RECORDED
END
entries 'WRAP|WRAP_GLIB' "$1"
cat <<'END'
.Sh NOT RECORDED
These are left out, for the reason beside each.
END
entries LEFT_OUT "$2"
cat <<'END'
.Sh SEE ALSO
.Xr heddle 1 ,
.Xr pthreads 7
END
