# what: stress-ng: fork, vfork, clone, exec, daemon, zombie, kill, sigsegv
# package: stress-ng
# needs: stress-ng
run stress-ng --fork 1 --fork-ops 200 --vfork 1 --vfork-ops 200 --clone 1 --clone-ops 50 --exec 1 --exec-ops 50 --daemon 1 --daemon-ops 20 \
        --zombie 1 --zombie-ops 50 --sigsegv 1 --sigsegv-ops 200 --schedpolicy 1 --schedpolicy-ops 200 --quiet -t 30
