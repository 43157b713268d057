# what: sort --parallel=2, 400,000 lines
# package: coreutils
# needs: sort
# suite: quick
run sort --parallel=2 -S 200M "$REAL_TEXT" | sha256sum
