#!/usr/bin/python3
"""What is kept of a recording when there is a limit: it and what was left away are all there was.

    test_kept.py WEFT GUEST REC_WINDOW REC_DEADLOCK REC_CROWD
"""
import contextlib
import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

WEFT, GUEST, WINDOW, DEADLOCK, CROWD = (os.path.abspath(path) for path in sys.argv[1:6])
FILLED = 500000
UNWRITABLE = 4


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.trace = os.path.join(self.folder, "x.weft.jsonl")

    def weft(self, *words, status=0):
        done = subprocess.run([WEFT, *words], capture_output=True, text=True, timeout=100,
                              check=False, cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    @staticmethod
    def lines(path):
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def whole(self, path):
        lines = self.lines(path)
        end = lines[-1]
        self.assertEqual(end["events"], sum("event" in line for line in lines))
        self.assertEqual(end["lost"], 0)
        self.assertEqual(end["late"], 0)
        return lines


class MaxSize(Case):
    def test_the_trace_ends_there_and_the_rest_is_counted(self):
        for size, most in (("1M", 1 << 20), ("3M", 3 << 20), ("16M", 16 << 20)):
            done = self.weft("record", "--max-size", size, "-o", self.trace, "--", GUEST, "fill")
            self.assertIn(f"lock_acquire {FILLED}", done.stdout)
            lines = self.whole(self.trace)
            end = lines[-1]
            self.assertLessEqual(os.path.getsize(self.trace), most)
            self.assertGreater(os.path.getsize(self.trace), most * 9 // 10)
            kept = sum(line.get("event") in ("lock_acquire", "lock_release") for line in lines)
            self.assertEqual(kept + end["dropped"], 2 * FILLED)
            self.assertIn(f"{end['dropped']} left away", done.stderr)
            # What the thread did from there on is not known.
            events = [line for line in lines if "event" in line]
            self.assertEqual(events[-1]["event"], "lost")
            self.assertEqual(events[-1]["count"], end["dropped"])
            self.assertEqual(end["duration_ns"], events[-1]["t"])

    def test_what_fits_is_whole(self):
        self.weft("record", "--max-size", "1G", "-o", self.trace, "--", GUEST, "fill")
        lines = self.whole(self.trace)
        self.assertEqual(lines[-1]["dropped"], 0)
        self.assertEqual(sum(line.get("event") == "lock_release" for line in lines), FILLED)
        self.assertEqual([line["event"] for line in lines if "event" in line][-1], "process_end")

    def test_the_reports_say_so(self):
        self.weft("record", "-q", "--max-size", "1M", "-o", self.trace, "--", GUEST, "fill")
        dropped = self.whole(self.trace)[-1]["dropped"]
        done = self.weft("stats", self.trace)
        self.assertIn(f"{dropped:,} left away by a limit", done.stdout)
        self.assertIn(f"{dropped:,} events left away on purpose", done.stderr)
        stats = json.loads(self.weft("stats", "--json", self.trace).stdout)
        self.assertEqual(stats["trace"]["dropped"], dropped)
        self.assertTrue(stats["trace"]["complete"])
        self.weft("check", self.trace)  # nothing is found behind the end

    def test_a_packed_trace_is_that_large(self):
        trace = self.trace + ".zst"
        self.weft("record", "-q", "--max-size", "1M", "-o", trace, "--", GUEST, "fill")
        self.assertLessEqual(os.path.getsize(trace), 1 << 20)

    def test_nonsense_is_refused(self):
        for size in ("0", "1", "100K", "-3", "many", "1T", "1MB", "", "99999999999G"):
            done = self.weft("record", "--max-size", size, "true", status=2)
            self.assertIn("--max-size takes a size", done.stderr)


class Last(Case):
    def begin(self, *words, program=WINDOW, args=()):
        """A recording in the background, whose program is ready."""
        run = subprocess.Popen([WEFT, "record", *words, "-o", self.trace, "--", program, *args],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(run.stderr.close)
        self.addCleanup(run.stdout.close)
        self.addCleanup(run.kill)
        if program == WINDOW:
            self.assertEqual(run.stdout.readline(), "ready\n")
        return run

    def end(self, run, status):
        """Ends the program; how often it took its lock, and what weft said."""
        run.send_signal(signal.SIGTERM)
        out, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, status, err)
        return int(out.split()[-1]), err

    def snapshot(self, run, number):
        """Its lines, when it is whole."""
        run.send_signal(signal.SIGUSR1)
        path = os.path.join(self.folder, f"x.snapshot-{number}.weft.jsonl")
        line = ""
        for line in run.stderr:  # behind what was said of a deadlock
            if "snapshot" in line:
                break
        self.assertIn(f"snapshot {number}: ", line)
        self.assertIn(path, line)
        return self.whole(path)

    @staticmethod
    def others(lines):
        """Events of a whole trace that are not of main's loop."""
        hot = next(line["id"] for line in lines
                   if line.get("define") == "object" and line.get("name") == "hot_lock")
        return sum("event" in line and line.get("object") != hot and
                   not (line["thread"] == 1 and line["event"].startswith("sleep"))
                   for line in lines)

    @staticmethod
    def spool(folder):
        (name,) = [name for name in os.listdir(folder) if ".spool-" in name]
        return os.path.join(folder, name)

    def check_window(self, lines, least_s, most_s):
        """It begins in the middle, and what was so then stands at its beginning."""
        self.assertGreater(lines[0]["before_ns"], 0)
        events = [line for line in lines if "event" in line]
        self.assertGreaterEqual(lines[-1]["duration_ns"], least_s * 1e9)
        self.assertLess(lines[-1]["duration_ns"], most_s * 1e9)
        names = {kind: {line["id"]: line["name"] for line in lines
                        if line.get("define") == kind and "name" in line}
                 for kind in ("thread", "object")}
        so = {(names["thread"][line["thread"]], line["event"],
               names["object"].get(line.get("object"))) for line in events if line["t"] == 0}
        for one in (("holder", "lock_acquire", "kept_lock"), ("wants", "lock_request", "kept_lock"),
                    ("waits", "cond_wait", "never"), ("holder", "sleep_begin", None),
                    *((name, "before", None) for name in ("main", "holder", "wants", "waits"))):
            self.assertIn(one, so)
        return [line for line in events if line["t"] > 0]

    def test_kept_and_dropped_are_all_there_was(self):
        self.weft("record", "-q", "-o", self.trace, WINDOW, "0.4", "1000", "exit", status=3)
        others = self.others(self.whole(self.trace))
        run = self.begin("--last", "300ms", args=("1", "1000", "exit"))
        out, err = run.communicate(timeout=100)
        self.assertEqual(run.returncode, 3)
        acquires = int(out.split()[-1])
        lines = self.whole(self.trace)
        kept = self.check_window(lines, 0.29, 0.31)
        # Between two pauses there are 4096 acquires.
        self.assertEqual(len(kept) + lines[-1]["dropped"],
                         2 * acquires + 2 * (acquires // 4096) + others)
        self.assertIn(f"{lines[-1]['dropped']} left away", err)
        before = sum(line.get("count", 0) for line in lines if line.get("event") == "before")
        self.assertEqual(before, lines[-1]["dropped"])  # no thread has ended
        self.assertEqual(kept[-1]["event"], "process_end")

    def test_a_crash_leaves_the_last_seconds(self):
        run = self.begin("-q", "--last", "200ms", args=("0.6", "100", "segv"))
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 128 + signal.SIGSEGV)
        kept = self.check_window(self.whole(self.trace), 0.19, 0.21)
        self.assertEqual((kept[-1]["event"], kept[-1]["signal"]), ("process_end", signal.SIGSEGV))

    def test_a_program_that_is_over_before_is_recorded_as_ever(self):
        done = self.weft("record", "--last", "100s", "-o", self.trace, "--", GUEST, "fill")
        self.assertIn(" 0 lost; recording", done.stderr)
        lines = self.whole(self.trace)
        self.assertNotIn("before_ns", lines[0])
        self.assertEqual(lines[-1]["dropped"], 0)
        self.assertEqual(sum(line.get("event") == "lock_release" for line in lines), FILLED)

    def test_each_signal_gives_a_trace_while_the_program_goes_on(self):
        run = self.begin("--last", "200ms", args=("60", "100", "exit"))
        totals = []
        for number in (1, 2, 3):
            time.sleep(0.4)
            lines = self.snapshot(run, number)
            kept = self.check_window(lines, 0.15, 0.22)
            self.assertNotIn("process_end", [line["event"] for line in kept])
            totals.append(len(kept) + lines[-1]["dropped"])
        self.assertEqual(totals, sorted(set(totals)))
        acquires, _ = self.end(run, 3)
        lines = self.whole(self.trace)
        kept = self.check_window(lines, 0.15, 0.22)
        self.assertGreater(len(kept) + lines[-1]["dropped"], totals[-1])
        self.assertGreater(2 * acquires, 0)
        self.assertEqual(sorted(os.listdir(self.folder)),
                         [f"x.snapshot-{number}.weft.jsonl" for number in (1, 2, 3)] +
                         ["x.weft.jsonl"])

    def test_the_disk_is_given_back(self):
        run = self.begin("-q", "--last", "100ms", args=("60", "1000", "exit"))
        time.sleep(3)
        spool = os.stat(self.spool(self.folder))
        self.end(run, 3)
        self.assertGreater(spool.st_size, 8 << 20)
        self.assertLess(spool.st_blocks * 512, spool.st_size * 0.7)

    def test_a_deadlock_from_before_is_found(self):
        run = self.begin("-q", "--last", "100ms", program=DEADLOCK, args=("2",))
        time.sleep(1)
        run.send_signal(signal.SIGTERM)
        run.wait(30)
        self.assertGreater(self.whole(self.trace)[0]["before_ns"], 0)
        found = self.weft("check", self.trace, status=1)
        self.assertIn("deadlock", found.stdout)
        self.assertIn("fork_lock[0]", found.stdout)

    def test_a_snapshot_of_who_hangs_is_as_long_as_the_window(self):
        run = self.begin("--last", "200ms", program=DEADLOCK, args=("2",))
        time.sleep(0.8)
        lines = self.snapshot(run, 1)
        self.assertGreater(lines[-1]["duration_ns"], 190e6)
        self.assertLess(lines[-1]["duration_ns"], 250e6)
        found = self.weft("check", os.path.join(self.folder, "x.snapshot-1.weft.jsonl"), status=1)
        self.assertIn("deadlock", found.stdout)
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=30)

    def test_the_size_of_the_trace_limits_the_window(self):
        run = self.begin("-q", "--last", "60s", "--max-size", "2M", args=("60", "1000", "exit"))
        time.sleep(1)
        acquires, _ = self.end(run, 3)
        lines = self.whole(self.trace)
        self.assertLess(os.path.getsize(self.trace), 4 << 20)
        self.assertGreater(os.path.getsize(self.trace), 1 << 20)
        self.check_window(lines, 0, 1)
        self.assertGreater(lines[-1]["dropped"], acquires)

    def test_children_have_windows_of_their_own(self):
        run = subprocess.run([WEFT, "record", "-q", "--follow", "--last", "100ms", "-o", self.trace,
                              "--", "sh", "-c", f"{WINDOW} 0.4 100 exit; exit 5"],
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 5, run.stderr)
        self.check_window(self.whole(os.path.join(self.folder, "x.2.weft.jsonl")), 0.09, 0.11)

    def test_recover_gives_the_last_window(self):
        run = self.begin("-q", "--last", "300ms", args=("60", "1000", "exit"))
        time.sleep(1.2)
        with open(f"/proc/{run.pid}/task/{run.pid}/children", encoding="ascii") as file:
            (pid,) = map(int, file.read().split())
        with open(f"/proc/{pid}/environ", "rb") as file:
            (memory,) = [word[len(b"WEFT_SPOOL="):].decode() for word in file.read().split(b"\0")
                         if word.startswith(b"WEFT_SPOOL=")]
        given_back = os.stat(self.spool(self.folder))
        run.kill()
        run.wait(20)
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        path = os.path.join(self.folder, "rest.weft.jsonl")
        self.weft("recover", "-o", path, memory)
        lines = self.whole(path)
        self.check_window(lines, 0.25, 0.6)
        self.assertGreater(lines[-1]["dropped"], 1000)
        self.assertLess(given_back.st_blocks * 512, given_back.st_size)
        self.assertFalse(os.path.exists(memory))

    def test_what_does_not_go_with_it(self):
        for words, said in ((["--last", "0s"], "--last takes a time"),
                            (["--last", "soon"], "--last takes a time"),
                            (["--last", "10s", "--view"], "--view shows"),
                            (["--last", "10s", "--seed", "1"], "controlled")):
            self.assertIn(said, self.weft("record", *words, "true", status=2).stderr)


class NoRoom(Case):
    """The place of the trace takes no more: the recording stays, and elsewhere it comes out."""

    def test_nothing_that_was_recorded_is_lost(self):
        limit = resource.RLIMIT_FSIZE, (8 << 20, 8 << 20)
        # The lanes' file is far longer than that, but most of it is a hole in memory.
        done = subprocess.run([WEFT, "record", "-o", self.trace, "--", GUEST, "fill"],
                              capture_output=True, text=True, timeout=100, check=False,
                              preexec_fn=lambda: resource.setrlimit(*limit))
        self.assertEqual(done.returncode, UNWRITABLE, done.stderr)
        self.assertIn(f"lock_acquire {FILLED}", done.stdout)
        self.assertLessEqual(os.path.getsize(self.trace), 8 << 20)
        told = re.search(r"cannot write .*: File too large \(the recording is kept: "
                         r"weft recover -o ANOTHER_PLACE (\S+)\)", done.stderr)
        self.assertIsNotNone(told, done.stderr)
        self.assertTrue(os.path.exists(told[1]))
        elsewhere = os.path.join(self.folder, "all.weft.jsonl")
        self.weft("recover", "-o", elsewhere, told[1])
        events = [line.get("event") for line in self.whole(elsewhere)]
        self.assertEqual(events.count("lock_acquire"), FILLED)
        self.assertEqual(events.count("lock_release"), FILLED)
        self.assertFalse(os.path.exists(told[1]))
        self.assertEqual(sorted(os.listdir(self.folder)), ["all.weft.jsonl", "x.weft.jsonl"])

    def test_nobody_wants_what_a_closed_pipe_did_not_take(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([WEFT, "record", "-o", "/dev/stdout", "--", GUEST, "sleeps"],
                              stdout=writer, stderr=subprocess.PIPE, text=True, timeout=100,
                              check=False)
        os.close(writer)
        self.assertIn("weft: cannot write /dev/stdout: Broken pipe\n", done.stderr)


class SmallMemory(Case):
    def test_a_crowd_in_a_full_shared_memory_is_not_harmed(self):
        # A page of a full tmpfs that is touched is a SIGBUS, also when it is only looked at.
        for size in ("4k", "64k", "128k", "512k", "2m", "8m"):
            mount = f'mount -t tmpfs -o size={size} none /dev/shm && exec "$@"'
            done = subprocess.run(["unshare", "-rm", "sh", "-c", mount, "sh", WEFT, "record", "-o",
                                   self.trace, CROWD, "200", "500"], capture_output=True,
                                  text=True, timeout=60, check=False)
            if "unshare:" in done.stderr or "mount:" in done.stderr:
                self.skipTest(done.stderr)
            self.assertEqual((done.returncode, done.stdout), (0, "lock acquires 100000\n"),
                             done.stderr)
            lines = self.lines(self.trace)
            kept = sum(line.get("event") in ("lock_acquire", "lock_release") for line in lines)
            self.assertGreaterEqual(kept + lines[-1]["lost"], 200000)
            self.assertIn(f"{lines[-1]['lost']} lost", done.stderr)


class Progress(Case):
    def test_a_long_end_is_shown_on_a_terminal_and_nowhere_else(self):
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            run = subprocess.Popen([WEFT, "record", "-o", self.trace + ".zst", "--", WINDOW, "5",
                                    "1000", "exit"], stdout=subprocess.DEVNULL, stderr=theirs)
            os.close(theirs)
            said = b""
            with contextlib.suppress(OSError):  # the terminal's end
                while part := terminal.read(4096):
                    said += part
            run.wait(100)
        self.assertRegex(said, rb"\rweft: writing [^\r]*x.weft.jsonl.zst: [ 0-9]{3} %")
        self.assertRegex(said, rb"%\r\x1b\[Kweft: 4 threads")
        done = self.weft("record", "-o", self.trace, "--", GUEST, "fill")
        self.assertNotIn("writing", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[6:]], verbosity=2)
