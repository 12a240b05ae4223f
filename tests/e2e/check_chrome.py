#!/usr/bin/python3
"""Holds the Chrome export of every trace to chrome_rules.py, and to the trace itself where
speedscope does not look: instants, counters, arrows, the order of lanes.

    check_chrome.py --weft WEFT FOLDER-OF-TRACES...
"""
import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

import chrome_rules
import decode
import nonsense


class Export(unittest.TestCase):
    options = None

    def export(self, path):
        done = subprocess.run([self.options.weft, "export", str(path), "--to", "chrome"],
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.stdout.decode("utf-8")

    def check(self, path):
        text = self.export(path)
        self.assertEqual(chrome_rules.check(text), [])
        events = chrome_rules.load(text)["traceEvents"]
        expected = decode.Trace(path)

        names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
        order = {e["tid"]: e["args"]["sort_index"]
                 for e in events if e["name"] == "thread_sort_index"}
        in_order = [names[tid] for tid in sorted(order, key=order.get)]
        threads = [t.name for _, t in sorted(expected.threads.items())]
        self.assertEqual(in_order[:len(threads)], threads)

        prints = [(int(e["ts"] * 1000), e["name"]) for e in events if e.get("cat") == "print"]
        self.assertEqual(sorted(prints),
                         sorted(line for t in expected.threads.values() for line in t.prints))

        instants = collections.Counter(e["cat"] for e in events if e["ph"] == "i")
        for kind in decode.POINTS:
            self.assertEqual(instants[kind], expected.points[kind], kind)

        for queue, sizes in expected.depths.items():
            shown = [e["args"]["items"] for e in events if e["ph"] == "C" and e["name"] == queue]
            self.assertEqual(shown[-len(sizes):], sizes, queue)

        # Whoever waited for a lock and got it was let in by somebody.
        waited = sum(name.startswith("lock wait") for t in expected.threads.values()
                     for name in t.got)
        ended = sum(e["ph"] == "f" for e in events)
        self.assertGreaterEqual(ended, waited)

    def test_locked_sections_tells_its_lesson(self):
        """Thread-2 waits 3 s for threadLock, which Thread-1 has, and Thread-1 hands it over."""
        path = next(p for p in self.options.traces if p.name.startswith("locked-sections."))
        events = chrome_rules.load(self.export(path))["traceEvents"]
        tids = {e["args"]["name"]: e["tid"] for e in events if e["name"] == "thread_name"}

        begin, end = [e for e in events if e["name"] == "lock wait threadLock"]
        self.assertEqual((begin["ph"], begin["tid"]), ("B", tids["Thread-2"]))
        self.assertAlmostEqual(float(end["ts"] - begin["ts"]), 3e6, delta=5e3)
        self.assertEqual((begin["args"]["owner"], begin["args"]["woken_by"]),
                         ("Thread-1", "Thread-1"))
        arrows = {}
        for event in events:
            if event["ph"] in "sf":
                arrows.setdefault(event["id"], []).append((event["ph"], event["tid"], event["ts"]))
        release = next(e["ts"] for e in events if e["name"] == "releases threadLock")
        self.assertIn([("s", tids["Thread-1"], release), ("f", tids["Thread-2"], end["ts"])],
                      arrows.values())
        holds = [e["name"] for e in events if e["ph"] == "b" and e["name"].startswith("held")]
        self.assertEqual(holds, ["held by Thread-1", "held by Thread-2"])

    def test_no_trace_makes_a_bad_export(self):
        """Events in any order, as a cut, late or hostile trace has them, at few different times."""
        for seed in range(150):
            with self.subTest(seed=seed), tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
                file.write(nonsense.trace(random.Random(seed)))
                file.flush()
                self.assertEqual(chrome_rules.check(self.export(file.name)), [])

    def test_every_rule_can_be_broken(self):
        good = self.export(next(p for p in self.options.traces if p.name.startswith("hand-off.")))
        self.assertEqual(chrome_rules.check(good), [])
        lines = good.split("\n")

        def at(pattern):
            return next(i for i, line in enumerate(lines) if re.search(pattern, line))

        def swap(i, pattern, by):
            changed = re.sub(pattern, by, lines[i], count=1)
            self.assertNotEqual(changed, lines[i])
            return "\n".join(lines[:i] + [changed] + lines[i + 1:])

        begin, end, counter = at('"ph":"B"'), at('"ph":"E"'), at('"ph":"C"')
        flow, flow_end, hold = at('"ph":"s"'), at('"ph":"f"'), at('"ph":"e"')
        instant = at('"ph":"i"')
        broken = {
            "a missing E": "\n".join(lines[:end] + lines[end + 1:]),
            "a missing B": "\n".join(lines[:begin] + lines[begin + 1:]),
            "an E of another name": swap(end, '"name":"', '"name":"not '),
            "an E with other args": swap(end, "}(,?)$", r',"args":{"a":1}}\1'),
            "a negative time": swap(begin, '"ts":', '"ts":-'),
            "too many digits": swap(begin, r'("ts":\d+\.\d+)', r"\g<1>5"),
            "a time before its neighbour": swap(end, r'"ts":\d+', '"ts":0'),
            "an unknown colour": swap(begin, '"cname":"', '"cname":"un'),
            "a tid of 0": swap(begin, r'"tid":\d+', '"tid":0'),
            "a pid as text": swap(begin, r'"pid":(\d+)', r'"pid":"\1"'),
            "a tid past u32": swap(begin, r'"tid":\d+', '"tid":4294967296'),
            "an X": swap(begin, '"ph":"B"', '"ph":"X"'),
            "a counter of text": swap(counter, r'":\d+}}', '":"1"}}'),
            "an arrow without its end": "\n".join(lines[:flow_end] + lines[flow_end + 1:]),
            "an arrow without its start": "\n".join(lines[:flow] + lines[flow + 1:]),
            "an arrow without its instant": "\n".join(lines[:flow - 1] + lines[flow:]),
            "an arrow with a text id": swap(flow, r'"id":(\d+)', r'"id":"\1"'),
            "an arrow to the next slice": swap(flow, ',"bp":"e"', ""),
            "a hold that never ends": "\n".join(lines[:hold] + lines[hold + 1:]),
            "an instant of the whole trace": swap(instant, '"s":"t"', '"s":"g"'),
            "metadata with a time": swap(1, '"ph":"M"', '"ph":"M","ts":0.000'),
            "a first event with a cat": swap(1, '"ph":"M"', '"ph":"M","cat":"a"'),
            "a unit that Catapult does not know": good.replace('Unit":"ns"', 'Unit":"us"'),
            "an array": json.dumps(json.loads(good)["traceEvents"]),
        }
        for what, text in broken.items():
            with self.subTest(what):
                self.assertNotEqual(chrome_rules.check(text), [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weft", required=True)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    Export.options = parser.parse_args()
    Export.options.traces = decode.traces_in(Export.options.folders)
    for path in Export.options.traces:
        name = "test_" + path.name.removesuffix(".weft.jsonl").replace("-", "_")
        setattr(Export, name, lambda self, path=path: self.check(path))
    unittest.main(argv=sys.argv[:1], verbosity=2)


if __name__ == "__main__":
    main()
