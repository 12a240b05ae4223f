#!/usr/bin/python3
"""Records the guest in each of its modes and compares the trace with what it says (counts.py).

    test_preload.py WEFT GUEST LIBRARY [UNITTEST ARGUMENTS…]
"""
import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import counts

WEFT, GUEST, LIBRARY = sys.argv[1:4]


class Recorded(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "trace.weft.jsonl"

    def record(self, *command, status=0, options=()):
        done = subprocess.run([WEFT, "record", "-q", *options, "-o", self.path, "--", *command],
                              check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        # That of the guest is killed after 0.3 s, before it is told or on a busy machine after it.
        if not (command[1:] == ("deadlock",) and done.stderr.startswith("weft: deadlock: ")):
            self.assertEqual(done.stderr, "")
        return done.stdout, counts.Trace(self.path)

    def agrees(self, mode, **how):
        said, trace = self.record(GUEST, mode, **how)
        self.assertNotIn("\nnot ", "\n" + said)
        expected = counts.said(said)
        self.assertTrue(expected, said)
        found = {what: trace.count(what) for what in expected}
        self.assertEqual(found, expected)
        self.assertEqual(trace.end["lost"], 0)
        self.assertTrue(trace.end["end"])
        return trace


class Counts(Recorded):
    """One case a mode, made below."""


def mode_test(mode, **options):
    def test(self):
        self.agrees(mode, **options)
    return test


EXITS = {"strict": 5, "_exit": 3, "quick_exit": 3, "abort": 128 + signal.SIGABRT, "segv": 128 + signal.SIGSEGV,
         "sigkill": 128 + signal.SIGKILL, "deadlock": 128 + signal.SIGKILL,
         "inside": 128 + signal.SIGKILL}
for name in ("many", "heap", "types", "rwlocks", "barriers", "semaphores", "errno", "conditions",
             "c11", "futexes", "short", "detached", "cancel", "cancelsem", "destructors",
             "mainfirst", "fork", "spawn", "_exit", "quick_exit", "abort", "segv", "sigkill",
             "exec", "strict", "filter", "filtered", "deadlock", "sigpost", "sigfill", "longjmp", "oldconditions", "names",
             "sleeps", "yields"):
    setattr(Counts, f"test_{name}_agrees_to_the_last_event",
            mode_test(name, status=EXITS.get(name, 0)))


for name in ("calls", "readers", "writers", "waiters", "children", "signals", "ipc", "inside",
             "cancelcall"):
    setattr(Counts, f"test_long_calls_of_{name}_agree",
            mode_test(name, status=EXITS.get(name, 0), options=("--calls-from=50ms",)))


class Meaning(Recorded):
    """What a count does not tell."""

    def test_a_program_that_the_recorded_one_becomes_is_recorded(self):
        said, trace = self.record("/bin/sh", "-c", f"exec env {GUEST} short")
        self.assertIn("lock_acquire 20000\n", said)
        self.assertEqual(trace.count("lock_acquire"), 20000)
        self.assertEqual(trace.count("process_exec"), 2)
        self.assertEqual(trace.count("thread_start"), 20001)

    def test_a_program_whose_recorder_was_killed_goes_on_and_leaves_all(self):
        done = subprocess.run([WEFT, "record", "-q", "-o", self.path, "--", GUEST, "orphaned"],
                              check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assertIn("ok it went on\n", done.stdout)
        spool = re.search(r"^spool:(.*)$", done.stdout, re.M).group(1)
        recovered = subprocess.run([WEFT, "recover", "-o", self.path, spool], check=False,
                                   capture_output=True, text=True)
        self.assertEqual(recovered.returncode, 0, recovered.stderr)
        trace = counts.Trace(self.path)
        # What the launcher had taken, what the owners wrote, and what was left in the lanes.
        self.assertEqual(trace.count("lock_acquire"), trace.count("lock_release"))
        self.assertGreaterEqual(trace.count("lock_acquire"), 101 * 1000)
        self.assertEqual(trace.end["lost"], 0)
        self.assertEqual(list(self.path.parent.glob("*.spool-*")), [])

    def test_a_kill_at_full_speed_loses_nothing(self):
        for _ in range(5):
            said, trace = self.record(GUEST, "killedhot", status=128 + signal.SIGKILL)
            unlocked = int(re.search(r"^unlocked (\d+)$", said, re.M).group(1))
            # Each thread may have been killed between its unlock and its own count.
            self.assertIn(trace.count("lock_release") - unlocked, range(4))
            self.assertGreater(unlocked, 1000)
            self.assertEqual(trace.end["lost"], 0)

    def test_a_program_is_recorded_on_when_it_empties_its_environment(self):
        _, trace = self.record("/usr/bin/env", "-i", GUEST, "names")
        self.assertEqual(trace.count("process_exec"), 1)
        self.assertEqual(trace.count("thread_name"), 2)

    def test_what_the_program_itself_preloads_stays(self):
        said, trace = self.record("/usr/bin/env", "-i", "LD_PRELOAD=libm.so.6", "A=b",
                                  "/usr/bin/env")
        self.assertEqual(sorted(line.split("=")[0] for line in said.splitlines()),
                         ["A", "LD_PRELOAD", "WEFT_SPOOL"])
        self.assertIn("libweft_preload.so:libm.so.6\n", said)
        self.assertEqual(trace.count("process_exec"), 1)

    def test_a_mutex_has_the_name_of_its_variable_and_a_thread_that_of_its_routine(self):
        _, trace = self.record(GUEST, "conditions")
        names = {line.get("name") for line in trace.lines() if "define" in line}
        self.assertLessEqual({"queue_lock", "changed", "wait_for_it"}, names)

    def test_holds_of_a_mutex_never_overlap_in_time_order(self):
        _, trace = self.record(GUEST, "types")
        depth = collections.Counter()
        for line in trace.lines():
            if line.get("event") == "lock_acquire" and "outcome" not in line:
                depth[line["object"]] += 1
            elif line.get("event") == "lock_release":
                depth[line["object"]] -= 1
                self.assertGreaterEqual(depth[line["object"]], 0)

    def test_a_passed_time_limit_is_in_the_request(self):
        _, trace = self.record(GUEST, "types")
        limits = [line["timeout"] for line in trace.lines()
                  if line.get("event") == "lock_request" and "timeout" in line]
        self.assertEqual(len(limits), 1)
        self.assertLessEqual(limits[0], 20_000_000)

    def test_the_library_asks_the_process_for_next_to_nothing(self):
        listing = subprocess.run(["nm", "-D", "-u", LIBRARY], check=True, capture_output=True,
                                 text=True).stdout
        undefined = set(re.findall(r"U ([^@\s]+)", listing))
        self.assertLessEqual(undefined, {"_Unwind_Resume", "__gcc_personality_v0", "_r_debug",
                                         "__environ", "environ"})

    def test_exactly_the_six_condition_functions_have_versions(self):
        listing = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], check=True,
                                 capture_output=True, text=True).stdout
        versioned = set(re.findall(r"T (\w+@@?GLIBC_[\d.]+)$", listing, re.M))
        six = ("init", "destroy", "wait", "timedwait", "signal", "broadcast")
        self.assertEqual(versioned, {f"pthread_cond_{name}{version}" for name in six
                                     for version in ("@@GLIBC_2.3.2", "@GLIBC_2.2.5")})


class Children(Recorded):
    """What the recorded program starts: left alone, or recorded into traces of their own."""

    def follow(self, *command, **how):
        said, first = self.record(*command, options=("--follow",), **how)
        others = {}
        for path in sorted(self.path.parent.glob("trace.*.weft.jsonl")):
            number = int(path.name.split(".")[1])
            others[number] = counts.Trace(path)
            self.assertEqual(others[number].end["lost"], 0)
        self.assertEqual(sorted(others), list(range(2, 2 + len(others))))
        return said, first, [others[number] for number in sorted(others)]

    def programs(self, traces):
        return sorted(trace.lines()[0]["program"] for trace in traces)

    def test_forked_children_have_traces_of_their_own(self):
        said, first, children = self.follow(GUEST, "fork")
        expected = dict(re.findall(r"^(\w+) (\d+)$", said, re.M))
        self.assertEqual(str(first.count("lock_acquire")), expected["lock_acquire"])
        self.assertEqual(len(children), 20)
        pid = first.lines()[0]["pid"]
        told = {line["pid"] for line in first.lines() if line.get("event") == "process_child"}
        for child in children:
            self.assertEqual(child.count("lock_acquire"), 1000)
            self.assertEqual(child.count("thread_start"), 1)
            header = child.lines()[0]
            self.assertEqual(header["parent"], pid)
            self.assertIn(header["pid"], told)
        self.assertEqual(len(told), 20)

    def test_spawned_children_are_followed(self):
        _, first, children = self.follow(GUEST, "spawn")
        self.assertEqual(self.programs(children), ["true"] * 20)
        self.assertEqual(first.count("process_child"), 20)
        self.assertEqual(first.count("lock_acquire"), 10000)

    def test_a_shell_and_what_it_starts(self):
        script = f"{GUEST} short > /dev/null; {GUEST} heap | cat; exit 3"
        _, first, children = self.follow("/bin/sh", "-c", script, status=3)
        self.assertEqual(self.programs(children), ["cat", "guest", "guest"])
        self.assertEqual(sorted(trace.count("thread_exit") for trace in children)[-1], 20000)
        self.assertEqual(first.count("process_child"), 3)

    def test_a_child_that_empties_its_environment_is_followed(self):
        _, _, children = self.follow("/bin/sh", "-c", f"/usr/bin/env -i {GUEST} names; true")
        self.assertEqual(len(children), 1)
        self.assertEqual(children[0].count("thread_name"), 2)
        self.assertEqual(children[0].count("process_exec"), 1)

    def test_a_daemon_is_recorded_until_it_ends(self):
        _, _, children = self.follow(GUEST, "daemon")
        self.assertEqual(sorted(child.count("lock_acquire") for child in children)[-1], 2000)

    def test_many_short_children(self):
        script = "i=0; while [ $i -lt 150 ]; do /bin/true; i=$((i+1)); done"
        _, _, children = self.follow("/bin/sh", "-c", script)
        self.assertEqual(self.programs(children), ["true"] * 150)

    def test_children_of_children(self):
        inner = "/bin/true; /bin/false; true"
        _, _, children = self.follow("/bin/sh", "-c", f"sh -c '{inner}'; true")
        self.assertEqual(self.programs(children), ["false", "sh", "true"])

    def test_an_interrupt_ends_the_recording_of_a_daemon_not_the_daemon(self):
        script = "trap '' INT; setsid sleep 60 > /dev/null 2>&1 < /dev/null & echo $!"
        with subprocess.Popen([WEFT, "record", "--follow", "-o", self.path, "/bin/sh", "-c", script],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
            pid = int(run.stdout.readline())
            self.assertIn("go on and are recorded", run.stderr.readline())
            run.send_signal(signal.SIGINT)
            self.assertEqual(run.wait(20), 0)
        os.kill(pid, 0)
        os.kill(pid, signal.SIGKILL)
        self.assertTrue(counts.Trace(self.path.with_name("trace.2.weft.jsonl")).end["end"])

    def test_children_that_are_not_followed_find_nothing_of_weft(self):
        said, first = self.record("/bin/sh", "-c", "env; true")
        self.assertIn("PATH=", said)
        self.assertNotIn("WEFT_SPOOL", said)
        self.assertNotIn("LD_PRELOAD", said)
        self.assertEqual(first.count("process_child"), 1)

    def test_a_child_that_cannot_be_recorded_is_started_as_it_is(self):
        """Here a loader only looks like musl's, so that the child can tell what it was given."""
        folder = self.path.parent
        loader = folder / "ld-musl-x86_64.so.1"
        loader.symlink_to("/lib64/ld-linux-x86-64.so.2")
        (folder / "e.c").write_text('#include <stdio.h>\n#include <stdlib.h>\nint main(void)\n'
                                    '{ puts(getenv("LD_PRELOAD") ? "preloaded" : "alone"); }\n')
        subprocess.run(["gcc", folder / "e.c", "-o", folder / "e",
                        f"-Wl,--dynamic-linker={loader}"], check=True)
        (folder / "s").write_text(f"#!{folder}/e\n")
        (folder / "s").chmod(0o755)
        sanitized = folder / "a"
        subprocess.run(["gcc", "-fsanitize=address", folder / "e.c", "-o", sanitized], check=True)
        said, _, _ = self.follow("/bin/sh", "-c", f"{sanitized}; exec {sanitized}")
        self.assertEqual(said, "alone\n" * 2)
        for command in ("./e; true", "PATH=.; e; true", "./s; true", "exec ./e"):
            said, _, children = self.follow("/bin/sh", "-c", f"cd {folder}; {command}")
            self.assertEqual(said, "alone\n")
            self.assertEqual(children, [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
