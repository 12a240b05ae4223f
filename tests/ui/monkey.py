#!/usr/bin/python3
"""A monkey at the real window under Xvfb: keys of the command table, text, clicks, drags, wheel and
sizes at random, by a seed that is printed.  Ends with status 1 when the window crashes, says
something on standard error (a sanitizer does), does not take a key any more, or does not end well.

    monkey.py --view WEFT-VIEW --samples FOLDER --weft WEFT [--minutes N] [--seed N]

Each round opens another trace with another seed, which it prints; --seed makes the same round first.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import check_window
from check_window import Screen, Window, keysym, table

ROUND_S = 20
ENDING = {"quit"}  # the monkey may do everything else
WORDS = ("thread", "lock", "Thread-1", "4.2s", "99999999999999999999", "x", "\\", "%s%n", "đợi hàng")


class Monkey:
    def __init__(self, seed, screen, folder, controlled):
        self.random = random.Random(seed)
        self.screen = screen
        self.folder = folder
        self.controlled = controlled
        self.did = []
        self.caps = [cap for name, caps in table().items() for cap in caps if name not in ENDING]

    def traces(self):
        samples = sorted(check_window.SAMPLES.glob("*.weft.jsonl"))
        return self.random.choice([*samples, self.controlled, self.controlled])

    def open(self):
        choice = self.random.choice
        words = [*choice([(), (), ("--classroom",)]), *choice([(), ("--theme", "light"),
                                                               ("--theme", "contrast")]),
                 *choice([(), ("--lang", "vi")]), *choice([(), ("--scale", "2")])]
        trace = self.traces()
        self.did.append(f"weft-view {trace.name} {' '.join(words)}")
        homes = {"XDG_CONFIG_HOME": str(self.folder / "config"),
                 "XDG_STATE_HOME": str(self.folder / "state-home")}
        # What is written beside a trace goes into a folder of ours.
        copy = self.folder / trace.name
        if not copy.exists():
            copy.write_bytes(trace.read_bytes())
        self.window = Window({**self.screen.env, **homes}, self.folder, copy, *words).find()

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
        self.window.key("Escape")
        self.window.until(lambda state: sum(keys(state)) != sum(keys(before)), "a key is taken")

    def play(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
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


def one_round(seed, screen, seconds):
    with tempfile.TemporaryDirectory(prefix="weft-monkey-") as name:
        folder = pathlib.Path(name)
        controlled = folder / "controlled.weft.jsonl"
        subprocess.run([check_window.WEFT, "run", "queue-workers", "-q", "--schedule", "random",
                        "--seed", str(seed % 100), "-o", controlled], check=True,
                       stdout=subprocess.DEVNULL)
        monkey = Monkey(seed, screen, folder, controlled)
        try:
            monkey.open()
            monkey.play(seconds)
            monkey.leave()
        except (AssertionError, subprocess.SubprocessError) as error:
            if monkey.window.process.poll() is None:
                monkey.window.close()
            print(f"seed {seed}: {error}\nlast, of {len(monkey.did)}:", file=sys.stderr)
            print("\n".join(monkey.did[:1] + monkey.did[-40:]), file=sys.stderr)
            return False
        print(f"seed {seed}: {len(monkey.did)} acts", flush=True)
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--view", type=os.path.abspath, required=True)
    parser.add_argument("--samples", type=pathlib.Path, required=True)
    parser.add_argument("--weft", type=os.path.abspath, required=True)
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
            if not one_round(seed, screen, min(ROUND_S, max(2, end - time.monotonic()))):
                return 1
            good += 1
            seed += 1
    finally:
        screen.close()
    print(f"{good} rounds without a crash, a leak or a stuck frame")
    return 0


if __name__ == "__main__":
    sys.exit(main())
