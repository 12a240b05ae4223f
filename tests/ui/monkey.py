#!/usr/bin/python3
"""A monkey at the real window under Xvfb: keys of the command table, text, clicks, drags, wheel and
sizes at random, by a seed that is printed.  Ends with status 1 when the window crashes, says
something on standard error (a sanitizer does), does not take a key any more, or does not end well.

    monkey.py --view WEFT-VIEW --samples FOLDER --weft WEFT --program LIVE-PROGRAM --crowd CROWD
              [--minutes N] [--seed N] [--also TRACE …]

Each round opens another trace with another seed, which it prints; --seed makes the same round first.
The trace is a sample, a controlled run, a crowd of 200 threads, one of --also, one with bytes
damaged or its end cut off, two at once, or one that is still being written.
"""
import argparse
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import check_window
from check_window import Both, Window, keysym, table, wait_for
from screen import Screen

ROUND_S = 20
ENDING = {"quit"}  # the monkey may do everything else
KINDS = ("sample", "controlled", "crowd", "also", "broken", "cut", "two", "live", "killed")
WORDS = ("thread", "lock", "Thread-1", "4.2s", "99999999999999999999", "x", "\\", "%s%n", "đợi hàng")


class Refused(Exception):
    """The trace cannot be opened, and that was said."""


class AnyWindow(Window):
    """Of one trace, or of two."""

    def until(self, wanted, what):
        if what == "the trace is loaded" and self.refuses():
            raise Refused
        return super().until(lambda state: wanted(Both(state) if "upper" in state else state), what)

    def refuses(self):
        """Of a file whose first line is damaged nothing can be shown: it ends with 3."""
        return wait_for(lambda: self.read_states() or self.process.poll() is not None,
                        "it opens or refuses") and self.process.poll() == 3


class Monkey:
    def __init__(self, seed, screen, folder, options):
        self.random = random.Random(seed)
        self.screen = screen
        self.folder = folder
        self.options = options
        self.did = []
        self.window = None
        self.program = None  # whose trace is being written
        self.slowest_s = 0.0
        self.caps = [cap for name, caps in table().items() for cap in caps if name not in ENDING]

    def run_weft(self, *words):
        subprocess.run([check_window.WEFT, *words], check=True, stdout=subprocess.DEVNULL)

    def sample(self):
        """A copy: what is written beside a trace goes into a folder of ours."""
        trace = self.random.choice(sorted(check_window.SAMPLES.glob("*.weft.jsonl")))
        copy = self.folder / trace.name
        copy.write_bytes(trace.read_bytes())
        return copy

    def damaged(self, cut):
        trace = self.sample()
        data = bytearray(trace.read_bytes())
        if cut:
            del data[self.random.randrange(len(data)):]
        else:
            for _ in range(self.random.randrange(1, 20)):
                data[self.random.randrange(len(data))] = self.random.choice(b"09{}\",:\n-x\xff")
        trace.write_bytes(data)
        return trace

    def traces(self, kind):
        """The traces of that kind to open."""
        if kind == "controlled":
            trace = self.folder / "controlled.weft.jsonl"
            self.run_weft("run", "queue-workers", "-q", "--schedule", "random", "--seed",
                          str(self.random.randrange(100)), "-o", trace)
            return [trace]
        if kind == "crowd":
            trace = self.folder / "crowd.weft.jsonl"
            self.run_weft("record", "-q", "-o", trace, "--", self.options.crowd)
            return [trace]
        if kind == "also" and self.options.also:
            trace = self.random.choice(self.options.also)
            link = self.folder / trace.name
            link.symlink_to(trace.resolve())
            return [link]
        if kind in ("broken", "cut"):
            return [self.damaged(kind == "cut")]
        if kind == "two":
            return [self.sample(), self.sample()]
        if kind in ("live", "killed"):
            return [self.folder / "live.weft.jsonl"]
        return [self.sample()]

    def open(self):
        choice = self.random.choice
        self.kind = kind = choice(KINDS)
        traces = self.traces(kind)
        words = [*choice([(), (), ("--classroom",)]), *choice([(), ("--theme", "light"),
                                                               ("--theme", "contrast")]),
                 *choice([(), ("--lang", "vi")]), *choice([(), ("--scale", "2")]), *traces[1:]]
        if kind in ("live", "killed"):
            words.append("--live")
            self.program = subprocess.Popen(
                [check_window.WEFT, "record", "-q", "-o", traces[0], "--", self.options.program],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True)
        self.did.append(f"{kind}: weft-view {traces[0].name} {' '.join(map(str, words))}")
        homes = {"XDG_CONFIG_HOME": str(self.folder / "config"),
                 "XDG_STATE_HOME": str(self.folder / "state-home")}
        self.window = AnyWindow({**self.screen.env, **homes}, self.folder, traces[0], *words)
        self.window.find()

    def end_program(self):
        """It ends, or deadlocks, or is killed with the recorder, by the kind of the trace."""
        if self.program is not None and self.program.poll() is None:
            if self.kind == "killed":
                os.killpg(self.program.pid, signal.SIGKILL)
            else:
                self.program.stdin.write(b"\n")
                self.program.stdin.flush()

    def close_program(self):
        if self.program is not None:
            if self.program.poll() is None:
                os.killpg(self.program.pid, signal.SIGKILL)
            self.program.communicate()

    def point(self):
        return [str(self.random.randrange(-20, check_window.WIDTH + 20)),
                str(self.random.randrange(-20, check_window.HEIGHT + 20))]

    def held(self, words):
        """With a modifier held, or not."""
        key = self.random.choice(["", "", "", "ctrl", "shift", "alt"])
        return ["keydown", key, *words, "keyup", key] if key else words

    def act(self):
        """Words for xdotool."""
        window, roll = self.window.id, self.random.random()
        move = ["mousemove", "--window", window, "--", *self.point()]
        if roll < 0.45:
            return ["key", keysym(self.random.choice(self.caps))]
        if roll < 0.50:
            return ["key", self.random.choice(["Escape", "Return", "BackSpace", "Delete", "Tab"])]
        if roll < 0.55:
            return ["type", "--delay", "1", self.random.choice(WORDS)]
        if roll < 0.72:
            return [*move, *self.held(["click", self.random.choice("1112233")])]
        if roll < 0.82:
            button = self.random.choice("1112")
            return [*move, *self.held(["mousedown", button, "mousemove", "--window", window, "--",
                                       *self.point(), "mouseup", button])]
        if roll < 0.95:
            return [*move, *self.held(["click", "--repeat", "3", "--delay", "1",
                                       self.random.choice("4567")])]
        if roll < 0.97:
            return ["windowsize", window, str(self.random.randrange(1, 1600)),
                    str(self.random.randrange(1, 1000))]
        return ["sleep", "0.05"]

    def takes_a_key(self):
        """Esc is a key in any state; a window that draws its coming is not stuck."""
        before = self.window.state()

        def keys(state):
            return [part["keys"] for part in (state.get("upper", state), state.get("lower"))
                    if part is not None]
        begun = time.monotonic()
        self.window.key("Escape")
        self.window.until(lambda state: sum(keys(state)) != sum(keys(before)), "a key is taken")
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)

    def play(self, seconds):
        begun = time.monotonic()
        ended = False
        while time.monotonic() < begun + seconds:
            if not ended and time.monotonic() > begun + seconds * 0.6:
                self.end_program()
                ended = True
            for _ in range(self.random.randrange(1, 12)):
                words = self.act()
                self.did.append(" ".join(words))
                self.window.do(*words)
            self.takes_a_key()
            del self.window.states[:-1]

    def leave(self):
        """By its key, out of whatever is open."""
        for _ in range(8):
            self.window.key("Escape")
        time.sleep(0.3)
        self.window.key("ctrl+q")
        self.window.process.wait(60)
        out, errors = self.window.process.communicate()
        if self.window.process.returncode != 0 or out or errors:
            raise AssertionError(f"status {self.window.process.returncode}\n{out}{errors}")


def one_round(seed, screen, seconds, options):
    with tempfile.TemporaryDirectory(prefix="weft-monkey-") as name:
        monkey = Monkey(seed, screen, pathlib.Path(name), options)
        try:
            monkey.open()
            monkey.play(seconds)
            monkey.leave()
        except Refused:
            if monkey.kind not in ("broken", "cut"):
                raise
        except (AssertionError, subprocess.SubprocessError) as error:
            said = ""
            if monkey.window is not None and monkey.window.process.poll() is None:
                monkey.window.process.kill()
                said = "".join(monkey.window.process.communicate())
            print(f"seed {seed}: {error}\n{said}\nlast, of {len(monkey.did)}:", file=sys.stderr)
            print("\n".join(monkey.did[:1] + monkey.did[-40:]), file=sys.stderr)
            return False
        finally:
            monkey.close_program()
        print(f"seed {seed}, {monkey.kind}: {len(monkey.did)} acts, a key taken within "
              f"{monkey.slowest_s:.2f} s", flush=True)
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--view", type=os.path.abspath, required=True)
    parser.add_argument("--samples", type=pathlib.Path, required=True)
    parser.add_argument("--weft", type=os.path.abspath, required=True)
    parser.add_argument("--program", type=os.path.abspath, required=True)
    parser.add_argument("--crowd", type=os.path.abspath, required=True)
    parser.add_argument("--also", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--minutes", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    check_window.VIEW, check_window.WEFT = options.view, options.weft
    check_window.SAMPLES = options.samples.resolve()
    screen = Screen()
    end = time.monotonic() + options.minutes * 60
    seed, good = options.seed, 0
    try:
        while time.monotonic() < end:
            if not one_round(seed, screen, min(ROUND_S, max(2, end - time.monotonic())),
                             options):
                return 1
            good += 1
            seed += 1
    finally:
        screen.close()
    print(f"{good} rounds without a crash, a leak or a stuck frame")
    return 0


if __name__ == "__main__":
    sys.exit(main())
