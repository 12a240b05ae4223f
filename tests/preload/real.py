#!/usr/bin/python3
"""Real programs, plain and recorded: the same output and exit status, and a whole trace.

    real.py WEFT          exit 1 when one differs; what is not installed is named and counted

Each row has its oracle: the output itself where it is determined by the input, else what is
written beside it.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

QUEUE = """
import queue, threading
q, out = queue.Queue(10), []
def put(n):
    for i in range(20000): q.put(i * n)
def get():
    while (x := q.get()) is not None: out.append(x)
puts = [threading.Thread(target=put, args=(k,)) for k in (1, 2)]
gets = [threading.Thread(target=get) for _ in range(2)]
for t in puts + gets: t.start()
for t in puts: t.join()
for t in gets: q.put(None)
for t in gets: t.join()
print(len(out), sum(out))
"""
SQL = ("create table t(a); with recursive c(x) as (select 1 union all select x+1 from c "
       "where x<200000) insert into t select x from c; select count(*), sum(a) from t;")
WORKERS = """
const {Worker, isMainThread, parentPort} = require('worker_threads');
if (isMainThread) {
  let sum = 0, ended = 0;
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(__filename);
    worker.on('message', value => { sum += value; });
    worker.on('exit', () => { if (++ended === 3) console.log(sum); });
  }
} else {
  let sum = 0;
  for (let i = 0; i < 1e6; i++) sum += i % 7;
  parentPort.postMessage(sum);
}
"""
JAVA = """
import java.util.concurrent.*;
public class Pool {
  static int n;
  static synchronized void increment() { n++; }
  public static void main(String[] args) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    for (int i = 0; i < 4; i++) pool.submit(() -> { for (int k = 0; k < 100000; k++) increment(); });
    pool.shutdown();
    pool.awaitTermination(30, TimeUnit.SECONDS);
    System.out.println(n);
  }
}
"""
RUST = """
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, RwLock};
use std::thread;
fn main() {
    let m = Arc::new(Mutex::new(0)); let rw = Arc::new(RwLock::new(0));
    let barrier = Arc::new(Barrier::new(4)); let (tx, rx) = mpsc::channel();
    let threads: Vec<_> = (0..4).map(|i| { let (m, rw, barrier, tx) =
        (m.clone(), rw.clone(), barrier.clone(), tx.clone());
        thread::spawn(move || { for _ in 0..20000 { *m.lock().unwrap() += 1; }
            *rw.write().unwrap() += 1; barrier.wait(); tx.send(i).unwrap(); }) }).collect();
    drop(tx);
    let sum: i32 = rx.iter().sum();
    for t in threads { t.join().unwrap(); }
    let pair = Arc::new((Mutex::new(false), Condvar::new())); let other = pair.clone();
    let t = thread::spawn(move || { *other.0.lock().unwrap() = true; other.1.notify_one(); });
    let mut set = pair.0.lock().unwrap();
    while !*set { set = pair.1.wait(set).unwrap(); }
    drop(set); t.join().unwrap();
    println!("{} {} {}", m.lock().unwrap(), sum, rw.read().unwrap());
}
"""
CXX = """
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <thread>
#include <vector>
using namespace std::chrono_literals;
std::mutex m; std::timed_mutex timed; std::recursive_mutex recursive; std::shared_mutex shared;
std::condition_variable changed; std::counting_semaphore<4> permits(0); std::latch latch(3);
std::barrier both(2); std::atomic<int> word{0}; std::once_flag once;
int main() {
  int n = 0; bool go = false; std::vector<std::thread> threads;
  for (int i = 0; i < 2; i++) threads.emplace_back([&] {
    for (int k = 0; k < 1000; k++) { std::lock_guard guard(m); n++; }
    { std::unique_lock guard(m); changed.wait(guard, [&] { return go; }); }
    { std::lock_guard a(recursive); std::lock_guard b(recursive); }
    { std::shared_lock guard(shared); } { std::unique_lock guard(shared); }
    if (timed.try_lock_for(1s)) timed.unlock();
    permits.acquire(); latch.arrive_and_wait(); both.arrive_and_wait(); word.wait(0);
    std::call_once(once, [] {});
  });
  { std::lock_guard guard(m); go = true; }
  changed.notify_all(); permits.release(2); latch.count_down(); word = 1; word.notify_all();
  for (auto &thread : threads) thread.join();
  std::printf("%d %d\\n", n, std::async(std::launch::async, [] { return 42; }).get());
}
"""


def rows(folder):
    """(name, programs needed, how to make it ready or None, command)."""
    text = folder / "text"
    with text.open("wb") as file:
        for i in range(400000):
            file.write(b"%d %d the quick brown fox\n" % (i, i * i % 977))
    for name, content in (("queue.py", QUEUE), ("workers.js", WORKERS), ("Pool.java", JAVA),
                          ("sync.rs", RUST), ("sync.cc", CXX)):
        (folder / name).write_text(content)
    # The compressors' output is what they were asked for: it is unpacked and compared below.
    for packer, options in (("pigz", ["-p2"]), ("xz", ["-T2", "-1"]), ("zstd", ["-T2", "-q"]),
                            ("pbzip2", ["-p2"])):
        yield packer, [packer], None, [packer, *options, "-c", text]
    yield "python3 queue", ["python3"], None, ["python3", folder / "queue.py"]
    yield "sqlite3", ["sqlite3"], None, ["sqlite3", ":memory:", SQL]
    yield "node workers", ["node"], None, ["node", folder / "workers.js"]
    yield "java", ["java", "javac"], ["javac", folder / "Pool.java"], ["java", "-cp", folder, "Pool"]
    yield ("rust", ["rustc"], ["rustc", "-O", "-o", folder / "sync-rs", folder / "sync.rs"],
           [folder / "sync-rs"])
    yield ("rustc itself", ["rustc"], None,
           ["rustc", "-O", "-o", folder / "again", folder / "sync.rs"])
    yield ("c++", ["g++"], ["g++", "-std=c++20", "-pthread", "-o", folder / "sync-cc",
                            folder / "sync.cc"], [folder / "sync-cc"])
    for compiler in ("gcc", "clang"):
        for sanitizer in ("address", "thread", "undefined"):
            program = folder / f"san-{compiler}-{sanitizer}"
            yield (f"{compiler} {sanitizer}", [compiler],
                   [compiler, f"-fsanitize={sanitizer}", "-pthread", "-o", program,
                    folder / "locks.c"], [program])


UNPACK = {"pigz": "gzip", "xz": "xz", "zstd": "zstd", "pbzip2": "bzip2"}
LOCKS = """
#include <pthread.h>
#include <stdio.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; static int n;
static void *work(void *a) { for (int i = 0; i < 1000; i++) { pthread_mutex_lock(&m); n++;
  pthread_mutex_unlock(&m); } return a; }
int main(void) { pthread_t t[2]; for (int i = 0; i < 2; i++) pthread_create(&t[i], 0, work, 0);
  for (int i = 0; i < 2; i++) pthread_join(t[i], 0); printf("%d\\n", n); }
"""


def differences(weft, name, command, folder):
    trace = folder / "trace.weft.jsonl"
    plain = subprocess.run(command, check=False, capture_output=True, cwd=folder)
    recorded = subprocess.run([weft, "record", "-q", "-o", trace, "--", *command], check=False,
                              capture_output=True, cwd=folder)
    if recorded.returncode != plain.returncode:
        yield f"exit status {recorded.returncode}, plain {plain.returncode}"
    if name in UNPACK:
        unpacked = subprocess.run([UNPACK[name], "-d", "-c"], input=recorded.stdout, check=False,
                                  capture_output=True).stdout
        if unpacked != (folder / "text").read_bytes():
            yield "what it packed does not unpack to what went in"
    elif recorded.stdout != plain.stdout:
        yield f"prints {recorded.stdout[:200]!r}, plain {plain.stdout[:200]!r}"
    with trace.open("rb") as file:
        last = file.read().rsplit(b"\n", 2)[-2]
    end = json.loads(last)
    if not end.get("end") or end["lost"] != 0 or end["events"] < 3:
        yield f"the trace ends with {last.decode()}"


def main():
    weft = str(pathlib.Path(sys.argv[1]).resolve())
    failed = skipped = passed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "locks.c").write_text(LOCKS)
        for title, needed, ready, command in rows(folder):
            missing = [program for program in needed if shutil.which(program) is None]
            if missing:
                print(f"skipped  {title}: no {missing[0]} here")
                skipped += 1
                continue
            if ready is not None and subprocess.run(ready, check=False, capture_output=True,
                                                    env=os.environ).returncode != 0:
                print(f"skipped  {title}: it cannot be built here")
                skipped += 1
                continue
            found = list(differences(weft, title, command, folder))
            print(f"{'FAILED ' if found else 'ok     '}  {title}", *found, sep="\n         "
                  if found else "")
            failed += bool(found)
            passed += not found
    print(f"{passed} agree, {failed} do not, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
