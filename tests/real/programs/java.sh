# what: Java: a pool of threads, a blocking queue, parallel streams
# The virtual machine's own thread ends at a last safepoint and keeps Threads_lock for good, so that nobody goes on: true, and meant.
# package: default-jre-headless
# needs: java javac
# finds: deadlock held by VM Thread, which has ended
# finds: lock-leak VM Thread has ended and left
cp "$REAL_TESTS/Threads.java" .
javac -d . Threads.java
run java -Xmx256m -cp . Threads
