# what: pigz -p2, a text of 24 MB
# package: pigz
# needs: pigz
# suite: quick
run pigz -p2 -c "$REAL_TEXT" | sha256sum
