#!/usr/bin/python3
"""Controlled runs of programs on weft.h: the documented output, the same run again, the verdict.

usage: test_schedule.py WEFT ROOT LIBRARIES SANITIZE [unittest's arguments]
    LIBRARIES: the runtime's, separated by commas, in the order of linking
    SANITIZE: the sanitizers that they were built with, as -fsanitize= takes them, or nothing
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import unittest

WEFT, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
LIBRARIES = sys.argv[3].split(",")
SANITIZE = [f"-fsanitize={sys.argv[4]}"] if sys.argv[4] else []
DOCUMENTED = ["start-new-thread", "thread-class", "locked-sections", "queue-workers"]
STRATEGIES = ["fifo", "round-robin", "random", "pct:3", "pos", "portfolio"]


def weft(*words, **options):
    return subprocess.run([WEFT, *words], timeout=60, check=False, capture_output=True, text=True,
                          **options)


def choices_of(lines):
    """The replay text of a trace: how many defaults, then a letter for what was not."""
    text, defaults = "", 0
    for line in lines:
        if line.get("event") != "choice":
            continue
        taken = line["taken"]
        if taken == 0:
            defaults += 1
            continue
        text += str(defaults) if defaults else ""
        defaults = 0
        while taken > 25:
            text, taken = text + "z", taken - 25
        text += "abcdefghijklmnopqrstuvwxy"[taken - 1]
    return text


def processor_seconds():
    """Of the children: the machine's load does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.trace = os.path.join(self.folder, "t.jsonl")

    def lines(self):
        with open(self.trace, encoding="utf-8") as file:
            return file.read().splitlines()

    def run_lines(self, *words):
        """The header, and all lines from line 2 on."""
        result = weft("run", *words, "-q", "-o", self.trace)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, "")
        first, *rest = self.lines()
        return json.loads(first), rest

    def build(self, source, name="program"):
        path = os.path.join(self.folder, name)
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(source)
        subprocess.run(["cc", "-g", "-I", os.path.join(ROOT, "runtime"), "-o", path, path + ".c",
                        *LIBRARIES, *SANITIZE, "-pthread"], check=True)
        return path


class Transcripts(Case):
    def test_each_documented_program_prints_what_is_documented(self):
        for name in DOCUMENTED:
            with self.subTest(name):
                with open(f"{ROOT}/tests/golden/transcripts/{name}.txt", encoding="utf-8") as file:
                    golden = file.read()
                used = processor_seconds()
                result = weft("run", name, "--transcript", "-o", self.trace)
                # Of simulated time they take seconds; 0.02 s here, without sanitizers.
                self.assertLess(processor_seconds() - used, 1)
                self.assertEqual(result.stderr, "")
                self.assertEqual(result.stdout, golden)
                events = [json.loads(line) for line in self.lines()]
                printed = [e["text"] for e in events if e.get("event") == "print"]
                self.assertEqual(printed, golden.splitlines())

    def test_a_changed_delay_changes_the_output(self):
        with open(f"{ROOT}/scenarios/locked_sections.c", encoding="utf-8") as file:
            source = file.read()
        with open(f"{ROOT}/tests/golden/transcripts/locked-sections.txt",
                  encoding="utf-8") as file:
            golden = file.read()
        start = ["--start", "2018-03-21 09:11:27", "--schedule", "fifo"]
        same = self.build(source, "same")
        result = weft("record", "-q", "-o", self.trace, *start, same)
        self.assertEqual(result.stdout, golden, result.stderr)
        slower = self.build(source.replace('"Thread-2", 2)', '"Thread-2", 3)'), "slower")
        result = weft("record", "-q", "-o", self.trace, *start, slower)
        self.assertEqual(result.stdout,
                         golden.replace("11:32", "11:33").replace("11:34", "11:36")
                         .replace("Thread-2: Wed Mar 21 09:11:36 2018\nE",
                                  "Thread-2: Wed Mar 21 09:11:39 2018\nE"))

    def test_what_has_no_transcript_says_so(self):
        result = weft("run", "guided-tour", "--transcript")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no transcript", result.stderr)


class TheSameAgain(Case):
    def test_two_runs_of_one_seed_are_alike_from_line_2_on(self):
        for name in DOCUMENTED + ["guided-tour"]:
            for strategy in STRATEGIES:
                with self.subTest(f"{name} {strategy}"):
                    words = [name, "--schedule", strategy, "--seed", "7", "--jitter", "1.5"]
                    header, first = self.run_lines(*words)
                    self.assertIs(header["deterministic"], True)
                    self.assertEqual(header["clock"], "virtual")
                    self.assertEqual(header["seed"], 7)
                    self.assertEqual(self.run_lines(*words)[1], first)
                    # What line 1 says is all that is needed.
                    again = self.run_lines(name, "--schedule", header["schedule"])
                    self.assertEqual(again[1], first)

    def test_the_choices_alone_make_the_same_run(self):
        for seed in range(20):
            words = ["queue-workers", "--schedule", "random", "--seed", str(seed)]
            _, first = self.run_lines(*words)
            text = choices_of(json.loads(line) for line in first)
            again = self.run_lines("queue-workers", "--schedule", f"replay:{text}")
            self.assertEqual(again[1], first, text)

    def test_a_choice_that_cannot_be_made_is_told(self):
        result = weft("run", "thread-class", "--schedule", "replay:zz", "-q", "-o", self.trace)
        self.assertIn("did not come to the choices", result.stderr)
        self.assertIs(json.loads(self.lines()[0])["deterministic"], False)

    def test_a_hundred_seeds_differ_and_lose_no_item(self):
        outputs = set()
        for seed in range(100):
            _, lines = self.run_lines("queue-workers", "--seed", str(seed))
            events = [json.loads(line) for line in lines]
            got = [e["item"] for e in events if e.get("event") == "queue_get"]
            self.assertEqual(sorted(got), ["Five", "Four", "One", "Three", "Two"])
            outputs.add("\n".join(e["text"] for e in events if e.get("event") == "print"))
        self.assertGreater(len(outputs), 10)


DEADLOCK = """
#include <weft.h>
static struct weft_lock *a, *b;
static void turn(struct weft_lock *first, struct weft_lock *second)
{
    weft_lock_acquire(first, 1);
    weft_lock_acquire(second, 1);
    weft_lock_release(second);
    weft_lock_release(first);
}
static void one(void *x) { (void)x; turn(a, b); }
static void two(void *x) { (void)x; turn(b, a); }
static int program(int c, char **v)
{
    (void)c, (void)v;
    a = weft_lock_new("a"), b = weft_lock_new("b");
    struct weft_thread *t = weft_thread_new("one", one, 0), *u = weft_thread_new("two", two, 0);
    weft_thread_start(t), weft_thread_start(u);
    weft_thread_join(t, WEFT_FOREVER), weft_thread_join(u, WEFT_FOREVER);
    weft_thread_free(t), weft_thread_free(u), weft_lock_free(a), weft_lock_free(b);
    return 0;
}
int main(int c, char **v) { return weft_main(program, c, v); }
"""

STUCK = """
#include <weft.h>
#include <stdatomic.h>
static atomic_bool seen;
static void spin(void *x) { (void)x; while (!seen) ; }
static int program(int c, char **v)
{
    (void)c, (void)v;
    struct weft_thread *t = weft_thread_new("spinner", spin, 0);
    weft_thread_start(t);
    weft_sleep(1);
    seen = true;
    weft_thread_join(t, WEFT_FOREVER), weft_thread_free(t);
    return 3;
}
int main(int c, char **v) { return weft_main(program, c, v); }
"""


class Verdicts(Case):
    def test_a_deadlock_is_found_told_and_ended(self):
        program = self.build(DEADLOCK)
        ends = set()
        for seed in range(40):
            result = weft("record", "-q", "-o", self.trace, "--schedule", "random", "--seed",
                          str(seed), program)
            ends.add(result.returncode)
            if result.returncode == 137:
                self.assertIn("deadlock: no thread can ever go on", result.stderr)
                self.assertIn("(one) waits for b", result.stderr)
                self.assertIn("(two) waits for a", result.stderr)
                self.assertTrue(json.loads(self.lines()[-1])["end"])
                self.assertIs(json.loads(self.lines()[0])["deterministic"], True)
        self.assertEqual(ends, {0, 137})

    def test_a_thread_that_spins_on_memory_does_not_hang_the_run(self):
        program = self.build(STUCK)
        result = weft("record", "-q", "-o", self.trace, "--schedule", "fifo,stall=100", program)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("held up all others", result.stderr)
        self.assertIs(json.loads(self.lines()[0])["deterministic"], False)


class Replay(Case):
    def replay(self, *words):
        again = os.path.join(self.folder, "again.jsonl")
        result = weft("replay", "-q", "-o", again, *words, self.trace)
        with open(again, encoding="utf-8") as file:
            first, *rest = file.read().splitlines()
        return result, json.loads(first), rest

    def test_a_trace_is_run_again(self):
        _, first = self.run_lines("queue-workers", "--seed", "5", "--start", "2018-03-22 15:42:15")
        result, header, rest = self.replay()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual((header["schedule"], rest), ("portfolio,seed=5", first))

    def test_another_choice_makes_another_run_behind_it(self):
        _, first = self.run_lines("queue-workers", "--seed", "5")
        choices = [line for line in first if '"choice"' in line]
        for number in (1, 2, len(choices) // 2, len(choices)):
            result, _, rest = self.replay("--other", str(number))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            others = [line for line in rest if '"choice"' in line]
            self.assertEqual(others[:number - 1], choices[:number - 1])
            was, now = json.loads(choices[number - 1]), json.loads(others[number - 1])
            self.assertEqual(now["taken"], (was["taken"] + 1) % len(was["among"].split(",")))
            self.assertEqual(sorted(now["among"]), sorted(was["among"]))

    def test_what_cannot_be_run_again_says_why(self):
        self.run_lines("thread-class", "--clock", "virtual")
        for words, part in [(["--other", "9999"], "choices (expected at least 9999)"),
                            (["--other", "0"], "the number of a choice"),
                            (["-o", self.trace], "that is run again")]:
            result = weft("replay", *words, self.trace)
            self.assertEqual(result.returncode, 2)
            self.assertIn(part, result.stderr)
        sample = f"{ROOT}/traces/samples/locked-sections.weft.jsonl"
        result = weft("replay", sample)
        self.assertEqual(result.returncode, 2)
        self.assertIn("was not recorded with --clock virtual", result.stderr)


class Options(Case):
    def test_what_is_wrong_is_told_in_one_line(self):
        for words, status, part in [
                (["--schedule", "fast"], 2, "a schedule is fifo"),
                (["--schedule", "pct:0"], 2, "a schedule is fifo"),
                (["--seed", "x"], 2, "seed=N"),
                (["--seed", "99999999999999999999"], 2, "seed=N"),
                (["--jitter", "0.5"], 2, "jitter=FACTOR"),
                (["--spurious", "101"], 2, "spurious=PERCENT"),
                (["--start", "2018-02-30 00:00:00"], 2, "is no time"),
                (["--start", "yesterday"], 2, "is no time"),
                (["--schedule", "replay:" + "a" * 5000], 2, "at most")]:
            with self.subTest(words[:1]):
                result = weft("run", "thread-class", *words, "-o", self.trace)
                self.assertEqual(result.returncode, status)
                self.assertIn(part, result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1)
                self.assertFalse(os.path.exists(self.trace))

    def test_options_stand_before_and_behind_the_name(self):
        first = weft("run", "--clock=virtual", "thread-class", "-q", "-o", self.trace)
        second = weft("run", "thread-class", "--clock", "virtual", "-q", "-o", self.trace)
        self.assertEqual(first.stdout, second.stdout)
        self.assertIn("Thu Jan  1 00:00:01 2026", first.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[5:])
