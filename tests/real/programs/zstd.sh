# what: zstd -T2 -9, a text of 24 MB
# package: zstd
# needs: zstd
# suite: quick
run zstd -T2 -9 -q -c "$REAL_TEXT" | sha256sum
