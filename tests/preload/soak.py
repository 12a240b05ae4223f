#!/usr/bin/python3
"""Sound programs, recorded again and again: none of them deadlocks, so none may be said to.

    soak.py WEFT GUEST [--seconds N] [--seed S] [NAME…]
        exit 1 at a report, a lost event or another outcome than plain

Runs the programs of programs.py and the guest's sound modes (those whose name has one of the words)
in turn until the time is over, each with --on-deadlock=stop, so that a report would also end the
program.  What each does plain, once at the beginning, it must do recorded.  Two run at a time: what
one does disturbs the other's time, as on a busy machine.  An hour may be run in pieces: none is
begun when the time is over, and each seed has an order of its own.
"""
import argparse
import concurrent.futures
import itertools
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import counts
import programs
from real import end_of

MODES = ("many", "heap", "types", "rwlocks", "barriers", "semaphores", "conditions", "c11",
         "futexes", "short", "detached", "cancel", "cancelsem", "destructors", "mainfirst", "fork",
         "spawn", "sigpost", "longjmp", "names", "sleeps")
AT_A_TIME = 2


class Guest(programs.Program):
    def __init__(self, guest, mode):
        super().__init__(f"guest {mode}", [], [guest, mode])

    def state(self, _folder, done):
        """Its word that all went well; its counts differ, and are looked up in the trace."""
        self.said = done.stdout.decode()
        return [line for line in self.said.splitlines() if line.startswith(("ok ", "not "))]

    def differences(self, trace):
        expected = counts.said(self.said)
        written = counts.Trace(trace)
        found = {what: written.count(what) for what in expected}
        if not expected or found != expected:
            yield f"the trace has {found}, it counted {expected}"


class Sound(programs.Built):
    """Four threads take eight locks in one order; or in none, but with a time limit."""

    def __init__(self, mode):
        super().__init__(f"rec_deadlock {mode}", "../rec_deadlock.c", "gcc -pthread", mode)
        self.command[0] = self.build[self.build.index("-o") + 1] = "{folder}/rec_deadlock"


def once(weft, ready, number):
    """What is wrong with one run, and how many events it has; nothing is: []."""
    trace = ready.folder / "trace.weft.jsonl"
    program = ready.program
    as_user = programs.as_user(program.user) if program.user is not None else []
    trace.unlink(missing_ok=True)
    got = program.run(ready.folder, [*as_user, weft, "record", "-q", "--on-deadlock=stop", "-o",
                                     str(trace), "--"])
    wrong = []
    said = re.sub(program.true_note, "", got["said"]) if program.true_note else got["said"]
    if "weft: " in said:
        wrong.append("it says " + said[said.index("weft: "):][:1000])
    if got["exit"] != ready.plain["exit"]:
        wrong.append(f"exit status {got['exit']}: {got['said'][-300:]}")
    if got["state"] != ready.plain["state"]:
        wrong.append(f"recorded {str(got['state'])[:300]!r}, "
                     f"plain {str(ready.plain['state'])[:300]!r}")
    if isinstance(program, Guest):
        wrong += program.differences(trace)
    last = end_of(trace)
    end = json.loads(last)
    if end.get("lost") != 0:
        wrong.append(f"the trace ends with {last}")
    if wrong:
        kept = pathlib.Path(tempfile.gettempdir()) / f"weft-soak-{number}.weft.jsonl"
        shutil.move(trace, kept)
        wrong.append(f"its trace is kept as {kept}")
    return wrong, end.get("events", 0)


class Ready:
    """A program that was built, in a folder of its own, and what it does plain."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        folder.mkdir()
        folder.chmod(0o755)
        if program.missing() is not None:
            raise programs.Cannot(f"no {program.missing()} here")
        program.make(folder)
        as_user = programs.as_user(program.user) if program.user is not None else []
        self.plain = program.run(folder, as_user)


def make_ready(guest, words, folder):
    for program in (*programs.everything(), *(Guest(guest, mode) for mode in MODES),
                    Sound("sound"), Sound("timed")):
        if words and not any(word in program.name for word in words):
            continue
        try:
            yield Ready(program, folder / program.name.replace(" ", "-").replace("+", "x"))
        except (programs.Cannot, subprocess.SubprocessError, OSError) as why:
            print(f"skipped {program.name}: {why}", flush=True)


def in_turn(ready, seed, end):
    """The next one to run: all of them once, in some order, then again in another."""
    order = random.Random(seed)
    while True:
        turn = list(ready)
        order.shuffle(turn)
        for one in turn:
            if time.monotonic() >= end:
                return
            yield one


class Soak:
    """Counts of what ran; one prints at a time."""

    def __init__(self, weft):
        self.weft = weft
        self.lock = threading.Lock()
        self.runs = self.failures = self.events = 0

    def tell(self, count):
        print(f"{self.runs} runs of {count} programs, {self.events} events, "
              f"{self.failures} wrong", flush=True)

    def run(self, one, busy, number):
        with busy:  # never the same twice at a time: they share the folder
            try:
                wrong, written = once(self.weft, one, number)
            except (programs.Cannot, subprocess.SubprocessError, OSError, AssertionError,
                    ValueError) as why:
                wrong, written = [str(why) or repr(why)], 0
        with self.lock:
            self.runs += 1
            self.events += written
            if wrong:
                self.failures += 1
                print(f"FAILED {one.program.name}:", *wrong, sep="\n    ", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weft", type=pathlib.Path)
    parser.add_argument("guest", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("words", nargs="*", metavar="NAME")
    options = parser.parse_args()
    soak = Soak(str(options.weft.resolve()))
    with tempfile.TemporaryDirectory(prefix="weft-soak-") as name:
        pathlib.Path(name).chmod(0o755)
        ready = list(make_ready(str(options.guest.resolve()), options.words, pathlib.Path(name)))
        print(f"{len(ready)} programs are ready", flush=True)
        end = time.monotonic() + options.seconds
        room = threading.Semaphore(AT_A_TIME)
        busy = {one: threading.Lock() for one in ready}

        def run_and_leave(one, number):
            try:
                soak.run(one, busy[one], number)
            finally:
                room.release()

        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            turn = in_turn(ready, options.seed, end)
            for number in itertools.count():
                room.acquire()  # before one is chosen: what was not begun in time is not begun
                one = next(turn, None)
                if one is None:
                    break
                pool.submit(run_and_leave, one, number)
                if number % len(ready) == len(ready) - 1:
                    soak.tell(len(ready))
        soak.tell(len(ready))
    sys.exit(1 if soak.failures or soak.runs == 0 else 0)


if __name__ == "__main__":
    main()
