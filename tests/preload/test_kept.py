#!/usr/bin/python3
"""What is kept of a recording when there is a limit: it and what was left away are all there was.

    test_kept.py WEFT GUEST
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

WEFT, GUEST = (os.path.abspath(path) for path in sys.argv[1:3])
FILLED = 500000


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
        self.assertIn(f"{dropped} events were left away", done.stderr)
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


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
