# what: Java: a pool of threads, a blocking queue, parallel streams
# package: default-jre-headless
# needs: java javac
cp "$REAL_TESTS/Threads.java" .
javac -d . Threads.java
run java -Xmx256m -cp . Threads
