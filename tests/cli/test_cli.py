#!/usr/bin/python3
"""Every bad input gets one clear line and its exit status, and what was good is kept.

usage: test_cli.py WEFT SAMPLES [unittest's arguments]
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

WEFT, SAMPLES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SAMPLE = os.path.join(SAMPLES, "locked-sections.weft.jsonl")
DONE, USAGE, UNREADABLE, UNWRITABLE = 0, 2, 3, 4


def weft(*words, **options):
    options.setdefault("capture_output", True)
    return subprocess.run([WEFT, *words], timeout=100, check=False, **options)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def fails(self, result, status, *words):
        """Ended with status and told it in one line that has all the words."""
        text = result.stderr.decode()
        self.assertEqual(result.returncode, status, text)
        self.assertEqual(text.count("\n"), 1, text)
        self.assertTrue(text.startswith("weft: "), text)
        for word in words:
            self.assertIn(word, text)


def sample_lines():
    with open(SAMPLE, "rb") as file:
        return file.read().splitlines(keepends=True)


class UnreadableTraces(Case):
    """dump, export and view read through the same reader; each is tried."""

    def unreadable(self, path, *words):
        self.fails(weft("dump", path), UNREADABLE, *words)
        self.fails(weft("export", path, "--to", "chrome"), UNREADABLE, *words)
        self.fails(weft("view", path, "--screenshot", self.path("x.png")), UNREADABLE, *words)
        self.assertFalse(os.path.exists(self.path("x.png")))

    def test_a_missing_trace(self):
        self.unreadable(self.path("missing.jsonl"), "missing.jsonl", "No such file")

    def test_a_folder(self):
        self.unreadable(self.folder, self.folder)

    def test_an_empty_trace(self):
        self.unreadable(self.path("empty.jsonl", b""), "empty.jsonl", "empty")

    def test_a_binary_file(self):
        with open(WEFT, "rb") as file:
            self.unreadable(self.path("binary", file.read(100000)), "binary")

    def test_a_compressed_file(self):
        self.unreadable(self.path("x.gz", b"\x1f\x8b\x08" + bytes(100)), "x.gz")

    def test_other_json(self):
        self.unreadable(self.path("other.json", b'{"traceEvents":[]}\n'), "other.json", "line 1")

    def test_a_later_version(self):
        lines = sample_lines()
        lines[0] = lines[0].replace(b'"version":1', b'"version":2')
        self.unreadable(self.path("later.jsonl", b"".join(lines)), "later.jsonl", "version 2")

    def test_a_line_of_100_mb_before_anything_else(self):
        path = self.path("long.jsonl", b'{"format":"' + b"x" * 100_000_000 + b'"}\n')
        self.unreadable(path, "long.jsonl", "line 1")


class DamagedTraces(Case):
    """What is good is kept, what is bad is told by its line; the status is that of success."""

    def dumped(self, content):
        result = weft("dump", self.path("damaged.jsonl", content))
        self.assertEqual(result.returncode, DONE, result.stderr)
        return result.stdout.decode().splitlines(), result.stderr.decode()

    def events(self):
        return sum(b'"event":' in line for line in sample_lines())

    def test_a_cut_trace(self):
        rows, told = self.dumped(b"".join(sample_lines()[:-1]))
        self.assertEqual(len(rows), self.events())
        self.assertIn("cut", told)
        self.assertEqual(told.count("\n"), 1, told)

    def test_a_trace_cut_within_a_line(self):
        whole = b"".join(sample_lines())
        rows, told = self.dumped(whole[: len(whole) // 2])
        self.assertGreater(len(rows), 5)
        self.assertIn("cut", told)

    def test_bad_lines_are_named_by_number(self):
        lines = sample_lines()
        lines.insert(10, b"\x00\xff\xfe junk\n")
        lines.insert(20, b'{"t":-5,"thread":1,"event":"sleep_end"}\n')
        rows, told = self.dumped(b"".join(lines))
        self.assertEqual(len(rows), self.events())
        self.assertIn("line 11:", told)
        self.assertIn("line 21:", told)
        self.assertNotIn("cut", told)

    def test_a_line_of_100_mb_in_the_middle(self):
        lines = sample_lines()
        lines.insert(10, b'{"t":1,"thread":1,"event":"print","text":"' + b"x" * 100_000_000 + b'"}\n')
        rows, told = self.dumped(b"".join(lines))
        self.assertEqual(len(rows), self.events())
        self.assertIn("line 11:", told)

    def test_hostile_numbers(self):
        lines = sample_lines()
        lines[-1:-1] = [
            b'{"t":99999999999999999999999,"thread":1,"event":"sleep_end"}\n',
            b'{"t":9200000000,"thread":4294967295,"event":"sleep_end"}\n',
            b'{"t":9200000000,"thread":1,"event":"lock_release","object":4000000000}\n',
            b'{"t":9200000000,"thread":4000000000,"event":"sleep_end"}\n',
        ]
        rows, told = self.dumped(b"".join(lines))
        self.assertGreaterEqual(len(rows), self.events())
        self.assertIn(f"line {len(lines) - 4}:", told)

    def test_events_of_a_later_weft_are_counted(self):
        lines = sample_lines()
        lines.insert(-1, b'{"t":9200000000,"thread":1,"event":"teleport","to":[1,2]}\n')
        rows, told = self.dumped(b"".join(lines))
        self.assertEqual(len(rows), self.events())
        self.assertIn("1 event", told)

    def test_a_damaged_trace_is_still_drawn_and_exported(self):
        path = self.path("cut.jsonl", b"".join(sample_lines()[:-5]))
        result = weft("export", path, "--to", "chrome")
        self.assertEqual(result.returncode, DONE)
        self.assertGreater(len(json.loads(result.stdout)["traceEvents"]), 10)
        self.assertEqual(
            weft("view", path, "--screenshot", self.path("cut.png")).returncode, DONE
        )


class Outputs(Case):
    def test_an_unwritable_trace(self):
        result = weft("run", "queue-workers", "-o", "/nowhere/x.jsonl")
        self.fails(result, UNWRITABLE, "/nowhere/x.jsonl", "No such file")
        self.assertEqual(result.stdout, b"")

    def test_an_unwritable_export(self):
        self.fails(
            weft("export", SAMPLE, "--to", "chrome", "-o", "/nowhere/x.json"),
            UNWRITABLE,
            "/nowhere/x.json",
        )

    def test_an_unwritable_picture(self):
        self.fails(weft("view", SAMPLE, "--screenshot", "/nowhere/x.png"), UNWRITABLE, "/nowhere/x")

    def test_a_full_disk_under_a_trace_lets_the_program_go_on(self):
        result = weft("run", "-q", "queue-workers", "-o", "/dev/full")
        self.fails(result, UNWRITABLE, "/dev/full", "No space left")
        self.assertIn(b"Exiting Main Thread", result.stdout)

    def test_a_full_disk_keeps_an_older_export(self):
        path = self.path("old.json", b"old")
        limited = ["bash", "-c", 'ulimit -f 1; exec "$@"', "-", WEFT]
        result = subprocess.run(
            [*limited, "export", os.path.join(SAMPLES, "guided-tour.weft.jsonl"), "--to", "chrome",
             "-o", path],
            capture_output=True, check=False, timeout=60,
        )
        self.fails(result, UNWRITABLE, path)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"old")
        self.assertEqual(os.listdir(self.folder), ["old.json"])

    def test_an_output_that_is_the_trace_itself(self):
        trace = self.path("x.jsonl", b"".join(sample_lines()))
        os.link(trace, self.path("link.jsonl"))
        for words in (["export", trace, "--to", "chrome", "-o", trace],
                      ["export", trace, "--to", "chrome", "-o", self.path("link.jsonl")],
                      ["view", trace, "--screenshot", trace],
                      ["view", trace, "--screenshot", self.path("x.png"), "--state", trace]):
            self.fails(weft(*words), USAGE, "the trace itself")
        with open(trace, "rb") as file:
            self.assertEqual(file.read(), b"".join(sample_lines()))

    def test_a_closed_pipe(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        for words in (["dump", SAMPLE], ["export", SAMPLE, "--to", "chrome"], ["scenarios"],
                      ["help"]):
            result = weft(*words, capture_output=False, stdout=write_end, stderr=subprocess.PIPE)
            self.fails(result, UNWRITABLE, "standard output", "Broken pipe")
        os.close(write_end)

    def test_no_display(self):
        bare = {key: value for key, value in os.environ.items()
                if key not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
        self.fails(weft("view", SAMPLE, env=bare), UNWRITABLE, "window", "--screenshot")

    def test_no_font(self):
        config = self.path("fonts.conf", b"<?xml version='1.0'?><fontconfig></fontconfig>")
        result = weft("view", SAMPLE, "--screenshot", self.path("x.png"),
                      env={**os.environ, "FONTCONFIG_FILE": config})
        self.fails(result, UNWRITABLE, "font")


class Usage(Case):
    def test_an_unknown_command(self):
        self.fails(weft("frobnicate"), USAGE, "frobnicate", "weft help")

    def test_an_unknown_scenario(self):
        for name in ("no-such", "", "../weft", "a" * 5000):
            self.fails(weft("run", name), 127, "weft scenarios")

    def test_an_unknown_format(self):
        self.fails(weft("export", SAMPLE, "--to", "png"), USAGE, "png")

    def test_missing_and_superfluous_arguments(self):
        for words in (["run"], ["dump"], ["export", SAMPLE], ["dump", SAMPLE, SAMPLE], ["view"],
                      ["dump", SAMPLE, "--range", "5:1"], ["view", SAMPLE, "--size", "0x0"],
                      ["view", SAMPLE, "--at", "soon"], ["view", SAMPLE, "--theme", "pink"],
                      ["dump", "--frobnicate", SAMPLE]):
            result = weft(*words)
            self.assertEqual(result.returncode, USAGE, words)
            self.assertIn(b"weft", result.stderr.splitlines()[0])
            self.assertEqual(result.stdout, b"")

    def test_filters_that_mean_nothing(self):
        for words in (["--thread", "Thread-9"], ["--thread", "99"], ["--object", "threadlock"],
                      ["--kind", "lokc"], ["--range", "100s:200s"]):
            result = weft("dump", SAMPLE, *words)
            self.fails(result, USAGE)
            self.assertEqual(result.stdout, b"")

    def test_threads_of_one_name_are_told_apart_and_their_name_means_all_of_them(self):
        lines = sample_lines()
        twins = [line.replace(b'"Thread-1"', b'"worker"').replace(b'"Thread-2"', b'"worker"')
                 for line in lines]
        path = self.path("twins.weft.jsonl", b"".join(twins))
        for words, names in ((["worker"], {"worker #2", "worker #3"}), (["worker #3"], {"worker #3"}),
                             (["2"], {"worker #2"}), (["main"], {"main"})):
            result = weft("dump", path, "--json", "--thread", *words)
            self.assertEqual(result.returncode, DONE, result.stderr)
            self.assertEqual({json.loads(line)["thread"] for line in result.stdout.splitlines()},
                             names)
        self.fails(weft("dump", path, "--thread", "worker #4"), USAGE)

    def test_open_ranges(self):
        whole = weft("dump", SAMPLE).stdout.splitlines()
        early = weft("dump", SAMPLE, "--range", ":1500ms").stdout.splitlines()
        late = weft("dump", SAMPLE, "--range", "1.5s:").stdout.splitlines()
        self.assertEqual(early + late, whole)
        self.assertTrue(early and late)

    def test_short_help(self):
        for command in ("run", "dump", "export", "view", "scenarios"):
            self.assertEqual(weft(command, "-h").stdout, weft(command, "--help").stdout)

    def test_no_command_at_all(self):
        self.assertEqual(weft().returncode, USAGE)

    def test_every_command_explains_itself(self):
        commands = re.findall(r"^  (\w+) {2,}", weft("help").stdout.decode(), re.M)
        self.assertIn("run", commands)
        for command in commands:
            result = weft(command, "--help")
            self.assertEqual(result.returncode, DONE, command)
            self.assertIn(b"Usage", result.stdout)
            self.assertEqual(weft("help", command).stdout, result.stdout)


def start(*words):
    return subprocess.Popen([WEFT, "run", *words], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True)


def child_of(run):
    with open(f"/proc/{run.pid}/task/{run.pid}/children", encoding="ascii") as file:
        (child,) = file.read().split()
    return int(child)


class Endings(Case):
    """However a run ends, the trace is whole."""

    def whole_trace(self, path):
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        events = [line for line in lines if "event" in line]
        self.assertTrue(lines[-1]["end"])
        self.assertEqual(lines[-1]["events"], len(events))
        self.assertEqual(lines[-1]["lost"], 0)
        self.assertEqual(events[-1]["event"], "process_end")
        return events

    def spinning(self, path):
        """A run that would never end, stopped at its first line, when everybody is at work."""
        run = start("start-new-thread", "-o", path, "--forever")
        self.addCleanup(run.stdout.close)
        self.addCleanup(run.stderr.close)
        self.assertIn(b"Thread-1: ", run.stdout.readline())
        return run

    def test_ctrl_c(self):
        path = self.path("x.jsonl")
        run = self.spinning(path)
        os.killpg(run.pid, signal.SIGINT)
        self.assertEqual(run.wait(20), 128 + signal.SIGINT)
        events = self.whole_trace(path)
        self.assertEqual(events[-1]["signal"], signal.SIGINT)
        polls = [event for event in events if event["event"] == "poll_end"]
        self.assertGreater(max(poll["count"] for poll in polls), 1000)
        self.assertGreater(polls[-1]["t"], 1_900_000_000)

    def test_sigkill_loses_nothing(self):
        path = self.path("x.jsonl")
        run = self.spinning(path)
        for _ in range(2):
            run.stdout.readline()
        os.kill(child_of(run), signal.SIGKILL)
        self.assertEqual(run.wait(20), 128 + signal.SIGKILL)
        prints = [event for event in self.whole_trace(path) if event["event"] == "print"]
        # A line is recorded after it was written: only the last one may be cut off by the kill.
        self.assertIn(len(prints), (2, 3))

    def test_a_signal_to_weft_alone_reaches_the_program(self):
        path = self.path("x.jsonl")
        run = self.spinning(path)
        os.kill(run.pid, signal.SIGTERM)
        self.assertEqual(run.wait(20), 128 + signal.SIGTERM)
        self.assertEqual(self.whole_trace(path)[-1]["signal"], signal.SIGTERM)

    def test_nothing_is_left_behind(self):
        run = self.spinning(self.path("x.jsonl"))
        with open(f"/proc/{child_of(run)}/environ", "rb") as file:
            (spool,) = [word[len(b"WEFT_SPOOL="):] for word in file.read().split(b"\0")
                        if word.startswith(b"WEFT_SPOOL=")]
        self.assertTrue(os.path.exists(spool))
        os.killpg(run.pid, signal.SIGINT)
        run.wait(20)
        self.assertFalse(os.path.exists(spool))

    def test_the_scenario_alone_runs_unrecorded(self):
        program = os.path.join(os.path.dirname(WEFT), "scenarios", "queue-workers")
        result = subprocess.run([program], capture_output=True, check=True, timeout=60,
                                cwd=self.folder)
        self.assertEqual(result.stderr, b"")
        self.assertEqual(result.stdout.count(b"processing"), 5)
        self.assertEqual(os.listdir(self.folder), [])

    def test_the_summary_says_where_the_trace_is(self):
        path = self.path("x.jsonl")
        result = weft("run", "queue-workers", "-o", path)
        self.assertEqual(result.returncode, DONE)
        self.assertIn(f"the trace is {path}", result.stderr.decode())
        self.assertIn("weft view", result.stderr.decode())
        self.assertNotIn(b"weft", result.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
