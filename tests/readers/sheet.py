#!/usr/bin/python3
"""Ten questions for each scenario and for a chain of waits, to readers who see only the pictures.

    sheet.py WEFT FOLDER

draws FOLDER/NAME.png of every trace and writes FOLDER/NAME.questions.txt for the readers and
FOLDER/NAME.answers.txt for who marks their answers.  What the answers are is taken from
`weft stats --json`, from `weft explain --at --json` what stands at the playhead, and from the
trace what was printed.
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Trace:
    def __init__(self, weft, path, at_s):
        self.path, self.at_s = path, at_s
        self.stats = self.ask(weft, "stats", "--json", path)
        self.now = self.ask(weft, "explain", "--json", "--at", f"{at_s}s", path)
        self.printed = [item for item in map(json.loads, path.read_text().splitlines())
                        if item.get("event") == "print"]

    @staticmethod
    def ask(weft, *arguments):
        return json.loads(subprocess.run([weft, *map(str, arguments)], check=True,
                                         capture_output=True, text=True).stdout)

    def thread(self, name):
        return next(thread for thread in self.stats["threads"] if thread["name"] == name)

    def object(self, name):
        return next(entry for entry in self.stats["objects"] if entry["name"] == name)

    def waits(self, thread, **wanted):
        return [wait for wait in self.stats["longest_waits"] if wait["thread"] == thread
                and all(wait.get(key) == value for key, value in wanted.items())]

    def doing(self, thread):
        return next(entry["words"] for entry in self.now["threads"] if entry["name"] == thread)

    def share(self, thread, state):
        entry = self.thread(thread)
        return f"{100 * entry[state + '_ns'] / entry['lifetime_ns']:.1f} %"

    def lines(self, last):
        before = [item["text"] for item in self.printed if item["t"] <= self.at_s * 1e9]
        return f"{len(before)}, the last: {before[-1].strip()}" if last else len(before)


def s(ns):
    return f"{ns / 1e9:.3f} s"


def waiter(entry):
    return "; ".join(f"{pair['waiter']} for {pair['owner']}, {s(pair['ns'])}"
                     for pair in entry["waited_for"])


def span(wait):
    return f"{s(wait['start_ns'])} to {s(wait['end_ns'])}"


# Trace, playhead in seconds, questions: each with how the answer is found.
SHEETS = {
    "start-new-thread": ("traces/samples", 7, [
        ("How long did the whole run last?", lambda t: s(t.stats["trace"]["duration_ns"])),
        ("Which thread never sleeps, and what does it do instead?",
         lambda t: f"main: busy polling {t.share('main', 'poll')}"),
        ("When did Thread-1 end?", lambda t: s(t.thread("Thread-1")["end_ns"])),
        ("Which of the two workers lives longer, and how long?",
         lambda t: f"Thread-2, {s(t.thread('Thread-2')['lifetime_ns'])}"),
        ("What is Thread-1 doing at the playhead?", lambda t: t.doing("Thread-1")),
        ("What is Thread-2 doing at the playhead?", lambda t: t.doing("Thread-2")),
        ("How many lines were printed by the playhead, and which was the last?",
         lambda t: t.lines(True)),
        ("Does any thread wait for a lock? How many locks are there?",
         lambda t: f"no, {len(t.stats['objects'])} objects"),
        ("What part of its life does Thread-2 spend sleeping?",
         lambda t: t.share("Thread-2", "sleep")),
        ("What is wrong with main, and what should be changed?",
         lambda t: "it spins and never waits: let it join the threads or wait on something"),
    ]),
    "thread-class": ("traces/samples", 5.5, [
        ("How long did the whole run last?", lambda t: s(t.stats["trace"]["duration_ns"])),
        ("Which thread ended first, and after how long a life?",
         lambda t: f"main, {t.thread('main')['lifetime_ns'] / 1e3:.0f} us"),
        ("Did main wait for its threads?", lambda t: f"no: {t.waits('main')}"),
        ("When did Thread-1 end?", lambda t: s(t.thread("Thread-1")["end_ns"])),
        ("How long is one sleep of Thread-2?",
         lambda t: f"{t.thread('Thread-2')['sleep_ns'] / 5e9:.2f} s"),
        ("What is Thread-2 doing at the playhead?", lambda t: t.doing("Thread-2")),
        ("What is Thread-1 doing at the playhead?", lambda t: t.doing("Thread-1")),
        ("How many lines were printed by the playhead, and which was the last?",
         lambda t: t.lines(True)),
        ("Does any thread wait for another?",
         lambda t: f"no: {t.stats['longest_waits']}"),
        ("What part of its life does Thread-1 spend sleeping?",
         lambda t: t.share("Thread-1", "sleep")),
    ]),
    "locked-sections": ("traces/samples", 2.5, [
        ("Who waits for threadLock, and who holds it then?",
         lambda t: waiter(t.object("threadLock"))),
        ("From when to when does Thread-2 wait for it?",
         lambda t: span(t.waits("Thread-2", state="lock_wait")[0])),
        ("Why does the wait end just then?", lambda t: "Thread-1 releases threadLock, and ends"),
        ("What is Thread-1 doing at the playhead?", lambda t: t.doing("Thread-1")),
        ("What is main doing at the playhead?", lambda t: t.doing("main")),
        ("How long does Thread-2 hold the lock?",
         lambda t: s(t.object("threadLock")["hold_max_ns"])),
        ("How many acquires had threadLock, and how many of them were contended?",
         lambda t: f"{t.object('threadLock')['acquires']}, {t.object('threadLock')['contended']}"),
        ("How many lines were printed by the playhead, and which was the last?",
         lambda t: t.lines(True)),
        ("What part of its life does Thread-2 spend waiting for the lock?",
         lambda t: t.share("Thread-2", "lock_wait")),
        ("What should be changed so that Thread-2 waits less?",
         lambda t: "do not sleep while holding threadLock: release it before the sleep"),
    ]),
    "queue-workers": ("traces/samples", 1.2, [
        ("What does main do in the first two seconds?",
         lambda t: f"busy polling {s(t.thread('main')['poll_ns'])}: it asks whether workQueue is "
         "empty"),
        ("For whom does main wait after that, and for how long?",
         lambda t: f"{t.waits('main')[0]['target']}, {s(t.waits('main')[0]['ns'])}"),
        ("How many items are in workQueue at the playhead, and which?",
         lambda t: next(entry["words"] for entry in t.now["objects"]
                        if entry["name"] == "workQueue")),
        ("Who holds queueLock at the playhead?",
         lambda t: next(entry["words"] for entry in t.now["objects"]
                        if entry["name"] == "queueLock")),
        ("What is the most that workQueue ever held, and how much could it hold?",
         lambda t: f"{t.object('workQueue')['depth_peak']} of {t.object('workQueue')['capacity']}"),
        ("What is Thread-3 doing at the playhead?", lambda t: t.doing("Thread-3")),
        ("Which worker ended first, and when?", lambda t: s(t.thread("Thread-3")["end_ns"])),
        ("Which thread took item Two?",
         lambda t: next(item["text"] for item in t.printed if "Two" in item["text"]).strip()),
        ("Was any acquire of queueLock contended?",
         lambda t: f"{t.object('queueLock')['contended']} of {t.object('queueLock')['acquires']}"),
        ("What should be changed about main?",
         lambda t: "let it wait (join, a condition, an event) instead of asking all the time"),
    ]),
    "chain": ("tests/readers", 0.5, [
        ("Who waits for A, and who holds it then?", lambda t: waiter(t.object("A"))),
        ("From when to when does b wait for A?", lambda t: span(t.waits("b")[0])),
        ("How long does c wait for B?", lambda t: s(t.waits("c")[0]["ns"])),
        ("What is the root of c's wait at the playhead: the last thread of the chain, and what is "
         "it doing?", lambda t: f"a: {t.doing('a')}"),
        ("What ends c's wait?", lambda t: "b releases B"),
        ("What is main doing at the playhead?", lambda t: t.doing("main")),
        ("Which thread spends the largest part of its life waiting for a lock, and how large?",
         lambda t: f"b, {t.share('b', 'lock_wait')}"),
        ("How many acquires had B, and how many of them were contended?",
         lambda t: f"{t.object('B')['acquires']}, {t.object('B')['contended']}"),
        ("When does a end?", lambda t: s(t.thread("a")["end_ns"])),
        ("What should be changed so that b and c wait less?",
         lambda t: "a should not sleep while it holds A (nor b while it holds B)"),
    ]),
}


def main():
    weft, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (where, at_s, questions) in SHEETS.items():
        path = ROOT / where / f"{name}.weft.jsonl"
        trace = Trace(weft, path, at_s)
        subprocess.run([weft, "view", path, "--screenshot", folder / f"{name}.png", "--size",
                        "1600x900", "--theme", "light", "--lang", "en", "--at", f"{at_s}s"],
                       check=True)
        for kind, texts in (("questions", [question for question, _ in questions]),
                            ("answers", [f"{question}  {find(trace)}"
                                         for question, find in questions])):
            (folder / f"{name}.{kind}.txt").write_text(
                "".join(f"{i}. {text}\n" for i, text in enumerate(texts, 1)))


if __name__ == "__main__":
    main()
