# what: stress-ng: pthread, mutex, sem, futex, mq
# package: stress-ng
# needs: stress-ng
run stress-ng --pthread 1 --pthread-ops 300 --mutex 1 --mutex-ops 20000 --sem 1 --sem-ops 20000 --futex 1 --futex-ops 2000 --mq 1 --mq-ops 5000 --quiet -t 30
