#!/usr/bin/python3
"""What hangs once in a thousand times: recorded a thousand times.

    thousand.py WEFT GUEST [TIMES]     exit 1 at a hang, another exit status or a lost event

Each mode is what a recorder gets wrong seldom: a cancellation in a wait, destructors of thread data
behind the recorder's own, signals in the middle of a record, fork while others hold locks.  A
thousand is what happens, not how often the program is started: a mode that does it fifty times in
a run is run twenty times.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

from real import end_of

LIMIT_S = 60
# mode: how often a run does it
MODES = {"cancel": 50, "cancelsem": 1, "destructors": 40, "sigpost": 100, "sigfill": 300,
         "longjmp": 1, "fork": 20, "spawn": 20, "mainfirst": 1}
# These wait for a second in each run: a tenth is what one has time for.
SLOW = {"longjmp": 0.1}


def main():
    weft, guest = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="weft-thousand-") as name:
        trace = pathlib.Path(name) / "trace.weft.jsonl"
        for mode, each in MODES.items():
            runs = max(1, int(times * SLOW.get(mode, 1)) // each, 5)
            bad = []
            for run in range(runs):
                try:
                    done = subprocess.run([weft, "record", "-q", "-o", str(trace), "--", guest,
                                           mode], check=False, capture_output=True, text=True,
                                          timeout=LIMIT_S)
                    if done.returncode != 0 or done.stderr or '"lost":0,' not in end_of(trace):
                        bad.append(f"run {run}: exit {done.returncode} {done.stderr} "
                                   f"{end_of(trace)}")
                except subprocess.TimeoutExpired:
                    bad.append(f"run {run}: hangs")
            wrong += len(bad)
            print(f"{'FAILED' if bad else 'ok    '} {mode}: {runs * each} times in {runs} runs",
                  *bad, sep="\n    " if bad else "", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    os.nice(5)
    main()
