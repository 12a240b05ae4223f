#!/usr/bin/python3
"""Runs the documented scenarios in real time and holds them against the document.

Their stdout is a pipe here, and every line is stamped when it arrives.  For each scenario: every
thread prints its documented lines at its documented seconds, each queue item is taken once, and
the trace says the same, line by line, as the stamps do.

usage: scenario_times.py WEFT FOLDER [TOLERANCE_S]
The tolerance is 0.25 s unless given: a busy machine must not fail the test.  scripts/test-long
gives 0.005; below 0.1 the scenarios run one after the other, since two of them spin.
"""
import datetime
import json
import os
import re
import subprocess
import sys
import threading
import time

WEFT, FOLDER = sys.argv[1], sys.argv[2]
TOLERANCE = float(sys.argv[3]) if len(sys.argv) > 3 else 0.25
MOST_EVENTS = 1000

# Thread → [(line, second)]; TIME stands for what ctime prints.
DOCUMENTED = {
    "start-new-thread": {
        "Thread-1": [("Thread-1: TIME", s) for s in (2, 4, 6, 8, 10)],
        "Thread-2": [("Thread-2: TIME", s) for s in (4, 8, 12, 16, 20)],
    },
    "thread-class": {
        "main": [("Exiting Main Thread", 0)],
        "Thread-1": [("Starting Thread-1", 0)]
        + [("Thread-1: TIME", s) for s in (1, 2, 3, 4, 5)]
        + [("Exiting Thread-1", 5)],
        "Thread-2": [("Starting Thread-2", 0)]
        + [("Thread-2: TIME", s) for s in (2, 4, 6, 8, 10)]
        + [("Exiting Thread-2", 10)],
    },
    "locked-sections": {
        "main": [("Exiting Main Thread", 9)],
        "Thread-1": [("Starting Thread-1", 0)] + [("Thread-1: TIME", s) for s in (1, 2, 3)],
        "Thread-2": [("Starting Thread-2", 0)] + [("Thread-2: TIME", s) for s in (5, 7, 9)],
    },
    # Which worker takes which item is up to the schedule: ITEM stands for one of five.
    "queue-workers": {
        "main": [("Exiting Main Thread", 3)],
        "Thread-1": None,
        "Thread-2": None,
        "Thread-3": None,
    },
    "guided-tour": None,
}
CTIME = re.compile(r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$")


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def run(name):
    """The stamped lines, as (wall clock, line), and the trace."""
    path = os.path.join(FOLDER, name + ".weft.jsonl")
    program = subprocess.Popen(
        [WEFT, "run", "-q", name, "-o", path], stdout=subprocess.PIPE, text=True
    )
    lines = [(time.time(), line.rstrip("\n")) for line in program.stdout]
    check(program.wait() == 0, f"{name}: exit status {program.returncode}")
    with open(path, encoding="utf-8") as trace:
        return lines, [json.loads(line) for line in trace]


def wall_start(header):
    whole, fraction = header["start"].rstrip("Z").split(".")
    moment = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S")
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp() + int(fraction) / 1e9


def near(a, b):
    return abs(a - b) <= TOLERANCE


def compare_trace(name, lines, trace):
    """The trace prints what stdout printed, when stdout printed it."""
    start = wall_start(trace[0])
    prints = [event for event in trace if event.get("event") == "print"]
    check(len(prints) == len(lines), f"{name}: {len(prints)} prints, {len(lines)} lines")
    left = list(lines)
    for event in prints:
        same = [line for line in left if line[1] == event["text"]]
        check(same, f"{name}: {event['text']!r} is in the trace alone")
        offset = same[0][0] - start
        check(
            near(offset, event["t"] / 1e9),
            f"{name}: {event['text']!r} at {offset:.4f} s, in the trace at {event['t']/1e9:.4f} s",
        )
        left.remove(same[0])
    end = trace[-1]
    events = sum("event" in line for line in trace)
    check(end.get("end") is True and end["lost"] == 0, f"{name}: not whole: {end}")
    check(end["events"] == events, f"{name}: {events} events, the last line says {end['events']}")
    check(events <= MOST_EVENTS, f"{name}: {events} events")


def by_thread(trace):
    names = {}
    for line in trace:
        if line.get("define") == "thread":
            names[line["id"]] = line["name"]
    prints = {}
    for event in trace:
        if event.get("event") == "print":
            prints.setdefault(names[event["thread"]], []).append(event)
    return prints


def compare_lines(name, lines, trace):
    """Each thread prints its documented lines at its documented seconds."""
    start = wall_start(trace[0])
    stamp = {}
    for at, line in lines:
        stamp.setdefault(line, []).append(at - start)
    prints = by_thread(trace)
    for thread, expected in DOCUMENTED[name].items():
        if expected is None:
            continue
        texts = [event["text"] for event in prints[thread]]
        shown = [CTIME.sub("TIME", text) for text in texts]
        check(shown == [line for line, _ in expected], f"{name}: {thread} printed {texts}")
        for text, (_, second) in zip(texts, expected):
            at = stamp[text].pop(0)
            check(near(at, second), f"{name}: {text!r} at {at:.4f} s, documented for {second} s")
            if "TIME" in CTIME.sub("TIME", text):
                said = time.mktime(time.strptime(text.split(": ", 1)[1]))
                check(said <= start + at + 0.001, f"{name}: {text!r} was printed before its time")
                check(start + at - said < 1 + TOLERANCE, f"{name}: {text!r} says another second")


def compare_queue(name, lines, trace):
    """Five items, each taken once, in order, by workers that look once a second."""
    start = wall_start(trace[0])
    taken = [(at - start, line) for at, line in lines if " processing " in line]
    items = [line.split(" processing ")[1] for _, line in taken]
    check(sorted(items) == sorted(["One", "Two", "Three", "Four", "Five"]), f"items: {items}")
    for at, line in taken:
        check(near(at, round(at)), f"{name}: {line!r} at {at:.4f} s, which is no whole second")
    gets = [event["item"] for event in trace if event.get("event") == "queue_get"]
    check(gets == ["One", "Two", "Three", "Four", "Five"], f"{name}: taken in the order {gets}")
    for worker in ("Thread-1", "Thread-2", "Thread-3"):
        texts = [event["text"] for event in by_thread(trace)[worker]]
        check(texts[0] == f"Starting {worker}", f"{name}: {worker} printed {texts}")
        check(texts[-1] == f"Exiting {worker}", f"{name}: {worker} printed {texts}")
    polls = [event for event in trace if event.get("event") == "poll_end"]
    check(
        any(poll["thread"] == 1 and poll["count"] > 1000 for poll in polls),
        f"{name}: main's spin is not one poll",
    )


def compare_lock(name, trace):
    """Thread-2 waits 3 s for threadLock, owned by Thread-1."""
    owner, asked, waits = None, {}, []
    for event in trace:
        kind = event.get("event")
        if kind == "lock_request":
            asked[event["thread"]] = (event["t"], owner)
        elif kind == "lock_acquire":
            owner = event["thread"]
            if owner in asked:
                begin, before = asked.pop(owner)
                waits.append((owner, before, (event["t"] - begin) / 1e9))
        elif kind == "lock_release":
            owner = None
    check(len(waits) == 1, f"{name}: waits {waits}")
    waiter, before, seconds = waits[0]
    check((waiter, before) == (3, 2), f"{name}: thread {waiter} waited for thread {before}")
    check(near(seconds, 3), f"{name}: Thread-2 waited {seconds:.4f} s")


def compare(name):
    lines, trace = run(name)
    compare_trace(name, lines, trace)
    if DOCUMENTED[name] is not None:
        compare_lines(name, lines, trace)
    if name == "queue-workers":
        compare_queue(name, lines, trace)
    if name == "locked-sections":
        compare_lock(name, trace)
    return len(lines)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    failures = []

    def guarded(name):
        try:
            print(f"{name}: {compare(name)} lines agree", flush=True)
        except (AssertionError, KeyError, ValueError) as error:
            failures.append(f"{name}: {error!r}")

    threads = [threading.Thread(target=guarded, args=(name,)) for name in DOCUMENTED]
    for thread in threads:
        thread.start()
        if TOLERANCE < 0.1:
            thread.join()
    for thread in threads:
        thread.join()
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


main()
