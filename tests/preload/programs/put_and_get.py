# Two threads put what two others get, through a queue that is often full and often empty.
import queue
import sys
import threading

count = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
waiting, out = queue.Queue(10), []


def put(factor):
    for i in range(count):
        waiting.put(i * factor)


def get():
    while (item := waiting.get()) is not None:
        out.append(item)


puts = [threading.Thread(target=put, args=(factor,)) for factor in (1, 2)]
gets = [threading.Thread(target=get) for _ in range(2)]
for thread in puts + gets:
    thread.start()
for thread in puts:
    thread.join()
for thread in gets:
    waiting.put(None)
for thread in gets:
    thread.join()
print(len(out), sum(out))
