#!/usr/bin/python3
"""Unmodified programs under a controlled schedule: right results, the same run again, verdicts.

usage: test_control.py WEFT FOLDER-OF-THE-SOURCES [--long] [unittest's arguments]

--long adds large programs: node, redis-server.
"""
import array
import fcntl
import hashlib
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

LONG = "--long" in sys.argv
if LONG:
    sys.argv.remove("--long")
WEFT, SOURCES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SEEDS = range(10)
PLANS = ["fifo", "round-robin", "random", "pct:3", "pos", "portfolio"]

QUEUE = """
import queue, threading, time
todo, done = queue.Queue(5), []
def work():
    while (item := todo.get()) is not None:
        time.sleep(0.01 * item)
        done.append(item * item)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for i in range(40): todo.put(i)
for thread in threads: todo.put(None)
for thread in threads: thread.join()
print(sum(done), len(done))
"""

POOL = """
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <future>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>
struct Pool {
    std::mutex mutex; std::condition_variable changed; std::queue<std::function<void()>> todo;
    bool over = false; std::vector<std::thread> threads;
    explicit Pool(int n) {
        for (int i = 0; i < n; i++) threads.emplace_back([this] { work(); });
    }
    void work() {
        for (;;) {
            std::function<void()> task;
            {
                std::unique_lock<std::mutex> lock(mutex);
                changed.wait(lock, [this] { return over || !todo.empty(); });
                if (todo.empty()) return;
                task = std::move(todo.front());
                todo.pop();
            }
            task();
        }
    }
    ~Pool() {
        { std::lock_guard<std::mutex> lock(mutex); over = true; }
        changed.notify_all();
        for (auto &thread : threads) thread.join();
    }
    std::future<int> add(std::function<int()> f) {
        auto task = std::make_shared<std::packaged_task<int()>>(f);
        auto result = task->get_future();
        { std::lock_guard<std::mutex> lock(mutex); todo.push([task] { (*task)(); }); }
        changed.notify_one();
        return result;
    }
};
int main() {
    long sum = 0;
    Pool pool(4);
    std::vector<std::future<int>> all;
    for (int i = 0; i < 100; i++) all.push_back(pool.add([i] {
        if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return i; }));
    for (auto &one : all) sum += one.get();
    std::printf("%ld\\n", sum);
}
"""

ABBA = """
#include <pthread.h>
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static void *one(void *x) {
    pthread_mutex_lock(&a); pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b); pthread_mutex_unlock(&a); return x; }
static void *two(void *x) {
    pthread_mutex_lock(&b); pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a); pthread_mutex_unlock(&b); return x; }
int main(void) {
    pthread_t s, t;
    pthread_create(&s, 0, one, 0); pthread_create(&t, 0, two, 0);
    pthread_join(s, 0); pthread_join(t, 0); return 0; }
"""

SPURIOUS = """
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready;
static void *wait(void *x) {
    pthread_mutex_lock(&m);
    if (!ready) pthread_cond_wait(&c, &m); /* must be while */
    puts(ready ? "ready" : "early");
    pthread_mutex_unlock(&m); return x; }
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, wait, 0);
    sleep(1);
    pthread_mutex_lock(&m); ready = 1; pthread_cond_signal(&c); pthread_mutex_unlock(&m);
    pthread_join(t, 0); return 0; }
"""


PROCESSORS = """
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>
static void *tell(void *name) {
    cpu_set_t set, same;
    sched_getaffinity(0, sizeof set, &set);
    pthread_getaffinity_np(pthread_self(), sizeof same, &same);
    printf("%s %d %d\\n", (char *)name, CPU_COUNT(&set), CPU_EQUAL(&set, &same));
    fflush(stdout);
    return 0; }
static void make(char *name) {
    pthread_t thread;
    pthread_create(&thread, 0, tell, name);
    pthread_join(thread, 0); }
int main(void) {
    cpu_set_t first, last, none;
    printf("%ld %d\\n", sysconf(_SC_NPROCESSORS_ONLN), get_nprocs());
    tell("all"); make("of all");
    sched_getaffinity(0, sizeof first, &first);
    CPU_ZERO(&none); CPU_ZERO(&last);
    for (int i = 0; i < CPU_SETSIZE; i++) if (CPU_ISSET(i, &first)) { CPU_ZERO(&last); CPU_SET(i, &last); }
    printf("none %d\\n", sched_setaffinity(0, sizeof none, &none));
    tell("all still");
    if (fork() == 0) { tell("child"); execlp("nproc", "nproc", NULL); }
    wait(0);
    if (vfork() == 0) { execlp("nproc", "nproc", NULL); _exit(1); }
    wait(0);
    FILE *pipe = popen("nproc", "r");
    char line[20] = "";
    fgets(line, sizeof line, pipe); pclose(pipe);
    printf("popen %s", line); fflush(stdout);
    sched_setaffinity(0, sizeof last, &last);
    tell("one"); make("of one");
    if (system("nproc") != 0) return 1;
    execlp("nproc", "nproc", NULL); }
"""


SPINNING = """
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static volatile int go;
static void tell(const char *when) {
    char line[200];
    FILE *file = fopen("/proc/thread-self/status", "r");
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "Cpus_allowed:", 13) == 0) printf("%s %s", when, line);
    fclose(file); }
static void *spin(void *x) { while (!go) {} tell("after"); return x; }
int main(void) {
    pthread_t thread;
    tell("before");
    pthread_create(&thread, 0, spin, 0);
    usleep(1000);
    go = 1;
    pthread_join(thread, 0); return 0; }
"""


OPENMP = """
#include <omp.h>
#include <stdio.h>
int main(void) {
    long sum = 0; static int hits[5];
    for (int round = 0; round < 10; round++) {
        #pragma omp parallel for reduction(+:sum) num_threads(4)
        for (int i = 0; i < 1000; i++) sum += i;
        #pragma omp parallel num_threads(4)
        {
            #pragma omp critical
            hits[omp_get_thread_num()]++;
            #pragma omp barrier
            #pragma omp single
            hits[4]++;
        }
    }
    printf("%ld %d %d %d %d %d\\n", sum, hits[0], hits[1], hits[2], hits[3], hits[4]); }
"""

NODE = """
const { Worker, isMainThread, parentPort } = require('worker_threads');
const crypto = require('crypto'), zlib = require('zlib');
if (isMainThread) {
    let sum = 0, left = 3, keys = [];
    for (let i = 0; i < 3; i++) {
        const worker = new Worker(__filename);
        worker.on('message', message => { sum += message; });
        worker.on('exit', () => { if (--left === 0) console.log('sum', sum); });
        crypto.pbkdf2('word', 'salt' + i, 1000, 16, 'sha256', (error, key) => {
            keys.push(key.toString('hex'));
            if (keys.length === 3) console.log(keys.sort().join());
        });
    }
    setTimeout(() => zlib.gzip(Buffer.alloc(200000, 'a'),
                               (error, packed) => console.log(packed.length)), 500);
} else {
    let sum = 0;
    for (let i = 0; i < 1e6; i++) sum += i;
    parentPort.postMessage(sum);
}
"""


UNCONTROLLED = """
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
extern char **environ;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
int main(int argc, char **argv) {
    const char *what = argv[1];
    char *words[] = {"true", NULL}, bytes[100];
    pid_t child;
    struct itimerval none = {0};
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    if (!strcmp(what, "timerfd")) return timerfd_create(CLOCK_MONOTONIC, 0) < 0;
    if (!strcmp(what, "setitimer")) return setitimer(ITIMER_REAL, &none, NULL);
    if (!strcmp(what, "alarm")) return (int)alarm(0);
    if (!strcmp(what, "timer")) return timer_create(CLOCK_REALTIME, &event, &timer);
    if (!strcmp(what, "fork")) { if (fork() == 0) _exit(0); return wait(NULL) < 0; }
    if (!strcmp(what, "vfork")) { if (vfork() == 0) { execlp("true", "true", NULL); _exit(1); } return 0; }
    if (!strcmp(what, "spawn")) return posix_spawnp(&child, "true", NULL, NULL, words, environ);
    if (!strcmp(what, "system")) return system("true");
    if (!strcmp(what, "popen")) return pclose(popen("true", "r"));
    long got, all = 0;
    while (all < 10 && (got = read(0, bytes + all, 10 - all)) > 0) {
        all += got;
        if (!strcmp(what, "between")) { pthread_mutex_lock(&lock); pthread_mutex_unlock(&lock); }
    }
    return all != 10; }
"""


def feed(pipe, text, blocks):
    """In so many blocks, each behind what the reader has had time to take."""
    size = len(text) // blocks + 1
    with pipe:
        for at in range(0, len(text), size):
            pipe.write(text[at:at + size])
            pipe.flush()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.trace = self.path("t.jsonl")

    def path(self, name):
        return os.path.join(self.folder, name)

    def build(self, source, suffix=".c", *options):
        path = self.path("program" + suffix)
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        return self.compile(path, *options)

    def compile(self, path, *options):
        program = self.path("program")
        compiler = "c++" if path.endswith(".cc") else "cc"
        subprocess.run([compiler, "-g", "-D_GNU_SOURCE", "-o", program, path, "-pthread",
                        *options], check=True)
        return program

    def controlled(self, *words, plan, text=True):
        return subprocess.run([WEFT, "record", "-q", "-o", self.trace, "--schedule", plan, "--",
                               *words], timeout=100, check=False, capture_output=True, text=text,
                              stdin=subprocess.DEVNULL)

    def lines(self):
        with open(self.trace, encoding="utf-8") as file:
            first, *rest = file.read().splitlines()
        return json.loads(first), rest


class EveryWait(Case):
    def test_the_result_is_right_under_every_schedule_and_the_run_can_be_repeated(self):
        program = self.compile(os.path.join(SOURCES, "control_all.c"))
        for plan in PLANS:
            for seed in range(3):
                with self.subTest(f"{plan} {seed}"):
                    whole = f"{plan},seed={seed},spurious=10"
                    result = self.controlled(program, plan=whole)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    self.assertEqual(result.stdout, "cond 1 sem 1 poll 0 futex 1\n"
                                     "sum 100 100 100 c11 100 produced 50 consumed 50 once 1 serials 25 "
                                     "done 4 cancelled 1\nseconds 1\n")
                    header, first = self.lines()
                    self.assertEqual((header["deterministic"], result.stderr), (True, ""))
                    self.controlled(program, plan=whole)
                    self.assertTrue(self.lines()[1] == first)


class Processors(Case):
    def test_a_program_does_not_see_that_it_is_kept_to_one_processor(self):
        program = self.build(PROCESSORS)
        wanted = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        self.assertEqual(self.controlled(program, plan="fifo").stdout, wanted)


    def test_a_thread_that_is_left_to_itself_gets_its_processors_back(self):
        program = self.build(SPINNING)
        before, after = self.controlled(program, plan="fifo,stall=50").stdout.splitlines()
        allowed = [bin(int(line.split()[-1].replace(",", ""), 16)).count("1")
                   for line in (before, after)]
        self.assertEqual(allowed, [1, len(os.sched_getaffinity(0))])
        self.assertIs(self.lines()[0]["deterministic"], False)


class Uncontrolled(Case):
    """What takes part and is not controlled is said."""

    def test_timers_and_children(self):
        program = self.build(UNCONTROLLED)
        for words, ways in (("uses a timer", ("timerfd", "setitimer", "alarm", "timer")),
                            ("started another process",
                             ("fork", "vfork", "spawn", "system", "popen"))):
            for way in ways:
                result = self.controlled(program, way, plan="fifo")
                with self.subTest(way):
                    self.assertEqual(result.returncode, 0)
                    self.assertIn(words, result.stderr)
                    self.assertIs(self.lines()[0]["deterministic"], False)

    def read(self, way, *blocks):
        """What is told of a program that reads ten bytes while they come in blocks."""
        program = self.build(UNCONTROLLED)
        with subprocess.Popen([WEFT, "record", "-q", "-o", self.trace, "--schedule", "fifo", "--",
                               program, way], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as run:
            for block in blocks:
                run.stdin.write(block)
                run.stdin.flush()
                while run.poll() is None and self.is_full(run.stdin):
                    time.sleep(0.001)
            run.stdin.close()
            told = run.stderr.read()
        self.assertEqual(run.returncode, 0)
        self.assertIs(self.lines()[0]["deterministic"], told == "")
        return told

    @staticmethod
    def is_full(pipe):
        """Has nobody read yet what is in it?"""
        left = array.array("i", [0])
        fcntl.ioctl(pipe, termios.FIONREAD, left)
        return left[0] > 0

    def test_a_read_in_parts_is_told_when_something_is_done_in_between(self):
        self.assertEqual(self.read("at once", "0123456789"), "")
        self.assertEqual(self.read("at once", "01234", "56789"), "")
        self.assertEqual(self.read("between", "0123456789"), "")
        self.assertIn("depended on how fast others were", self.read("between", "01234", "56789"))


class Verdicts(Case):
    def test_locks_in_both_orders_are_found_told_and_ended(self):
        program = self.build(ABBA)
        ends = []
        for seed in range(50):
            result = self.controlled(program, plan=f"random,seed={seed}")
            ends.append(result.returncode)
            if result.returncode == 137:
                self.assertIn("deadlock: no thread can ever go on", result.stderr)
                self.assertIn("(one) waits for b", result.stderr)
                self.assertIn("(two) waits for a", result.stderr)
                self.assertTrue(json.loads(self.lines()[1][-1])["end"])
        self.assertEqual(set(ends), {0, 137})
        seed = ends.index(137)
        for _ in range(5):
            self.assertEqual(self.controlled(program, plan=f"random,seed={seed}").returncode, 137)

    def test_a_wait_that_ends_without_a_signal_is_in_the_trace(self):
        program = self.build(SPURIOUS)
        result = self.controlled(program, plan="fifo,spurious=100")
        self.assertEqual(result.stdout, "early\n")
        wakes = [json.loads(line) for line in self.lines()[1] if '"cond_wake"' in line]
        self.assertEqual([wake.get("outcome") for wake in wakes], ["spurious"])
        self.assertEqual(self.controlled(program, plan="fifo").stdout, "ready\n")


FOR_EVER = """
#include <pthread.h>
#include <unistd.h>
static void *tick(void *x) { for (;;) usleep(10000); return x; }
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, tick, 0);
    pthread_join(thread, 0); }
"""


class Limit(Case):
    def test_a_run_that_goes_on_for_ever_is_ended_after_its_simulated_time(self):
        program = self.build(FOR_EVER)
        for plan, seconds in (("fifo,limit=2000", 2), ("fifo", 3600)):
            result = self.controlled(program, plan=plan)
            self.assertEqual(result.returncode, 137)
            self.assertIn(f"program is ended here: its simulated time is over, after {seconds} s",
                          result.stderr)
            header, lines = self.lines()
            self.assertIs(header["deterministic"], True)
            end = json.loads(lines[-1])
            self.assertEqual((end["ended"], round(end["duration_ns"] / 1e9)), ("limit", seconds))

    def test_to_explore_it_is_a_hang(self):
        program = self.build(FOR_EVER)
        result = subprocess.run(
            [WEFT, "explore", "--runs", "3", "--strategy", "random", "--json", "-o",
             self.path("found"), "--", program], timeout=100, check=False, capture_output=True,
            text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual([failure["kind"] for failure in json.loads(result.stdout)["failures"]],
                         ["hang"])


class RealPrograms(Case):
    """The right result with ten seeds each."""

    def holds(self, *words):
        if shutil.which(words[0]) is None:
            self.skipTest(f"{words[0]} is not installed")
        wanted = subprocess.run(words, check=True, capture_output=True).stdout
        for seed in SEEDS:
            result = self.controlled(*words, plan=f"random,seed={seed}", text=False)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(hashlib.sha256(result.stdout).digest(),
                             hashlib.sha256(wanted).digest(), f"seed {seed}")

    def text(self):
        path = self.path("text")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"line {i} {i * 7919 % 10007}\n" for i in range(60000))
        return path

    def test_pigz(self):
        self.holds("pigz", "-p4", "-n", "-c", self.text())

    def test_pbzip2(self):
        self.holds("pbzip2", "-p3", "-c", self.text())

    def test_xz(self):
        self.holds("xz", "-T2", "--block-size=262144", "-1", "-c", self.text())

    def test_how_fast_others_read_and_write_does_not_matter(self):
        if shutil.which("xz") is None:
            self.skipTest("xz is not installed")
        with open(self.text(), "rb") as file:
            text = os.urandom(1000000) + file.read()  # so that the pipes are full
        runs = []
        for blocks in (1, 16):
            with subprocess.Popen(
                    [WEFT, "record", "-q", "-o", self.trace, "--schedule", "random,seed=3", "--",
                     "xz", "-T2", "--block-size=262144", "-0", "-c"], stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
                writer = threading.Thread(target=feed, args=(run.stdin, text, blocks))
                writer.start()
                packed = b"".join(iter(lambda: run.stdout.read(500000 // blocks), b""))
                writer.join()
                self.assertEqual(run.stderr.read(), b"")
            self.assertEqual(lzma.decompress(packed), text)
            header, rest = self.lines()
            self.assertIs(header["deterministic"], True)
            runs.append(rest)
        # No comparison by unittest: it would tell the difference of long lists for minutes.
        self.assertTrue(runs[0] == runs[1])

    def test_a_queue_in_python(self):
        self.holds(sys.executable, "-c", QUEUE)

    def test_a_pool_in_cxx(self):
        self.holds(self.build(POOL, ".cc"))

    def test_openmp_of_gcc_waits_by_itself_and_that_is_said(self):
        program = self.build(OPENMP, ".c", "-fopenmp")
        for seed in SEEDS:
            result = self.controlled(program, plan=f"random,seed={seed}")
            self.assertEqual((result.returncode, result.stdout), (0, "4995000 10 10 10 10 10\n"))
            self.assertIn("cannot be repeated exactly: a thread held up all others", result.stderr)
            self.assertIs(self.lines()[0]["deterministic"], False)


@unittest.skipUnless(LONG, "with --long")
class LargePrograms(Case):
    def test_node(self):
        if shutil.which("node") is None:
            self.skipTest("node is not installed")
        script = self.path("script.js")
        with open(script, "w", encoding="utf-8") as file:
            file.write(NODE)
        plain = subprocess.run(["node", script], check=True, capture_output=True, text=True)
        for seed in SEEDS:
            result = self.controlled("node", script, plan=f"random,seed={seed}")
            self.assertEqual((result.returncode, sorted(result.stdout.splitlines())),
                             (0, sorted(plain.stdout.splitlines())), result.stderr)
            self.assertNotIn("deadlock", result.stderr)

    def serves(self, requests, *options):
        for program in ("redis-server", "redis-benchmark"):
            if shutil.which(program) is None:
                self.skipTest(f"{program} is not installed")
        socket = self.path("socket")
        for seed in range(3):
            server = subprocess.Popen(
                [WEFT, "record", "-q", "-o", self.trace, "--schedule", f"random,seed={seed}", "--",
                 "redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir",
                 self.folder, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                text=True)
            with server:
                ask = ["redis-cli", "-s", socket]
                until = time.monotonic() + 20
                while subprocess.run([*ask, "ping"], check=False, capture_output=True,
                                     timeout=20).stdout != b"PONG\n":
                    self.assertLess(time.monotonic(), until)
                subprocess.run(["redis-benchmark", "-s", socket, "-t", "incr,lpush", "-n",
                                str(requests), "-c", "10", "-q"], check=True, timeout=100,
                               stdout=subprocess.DEVNULL)
                for question in (["get", "counter:__rand_int__"], ["llen", "mylist"]):
                    self.assertEqual(subprocess.run([*ask, *question], check=True, timeout=20,
                                                    capture_output=True, text=True).stdout,
                                     f"{requests}\n")
                subprocess.run([*ask, "shutdown", "nosave"], check=False, timeout=20,
                               capture_output=True)
                told = server.stderr.read()
            self.assertEqual(server.returncode, 0, told)
            self.assertNotIn("deadlock", told)
            header, lines = self.lines()
            self.assertIs(header["deterministic"], False)
            self.assertTrue(json.loads(lines[-1])["end"])

    def test_redis(self):
        self.serves(2000)

    def test_redis_whose_threads_spin_on_plain_memory(self):
        self.serves(30, "--io-threads", "3", "--io-threads-do-reads", "yes")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
