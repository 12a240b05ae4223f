#!/usr/bin/python3
"""weft explore: each bug of this folder is found, runs again, and its sound twin stays clean.

    test_explore.py WEFT PROGRAMS [--long]

--long: as often as the claim goes: 100 replays, 10,000 runs of each twin.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from bugs import BUGS

WEFT, PROGRAMS = sys.argv[1:3]
LONG = sys.argv[3:4] == ["--long"]
REPLAYS, TWIN_RUNS = (100, 10000) if LONG else (5, 200)


def weft(*words, **more):
    return subprocess.run([WEFT, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=600, check=False, **more)


def program(name):
    return os.path.join(PROGRAMS, name)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.kept = os.path.join(self.folder, "kept")

    def explore(self, *words):
        """The exit status, and the report."""
        result = weft("explore", "--json", "-o", self.kept, *words)
        # Work that takes long says how far it is.
        self.assertRegex(result.stderr, r"\A(weft: \d+ of \d+ runs, .*\n)*\Z")
        return result.returncode, json.loads(result.stdout)

    def build(self, source):
        path = os.path.join(self.folder, "program")
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(source)
        subprocess.run(["cc", "-g", "-o", path, path + ".c", "-pthread"], check=True)
        return path


def failed_as(kind, result):
    """How the oracle of a program shows in a run under weft record."""
    if kind == "deadlock":
        return result.returncode == 137 and "no thread can ever go on" in result.stderr
    if kind == "output":
        return result.returncode == 0 and re.search("lost", result.stdout) is not None
    name, detail = kind.split("-")
    status = int(detail) if name == "exit" else 128 + signal.Signals[detail]
    return result.returncode == status


class Bugs(Case):
    def test_each_is_found_within_1000_runs_and_runs_again(self):
        for name, (kind, until) in BUGS.items():
            with self.subTest(name):
                status, report = self.explore("--until", until, "--", program(name))
                self.assertEqual(status, 1)
                self.assertLessEqual(report["runs"], 1000)
                failure, = report["failures"]
                self.assertEqual(failure["kind"], kind)
                self.assertIs(failure["deterministic"], True, failure)
                self.assertEqual(failure["replayed"], failure["replays"])
                trace = os.path.join(self.kept, kind + ".weft.jsonl")
                self.assertEqual(failure["trace"], trace)
                with open(trace, encoding="utf-8") as file:
                    self.assertEqual(json.loads(file.readline())["schedule"], failure["schedule"])
                for _ in range(REPLAYS):
                    result = weft("replay", "-q", "-o", "/dev/null", trace)
                    self.assertTrue(failed_as(kind, result), result)
                os.remove(trace)

    def test_what_runs_beside_the_first_failure_is_not_taken_for_it(self):
        for _ in range(20):
            _, report = self.explore("--until", "exit", "--jobs", "2", "--",
                                     program("double_unlock"))
            failure, = report["failures"]
            self.assertEqual(failure["replayed"], failure["replays"])
            self.assertTrue(failure["schedule"].startswith("replay:"), failure)
            os.remove(failure["trace"])

    def test_the_sound_twin_of_each_stays_clean(self):
        for name, (_, until) in BUGS.items():
            with self.subTest(name):
                words = ["--until", until] if until.startswith("output") else []
                status, report = self.explore(*words, "--runs", str(TWIN_RUNS), "--seed", "77",
                                              "--", program(name), "sound")
                self.assertEqual((status, report["failures"]), (0, []))
                self.assertEqual(report["runs"], TWIN_RUNS)
                self.assertGreater(report["schedules"], 5)
                self.assertEqual(report["uncontrolled_runs"], 0)
                self.assertFalse(os.path.exists(self.kept))


class Search(Case):
    def test_the_same_seed_tries_the_same_schedules(self):
        words = ["--jobs", "2", "--runs", "150", "--seed", "9", "--", program("philosophers")]
        first, second = self.explore(*words)[1], self.explore(*words)[1]
        for key in ("seconds", "plain_runs"):
            del first[key], second[key]
        self.assertEqual(first, second)

    def test_every_strategy_finds_the_philosophers(self):
        for strategy in ("portfolio", "random", "pct:3", "pos", "exhaustive:2"):
            with self.subTest(strategy):
                status, report = self.explore("--strategy", strategy, "--", program("philosophers"))
                self.assertEqual(status, 1)
                self.assertEqual(report["failures"][0]["kind"], "deadlock")

    def test_what_is_kept_is_short(self):
        _, report = self.explore("--", program("ab_ba"))
        failure, = report["failures"]
        # One pre-emption between the two locks is all that it takes.
        self.assertEqual(failure["changes"], 1)
        self.assertNotIn("jitter", failure["schedule"])

    def test_exhaustive_says_when_it_has_seen_everything(self):
        counts = []
        for bound in (0, 1, 2):
            status, report = self.explore("--strategy", f"exhaustive:{bound}", "--runs", "50000",
                                          "--", program("order_violation"), "sound")
            self.assertEqual((status, report["complete"]), (0, True))
            # No schedule twice.
            self.assertEqual(report["schedules"], report["runs"])
            counts.append(report["runs"])
        self.assertLess(counts[0], counts[1])
        self.assertLess(counts[1], counts[2])
        _, report = self.explore("--strategy", "exhaustive:2", "--runs", "5", "--",
                                 program("order_violation"), "sound")
        self.assertIs(report["complete"], False)

    def test_a_run_that_never_ends_hangs(self):
        path = self.build("int main(void) { for (;;) ; }")
        status, report = self.explore("--until", "hang", "--limit", "300ms", "--", path)
        self.assertEqual((status, report["failures"][0]["kind"]), (1, "hang"))

    def test_a_scenario_is_explored_too(self):
        status, report = self.explore("--runs", "50", "--", "queue-workers")
        self.assertEqual((status, report["failures"]), (0, []))
        self.assertGreater(report["schedules"], 10)

    def test_a_sleep_that_is_long_enough_is_found_not_to_be(self):
        path = self.build("""
#include <pthread.h>
#include <unistd.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int done;
static void *work(void *x)
{
    usleep(300000);
    pthread_mutex_lock(&mutex), done = 1, pthread_mutex_unlock(&mutex);
    return x;
}
int main(void)
{
    pthread_t t;
    pthread_create(&t, 0, work, 0);
    usleep(500000);
    pthread_mutex_lock(&mutex);
    if (!done) return 5;
    pthread_mutex_unlock(&mutex);
    return pthread_join(t, 0);
}""")
        status, report = self.explore("--until", "exit", "--", path)
        self.assertEqual((status, report["failures"][0]["kind"]), (1, "exit-5"))
        self.assertEqual(report["failures"][0]["replayed"], 5)


class Manners(Case):
    def test_what_is_wrong_is_told_in_one_line(self):
        good = program("philosophers")
        for words, status, part in [
                (["--until", "output:(", good], 2, "bad pattern"),
                (["--until", "never", good], 2, "--until is deadlock"),
                (["--strategy", "luck", good], 2, "--strategy is portfolio"),
                (["--strategy", "pct:0", good], 2, "--strategy is portfolio"),
                (["--strategy", "exhaustive:17", good], 2, "--strategy is portfolio"),
                (["--runs", "0", good], 2, "--runs takes a number"),
                (["--jobs", "x", good], 2, "--jobs takes a number"),
                (["--limit", "0s", good], 2, "--limit takes a time"),
                ([], 2, "which program?"),
                (["/nowhere/at/all"], 127, "cannot run /nowhere/at/all"),
                (["--", "no-such-program"], 127, "cannot run no-such-program"),
                (["/etc/passwd"], 126, "cannot run /etc/passwd"),
                (["-o", "/nowhere/at/all", good], 4, "cannot make the folder")]:
            with self.subTest(words):
                result = weft("explore", *words)
                self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
                self.assertIn(part, result.stderr.splitlines()[0])

    def test_the_report_says_how_to_run_it_again(self):
        result = weft("explore", "--until", "deadlock", "-o", self.kept, "--",
                      program("philosophers"))
        trace = os.path.join(self.kept, "deadlock.weft.jsonl")
        self.assertIn("deadlock: in 1 of ", result.stdout)
        self.assertIn("replayed  5 of 5 times", result.stdout)
        self.assertIn(f"weft replay {trace}", result.stdout)

    def test_an_interrupt_keeps_what_was_found(self):
        explore = subprocess.Popen(
            [WEFT, "explore", "--runs", "1000000", "--json", "-o", self.kept, "--",
             program("philosophers")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1)
        explore.send_signal(signal.SIGINT)
        output, _ = explore.communicate(timeout=60)
        report = json.loads(output)
        self.assertEqual(explore.returncode, 1)
        self.assertIs(report["interrupted"], True)
        self.assertLess(report["runs"], 1000000)
        self.assertEqual(os.listdir(self.kept), ["deadlock.weft.jsonl"])
        result = weft("replay", "-q", "-o", "/dev/null", report["failures"][0]["trace"])
        self.assertEqual(result.returncode, 137)

    def test_nothing_of_a_run_is_left_behind(self):
        before = set(os.listdir("/dev/shm"))
        path = self.build("""
#include <unistd.h>
int main(void) { if (fork() == 0) for (;;) pause(); return 1; }""")
        marker = os.path.join(self.folder, "program")
        status, _ = self.explore("--runs", "20", "--until", "exit", "--", path)
        self.assertEqual(status, 1)
        for _ in range(50):  # who was killed takes a moment to be gone
            left = [pid for pid in os.listdir("/proc")
                    if pid.isdigit() and is_program(pid, marker)]
            if not left:
                break
            time.sleep(0.1)
        self.assertEqual(left, [])
        new = {name for name in set(os.listdir("/dev/shm")) - before if name.startswith("weft-")}
        self.assertEqual({name for name in new if is_ours(name)}, set())


def is_program(pid, path):
    try:
        return os.readlink(f"/proc/{pid}/exe") == path
    except OSError:
        return False


def is_ours(_):
    """Others test at the same time: what is gone a moment later was theirs."""
    time.sleep(1)
    return os.path.exists(os.path.join("/dev/shm", _))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4 if LONG else 3:])
