#!/usr/bin/python3
"""weft check on the documented scenarios: what they really do, and nothing else.

    test_scenarios.py WEFT SAMPLES

Each is looked at as recorded in SAMPLES and in a fresh run; the comment of each scenario says the
same in words ("Finding").
"""
import json
import pathlib
import subprocess
import sys
import tempfile

# Scenario → {(kind, its threads, its objects)}
EXPECTED = {
    "start-new-thread": {("spin", ("main",), ())},
    "thread-class": set(),
    "locked-sections": {("sleep-holding", ("Thread-1", "Thread-2"), ("threadLock",))},
    "queue-workers": {("spin", ("main",), ("workQueue",)),
                      ("poll", ("Thread-1", "Thread-2", "Thread-3"), ("workQueue",))},
    "guided-tour": set(),
}

# What takes longest is run afresh last and at once with the others.
FRESH = ["thread-class", "locked-sections", "queue-workers", "guided-tour", "start-new-thread"]


def found_in(weft, trace):
    done = subprocess.run([weft, "check", "--json", trace], capture_output=True, text=True,
                          check=False)
    findings = json.loads(done.stdout)["findings"]
    if done.returncode != (1 if findings else 0):
        raise SystemExit(f"{trace}: exit status {done.returncode}")
    return {(finding["kind"], tuple(sorted(entry["name"] for entry in finding["threads"])),
             tuple(sorted(entry["name"] for entry in finding["objects"]))) for finding in findings}


def main():
    weft, samples = sys.argv[1], pathlib.Path(sys.argv[2])
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        runs = [(name, pathlib.Path(folder) / name) for name in FRESH]
        started = [subprocess.Popen([weft, "run", name, "-o", trace], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL) for name, trace in runs]
        for process in started:
            process.wait()
        traces = runs + [(name, samples / f"{name}.weft.jsonl") for name in EXPECTED]
        for name, trace in traces:
            found = found_in(weft, trace)
            if found != EXPECTED[name]:
                wrong += 1
                print(f"{name} ({trace}): {sorted(found)} instead of {sorted(EXPECTED[name])}")
    print(f"scenarios: {len(traces)} traces, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
