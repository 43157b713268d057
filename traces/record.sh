#!/bin/sh
# Records the gallery again: record.sh HEDDLE SOURCE-FOLDER BUILD-FOLDER NAME...
# A recording that Heddle stopped because of a deadlock (123) is as good as one that ended by itself.
set -eu
heddle=$1 sources=$2 build=$3
shift 3
for name in "$@"; do
        status=0
        trace=$sources/$name/$name.heddle
        rm -f "$trace"
        "$heddle" run -o "$trace" -- "$build/$name/$name" >/dev/null 2>&1 || status=$?
        case $status in
        0 | 123) echo "$trace" ;;
        *)
                echo "record.sh: recording $name ended with status $status" >&2
                exit 1
                ;;
        esac
done
