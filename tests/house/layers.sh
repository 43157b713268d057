#!/bin/sh
# Arrows only point down: each folder includes the headers of the layers below it and of nothing else, and each library
# outside of libc has one folder that knows it. Usage: layers.sh SOURCE-ROOT
set -eu
cd "$1"

# Reads "FILE:LINE:#include …" and the rules; prints every include that no rule allows.
check() {
        awk '
        # FOLDER  the layers whose headers it may include  |  the libraries whose headers it may include
        BEGIN {
                rule("runtime/wire",       "wire",                                            "")
                rule("runtime/emit",       "wire emit",                                       "")
                rule("runtime/park",       "wire emit park",                                  "")
                rule("runtime/core",       "wire emit park core heddle",                      "")
                rule("runtime/include",    "heddle",                                          "")
                rule("runtime/interposer", "wire emit park interposer",                       "")
                rule("tracer/model",       "wire model",                                      "")
                rule("tracer/store",       "wire model store",                                "sqlite3")
                rule("tracer/analysis",    "wire model analysis",                             "")
                rule("tracer/symbols",     "wire model symbols",                              "elfutils")
                rule("tracer/graph",       "wire model analysis graph",                       "graphviz cjson")
                rule("tracer/export",      "wire model export",                               "")
                rule("tracer/collect",     "wire model store analysis collect",               "")
                rule("tracer/command",     "wire model store analysis symbols graph export collect command", "cjson")
                rule("viewer",             "wire model store analysis symbols graph panes",   "gtk")
        }
        function rule(folder, layers, libraries) {
                may[folder] = " " layers " "
                knows[folder] = " " libraries " "
                order[++n] = folder
        }
        function folder_of(file,    i) {
                for (i = 1; i <= n; i++)
                        if (index(file, order[i] "/") == 1)
                                return order[i]
                return ""
        }
        function library_of(header) {
                if (header ~ /^sqlite3/) return "sqlite3"
                if (header ~ /^(elfutils\/|dwarf\.h|libelf\.h|gelf\.h)/) return "elfutils"
                if (header ~ /^(graphviz\/|gvc\.h|cgraph\.h)/) return "graphviz"
                if (header ~ /^cjson\// || header ~ /^cJSON/) return "cjson"
                if (header ~ /^(gtk|gdk|gsk|glib|gio|gobject|pango|cairo|graphene|adwaita|adw)/) return "gtk"
                return ""
        }
        {
                match($0, /:[0-9]+:/)
                file = substr($0, 1, RSTART - 1)
                header = $0
                sub(/^[^<"]*[<"]/, "", header)
                sub(/[>"].*$/, "", header)
                folder = folder_of(file)
                seen[folder]++
                if (folder == "") {
                        print file ": belongs to no layer; add its folder to tests/house/layers.sh"
                        next
                }
                if (/#[ \t]*include[ \t]*"/) {
                        layer = header ~ /\// ? substr(header, 1, index(header, "/") - 1) : ""
                        if (layer != "" && index(may[folder], " " layer " ") == 0)
                                print file " includes \"" header "\", which is not below " folder
                        next
                }
                layer = header ~ /^heddle\// ? "heddle" : ""
                if (layer != "" && index(may[folder], " heddle ") == 0)
                        print file " includes <" header ">, the runtime, which is not below " folder
                library = library_of(header)
                if (library != "" && index(knows[folder], " " library " ") == 0)
                        print file " includes <" header ">; " library " is not for " folder
        }'
}

includes() {
        grep -rnE --include='*.[ch]' '^[ 	]*#[ 	]*include[ 	]*["<]' runtime tracer viewer
}

# The check itself is checked first: one that cannot fail says nothing.
probe=$(printf '%s\n' 'tracer/analysis/x.c:1:#include <sqlite3.h>' 'runtime/emit/x.c:1:#include "store/store.h"' \
        'tracer/store/x.c:1:#include "model/event.h"' 'viewer/x.c:1:#include "emit/emit.h"' | check | wc -l)
[ "$probe" -eq 3 ] || {
        echo "layers.sh does not see what it should: $probe of 3"
        exit 1
}

wrong=$(includes | check)
sql=$(grep -rlE --include='*.c' 'sqlite3_(open|prepare|exec|step)' runtime tracer viewer | grep -v '^tracer/store/' || true)
[ -z "$sql" ] || wrong="$wrong
$sql: SQL is for tracer/store alone"
[ -z "$wrong" ] || {
        printf '%s\n' "$wrong"
        exit 1
}
echo "$(includes | wc -l) includes, all downwards"
