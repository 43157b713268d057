# what: Python: threading, queue, concurrent.futures
# package: python3
# needs: python3
# suite: quick
run /usr/bin/python3 "$REAL_TESTS/threads.py"
