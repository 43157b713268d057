# what: pbzip2 -p2, a text of 24 MB
# package: pbzip2
# needs: pbzip2
run pbzip2 -p2 -c "$REAL_TEXT" | sha256sum
