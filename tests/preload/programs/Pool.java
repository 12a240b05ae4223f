// A pool, a monitor, a lock with a condition, a latch and a blocking queue.
import java.util.concurrent.*;
import java.util.concurrent.locks.*;

public class Pool {
    static int n, taken;
    static final ReentrantLock lock = new ReentrantLock();
    static final Condition changed = lock.newCondition();

    static synchronized void increment() { n++; }

    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        CountDownLatch latch = new CountDownLatch(4);
        BlockingQueue<Integer> queue = new ArrayBlockingQueue<>(4);
        for (int i = 0; i < 4; i++) pool.submit(() -> {
            for (int k = 0; k < 100000; k++) increment();
            latch.countDown();
        });
        latch.await();
        pool.submit(() -> { for (int k = 1; k <= 1000; k++) queue.put(k); return null; });
        for (int k = 0; k < 1000; k++) taken += queue.take();
        pool.submit(() -> { lock.lock(); try { n++; changed.signalAll(); } finally { lock.unlock(); } });
        lock.lock();
        try { while (n == 400000) changed.await(); } finally { lock.unlock(); }
        pool.shutdown();
        pool.awaitTermination(30, TimeUnit.SECONDS);
        System.out.println(n + " " + taken);
    }
}
