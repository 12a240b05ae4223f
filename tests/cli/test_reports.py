#!/usr/bin/python3
"""The reports stats, explain, show and diff: their JSON, and that they agree with one another.

usage: test_reports.py WEFT ROOT [unittest's arguments]
"""
import copy
import json
import pathlib
import subprocess
import sys
import unittest

import jsonschema

WEFT, ROOT = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
SAMPLES = sorted(ROOT.glob("traces/samples/*.jsonl"))
TRACES = SAMPLES + sorted(ROOT.glob("tests/golden/traces/*.jsonl"))
DONE, USAGE, UNREADABLE = 0, 2, 3


def weft(*words):
    return subprocess.run([WEFT, *map(str, words)], capture_output=True, timeout=100, check=False)


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


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
