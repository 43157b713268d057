# what: tar --use-compress-program, through zstd -T2
# package: tar zstd
# needs: tar zstd
run tar -C "$REAL_INPUTS" --sort=name --mtime=@0 --owner=0 --group=0 -cf text.tar.zst --use-compress-program='zstd -T2 -3' text
zstd -dc text.tar.zst | sha256sum
