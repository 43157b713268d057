# what: xz -T2 -0, a text of 24 MB
# package: xz-utils
# needs: xz
# suite: quick
run xz -T2 -0 --block-size=2MiB -c "$REAL_TEXT" | sha256sum
