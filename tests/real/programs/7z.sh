# what: 7z with two threads, a text of 24 MB
# package: p7zip-full
# needs: 7z
run 7z a -mmt=2 -mx=3 -bd -bso0 -bsp0 text.7z "$REAL_TEXT"
7z x -so text.7z | sha256sum
