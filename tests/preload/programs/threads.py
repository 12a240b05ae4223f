# Every primitive of Python's threading module, once.
import threading
import time

lock, reentrant = threading.Lock(), threading.RLock()
changed, permits = threading.Condition(), threading.Semaphore(2)
flag, barrier = threading.Event(), threading.Barrier(3)
total, ready = 0, 0


def work():
    global total, ready
    for _ in range(2000):
        with lock:
            total += 1
    with reentrant, reentrant:
        pass
    with permits:
        time.sleep(0.002)
    flag.wait()
    barrier.wait()
    with changed:
        ready += 1
        changed.notify_all()


threads = [threading.Thread(target=work, name=f"worker-{i}") for i in range(3)]
for thread in threads:
    thread.start()
time.sleep(0.01)
flag.set()
with changed:
    changed.wait_for(lambda: ready == 3)
for thread in threads:
    thread.join()
print(total, ready, lock.acquire(timeout=0.01), lock.acquire(timeout=0.01))
