# what: make -j4, sixty shells
# package: make
# needs: make
{ printf 'all: %s\n' "$(seq -s' ' 60)"; printf '%%:\n\t@sleep 0.01; echo $@ > $@\n'; } >Makefile
run make -s -j4
cat $(seq 60) | sha256sum
