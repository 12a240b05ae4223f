#!/usr/bin/python3
"""The reports stats, explain, show and diff: their JSON, and that they agree with one another.

usage: test_reports.py WEFT ROOT [unittest's arguments]
"""
import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import jsonschema

WEFT, ROOT = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
SAMPLES = sorted(ROOT.glob("traces/samples/*.jsonl"))
TRACES = SAMPLES + sorted(ROOT.glob("tests/golden/traces/*.jsonl"))
DONE, USAGE, UNREADABLE = 0, 2, 3


def weft(*words, **env):
    return subprocess.run([WEFT, *map(str, words)], capture_output=True, timeout=100, check=False,
                          env={**os.environ, **env})


def output(*words):
    done = weft(*words)
    assert done.returncode == DONE, (words, done.stderr.decode())
    return done.stdout.decode()


def as_json(*words):
    return json.loads(output(*words, "--json"))


def validator(name):
    schema = json.loads((ROOT / "docs" / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def damaged(value, path=()):
    """Copies of a document, each without one of its keys."""
    if isinstance(value, dict):
        for key in value:
            without = {k: v for k, v in value.items() if k != key}
            yield (*path, key), without
            for where, changed in damaged(value[key], (*path, key)):
                copied = copy.copy(value)
                copied[key] = changed
                yield where, copied
    elif isinstance(value, list) and value:
        for where, changed in damaged(value[0], (*path, 0)):
            yield where, [changed, *value[1:]]


class Stats(unittest.TestCase):
    # Keys that only some have.
    OPTIONAL = {"capacity", "target", "target_id", "object", "object_id", "function", "file",
                "line", "releases", "sets", "signals", "passes", "wakes"}

    def test_every_trace_gives_what_the_schema_says(self):
        check = validator("stats.schema.json")
        self.assertGreater(len(TRACES), 6)
        for trace in TRACES:
            some = as_json("stats", trace)["objects"][:1]
            for words in ([], ["--range", "0:100ms"], ["--thread", "1"],
                          *(["--object", o["id"]] for o in some)):
                with self.subTest(trace=trace.name, words=words):
                    check.validate(as_json("stats", trace, *words))

    def test_the_schema_misses_no_key(self):
        check = validator("stats.schema.json")
        whole = as_json("stats", SAMPLES[0])
        for where, changed in damaged(whole):
            if where[-1] not in self.OPTIONAL:
                self.assertFalse(check.is_valid(changed), where)
        self.assertFalse(check.is_valid({**whole, "new": 1}))

    def test_states_add_up_to_the_life(self):
        for trace in TRACES:
            for thread in as_json("stats", trace)["threads"]:
                states = sum(value for key, value in thread.items() if key.endswith("_ns") and key
                             not in ("start_ns", "end_ns", "lifetime_ns")
                             and not key.startswith("wait_"))
                self.assertEqual(states, thread["lifetime_ns"], (trace.name, thread))

    def test_ranges_add_up_to_the_whole(self):
        for trace in TRACES:
            whole = as_json("stats", trace)
            middle = f"{whole['trace']['duration_ns'] // 2}ns"
            parts = [as_json("stats", trace, "--range", r) for r in (f":{middle}", f"{middle}:")]
            for key in ("acquires", "contended", "failed", "timeouts", "events", "wait_total_ns",
                        "hold_total_ns", "puts", "gets", "signals", "full_ns", "empty_ns"):
                for i, thing in enumerate(whole["objects"]):
                    if key in thing:
                        self.assertEqual(sum(part["objects"][i][key] for part in parts),
                                         thing[key], (trace.name, key, thing["name"]))
            self.assertEqual(sum(part["range"]["events"] for part in parts),
                             whole["trace"]["events"])

    def test_counts_are_those_of_the_events(self):
        kinds = {"acquires": ("lock_acquire", "sem_acquire", "rwlock_read_acquire",
                              "rwlock_write_acquire"),
                 "puts": ("queue_put",), "gets": ("queue_get",),
                 "signals": ("cond_signal",), "broadcasts": ("cond_broadcast",),
                 "sets": ("event_set",), "passes": ("barrier_pass",)}
        for trace in SAMPLES:
            events = [json.loads(line) for line in output("dump", trace, "--json").splitlines()]
            for thing in as_json("stats", trace)["objects"]:
                for key, names in kinds.items():
                    if key in thing:
                        count = sum(e["event"] in names and e.get("object_id") == thing["id"]
                                    and e["outcome"] == "ok" for e in events)
                        self.assertEqual(thing[key], count, (trace.name, key, thing["name"]))

    def test_a_thread_has_its_part_of_the_counts(self):
        for trace in SAMPLES:
            whole = as_json("stats", trace)
            parts = [as_json("stats", trace, "--thread", t["id"]) for t in whole["threads"]]
            for thing in whole["objects"]:
                for key in ("acquires", "contended", "failed", "waits", "wait_total_ns", "holds",
                            "hold_total_ns"):
                    self.assertEqual(sum(o[key] for part in parts for o in part["objects"]
                                         if o["id"] == thing["id"]), thing[key],
                                     (trace.name, thing["name"], key))

    def test_filters_that_mean_nothing_are_mistakes(self):
        for words in (["--thread", "nobody"], ["--object", "nothing"], ["--range", "1h:"],
                      ["--range", "2s:1s"]):
            done = weft("stats", SAMPLES[0], *words)
            self.assertEqual((done.returncode, done.stdout), (USAGE, b""), words)
            self.assertTrue(done.stderr.startswith(b"weft"), done.stderr)
        self.assertEqual(weft("stats", ROOT / "README.md").returncode, UNREADABLE)


class Explain(unittest.TestCase):
    def test_every_wait_is_explained_and_its_causes_add_up(self):
        for trace in TRACES:
            ids = [json.loads(line).get("wait") for line in output("dump", trace, "--json")
                   .splitlines()]
            for name in filter(None, ids):
                story = as_json("explain", trace, "--wait", name)
                for parent in story["causes"]:
                    below = [c["ns"] for c in story["causes"] if c["parent"] == parent["index"]]
                    if below:
                        self.assertEqual(sum(below), parent["ns"], (trace.name, name))
                self.assertEqual(story["causes"][0]["ns"], story["ns"])
                self.assertIn(story["sentence"], output("explain", trace, "--wait", name))

    def test_the_critical_path_tiles_the_whole_duration(self):
        for trace in TRACES:
            whole, at = as_json("explain", trace), 0
            for piece in whole["critical_path"]:
                self.assertEqual(piece["from_ns"], at, trace.name)
                at = piece["to_ns"]
            self.assertEqual(at, whole["duration_ns"], trace.name)

    def test_locked_sections_are_locked_because_their_owner_sleeps(self):
        trace = ROOT / "traces/samples/locked-sections.weft.jsonl"
        wait = next(w for w in as_json("stats", trace)["longest_waits"]
                    if w.get("object") == "threadLock")
        story = as_json("explain", trace, "--wait", wait["wait"])
        self.assertRegex(story["sentence"],
                         r"^Thread-. waited \d\.00 s for threadLock, because Thread-. held it; "
                         r"Thread-. spent \d\.00 s of that sleeping \(locked_sections.c:\d+\)\.$")
        self.assertIn("sleeping", story["root"]["words"])

    def made(self, *lines):
        """A trace of these lines, behind a header."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "made.weft.jsonl"
        path.write_text("\n".join(['{"format":"weft-trace","version":1}', *lines, ""]))
        return path

    def test_what_many_short_pieces_consist_of_is_told(self):
        sleeps = [f'{{"t":{i * 1000 + k * 900},"thread":1,"event":"sleep_{what}","site":1}}'
                  for i in range(200) for k, what in enumerate(("begin", "end"))]
        trace = self.made('{"define":"site","id":1,"function":"naps","file":"nap.c","line":7}',
                          *sleeps)
        self.assertRegex(output("explain", trace), r"in shorter pieces \(--json has all\)\n"
                         r"    of these +180 µs +90 %  thread 1: sleep in naps \(nap\.c:7\), "
                         r"200 times\n")

    def test_a_function_whose_name_has_parentheses(self):
        trace = self.made(
            '{"define":"site","id":1,"function":"main::operator()","file":"a.cpp","line":9}',
            '{"define":"object","id":1,"kind":"mutex","name":"m"}',
            '{"t":1,"thread":1,"event":"lock_acquire","object":1}',
            '{"t":2,"thread":2,"event":"lock_request","object":1}',
            '{"t":3,"thread":1,"event":"sleep_begin","site":1}',
            '{"t":9000,"thread":1,"event":"sleep_end"}',
            '{"t":9001,"thread":1,"event":"lock_release","object":1}',
            '{"t":9002,"thread":2,"event":"lock_acquire","object":1}')
        self.assertIn("sleeping (a.cpp:9).", output("explain", trace))

    def test_one_event_that_is_not_known_is_one(self):
        trace = self.made('{"t":1,"thread":1,"event":"quantum_leap"}', '{"end":true,"events":1}')
        self.assertIn(": 1 event that this version does not know, skipped",
                      weft("explain", trace).stderr.decode())

    def test_what_does_not_exist_is_a_mistake(self):
        for words in (["--wait", "9.9"], ["--wait", "x"], ["--thread", "nobody"], ["--at", "1h"],
                      ["--at", "soon"], ["--wait", "1.1", "--at", "1s"]):
            done = weft("explain", SAMPLES[0], *words)
            self.assertEqual((done.returncode, done.stdout), (USAGE, b""), words)


class Show(unittest.TestCase):
    def rows(self, *words):
        return output("show", *words).splitlines()

    def test_the_picture_has_the_width_that_was_asked_for(self):
        for trace in SAMPLES:
            for width in (40, 77, 200):
                for style in ("ascii", "unicode"):
                    bar = "|" if style == "ascii" else "│"
                    rows = [r for r in self.rows(trace, "--width", width, "--style", style)
                            if bar in r]
                    self.assertGreater(len(rows), 2)
                    self.assertEqual({len(row) for row in rows}, {width}, trace.name)

    def test_the_width_is_that_of_columns_when_it_is_set(self):
        for columns, width in (("60", 60), ("7", 40), ("x", 100), ("", 100)):
            rows = weft("show", SAMPLES[0], COLUMNS=columns).stdout.decode().splitlines()
            self.assertEqual({len(row) for row in rows if "|" in row}, {width}, columns)

    def test_a_pipe_gets_ascii_without_colour(self):
        for trace in SAMPLES:
            output("show", trace).encode("ascii")
        self.assertIn("\033[", output("show", SAMPLES[0], "--style", "colour"))

    def test_a_wait_is_where_stats_says(self):
        trace = ROOT / "traces/samples/locked-sections.weft.jsonl"
        name, owner = "Thread-2", "2"
        row = next(r for r in self.rows(trace, "--range", "1s:2s") if name in r)
        self.assertEqual(set(row.split("|")[1]), {"L"})
        row = next(r for r in self.rows(trace, "--range", "1s:2s") if "threadLock" in r)
        self.assertEqual(set(row.split("|")[1]), {owner})

    def test_what_cannot_be_drawn_is_a_mistake(self):
        for words in (["--width", "39"], ["--width", "x"], ["--style", "pink"], ["--range", "1h:"]):
            done = weft("show", SAMPLES[0], *words)
            self.assertEqual((done.returncode, done.stdout), (USAGE, b""), words)


class Diff(unittest.TestCase):
    """Runs made from a sample: stretched in time, or with other numbers."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.sample = ROOT / "traces/samples/locked-sections.weft.jsonl"

    def stretched(self, name, factor, renumber=False):
        text = self.sample.read_text()
        text = re.sub(r'"(t|duration_ns|duration)":(\d+)',
                      lambda m: f'"{m[1]}":{int(int(m[2]) * factor)}', text)
        if renumber:
            text = re.sub(r'"(thread|target)":(\d+)', lambda m: f'"{m[1]}":{40 - int(m[2])}', text)
            text = re.sub(r'("define":"thread","id":)(\d+)',
                          lambda m: m[1] + str(40 - int(m[2])), text)
            text = re.sub(r'("define":"object","id":|"object":)1\b', r'\g<1>7', text)
        (self.folder / name).write_text(text)
        return self.folder / name

    def test_a_run_does_not_differ_from_itself_nor_from_one_with_other_numbers(self):
        for other in (self.sample, self.stretched("other", 1, renumber=True)):
            self.assertEqual(output("diff", self.sample, other), "Nothing changed.\n")
            report = as_json("diff", self.sample, other)
            self.assertEqual((report["changes"], report["only_before"], report["only_after"]),
                             ([], [], []))

    def real(self, *words):
        return {(c["name"], c["measure"]): c for c in as_json("diff", *words)["changes"]
                if not c["noise"]}

    def test_what_took_twice_as_long_has_changed(self):
        real = self.real(self.sample, self.stretched("slow", 2, renumber=True))
        change = real["threadLock (lock)", "wait_total_ns"]
        self.assertAlmostEqual(change["after"][0] / change["before"][0], 2, places=3)
        self.assertIn(("the whole", "duration_ns"), real)
        self.assertNotIn(("threadLock (lock)", "acquires"), real)

    def test_a_little_is_noise_with_one_run_a_side(self):
        self.assertEqual(self.real(self.sample, self.stretched("little", 1.05)), {})

    def test_with_several_runs_the_spread_is_what_counts(self):
        before = [self.stretched(f"b{i}", f) for i, f in enumerate((1, 1.01, 1.02))]
        after = [self.stretched(f"a{i}", f) for i, f in enumerate((1.06, 1.07))]
        words = [w for t in before for w in ("-b", t)] + [w for t in after for w in ("-a", t)]
        self.assertIn(("the whole", "duration_ns"), self.real(*words))
        wild = [self.stretched(f"w{i}", f) for i, f in enumerate((1, 1.5))]
        words = [w for t in wild for w in ("-b", t)] + [w for t in after for w in ("-a", t)]
        self.assertEqual(self.real(*words), {})

    def test_what_is_in_one_side_only_is_told(self):
        report = as_json("diff", ROOT / "traces/samples/thread-class.weft.jsonl", self.sample)
        self.assertIn({"what": "object", "name": "threadLock (lock)"}, report["only_after"])

    def test_one_trace_is_not_enough(self):
        for words in ([self.sample], [], [self.sample] * 3):
            self.assertEqual(weft("diff", *words).returncode, USAGE)
        self.assertEqual(weft("diff", self.sample, ROOT / "README.md").returncode, UNREADABLE)


class Agreement(unittest.TestCase):
    """Every number that two commands print about one thing is the same."""

    def test_a_wait_is_as_long_everywhere(self):
        for trace in SAMPLES:
            begun = {e["wait"]: e for e in map(json.loads, output("dump", trace, "--json")
                                               .splitlines()) if "wait" in e}
            for wait in as_json("stats", trace)["longest_waits"]:
                story = as_json("explain", trace, "--wait", wait["wait"])
                self.assertEqual(story["ns"], wait["ns"])
                self.assertEqual(story["thread_id"], wait["thread_id"])
                self.assertEqual(begun[wait["wait"]]["t_ns"], wait["start_ns"])
                self.assertEqual(begun[wait["wait"]]["line"], wait["line"])
            told = {w["wait"]: w for w in as_json("explain", trace)["longest_waits"]}
            for wait in as_json("stats", trace)["longest_waits"]:
                self.assertEqual(told[wait["wait"]]["ns"], wait["ns"])

    def test_a_thread_spends_as_much_time_everywhere(self):
        for trace in SAMPLES:
            for thread in as_json("stats", trace)["threads"]:
                life = as_json("explain", trace, "--thread", thread["id"])
                for state, ns in life["states_ns"].items():
                    self.assertEqual(ns, thread[state + "_ns"], (trace.name, thread["name"]))
                moment = as_json("explain", trace, "--at", f"{thread['start_ns']}ns")
                names = {t["id"]: t["name"] for t in moment["threads"]}
                self.assertIn(thread["id"], names)

    def test_an_object_is_waited_for_as_long_everywhere(self):
        for trace in SAMPLES:
            objects = {o["name"]: o for o in as_json("stats", trace)["objects"]}
            for cost in as_json("explain", trace)["costs"]:
                if cost["kind"] == "waits":
                    name = cost["words"].split("waits for ")[1].split(",")[0]
                    self.assertEqual(objects[name]["wait_total_ns"], cost["ns"])
                    self.assertEqual(objects[name]["waits"], cost["count"])


class Hostile(unittest.TestCase):
    """A trace whose names do to a terminal what they like."""
    EVIL = "a\x1b[31mb\x9bc\nd\u202ee\x7f"
    OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e"
                        "\u2060-\u2069\ufeff]")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.trace = pathlib.Path(folder.name, "evil\x1b\n.jsonl")
        lines = [{"format": "weft-trace", "version": 1, "program": self.EVIL, "command": [self.EVIL],
                  "pid": 7, "start": "2026-11-24T11:49:13.123456789Z", "clock": self.EVIL,
                  "resolution_ns": 1, "unit": "ns", "recorder": self.EVIL},
                 *({"define": "thread", "id": i, "name": self.EVIL} for i in (1, 2)),
                 {"define": "object", "id": 1, "kind": "mutex", "name": self.EVIL},
                 {"define": "object", "id": 2, "kind": "queue", "name": self.EVIL},
                 {"define": "site", "id": 1, "function": self.EVIL, "file": self.EVIL, "line": 3}]
        events = [{"t": 0, "thread": 1, "event": "thread_start"},
                  {"t": 0, "thread": 2, "event": "thread_start"},
                  {"t": 10, "thread": 1, "event": "zone_begin", "name": self.EVIL},
                  {"t": 10, "thread": 1, "event": "lock_acquire", "object": 1, "site": 1},
                  {"t": 20, "thread": 2, "event": "lock_request", "object": 1, "site": 1},
                  {"t": 25, "thread": 1, "event": "print", "text": self.EVIL},
                  {"t": 26, "thread": 1, "event": "queue_put", "object": 2, "size": 1,
                   "item": self.EVIL},
                  {"t": 30, "thread": 1, "event": "sleep_begin", "duration": 200000000, "site": 1},
                  {"t": 200000000, "thread": 1, "event": "sleep_end"},
                  {"t": 200000010, "thread": 1, "event": "lock_release", "object": 1},
                  {"t": 200000020, "thread": 2, "event": "lock_acquire", "object": 1},
                  {"t": 200000030, "thread": 2, "event": "lock_release", "object": 1}]
        end = {"end": True, "events": len(events), "lost": 0, "late": 0, "duration_ns": 200000060}
        self.trace.write_text("".join(json.dumps(line) + "\n" for line in [*lines, *events, end]) +
                              "{ \x9b\x1b\n")

    def commands(self):
        """Every command that reads a trace and says something, in each of its ways."""
        yield from (["dump"], ["stats"], ["check"], ["show"], ["explain"])
        yield from (["explain", how, what] for how, what in
                    (("--thread", "1"), ("--at", "100ms"), ("--wait", "2.1")))

    def test_reports_in_words_are_plain_text(self):
        for command, *words in [*self.commands(), ["diff", self.trace]]:
            done = weft(command, *words, self.trace)
            self.assertIn(done.returncode, (DONE, 1), (command, done.stderr))
            for text in (done.stdout.decode(), done.stderr.decode()):
                self.assertIsNone(self.OBEYED.search(text), (command, text))
            if command not in ("diff", "show"):  # one says nothing of equal runs, one cuts names
                self.assertIn("a\\x1b[31mb\\u{9b}c\\nd\\u{202e}e\\x7f", done.stdout.decode(), command)
            self.assertIn("evil\\x1b\\n.jsonl: line ", done.stderr.decode())

    def test_json_has_the_names_as_they_are_and_nothing_that_a_terminal_obeys(self):
        for command, *words in [*self.commands(), ["diff", self.trace]]:
            if command == "show":
                continue
            done = weft(command, *words, self.trace, "--json")
            self.assertIsNone(self.OBEYED.search(done.stdout.decode()), command)
            told = [json.loads(line) for line in done.stdout.decode().splitlines()]
            if command == "stats":
                self.assertEqual(told[0]["objects"][0]["name"], self.EVIL)

    def test_mistakes_are_told_in_plain_text(self):
        for words in (["stats", self.trace, "--thread", "\x1b[31m"],
                      ["stats", self.trace, "--object", "\x1b[31m"],
                      ["explain", self.trace, "--wait", "\x1b[31m"],
                      ["export", "--to", "\x1b[31m", self.trace],
                      ["dump", "--kind", "\x1b[31m", self.trace],
                      ["dump", self.trace.parent / "none\x1b[31m"]):
            done = weft(*words)
            self.assertIn(done.returncode, (USAGE, UNREADABLE), words)
            self.assertIsNone(self.OBEYED.search(done.stderr.decode()), (words, done.stderr))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
