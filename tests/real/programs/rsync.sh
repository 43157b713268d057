# what: rsync, a folder of 200 files (three processes)
# package: rsync
# needs: rsync
mkdir from
for i in $(seq 200); do head -c $((1000 * i)) "$REAL_TEXT" | tail -c 1000 >"from/$i"; done
run rsync -a from/ to/
cat to/* | sha256sum
