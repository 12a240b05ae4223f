#!/usr/bin/python3
"""weft check on programs with a fault each, and on their sound twins.

    test_findings.py WEFT PROGRAMS SOURCES SEEDS [KIND…]

PROGRAMS is the folder of the built programs, SOURCES that of their sources; KIND: only these.  Every
run is recorded by `weft record` in real time, and with SEEDS seeds of the virtual clock.
What is expected stands in EXPECTED: the kind, its threads and objects, and places as
"role": "marker", where the marker is a comment /* @marker */ in the line that must be named.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

import expected


def lines_of(source):
    """Marker → line."""
    return {word: number
            for number, line in enumerate(source.read_text().splitlines(), 1)
            for word in re.findall(r"/\* @([a-z0-9-]+) \*/", line)}


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=60, check=False)


def wrong_with(finding, wanted, lines):
    """What one finding has otherwise than wanted; nothing when it is right."""
    kind, threads, objects, places = wanted
    if finding["kind"] != kind:
        yield f"{finding['kind']} instead of {kind}"
        return
    for key, names in (("threads", threads), ("objects", objects)):
        there = sorted(entry["name"] for entry in finding[key])
        if names is not None and there != sorted(names):
            yield f"{key} {there} instead of {sorted(names)}"
    for role, marker in places:
        if not any(place["role"] == role and place.get("line") == lines[marker]
                   for place in finding["places"]):
            there = [(place["role"], place.get("line")) for place in finding["places"]]
            yield f"no \"{role}\" in line {lines[marker]} (@{marker}) among {there}"
    for key in ("what", "why", "advice"):
        if not finding[key].endswith((".", ").", "…).")):
            yield f"{key} is no sentence: {finding[key]!r}"


def wrong_in(result, wanted, lines):
    """What a whole report has otherwise than wanted."""
    findings = sorted(result["findings"], key=lambda finding: finding["kind"])
    if len(findings) != len(wanted):
        yield (f"{len(findings)} findings instead of {len(wanted)}: "
               + " | ".join(f"{finding['kind']}: {finding['what']}" for finding in findings))
        return
    for finding, want in zip(findings, sorted(wanted)):
        yield from wrong_with(finding, want, lines)


class Runner:
    def __init__(self, weft, programs, sources, seeds):
        self.weft, self.programs, self.sources, self.seeds = weft, programs, sources, seeds
        schema = json.loads((sources.parent.parent / "docs/findings.schema.json").read_text())
        self.schema = jsonschema.Draft7Validator(schema)
        self.count = self.failed = 0

    def one(self, kind, variant, wanted, options, trace):
        name = kind.replace("-", "_").replace(" ", "_")
        program = self.programs / ("find_" + name)
        run(self.weft, "record", "-q", *options, "-o", trace, program, variant)
        checked = run(self.weft, "check", "--json", trace)
        if checked.returncode not in (0, 1):
            return [f"exit status {checked.returncode}: {checked.stderr}"]
        lines = lines_of(self.sources / (name + ".c"))
        result = json.loads(checked.stdout)
        wrong = [error.message for error in self.schema.iter_errors(result)]
        wrong += wrong_in(result, wanted, lines)
        if checked.returncode != (1 if wanted else 0):
            wrong.append(f"exit status {checked.returncode}")
        return wrong

    def variant(self, kind, variant, wanted):
        runs = [[]] if kind not in expected.SPURIOUS or not wanted else []
        spurious = ["--spurious", "50"] if kind in expected.SPURIOUS else []
        if (kind, variant) not in expected.REAL_TIME_ONLY:
            # Some have a thread that never ends; in simulated time that would be long.
            runs += [["--limit", "60s", "--seed", seed, *spurious] for seed in range(1, self.seeds + 1)]
        with tempfile.TemporaryDirectory() as folder:
            for options in runs:
                trace = pathlib.Path(folder) / "trace.weft.jsonl"
                wrong = self.one(kind, variant, wanted, options, trace)
                # On a busy machine what depends on who runs when may need another try.
                for _ in range(10 if kind in expected.BY_CHANCE and wanted and not options else 0):
                    wrong = wrong and self.one(kind, variant, wanted, options, trace)
                self.count += 1
                for what in wrong:
                    print(f"{kind} {variant} {' '.join(map(str, options))}: {what}")
                self.failed += bool(wrong)


def main():
    weft, programs, sources, seeds, *kinds = sys.argv[1:]
    runner = Runner(weft, pathlib.Path(programs), pathlib.Path(sources), int(seeds))
    for kind, variants in expected.EXPECTED.items():
        if kinds and kind not in kinds:
            continue
        for variant, wanted in variants.items():
            runner.variant(kind, variant, wanted)
    print(f"findings: {runner.count} runs, {runner.failed} wrong")
    sys.exit(1 if runner.failed or runner.count == 0 else 0)


if __name__ == "__main__":
    main()
