# what: gdbus and gio, GLib's own threads
# package: libglib2.0-bin
# needs: gio
mkdir from
for i in $(seq 30); do echo "$i" >"from/$i"; done
run sh -c 'gio list from | sort && gio copy from/1 copy && gio info -a standard::size from/2 | grep standard::'
cat copy
