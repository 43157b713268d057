# what: ninja -j4, sixty commands
# package: ninja-build
# needs: ninja
{ printf 'rule r\n command = sleep 0.01; echo $out > $out\n'; for i in $(seq 60); do printf 'build f%s: r\n' "$i"; done; } >build.ninja
run ninja --quiet -j4
cat f* | sha256sum
