#!/bin/sh
# Runs a command on a display of its own, always drawn in software: on-display.sh COMMAND [ARGUMENT...]
# Skips (77) where there is no Xvfb to make one.
set -eu
command -v xvfb-run >/dev/null || {
        echo "xvfb-run is not installed"
        exit 77
}
# GTK_A11Y=none ends GTK 4.8 on the first accessible property; "test" keeps them in the process.
export GSK_RENDERER=cairo GDK_BACKEND=x11 GTK_A11Y=test GTK_THEME= LC_ALL=C.UTF-8
unset WAYLAND_DISPLAY GTK_THEME
exec xvfb-run -a -s '-screen 0 1920x1200x24' "$@"
