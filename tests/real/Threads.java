import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/* Threads as Java programs use them: a pool, a queue between two threads, parallel streams, monitors. */
public class Threads {
        private static int counter;

        private static synchronized void count() {
                counter++;
        }

        private static long passThroughQueue() throws Exception {
                ArrayBlockingQueue<Integer> queue = new ArrayBlockingQueue<>(16);
                long sum = 0;
                Thread producer = new Thread(() -> {
                        try {
                                for (int i = 0; i < 20000; i++)
                                        queue.put(i);
                        } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                        }
                });
                producer.start();
                for (int i = 0; i < 20000; i++)
                        sum += queue.take();
                producer.join();
                return sum;
        }

        private static int countInPool() throws Exception {
                ExecutorService pool = Executors.newFixedThreadPool(8);
                for (int i = 0; i < 1000; i++)
                        pool.submit(Threads::count);
                Future<Integer> last = pool.submit(() -> 1);
                last.get();
                pool.shutdown();
                while (!pool.isTerminated())
                        Thread.sleep(1);
                return counter;
        }

        public static void main(String[] arguments) throws Exception {
                System.out.println(passThroughQueue() + " " + countInPool() + " " +
                                   IntStream.range(0, 1000000).parallel().asLongStream().sum());
        }
}
