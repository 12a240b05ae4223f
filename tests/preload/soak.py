#!/usr/bin/python3
"""Sound programs, recorded again and again: none of them deadlocks, so none may be said to.

    soak.py WEFT GUEST SECONDS     exit 1 at a report, a lost event or another outcome

Runs the programs of programs.py and the guest's sound modes in turn until the time is over, each
with --on-deadlock=stop, so that a report would also end the program.  Two run at a time: what one
does disturbs the other's time, as on a busy machine.
"""
import concurrent.futures
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

import programs
from real import end_of

MODES = ("many", "heap", "types", "rwlocks", "barriers", "semaphores", "conditions", "c11",
         "futexes", "short", "detached", "cancel", "cancelsem", "destructors", "mainfirst", "fork",
         "spawn", "sigpost", "longjmp", "names", "sleeps")
AT_A_TIME = 2


class Guest(programs.Program):
    def __init__(self, guest, mode):
        super().__init__(f"guest {mode}", [], [guest, mode])


class Sound(programs.Built):
    """Four threads take eight locks in one order; or in none, but with a time limit."""

    def __init__(self, mode):
        super().__init__(f"rec_deadlock {mode}", "../rec_deadlock.c", "gcc -pthread", mode)
        self.command[0] = self.build[self.build.index("-o") + 1] = "{folder}/rec_deadlock"


def once(weft, program, folder, number):
    """What is wrong with one run; None: nothing."""
    trace = folder / "trace.weft.jsonl"
    as_user = programs.as_user(program.user) if program.user is not None else []
    got = program.run(folder, [*as_user, weft, "record", "-q", "--on-deadlock=stop", "-o",
                               str(trace), "--"])
    wrong = []
    said = re.sub(program.true_note, "", got["said"]) if program.true_note else got["said"]
    if "weft: " in said:
        wrong.append("it says " + said[said.index("weft: "):][:1000])
    if got["exit"] != 0:
        wrong.append(f"exit status {got['exit']}: {got['said'][-300:]}")
    last = end_of(trace)
    end = json.loads(last)
    if end.get("lost") != 0:
        wrong.append(f"the trace ends with {last}")
    if wrong:
        kept = pathlib.Path(tempfile.gettempdir()) / f"weft-soak-{number}.weft.jsonl"
        trace.rename(kept)
        wrong.append(f"its trace is kept as {kept}")
    return wrong, end["events"]


def main():
    weft, guest = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    runs = failures = events = number = 0
    with tempfile.TemporaryDirectory(prefix="weft-soak-") as name:
        ready = []
        for program in (*programs.everything(), *(Guest(guest, mode) for mode in MODES),
                        Sound("sound"), Sound("timed")):
            folder = pathlib.Path(name) / program.name.replace(" ", "-").replace("+", "x")
            folder.mkdir()
            folder.chmod(0o755)
            try:
                if program.missing() is None:
                    program.make(folder)
                    ready.append((program, folder))
                    continue
            except programs.Cannot as why:
                print(f"skipped {program.name}: {why}", flush=True)
                continue
            print(f"skipped {program.name}: no {program.missing()} here", flush=True)
        pathlib.Path(name).chmod(0o755)
        end = time.monotonic() + float(sys.argv[3])
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            while time.monotonic() < end:
                random.shuffle(ready)
                started = {pool.submit(once, weft, program, folder, number + i): program.name
                           for i, (program, folder) in enumerate(ready)}
                number += len(ready)
                for run in concurrent.futures.as_completed(started):
                    try:
                        wrong, written = run.result()
                    except (programs.Cannot, subprocess.SubprocessError, OSError,
                            AssertionError) as why:
                        wrong, written = [str(why)], 0
                    runs += 1
                    events += written
                    if wrong:
                        failures += 1
                        print(f"FAILED {started[run]}:", *wrong, sep="\n    ", flush=True)
                print(f"{runs} runs of {len(ready)} programs, {events} events, {failures} wrong",
                      flush=True)
    sys.exit(1 if failures or runs == 0 else 0)


if __name__ == "__main__":
    main()
